"""The ledger witness: the broker remembers the count of writes, which no copy of a disk takes along.

The count of the ledger's writes is kept, signed and retained, on the broker as well. A daemon that finds a
larger count there than its ledger had when it was opened was given an older ledger: a withdrawal, a lock or a
check-out written since is not in it. The count is published after every tick in which the ledger was written,
so at most a tick's writes are unknown to the broker.

Nothing is published before the broker has been reached: its count is read first.
"""

from typing import Protocol

from dreamd.ports.ledger.generation import GenerationLedger
from dreamd.ports.ledger.transaction import Transaction, Transactions
from dreamd.ports.pod_link import PodLink


class CountedLedger(Transactions, GenerationLedger, Protocol):
    """The part of the ledger that a witness needs."""


class LedgerWitness:
    """Keeps the count on the broker, and compares it."""

    def __init__(self, ledger: CountedLedger, link: PodLink, *, suspended: bool) -> None:
        """suspended: the ledger was known for a copy at the start, and its consents are void already."""
        self._ledger = ledger
        self._link = link
        self._known = ledger.found
        self._floor = self._told = 0
        self._reached = False
        self._suspended = suspended

    @property
    def writes(self) -> int:
        """How many writes the ledger has seen, or is about to have counted."""
        return max(self._ledger.writes, self._floor)

    def tell(self) -> None:
        """Publish the count where it has changed."""
        if self._reached and self.writes != self._told:
            self.say()

    def say(self) -> None:
        """The broker is reached: publish the count."""
        self._reached = True
        self._told = self.writes
        self._known = max(self._known, self._told)
        self._link.count(self._told)

    def newer(self, writes: int) -> bool:
        """Whether the broker counts more writes than this ledger had, and this is new."""
        newer = writes > self._known
        self._known = max(self._known, writes)
        self._floor = max(self._floor, writes)
        if newer and self._suspended and not self._reached:
            self._ledger.submit(Transaction(counted=writes))
            return False
        return newer
