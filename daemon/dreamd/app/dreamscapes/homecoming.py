"""The way home of one Dreamscape: which pods are sent home, which are awaited, which are home or gone.

Theory of operation. Wake, End and the daemon's own shutdown publish zeros first and then order every pod that
holds a slot to leave. A pod is home when its own status reports it: no assignment, nothing rendered. The
first status after a release often shows less, for the fade of 50 ms is still under way. So a seat on its way
home keeps its slot until its pod is home, gone, latched or checked out; the check for orphans does not take
it back. A status that was written before the release does not count: over a slow network it dates from before
the pod was assigned.

Rules
- Awaited is each seat that holds a slot, and each `returning` one: its pod was given a slot, by this process
  or an earlier one, and has not reported since that it is free.
- A pod is gone when its process was seen to end, by its will or by a new incarnation. A pod that has been
  silent since this daemon began is gone after UNHEARD_S; its lease and fade were over long before.
- CLOSE leaves every seat that is left over. An ended Dreamscape holds no seat.
- After a restart a pod that still names an old assignment is sent home again as it was ordered to: woken, or
  released.
"""

from math import inf
from typing import Final

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dependencies import Dependencies
from dreamd.app.durability.fencing import TermFence
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import SeatState
from dreamd.core.limits import LEASE_FADE_S, LEASE_S
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEvent, PodEventKind, Release, Status, WakePod, What

ALONE_AFTER_S: Final = LEASE_S + LEASE_FADE_S
CLOCKS_AGREE_S: Final = 0.02
"""The session clock of a pod and ours, in the mean; a pod that is off is home by its next status."""
UNHEARD_S: Final = 15.0
"""A pod reconnects within 10 s and has an answer within 5 more (edge/dreamedge/adapters/mqtt.py)."""


class Homecoming:
    """Sends the pods of one Dreamscape home, and tells which of them are still awaited."""

    def __init__(
        self,
        dreamscape: str,
        dependencies: Dependencies,
        seats: Seats,
        cohorts: Cohorts,
        ownership: TermFence,
    ) -> None:
        """Begin to count the silence of the pods that an earlier daemon seated."""
        self._dreamscape = dreamscape
        self._deps = dependencies
        self._seats = seats
        self._cohorts = cohorts
        self._ownership = ownership
        self._began_s = dependencies.clock.now_s()

    def remaining(self) -> list[Seat]:
        """Return the seats that have not been left."""
        return [seat for seat in self._seats if seat.state is not SeatState.LEFT]

    def awaited(self) -> list[Seat]:
        """Return the seats that may still hold a slot, ours or an earlier daemon's."""
        return [seat for seat in self.remaining() if seat.slot is not None or seat.returning]

    def order(self, what: What) -> None:
        """Send this to every pod that holds a slot."""
        now_s = self._deps.clock.now_s()
        for seat in self._seats.holding():
            record = self._deps.fleet.get(seat.pod)
            if record is not None:
                self._deps.orders.send(seat.pod, record.incarnation, what, now_s)

    def order_stop(self) -> None:
        """Release every pod because the daemon stops.

        The release of a pod with a closed breaker names the zero from which on that was so. A sever that
        the pod has stored for it is then no trip, and the next daemon scores the pod at once, as after a
        crash.
        """
        now_s = self._deps.clock.now_s()
        for seat in self._seats.holding():
            record = self._deps.fleet.get(seat.pod)
            if record is None or seat.slot is None:
                continue
            well = record.breaker.may_couple
            zero = (self._ownership.held(seat.slot.cohort), self._cohorts.tick_number) if well else (0, 0)
            self._deps.orders.send(seat.pod, record.incarnation, Release(Cause.SHUTDOWN.value, *zero), now_s)

    def order_again(self, seat: Seat, record: PodRecord, status: Status, sever_cause: str) -> None:
        """Repeat the order that sent everyone home to a pod that still names an old assignment."""
        if status.assignment and seat.slot is None and not self._deps.orders.waiting_for(record.pod):
            woken = sever_cause == Cause.WAKE.value
            what = WakePod("woken", "the daemon, after its restart") if woken else Release("ended")
            self._deps.orders.send(record.pod, record.incarnation, what, self._deps.clock.now_s())

    @staticmethod
    def is_free(status: Status) -> bool:
        """Whether a pod reports that it renders nothing and holds no slot."""
        return status.applied == 0.0 and status.assignment == 0

    @staticmethod
    def is_home(status: Status, severed_s: float) -> bool:
        """Whether the report of a free pod was written since the Dreamscape was sent home."""
        return status.written_s(inf) >= severed_s

    @staticmethod
    def has_faded(record: PodRecord, event: PodEvent, severed_s: float) -> bool:
        """Whether a pod without a slot reports the end of its fade, sooner than its next status would.

        An event may be reported late: only a fade that began since the Dreamscape was sent home counts.
        """
        free = record.status is not None and record.status.assignment == 0
        since = event.unix_ms / 1000 >= severed_s - CLOCKS_AGREE_S
        return event.kind is PodEventKind.ALONE and free and since

    def gone(self, now_s: float, severed_s: float) -> list[Seat]:
        """Return the awaited seats whose pods are gone; by then their tether, lease and fade are over."""
        if now_s - max(severed_s, self._began_s) <= ALONE_AFTER_S:
            return []
        return [seat for seat in self.awaited() if self._is_gone(seat, now_s)]

    def _is_gone(self, seat: Seat, now_s: float) -> bool:
        record = self._deps.fleet.get(seat.pod)
        ours = record is not None and record.dreamscape == self._dreamscape
        if record is None or not ours:
            return seat.slot is not None or now_s - self._began_s > UNHEARD_S
        other = seat.slot is not None and record.incarnation != seat.incarnation
        return other or not record.online
