"""A lease of a house: as its owner counts it, and the patience of a daemon that waits for it.

Theory of operation. A database keeps the lease and counts it from the moment at which it renews it. The owner
counts from the moment before it asked. So the owner's count ends first, however long the answer was on its
way. A waiting daemon compares no clock of another machine with its own: the database tells it whether the
lease is over.

All times here are seconds of one clock of the machine that runs on while a process or a machine is suspended.
"""

from typing import Final

PART: Final = 3
"""Renewals in one length of the lease."""


class OwnLease:
    """A lease as its owner counts it. lost: another daemon has a newer term, for good."""

    def __init__(self, lease_s: float, asked_s: float) -> None:
        """It was claimed by a question of `asked_s`."""
        self.lease_s, self._until_s = lease_s, asked_s + lease_s
        self.lost = False

    def left_s(self, now_s: float) -> float:
        """Seconds for which the house is surely this daemon's; 0: it may be another's."""
        return 0.0 if self.lost else max(0.0, self._until_s - now_s)

    def renewal_answered(self, *, renewed: bool, asked_s: float) -> None:
        """The database has answered the renewal of `asked_s`. renewed: False: another daemon has claimed."""
        if renewed:
            self._until_s = asked_s + self.lease_s
        else:
            self.lost = True

    def end_now(self) -> None:
        """It is over now."""
        self._until_s = 0.0


class Patience:
    """When a daemon that waits may claim a house.

    A database that does not answer is no evidence that the owner is dead. Once it answers again, its owner
    has the length of a lease to renew.
    """

    def __init__(self, lease_s: float) -> None:
        """lease_s: the length of a lease."""
        self._lease_s = lease_s
        self._answers_since_s: float | None = None

    def begin_anew(self) -> None:
        """The database does not answer."""
        self._answers_since_s = None

    def is_over(self, now_s: float, *, given_up: bool, living: bool) -> bool:
        """Whether the house may be claimed, by the row that the database has just read.

        given_up: its owner is surely gone, or never was. living: by the database's clock the lease holds.
        """
        if self._answers_since_s is None:
            self._answers_since_s = now_s
        return given_up or (not living and now_s - self._answers_since_s >= self._lease_s)
