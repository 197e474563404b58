"""One viewer's view of the house, followed over the API with the viewer's credential.

A viewer has one connection for all its pages: the journal and the pods as watches, each Dreamscape on a page
as a watch of its ticks, the lists once a second. That stays far below the rate of one principal. Nothing is
asked that the viewer's roles may not read. Nothing is queued: a page gets the newest there is, with the
events after its cursor.

A connection that breaks is opened again. Meanwhile every look is refused, so a page draws nothing old as new.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import dreamapi
from dreamapi import names
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.pods_pb2 import Pod
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.console import shapes

HOLD_S: Final = 1.0
"""The longest an answer is held back: a page without an answer for longer knows that the daemon is gone."""
LISTS_EVERY_S: Final = 1.0
AGAIN_S: Final = 0.5
ANSWER_S: Final = 2.0
IDLE_S: Final = 5.0
SCENES_MAX: Final = 4
"""Dreamscapes that one viewer follows at once; the daemon gives a principal eight watches."""
EVENTS_KEPT: Final = 1000
EVENTS_AT_FIRST: Final = 200
LOOKS: Final = frozenset(
    {
        *("GetHouse", "ListDreamscapes", "ListWakeOrders", "ListBreakers", "WatchEvents", "WatchPods"),
        *("GetDreamscape", "WatchCollective", "GetPod"),
    }
)
"""The methods by which a viewer looks. A viewer asks each only where the roles may call it."""
LONG_AGO: Final = 1
"""A cursor older than any: refused, with the oldest that is kept."""
TICKING: Final = (
    dreams.Dreamscape.STATE_DREAMING,
    dreams.Dreamscape.STATE_SEVERED,
    dreams.Dreamscape.STATE_WAKING,
)
NOT_CLOSED: Final = (Breaker.STATE_OPEN, Breaker.STATE_HALF_OPEN, Breaker.STATE_LOCKED)
ENDING: Final = (dreamapi.CredentialRevoked, dreamapi.CredentialUnknown)
"""Refusals after which a credential is of no use any more."""

_numbers = count(1)
"""Of every part ever made: a page that comes to another viewer has no number of it."""


class NotFollowing(Exception):  # noqa: N818 - the name says it
    """There is nothing to show: the daemon refuses, hangs, or is not reached; the message has the reason."""

    def __init__(self, sentence: str, cause: BaseException | None) -> None:
        super().__init__(sentence)
        self.is_refusal = isinstance(cause, dreamapi.Refused)
        self.is_hung = isinstance(cause, dreamapi.TimedOut)


@dataclass(frozen=True, slots=True)
class Wish:
    """A page's request: names, empty for none, and the numbers and the cursor of what it has."""

    dreamscape: str = ""
    pod: str = ""
    house: int | None = None
    scene: int | None = None
    cursor: int | None = None


