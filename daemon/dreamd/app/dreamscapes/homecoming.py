"""The way home of one Dreamscape: which pods are sent, which are still awaited, when the books close.

Theory of operation. Wake, End and the daemon's own shutdown publish zeros first and then order every pod that
holds a slot to leave. A pod is home when its own status says so: no assignment, nothing rendered. The first
status after a release often says less: the fade of 50 ms is still under way. So a seat on its way home keeps
its slot until its pod is home, gone, latched or checked out; the check for orphans does not take it back.
A status that was written before the release is not believed: behind a slow way it tells of a time before the
pod was assigned.

Rules
- Awaited is each seat that holds a slot, and each `returning` one: its pod was given a slot, by this process
  or an earlier one, and has not said since that it is free.
- A pod is gone when its process was seen to end, by its will or by a new incarnation. A pod that is silent
  since this daemon began is gone after UNHEARD_S; its lease and fade were over long before.
- CLOSE leaves every seat that is left over. An ended Dreamscape holds no seat.
- After a restart a pod that still names an old assignment is sent home again as it was ordered to: woken, or
  released.
"""

from math import inf
from typing import TYPE_CHECKING, Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import DreamscapeState, SeatState
from dreamd.core.limits import LEASE_FADE_S, LEASE_S
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEvent, PodEventKind, Release, Status, WakePod, What

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape

ALONE_AFTER_S: Final = LEASE_S + LEASE_FADE_S
CLOCKS_AGREE_S: Final = 0.02
"""The session clock of a pod and ours, in the mean; a pod that is off is home by its next status."""
UNHEARD_S: Final = 15.0
"""A pod reconnects within 10 s and has an answer within 5 more (edge/dreamedge/adapters/mqtt.py)."""


class Homecoming:
    """Sends the seats of one Dreamscape home and closes its books."""

    def __init__(self, session: "Dreamscape", dependencies: Dependencies) -> None:
        """Begin to count the silence of the pods that an earlier daemon seated."""
        self._session = session
        self._deps = dependencies
        self._began_s = dependencies.clock.now_s()

    @property
    def under_way(self) -> bool:
        """Whether pods are on their way home: what they stop doing is obedience, and no failure."""
        return self._session.closing or self._session.state is DreamscapeState.WAKING

    def awaited(self) -> list[Seat]:
        """The seats whose pods may still hold a slot, ours or an earlier daemon's."""
        return [
            seat
            for seat in self._session.seats
            if seat.state is not SeatState.LEFT and (seat.slot is not None or seat.returning)
        ]

    def order(self, what: What) -> None:
        """Send this to every pod that holds a slot."""
        now_s = self._deps.clock.now_s()
        for seat in self._session.holding():
            record = self._deps.fleet.get(seat.pod)
            if record is not None:
                self._deps.orders.send(seat.pod, record.incarnation, what, now_s)

    def order_stop(self) -> None:
        """Let every pod go because the daemon stops.

        A pod that nothing is held against is told from which zero on that was so. What it has stored of it is
        then no trip, and the next daemon scores it at once, as after a crash.
        """
        session, now_s = self._session, self._deps.clock.now_s()
        for seat in session.holding():
            record = self._deps.fleet.get(seat.pod)
            if record is None or seat.slot is None:
                continue
            well = record.breaker.may_couple
            zero = (session.ownership.held(seat.slot.cohort), session.cohorts.tick_number) if well else (0, 0)
            self._deps.orders.send(seat.pod, record.incarnation, Release(Cause.SHUTDOWN.value, *zero), now_s)

    def first_cause(self, cause: Cause) -> str:
        """Return the cause to keep: a Dreamscape that was woken stays woken when it is ended after that."""
        waking = self._session.state is DreamscapeState.WAKING
        woken = waking and self._session.sever_cause == Cause.WAKE.value
        return Cause.WAKE.value if woken else cause.value

    def leave_the_others(self, cause: Cause) -> None:
        """Leave the seats whose pods hold no slot; every seat where the Dreamscape has ended."""
        ended = self._session.state is DreamscapeState.ENDED
        awaited = set[int]() if ended else {seat.number for seat in self.awaited()}
        for seat in self._session.seats:
            if seat.state is not SeatState.LEFT and seat.number not in awaited:
                self._session.leave(seat, cause.value)

    def heard(self, seat: Seat, record: PodRecord, status: Status) -> None:
        """The account of a pod that is on its way home."""
        if self._session.state is not DreamscapeState.WAKING:
            return
        if status.applied == 0.0 and status.assignment == 0:
            if status.written_s(inf) >= self._session.severed_s:
                self._session.leave(seat, "home")
        elif status.assignment and seat.slot is None and not self._deps.orders.waiting_for(record.pod):
            self._deps.orders.send(record.pod, record.incarnation, self._farewell(), self._deps.clock.now_s())

    def told(self, record: PodRecord, event: PodEvent) -> None:
        """A pod that has let go of its slot says that its fade is over, sooner than its next status would."""
        seat = self._session.seats.of(record.pod)
        waking = self._session.state is DreamscapeState.WAKING and event.kind is PodEventKind.ALONE
        free = record.status is not None and record.status.assignment == 0
        # An event may be told late: only a fade that began since everyone was sent home counts.
        since = event.unix_ms / 1000 >= self._session.severed_s - CLOCKS_AGREE_S
        if seat is not None and waking and free and since:
            self._session.leave(seat, "home")

    def _farewell(self) -> What:
        """What an earlier daemon, or an earlier call, told everyone."""
        if self._session.sever_cause == Cause.WAKE.value:
            return WakePod("woken", "the daemon, after its restart")
        return Release("ended")

    def over(self) -> bool:
        """Whether no pod is waited for any more; then every seat that is left over is left."""
        if self._session.state is not DreamscapeState.WAKING or self.awaited():
            return False
        for seat in self._session.seats:
            if seat.state is not SeatState.LEFT:
                self._session.leave(seat, Cause.ENDED.value)
        return True

    def look_for_the_gone(self, now_s: float) -> None:
        """Pods whose process has been seen to end are alone by their tether once lease and fade are over."""
        if self._session.state is not DreamscapeState.WAKING:
            return
        if now_s - max(self._session.severed_s, self._began_s) <= ALONE_AFTER_S:
            return
        for seat in self.awaited():
            if self._gone(seat, now_s):
                self._session.leave(seat, "gone")

    def _gone(self, seat: Seat, now_s: float) -> bool:
        record = self._deps.fleet.get(seat.pod)
        ours = record is not None and record.dreamscape == self._session.plan.dreamscape
        if record is None or not ours:
            return seat.slot is not None or now_s - self._began_s > UNHEARD_S
        other = seat.slot is not None and record.incarnation != seat.incarnation
        return other or not record.online
