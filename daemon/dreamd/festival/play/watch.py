"""The watch of a festival: the checker of safety rules, which also keeps what the account is made of.

It sees the share that each device renders, each message that a bed receives, and each journal. Times are unix
seconds of the festival's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np

from dreamd.core.dreamscapes.views import DreamscapeState, Event
from dreamd.core.limits import HOP_S
from dreamd.festival.facts import Merging, Trip
from dreamd.simulation.checks.invariants import InvariantChecker
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamwire.messages import Collective, Floats

HELD_S: Final = 0.5
"""A device that is not fed falls silent by itself, so a share counts for so long at most."""
BRIDGED_S: Final = 1.0
"""A shorter time at zero does not end a stretch of merging."""
WAKE: Final = "wake"
CASE_EVENTS: Final = {
    "case-opened": "open",
    "case-held": "held",
    "case-triaged": "triaged",
    "case-returning": "returning",
    "case-released": "released",
    "case-closed": "closed",
}


Tick = tuple[int, list[float], float]
"""The number of a tick, the artist's vector and the share that were broadcast."""


@dataclass(slots=True)
class _Stretch:
    begin_s: float
    seen_s: float
    share: float
    minutes: float = 0.0
    most: float = 0.0
    zero_s: float = inf


@dataclass(slots=True)
class _Heard:
    tick: int
    artist: Floats
    share: float


@dataclass(slots=True)
class _Fastest:
    ticks: int = 0
    vector_per_s: float = 0.0
    share_per_s: float = 0.0
    share_most: float = 0.0


@dataclass(slots=True)
class CaseCourse:
    """The course of a case as its events told it. opened_as: its first level."""

    opened_as: int = 0
    states: list[str] = field(default_factory=list)


