"""Snapshots for the consoles, made once for all of them, when one of them asks.

Everything here but `wait` runs on the application's thread. A Dreamscape on any console has one watch,
however many consoles show it. Its newest tick is taken when the first of them asks for it and kept for the
others, so eight consoles cost the application the same as one. A watch that no console asks for is closed
IDLE_S later. Nothing is queued: a request gets the newest tick there is, with the events after its cursor.

Snapshots are made within the budget for watchers: where it is spent, a console gets the previous snapshot,
and the newest one later.

The list of Dreamscapes is renewed once a second, or a tick after an event.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic, thread_time
from typing import Final

from dreamd.adapters.http.free_beds import FreeBeds
from dreamd.app.api.protocols import Api, CollectiveWatch, EventWatch
from dreamd.app.events.watcher_budget import WATCHERS_SHARE, WatcherBudget
from dreamd.core.dreamscapes.views import (
    BreakerState,
    CollectiveView,
    DreamscapeState,
    DreamscapeView,
    Event,
    PodView,
    SeatView,
)
from dreamd.core.fleet.house import HouseView
from dreamd.core.limits import HOP_S
from dreamd.core.refusals import Refusal
from dreamd.core.safety.views import BreakerView
from dreamd.core.safety.wake_orders import Order

IDLE_S: Final = 5.0
LIST_EVERY_S: Final = 1.0
EVENTS_AT_FIRST: Final = 200
EVENTS_AT_ONCE: Final = 200
HOUSE_MAX: Final = 300
"""Dreamscapes in the list: those that have not ended, then the newest. The same bound holds for standing
orders."""
SITES_MAX: Final = 50
TICKING: Final = (DreamscapeState.DREAMING, DreamscapeState.SEVERED, DreamscapeState.WAKING)
BREAKERS_MAX: Final = 64
"""Open breakers that are listed in full."""


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """The part that does not change with every tick. number: grows with each snapshot."""

    number: int
    dreamscapes: tuple[DreamscapeView, ...]
    orders: tuple[Order, ...]
    view: HouseView
    sites: tuple[str, ...] = ()
    beds: tuple[PodView, ...] = ()  # that hold no seat, the most urgent first
    beds_more: int = 0


@dataclass(frozen=True, slots=True)
class DreamscapeSnapshot:
    """One Dreamscape at its newest tick; `tick` is None before the first one and after the last.

    made_s: session time at which the seats were read; the ages of the beds' reports count from there. number:
    grows with each snapshot, over all Dreamscapes.
    """

    number: int
    dreamscape: DreamscapeView
    tick: CollectiveView | None
    breakers: tuple[BreakerView, ...]
    made_s: float = 0.0

    @property
    def seats(self) -> Sequence[SeatView]:
        """All seats."""
        return self.tick.seats if self.tick is not None else self.dreamscape.seats


@dataclass(frozen=True, slots=True)
class ConsoleView:
    """The answer to one console: the house, its Dreamscape, the events since, the bed it shows."""

    now_s: float
    house: FleetSnapshot
    scene: DreamscapeSnapshot | None
    events: tuple[Event, ...]
    cursor: int
    missed: bool  # events older than what is kept
    pod: PodView | None = None
    breaker: BreakerView | None = None
    trouble: str = ""


@dataclass(slots=True)
class _Watched:
    watch: CollectiveWatch
    asked_s: float
    ticked: bool = True  # since the last take; asking in vain costs as much as a tick
    tick: CollectiveView | None = None
    tick_s: float = 0.0
    scene: DreamscapeSnapshot | None = None
    house: int = 0


@dataclass(slots=True)
class SnapshotCache:
    """One for the process."""

    api: Api
    now_s: Callable[[], float]
    budget: WatcherBudget = field(
        default_factory=lambda: WatcherBudget(monotonic, thread_time, WATCHERS_SHARE)
    )
    _beaten: threading.Condition = field(default_factory=threading.Condition)
    _beats: int = 0
    _numbers: int = 0
    _watched: dict[str, _Watched] = field(default_factory=dict)
    _journal: EventWatch | None = None
    _happened: bool = False
    _beds: FreeBeds = field(default_factory=FreeBeds)
    _house: FleetSnapshot | None = None
    _house_s: float = 0.0

    # -- on any thread ----------------------------------------------------------------------------

    @property
    def beats(self) -> int:
        """The number of changes so far."""
        return self._beats

    def wait(self, since: int, within_s: float) -> None:
        """Return once a change has followed `since`, or after `within_s` seconds."""
        with self._beaten:
            self._beaten.wait_for(lambda: self._beats != since, within_s)

    # -- on the application's thread --------------------------------------------------------------

    def look(self, dreamscape: str, cursor: int | None, pod: str) -> ConsoleView:
        """The data of one console; dreamscape, pod: empty for none. cursor: None for the last events."""
        now_s = self.now_s()
        self._close_idle(now_s)
        house = self._house_at(now_s)
        scene = self._scene(dreamscape, house, now_s)
        events, newest, missed = self._events(cursor)
        bed = self.api.pods.get(pod) if pod else None
        breaker = self.api.breakers.get(f"pods/{pod}") if pod else None
        return ConsoleView(
            now_s=now_s,
            house=house,
            scene=None if isinstance(scene, Refusal) else scene,
            events=events,
            cursor=newest,
            missed=missed,
            pod=None if isinstance(bed, Refusal) else bed,
            breaker=None if isinstance(breaker, Refusal) else breaker,
            trouble=str(scene) if isinstance(scene, Refusal) else "",
        )

    @property
    def watching(self) -> int:
        """The number of Dreamscapes watched."""
        return len(self._watched)

    def _changed(self) -> None:
        with self._beaten:
            self._beats += 1
            self._beaten.notify_all()

    def _something_happened(self) -> None:
        self._happened = True
        self._changed()

    def _ticked(self, name: str) -> None:
        watched = self._watched.get(name)
        if watched is not None:
            watched.ticked = True
        if watched is not None and not self.now_s() - watched.asked_s <= IDLE_S:
            self._leave(name)
        self._changed()

    def _leave(self, name: str) -> None:
        self._watched.pop(name).watch.close()
        if not self._watched and self._journal is not None:
            self._journal.close()
            self._journal = None

    def _close_idle(self, now_s: float) -> None:
        for name in [n for n, w in self._watched.items() if not now_s - w.asked_s <= IDLE_S]:
            self._leave(name)

    def _house_at(self, now_s: float) -> FleetSnapshot:
        after_s = HOP_S if self._happened or self._journal is None else LIST_EVERY_S
        house = self._house
        if house is not None and 0.0 <= now_s - self._house_s < after_s:
            return house
        self._happened, self._house_s = False, now_s
        self._numbers += 1
        standing = tuple(islice(self.api.wake_orders.list(standing=True), HOUSE_MAX))
        living = self.api.dreamscapes.living()
        ended = (one for one in self.api.dreamscapes.list() if one.state is DreamscapeState.ENDED)
        listed = (*living, *islice(ended, max(0, HOUSE_MAX - len(living))))
        sites = tuple(islice(self.api.house.sites(), SITES_MAX))
        beds = self._beds.look(self.api.pods.list)
        about = self.api.house.overview()
        self._house = FleetSnapshot(self._numbers, listed, standing, about, sites, beds, self._beds.more)
        return self._house

    def _scene(self, name: str, house: FleetSnapshot, now_s: float) -> DreamscapeSnapshot | Refusal | None:
        if not name:
            return None
        watched = self._attend(name, now_s)
        if isinstance(watched, Refusal):
            return watched
        if watched.scene is not None and self.budget.wait_s() > 0.0:
            return watched.scene  # the budget is spent: the newest tick comes later
        with self.budget.spending():
            return self._newest_scene(name, watched, house, now_s)

    def _newest_scene(
        self, name: str, watched: _Watched, house: FleetSnapshot, now_s: float
    ) -> DreamscapeSnapshot | Refusal | None:
        tick = watched.watch.take() if watched.ticked else None
        watched.ticked = False
        if tick is None and watched.scene is not None and watched.house == house.number:
            return watched.scene
        if tick is not None:
            watched.tick, watched.tick_s = tick, now_s
        listed = next((one for one in house.dreamscapes if one.plan.dreamscape == name), None)
        newest = watched.tick if listed is not None and listed.state in TICKING else None
        view: DreamscapeView | Refusal | None = listed
        if newest is None:  # a list has no seats, and the last tick of one that ticks no more is old
            view = self.api.dreamscapes.get(name)
        if view is None or isinstance(view, Refusal):
            return view
        self._numbers += 1
        seats, made_s = (view.seats, now_s) if newest is None else (newest.seats, watched.tick_s)
        watched.scene = DreamscapeSnapshot(self._numbers, view, newest, self._breakers(seats), made_s)
        watched.house = house.number
        return watched.scene

    def _attend(self, name: str, now_s: float) -> _Watched | Refusal:
        watched = self._watched.get(name)
        if watched is None:
            watch = self.api.dreamscapes.watch(name, lambda: self._ticked(name))
            if isinstance(watch, Refusal):
                return watch
            watched = self._watched[name] = _Watched(watch, now_s)
        watched.asked_s = now_s
        if self._journal is None:
            journal = self.api.house.watch_events(None, "", self._something_happened)
            self._journal = None if isinstance(journal, Refusal) else journal
        return watched

    def _breakers(self, seats: Sequence[SeatView]) -> tuple[BreakerView, ...]:
        moved = [seat.pod for seat in seats if seat.breaker is not BreakerState.CLOSED][:BREAKERS_MAX]
        found = (self.api.breakers.get(f"pods/{pod}") for pod in moved)
        return tuple(one for one in found if not isinstance(one, Refusal))

    def _events(self, cursor: int | None) -> tuple[tuple[Event, ...], int, bool]:
        """The events after the cursor, the cursor after them, and whether some are no longer kept."""
        newest = self._read(None)
        if isinstance(newest, Refusal):  # too many watches of the journal
            return (), cursor or 0, False
        after = newest[1] - EVENTS_AT_FIRST if cursor is None else cursor
        taken = self._read(after)
        if not isinstance(taken, Refusal):
            return *taken, False
        oldest = taken.metadata.get("oldest")
        kept = self._read(int(oldest) - 1) if oldest else newest
        return *(newest if isinstance(kept, Refusal) else kept), cursor is not None

    def _read(self, cursor: int | None) -> tuple[tuple[Event, ...], int] | Refusal:
        watch = self.api.house.watch_events(cursor, "", lambda: None)
        if isinstance(watch, Refusal):
            return watch
        try:
            events = watch.take(EVENTS_AT_ONCE)
            return events if isinstance(events, Refusal) else (events, watch.cursor)
        finally:
            watch.close()
