"""The data received of a Dreamscape, folded into a scene. No clock: each call brings its time.

Silence alone decides whether the picture may be believed: nothing received for SILENT_S is no connection,
whatever a socket reports. A lease outlives its last answer by no more than that, so "every sleeper is alone"
is then true of the pods also where the daemon goes on without this connection.

A pod renders more than was granted if its report is above the largest grant of the last GRANT_WINDOW_S (the
lease, its fade and a frame's way), in two ticks running, which is the daemon's own rule for `actuator`.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.breakers_pb2 import BreakerDetail
from dreamapi.v1.house_pb2 import House
from dreamapi.v1.pods_pb2 import Pod
from dreamd.core.limits import ACTUATOR_FRAMES, ALONE_WITHIN_S
from dreamd.top.view_model import Crowd, Happening, Link, ViewModel, crowd_of, happening_of, sleeper_of

SILENT_S: Final = ALONE_WITHIN_S
GRANT_WINDOW_S: Final = ALONE_WITHIN_S + 0.5
ROUNDING: Final = 0.005
"""A coupling travels as a byte of the ceiling; a pod's report may be this much above."""
EVENTS_KEPT: Final = 200
OTHERS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Detail:
    """One pod in the detail view, and the time of its data."""

    pod: Pod
    breaker: BreakerDetail
    heard_ns: int


@dataclass
class Watched:
    """All data received. Nothing grows with the night: 200 events, two seconds of grants."""

    heard_ns: int = 0
    tick_ns: int = 0
    trouble: str = ""
    detail: Detail | None = None
    turned_to: str = ""
    _told: dreams.Dreamscape | None = None
    _tick: dreams.Collective | None = None
    _others: tuple[tuple[str, str], ...] = ()
    _events: deque[tuple[str, Happening]] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    _grants: dict[str, deque[tuple[int, float]]] = field(default_factory=dict)
    _excess: dict[str, int] = field(default_factory=dict)
    _told_ns: int = 0
    _troubles: tuple[str, ...] = ()

    def turn(self, dreamscape: str) -> None:
        """Another Dreamscape is watched from here on; nothing of the last one is shown any more."""
        if dreamscape != self.turned_to:
            self.turned_to, self._told, self._tick = dreamscape, None, None
            self._grants, self._excess = {}, {}

    def listed(self, dreamscapes: Sequence[dreams.Dreamscape], now_ns: int) -> None:
        """The list of Dreamscapes has arrived."""
        self.heard_ns, self.trouble = now_ns, ""
        others = (one for one in dreamscapes if names.bare(one.name) != self.turned_to)
        live = (one for one in others if one.state != dreams.Dreamscape.STATE_ENDED)
        named = [(names.bare(one.name), names.word(dreams.Dreamscape.State, one.state)) for one in live]
        self._others = tuple(named[:OTHERS_MAX])

    def told(self, dreamscape: dreams.Dreamscape, now_ns: int) -> None:
        """The whole Dreamscape has arrived."""
        self.heard_ns, self.trouble = now_ns, ""
        if names.bare(dreamscape.name) == self.turned_to:
            self._told, self._told_ns = dreamscape, now_ns

    def ticked(self, tick: dreams.Collective, now_ns: int) -> None:
        """A tick has come."""
        if names.bare(tick.dreamscape) != self.turned_to:
            return
        self.heard_ns = self.tick_ns = now_ns
        self.trouble, self._tick = "", tick
        for seat in tick.seats:
            self._weigh(names.bare(seat.pod), seat, now_ns)

    def housed(self, house: House) -> None:
        """The health of broker, ledger and link to the pods has arrived."""
        self._troubles = tuple(house.troubles)

    def _weigh(self, pod: str, seat: dreams.Seat, now_ns: int) -> None:
        grants = self._grants.setdefault(pod, deque())
        grants.append((now_ns, seat.granted))
        while now_ns - grants[0][0] > GRANT_WINDOW_S * 1e9:
            grants.popleft()
        if not seat.HasField("applied"):  # not heard: neither fine nor at fault
            self._excess[pod] = 0
            return
        ok = seat.applied <= max(granted for _, granted in grants) + ROUNDING
        self._excess[pod] = 0 if ok else self._excess.get(pod, 0) + 1

    def happened(self, event: dreams.Event) -> None:
        """An event of the journal; those of other Dreamscapes are left out when shown."""
        self._events.append((names.bare(event.dreamscape), happening_of(event)))

    def began_anew(self) -> None:
        """The journal is followed from its beginning again."""
        self._events.clear()

    def lost(self, why: str) -> None:
        """No daemon answers; the data received stays, and is not believed any more once it is old."""
        self.trouble = why

    def scene(self, now_ns: int) -> ViewModel:
        """The scene now, as far as it is known."""
        age_s = (now_ns - self.heard_ns) / 1e9 if self.heard_ns else math.nan
        tick_age_s = (now_ns - self.tick_ns) / 1e9 if self._tick is not None else math.nan
        scene = ViewModel(
            link=self._link(age_s, tick_age_s),
            age_s=age_s,
            tick_age_s=tick_age_s,
            trouble=self.trouble,
            dreamscape=self.turned_to,
            events=tuple(event for where, event in self._events if where in ("", self.turned_to)),
            others=self._others,
            coupled=tuple(pod for pod, count in self._excess.items() if count >= ACTUATOR_FRAMES),
            troubles=self._troubles,
        )
        return self._with_tick(self._with_told(scene, (now_ns - self._told_ns) / 1e9))

    def _link(self, age_s: float, tick_age_s: float) -> Link:
        if not self.heard_ns:
            return Link.NEVER
        if not age_s <= SILENT_S:
            return Link.LOST
        dreaming = self._told is not None and self._told.state == dreams.Dreamscape.STATE_DREAMING
        ticks = tick_age_s <= SILENT_S or (self._tick is None and not self._tick_is_due)
        return Link.LIVE if ticks or not dreaming else Link.STILL

    @property
    def _tick_is_due(self) -> bool:
        """A Dreamscape that has dreamed for a while has ticked; one that begins may not have."""
        return self._told is not None and self._told.tick > 0

    def _with_told(self, scene: ViewModel, since_s: float) -> ViewModel:
        told = self._told
        if told is None:
            return scene
        return replace(
            scene,
            state=names.word(dreams.Dreamscape.State, told.state),
            state_cause=told.state_cause,
            term=told.term,
            tick=told.tick,
            ticks_skipped=told.ticks_skipped,
            assigned=told.assigned,
            merged=told.merged,
            seats_min=told.plan.seats_min,
            ceiling=told.plan.ceiling,
            sleepers=tuple(sleeper_of(seat, since_s) for seat in told.seats),
        )

    def _with_tick(self, scene: ViewModel) -> ViewModel:
        """The newest tick is newer than the last poll, except where ticks have stopped."""
        tick = self._tick
        if tick is None or not scene.tick_age_s <= SILENT_S:
            return replace(scene, crowd=Crowd())
        return replace(
            scene,
            term=tick.term,
            tick=tick.tick,
            instant_s=tick.grid_time.seconds + tick.grid_time.nanos / 1e9,
            tick_ms=tick.tick_duration.ToNanoseconds() / 1e6,
            assigned=tick.assigned,
            merged=tick.merged,
            included=tick.included,
            sleepers=tuple(sleeper_of(seat, scene.tick_age_s) for seat in tick.seats),
            crowd=crowd_of(tick),
        )