class FestivalWatch(InvariantChecker):
    """Collects while it checks. act: the number of the act that is on, 0: none. begins_s: of the world."""

    begins_s: float = 0.0
    act: int = 0
    by_order: bool = False
    """Sleepers are being woken by an order: that is no trip of theirs."""

    _mergings: list[Merging] | None = None

    def begin_watch(self, begins_s: float) -> None:
        """Keep everything from now on."""
        self.begins_s = begins_s
        self._mergings = []
        self._open: dict[str, _Stretch] = {}
        self._heard: dict[tuple[str, str], _Heard] = {}
        self._led: dict[tuple[int, str], _Fastest] = {}
        self.tripped: list[Trip] = []
        self.broadcast: dict[str, list[Tick]] = {}
        self.courses: dict[str, CaseCourse] = {}
        self.heard: list[Callable[[Event], None]] = []

    @property
    def now_s(self) -> float:
        """The festival's clock."""
        return self.begins_s + self._schedule.now_s

    @property
    def mergings(self) -> tuple[Merging, ...]:
        """Every stretch that is over."""
        return tuple(self._mergings or ())

    def led(self) -> dict[tuple[int, str], _Fastest]:
        """The fastest moves of an artist's input by act and bed."""
        return dict(self._led)

    # -- beds ----------------------------------------------------------------------------------------

    def pod_changed(self, pod: ObservedPod) -> None:
        """A device may render another share."""
        super().pod_changed(pod)
        if self._mergings is not None:
            obeys = not pod.device.stuck  # a share beyond the command is the device's fault, and is severed
            self._rendered(pod.name, pod.device.share_at(pod.local_ns()) if obeys else 0.0)

    def _rendered(self, bed: str, share: float) -> None:
        now_s, stretch = self.now_s, self._open.get(bed)
        if stretch is None:
            if share > 0.0:
                self._open[bed] = _Stretch(now_s, now_s, share, most=share)
            return
        lasted_s = min(now_s - stretch.seen_s, HELD_S)
        stretch.minutes += 0.5 * (stretch.share + share) * lasted_s / 60.0
        stretch.most = max(stretch.most, share)
        stretch.seen_s, stretch.share = now_s, share
        if share > 0.0:
            stretch.zero_s = inf
        elif stretch.zero_s > now_s:
            stretch.zero_s = now_s
        elif now_s - stretch.zero_s >= BRIDGED_S:
            self._close(bed)

    def _close(self, bed: str) -> None:
        stretch = self._open.pop(bed)
        end_s = min(stretch.zero_s, stretch.seen_s)
        assert self._mergings is not None
        self._mergings.append(
            Merging(sleeper_of(bed), self.act, stretch.begin_s, end_s, stretch.minutes, stretch.most)
        )

    def close_stretches(self) -> None:
        """Nothing is rendered any more: each stretch that is open is over."""
        for bed in tuple(self._open):
            self._close(bed)
        self._heard.clear()

    def share_now(self, bed: str) -> float:
        """The share that a bed was last seen to render."""
        stretch = self._open.get(bed)
        return stretch.share if stretch is not None else 0.0

    def collective_received(self, pod: ObservedPod, collective: Collective) -> None:
        """A bed receives a message: an artist's input is in it."""
        super().collective_received(pod, collective)
        if self._mergings is None or not self.act:
            return
        key = pod.name, collective.dreamscape
        before = self._heard.get(key)
        if before is not None and collective.tick <= before.tick:
            return
        self._heard[key] = _Heard(collective.tick, collective.artist, float(collective.share))
        if collective.artist.size:
            self._moved(pod.name, before, collective)

    def _moved(self, bed: str, before: _Heard | None, now: Collective) -> None:
        """Measure one step. A lead begins at the zero vector with share 0, one tick before its first."""
        fastest = self._led.setdefault((self.act, bed), _Fastest())
        fresh = before is None or before.artist.size != now.artist.size
        was = np.zeros_like(now.artist) if fresh or before is None else before.artist
        held = 0.0 if fresh or before is None else before.share
        ticks = 1 if before is None else now.tick - before.tick
        seconds = HOP_S * max(ticks, 1)
        moved = float(np.max(np.abs(now.artist.astype(np.float64) - was.astype(np.float64))))
        fastest.ticks += 1
        fastest.vector_per_s = max(fastest.vector_per_s, moved / seconds)
        fastest.share_per_s = max(fastest.share_per_s, abs(float(now.share) - held) / seconds)
        fastest.share_most = max(fastest.share_most, float(now.share))

    def pod_journal_line(
        self, pod: ObservedPod, at_ns: int, kind: str, values: dict[str, float | int | str]
    ) -> None:
        """A bed tells of a sever or a latch with its cause."""
        super().pod_journal_line(pod, at_ns, kind, values)
        if self._mergings is not None and kind in ("severed", "latched"):
            self._trip(sleeper_of(pod.name), str(values.get("cause", "")))

    def _trip(self, sleeper: str, cause: str, dreamscape: str = "") -> None:
        if not cause or (cause == WAKE and self.by_order):
            return
        trip = Trip(sleeper, self.now_s, cause, dreamscape)
        last = self.tripped[-1] if self.tripped else None
        if last is None or (last.sleeper, last.cause) != (sleeper, cause):
            self.tripped.append(trip)

    # -- the house -----------------------------------------------------------------------------------

    def collective_published(self, daemon: ObservedDaemon, collective: Collective) -> None:
        """A broadcast: an artist's input in it belongs to a piece."""
        super().collective_published(daemon, collective)
        if self._mergings is None or not collective.artist.size:
            return
        ticks = self.broadcast.setdefault(collective.dreamscape, [])
        if not ticks or ticks[-1][0] < collective.tick:
            ticks.append((collective.tick, collective.artist.tolist(), float(collective.share)))

    def daemon_event(self, daemon: ObservedDaemon, event: Event) -> None:
        """A line of the daemon's journal."""
        super().daemon_event(daemon, event)
        if self._mergings is None:
            return
        if event.kind == "breaker-tripped" and event.pod:
            self._trip(sleeper_of(event.pod), event.cause, event.dreamscape)
        if event.kind == "state" and event.cause == DreamscapeState.SEVERED.value:
            self._trip("", event.reason, event.dreamscape)
        if event.kind in CASE_EVENTS:
            course = self.courses.setdefault(event.cause, CaseCourse())
            if event.kind == "case-opened":
                course.opened_as = round(event.values.get("level", 0.0))
            course.states.append(CASE_EVENTS[event.kind])
        for hear in self.heard:
            hear(event)
