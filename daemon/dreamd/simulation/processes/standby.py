"""The standby of a simulated house: on the machine that the owner is not on, by the product's own patience.

It writes that it waits and reads the row of the house every LOOK_S, and starts a daemon on its machine once
the house has no owner. Then the other machine has the standby, as soon as no process of an earlier daemon
lives there.
"""

from collections.abc import Callable
from typing import Final

from dreamd.core.fleet.lease import Patience
from dreamd.ports.commit import LedgerError
from dreamd.ports.houses import HouseState
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamd.simulation.schedule import SECOND_NS, Schedule

LOOK_S: Final = 0.25
TAKEN_OVER_WITHIN_S: Final = 2.0
"""After the end of a lease, where the database answers."""
MACHINES: Final = 3
"""The sum of the numbers of a house's two machines."""


class StandbyProcess:
    """A standby. machine: its own, 1 or 2."""

    def __init__(
        self,
        schedule: Schedule,
        storage: LedgerStorage,
        *,
        start: Callable[[int], object],
        taken: Callable[[int], bool],
        violated: Callable[[str, str, str], None],
    ) -> None:
        """Begin to wait.

        Args:
            schedule: of the world.
            storage: the ledger's.
            start: starts a daemon on a machine; raises LedgerError where it cannot.
            taken: whether a daemon's process lives on a machine.
            violated: records a violation.
        """
        self._schedule, self._storage = schedule, storage
        self._start, self._taken, self._violated = start, taken, violated
        self.machine = 2
        self._begin()
        self._schedule.after(round(LOOK_S * SECOND_NS), self._look)

    def _begin(self) -> None:
        self._patience, self._free_s = Patience(self._storage.house.lease_s), 0.0

    def _look(self) -> None:
        self._schedule.after(round(LOOK_S * SECOND_NS), self._look)
        now_s, house = self._schedule.now_s, self._storage.house
        if self._storage.away or self._storage.full or self._taken(self.machine):
            self._patience.begin_anew()
            self._free_s = now_s
            return
        given_up, living = house.state is not HouseState.OWNED, house.living(now_s)
        if living:
            self._free_s = now_s
        if not self._patience.is_over(now_s, given_up=given_up, living=living):
            if not now_s - self._free_s <= house.lease_s + TAKEN_OVER_WITHIN_S:
                self._violated(
                    "takeover", f"machine {self.machine}", "the house is free, and is not taken over"
                )
            return
        try:
            self._start(self.machine)
        except LedgerError:
            return
        self.machine = MACHINES - self.machine
        self._begin()
