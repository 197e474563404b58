"""House-keeping of one Dreamscape, after each tick.

It gathers, starts and ends by the plan's times, writes, and looks for pods that are gone.
"""

from collections.abc import Callable
from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.seating.slot_keeping import SlotKeeping
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamwire.buggify import buggify

GATHER_EVERY_S: Final = 0.5
LOOKED_AT: Final = 256
"""So many waiting pods are checked at a time: a fleet that gathers delays no tick of a sleeper."""


class Housekeeping:
    """Keeps the house of one Dreamscape. start: starts it, as a person would."""

    def __init__(
        self, dreamscape: Dreamscape, dependencies: Dependencies, start: Callable[[], object]
    ) -> None:
        self._dreamscape = dreamscape
        self._deps = dependencies
        self._start = start
        commits, seats = dependencies.commits, dreamscape.seats
        self._slots = SlotKeeping(seats, dreamscape.cohorts, dreamscape.keys, dreamscape.ownership, commits)
        self._gathered_s = 0.0

    def keep(self, now_s: float) -> None:
        """Do what is due after the tick that began at this time."""
        dreamscape = self._dreamscape
        if dreamscape.state is DreamscapeState.ENDED:
            return
        dreamscape.open_seats()
        dreamscape.ownership.confirm(now_s)
        if not dreamscape.ownership.lost:
            dreamscape.exposure.keep(now_s)
            for seat in self._slots.keep(dreamscape.instant, self._deps.clock.now_s()):
                dreamscape.seat_anew(seat)
        dreamscape.records.flush()
        dreamscape.seat_commits.look(now_s)
        due = now_s - self._gathered_s >= GATHER_EVERY_S and not dreamscape.closing
        if due and not buggify("nobody-seated"):
            self._gathered_s = now_s
            self._gather(now_s)
        if dreamscape.state is DreamscapeState.WAKING:
            for seat in dreamscape.homecoming.gone(now_s, dreamscape.severed_s):
                dreamscape.assignment.leave(seat, "gone")
            dreamscape.close_if_home()

    def _gather(self, now_s: float) -> None:
        dreamscape, plan = self._dreamscape, self._dreamscape.plan
        dreaming = dreamscape.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED)
        if dreamscape.state is DreamscapeState.GATHERING:
            dreamscape.admission.gather(started=False, most=LOOKED_AT)
            if plan.start_at_s and now_s >= plan.start_at_s:
                self._start()
        elif dreaming and not dreamscape.ownership.lost:
            dreamscape.seat_commits.seat(dreamscape.admission.gather(started=True, most=LOOKED_AT))
        if plan.close_at_s and now_s >= plan.close_at_s and dreamscape.state is not DreamscapeState.WAKING:
            dreamscape.end("the plan's closing time")