@dataclass(slots=True, eq=False)
class _Scene:
    name: str
    asked_s: float
    number: int = 0
    told: dreams.Dreamscape | None = None
    tick: dreams.Collective | None = None
    made_s: float = 0.0
    told_s: float = 0.0
    trouble: str = ""
    unwatched: str = ""
    encoded: tuple[int, bytes] = (0, b"")
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class Viewer:
    """Follows the API until cancelled. server: with the credential. now_s: Unix seconds of this machine.

    scenes_most: Dreamscapes that it follows at once.
    """

    server: dreamapi.Server
    methods: frozenset[str]
    now_s: Callable[[], float]
    scenes_most: int = SCENES_MAX
    asked_s: float = 0.0
    ending: str = ""
    """Why the credential is refused for good; empty: it is not."""
    _over: bool = False
    _lost: str = "connecting"
    _cause: BaseException | None = None
    _ahead_s: float = 0.0
    _house: tuple[int, bytes] = (0, b"")
    _pods: dict[str, Pod] = field(default_factory=dict)
    _breakers: dict[str, breaking.BreakerDetail] = field(default_factory=dict)
    _events: "deque[tuple[int, dict[str, object]]]" = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    _cursor: int = 0
    _scenes: dict[str, _Scene] = field(default_factory=dict)
    _api: dreamapi.Api | None = None
    _group: asyncio.TaskGroup | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # -- following --------------------------------------------------------------------------------

    async def follow_house(self) -> None:
        """Follow, and connect again where the connection breaks; returns where the credential has ended."""
        own = asyncio.current_task()
        while own is None or not own.cancelling():
            try:
                async with dreamapi.connect(
                    self.server, deadline_s=ANSWER_S, connect_s=ANSWER_S, user_agent="dreamd-console"
                ) as api:
                    await self._follow(api)
            except* dreamapi.ApiError as broken:
                self._lose(_first(broken))
            except* Exception as bug:  # noqa: BLE001 -- printed; one viewer's bug ends no other
                traceback.print_exception(bug)
                self._lose(bug)
            if self.ending:
                return
            await asyncio.sleep(AGAIN_S)

    def _lose(self, broken: BaseException) -> None:
        self._lost, self._cause = str(broken), broken
        if isinstance(broken, ENDING):
            self.ending = self._lost
        self._api = self._group = None
        self._house = (0, b"")
        self._pods.clear()
        self._events.clear()
        self._cursor = 0
        self._scenes.clear()
        self._ring()

    async def _follow(self, api: dreamapi.Api) -> None:
        async with asyncio.TaskGroup() as group:
            self._api, self._group = api, group
            for method, work in (("WatchEvents", self._follow_events), ("WatchPods", self._follow_pods)):
                if method in self.methods:
                    group.create_task(work(api), name=method)
            while True:
                with suppress(dreamapi.RateExceeded):
                    await self._read_lists(api)
                self._close_idle()
                await asyncio.sleep(LISTS_EVERY_S)

    async def _read_lists(self, api: dreamapi.Api) -> None:
        asked = self.methods
        # A viewer that may read nothing else is asked for at least: so a revoked credential is found.
        if "GetCaller" in asked and "GetHouse" not in asked:
            await api.access.caller()
        house = await api.houses.get() if "GetHouse" in asked else None
        if house is not None and house.HasField("session_time"):
            self._ahead_s = shapes.seconds(house.session_time) - self.now_s()
        listed = await api.dreamscapes.list() if "ListDreamscapes" in asked else []
        orders = await api.wake.list(standing=True) if "ListWakeOrders" in asked else []
        if "ListBreakers" in asked:
            found = [one for state in NOT_CLOSED for one in await api.breakers.list(state)]
            breakers = {one.name.removeprefix("breakers/"): one for one in found}
            if breakers != self._breakers:
                self._breakers = breakers
                self._renumber(*self._scenes.values())
        told = shapes.house_shape(listed, self._pods.values(), orders, house, asked.__contains__)
        body = shapes.encoded(told)
        if body != self._house[1]:
            self._house = (next(_numbers), body)
            self._ring()
        self._lost, self._cause = "", None

    async def _follow_pods(self, api: dreamapi.Api) -> None:
        async with aclosing(api.pods.watch()) as pods:
            async for pod in pods:
                self._pods[pod.name] = pod

    async def _follow_events(self, api: dreamapi.Api) -> None:
        try:
            await self._events_after(api, LONG_AGO)
        except dreamapi.CursorAhead:
            await self._events_after(api, None)
        except dreamapi.CursorTooOld as too_old:
            await self._events_after(api, int(too_old.metadata.get("oldest", LONG_AGO + 1)) - 1)

    async def _events_after(self, api: dreamapi.Api, cursor: int | None) -> None:
        def reached(newest: int) -> None:
            self._cursor = newest
            self._ring()

        async with aclosing(api.dreamscapes.watch_events(after=cursor, reached=reached)) as events:
            async for event in events:
                self._events.append((event.cursor, shapes.event_shape(event)))

    async def _follow_scene(self, api: dreamapi.Api, scene: _Scene) -> None:
        ticks: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as group:
            while True:
                before = scene.told
                try:
                    scene.told, scene.trouble = await api.dreamscapes.get(scene.name), ""
                    scene.told_s = self.session_s()
                except dreamapi.RateExceeded:
                    await asyncio.sleep(LISTS_EVERY_S)
                    continue
                except (dreamapi.DreamscapeUnknown, dreamapi.OutOfScope, dreamapi.InvalidArgument) as no:
                    scene.told, scene.trouble = None, str(no)
                ticking = scene.told is not None and scene.told.state in TICKING
                if not ticking:
                    scene.tick = None
                elif "WatchCollective" in self.methods and (ticks is None or ticks.done()):
                    ticks = group.create_task(self._follow_ticks(api, scene), name=f"ticks-{scene.name}")
                if scene.tick is None:
                    self._renewed(scene)
                elif scene.told != before:
                    self._renumber(scene)
                await asyncio.sleep(LISTS_EVERY_S)

    async def _follow_ticks(self, api: dreamapi.Api, scene: _Scene) -> None:
        try:
            async with aclosing(api.dreamscapes.watch_collective(scene.name)) as ticks:
                async for tick in ticks:
                    scene.tick, scene.unwatched = tick, ""
                    self._renewed(scene)
        except (dreamapi.TooManyWatchers, dreamapi.LaneFull) as no:
            scene.unwatched = str(no)
        except dreamapi.Refused:  # it has ended: asked again with the state
            scene.unwatched = ""

    def _renewed(self, scene: _Scene) -> None:
        scene.made_s = self.session_s()
        self._renumber(scene)

    def _renumber(self, *scenes: _Scene) -> None:
        """Have pages draw these anew; no seat becomes younger by it."""
        for scene in scenes:
            scene.number = next(_numbers)
        self._ring()

    def _close_idle(self) -> None:
        now_s = self.now_s()
        for name in [name for name, one in self._scenes.items() if now_s - one.asked_s > IDLE_S]:
            self._close(name)

    def _close(self, name: str) -> None:
        task = self._scenes.pop(name).task
        if task is not None:
            task.cancel()

    def _ring(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # -- looking ----------------------------------------------------------------------------------

    def session_s(self) -> float:
        """The daemon's session time now, as far as the viewer may read it; else this machine's."""
        return self.now_s() + self._ahead_s

    async def newer(self, wish: Wish) -> bytes:
        """The page's next answer: as soon as there is news, after HOLD_S at the latest.

        Raises:
            NotFollowing: the daemon is not followed now.
        """
        self.asked_s = self.now_s()
        loop = asyncio.get_running_loop()
        until_s = loop.time() + HOLD_S
        while True:
            news, scene = self._news, self._attend(wish.dreamscape)
            is_new = self._cursor != wish.cursor or self._house[0] != wish.house
            is_new = is_new or (scene is not None and scene.number != (wish.scene or 0))
            left_s = until_s - loop.time()
            if (is_new and not self._lost) or self._over or not left_s > 0.0:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await news.wait()
        bed, breaker = await self._bed(wish.pod)
        if self._lost or not self._house[0]:
            raise NotFollowing(self._lost or "the daemon has not answered yet", self._cause)
        return self._answer(wish, scene, bed, breaker)

    def end_looks(self) -> None:
        """Answer every page now, and from now on at once: the console ends."""
        self._over = True
        self._ring()

    def _attend(self, name: str) -> _Scene | None:
        """The scene of a Dreamscape, followed from now on; None where there is none to follow."""
        if not name or self._group is None or self._api is None or "GetDreamscape" not in self.methods:
            return None
        scene = self._scenes.get(name)
        if scene is None:
            while len(self._scenes) >= self.scenes_most:
                self._close(min(self._scenes, key=lambda one: self._scenes[one].asked_s))
            scene = self._scenes[name] = _Scene(name, self.now_s())
            scene.task = self._group.create_task(self._follow_scene(self._api, scene), name=f"scene-{name}")
        scene.asked_s = self.now_s()
        return scene

    async def _bed(self, pod: str) -> tuple[Pod | None, breaking.BreakerDetail | None]:
        bed = self._pods.get(names.pod(pod)) if pod else None
        breaker = self._breakers.get(names.pod(pod)) if pod else None
        if pod and self._api is not None and "GetPod" in self.methods:
            with suppress(dreamapi.ApiError):
                bed = await self._api.pods.get(pod)
        return bed, breaker

    def _answer(
        self, wish: Wish, scene: _Scene | None, bed: Pod | None, breaker: breaking.BreakerDetail | None
    ) -> bytes:
        oldest = self._events[0][0] if self._events else self._cursor + 1
        cursor = wish.cursor
        missed = cursor is not None and not oldest - 1 <= cursor <= self._cursor
        if cursor is None or missed:
            events = [fact for _, fact in self._events][-EVENTS_AT_FIRST:]
        else:
            events = [fact for at, fact in self._events if at > cursor]
        own = {
            "now_s": self.session_s(),
            "events": events,
            "cursor": self._cursor,
            "missed": missed,
            "pod": None if bed is None else shapes.pod_shape(bed),
            "breaker": None if breaker is None else shapes.breaker_shape(breaker),
            "trouble": "" if scene is None else scene.trouble or scene.unwatched,
        }
        house, shown = b"null", b"null"
        if self._house[0] != wish.house:
            house = b'{"number":%d,%s' % (self._house[0], self._house[1][1:])
        if scene is not None and scene.told is not None and scene.number != wish.scene:
            shown = self._shown(scene, scene.told)
        return b'%s,"house":%s,"scene":%s}' % (shapes.encoded(own)[:-1], house, shown)

    def _shown(self, scene: _Scene, told: dreams.Dreamscape) -> bytes:
        """The scene, encoded once for all pages that show it."""
        if scene.encoded[0] != scene.number:
            made_s = scene.made_s if scene.tick is None or scene.tick.seats else scene.told_s
            shape = shapes.scene_shape(told, scene.tick, self._breakers, made_s)
            scene.encoded = scene.number, shapes.encoded({"number": scene.number, **shape})
        return scene.encoded[1]


def _first(broken: BaseExceptionGroup[dreamapi.ApiError]) -> BaseException:
    """The first failure."""
    one: BaseException = broken
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one
