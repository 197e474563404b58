"""The lease of a simulated daemon on its house, renewed as `lease_keeper` does on a thread of its own.

The thread stands still with its process. A renewal that was sent is written all the same, and its answer is
read once the process goes on. The owner's count is the product's (`OwnLease`).
"""

from collections.abc import Callable
from math import inf
from typing import Final

from dreamd.core.fleet.lease import PART, OwnLease
from dreamd.simulation.machines.house.house_row import HouseRow
from dreamd.simulation.schedule import SECOND_NS, Schedule

LATE_S: Final = 1.0
"""A renewal that takes longer is not the fault of the database alone, see `faltered`."""


class HeldLease:
    """The lease of `term`, from now on.

    faltered: since the last renewal the process stood still, its way to the database failed, or the disk was
    slow.
    """

    def __init__(
        self,
        row: Callable[[], HouseRow],
        schedule: Schedule,
        *,
        way: Callable[[], tuple[float, bool, bool]],
        gone: Callable[[], bool],
        lost: Callable[[], None],
    ) -> None:
        """Begin to renew, where the row has a lease.

        Args:
            row: the row of the house; a restored ledger has another.
            schedule: of the world.
            way: seconds that a renewal takes from now on, whether it is written, and whether the process's
                own way to the database is whole.
            gone: the process has ended.
            lost: called once another daemon has claimed the house.
        """
        self._row, self._schedule, self._way = row, schedule, way
        self._gone, self._lost = gone, lost
        self.term = row().term
        self._own = OwnLease(row().lease_s, schedule.now_s)
        self._waiting: list[Callable[[], None]] | None = None
        self.faltered = False
        self._plan()

    @property
    def living(self) -> bool:
        """Whether the house is surely this daemon's; reads a clock."""
        return self._own.left_s(self._schedule.now_s) > 0.0

    @property
    def lost(self) -> bool:
        """Whether another daemon has claimed the house, as far as this one knows."""
        return self._own.lost

    def give_up(self, *, handed: bool = False) -> None:
        """Give it up, so that another daemon may claim the house at once. handed: over to it, by plan."""
        if not self._own.lost:
            self._own.end_now()
            self._row().give_up(self.term, self._schedule.now_s if handed else -inf)

    def freeze(self) -> None:
        """The process stands still."""
        self._waiting, self.faltered = self._waiting or [], True

    def thaw(self) -> None:
        """It goes on: what was due is done now."""
        waiting, self._waiting = self._waiting or [], None
        for due in waiting:
            due()

    def _plan(self) -> None:
        if self._row().leased:
            self._schedule.after(round(self._own.lease_s / PART * SECOND_NS), self._when_running(self._renew))

    def _when_running(self, due: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            if self._waiting is not None:
                self._waiting.append(due)
            else:
                due()

        return run

    def _renew(self) -> None:
        if self._gone() or self._own.lost:
            return
        asked_s = self._schedule.now_s
        takes_s, arrives, whole = self._way()
        self.faltered = self.faltered or not (whole and takes_s <= LATE_S)
        self._row().renewing += arrives
        self._schedule.after(round(takes_s * SECOND_NS), lambda: self._written(asked_s, arrives=arrives))

    def _written(self, asked_s: float, *, arrives: bool) -> None:
        row = self._row()
        row.renewing = max(row.renewing - arrives, 0)
        renewed = arrives and row.renew(self.term, asked_s)
        self._when_running(lambda: self._answered(asked_s, arrives=arrives, renewed=renewed))()

    def _answered(self, asked_s: float, *, arrives: bool, renewed: bool) -> None:
        if self._gone():
            return
        if arrives:
            self._own.renewal_answered(renewed=renewed, asked_s=asked_s)
            self.faltered = self.faltered and not self._schedule.now_s - asked_s <= LATE_S
        if self._own.lost:
            self._lost()
        else:
            self._plan()
