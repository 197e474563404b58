"""The connection of `dreamd top` to the daemon: the only file here that speaks to it.

One connection: the newest tick, the events since they are kept, and every POLL_S the state that a tick does
not carry (while there are no ticks, the seats). Where any of it breaks, all of it is closed and begun anew
after AGAIN_S; the data received before grows old meanwhile and the screen shows its age (`state`). Nothing is
queued: a slow terminal gets fewer ticks, never older ones.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

import dreamapi
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core.limits import HOP_S
from dreamd.top.state import Detail, Watched
from dreamd.top.view_model import chosen

POLL_S: Final = 0.5
ANSWER_S: Final = 2.0
AGAIN_S: Final = 0.5
FRESH_S: Final = 4 * HOP_S
"""A tick this new carries everything that matters; then the whole state is fetched at every fourth poll."""
UNHURRIED: Final = 4
GLIMPSE_S: Final = 1.5
"""`--once` waits this long for a tick of a Dreamscape that dreams."""
BACKLOG_S: Final = 0.3
TICKING: Final = (dreams.Dreamscape.STATE_DREAMING, dreams.Dreamscape.STATE_SEVERED)
LONG_AGO: Final = 1
"""A cursor older than any: refused, with the oldest that is kept."""


@dataclass
class Wish:
    """The selection, which the keys change. dreamscape: by name, else one is chosen."""

    dreamscape: str = ""
    turns: int = 0
    closely: str = ""


class Looking:
    """Watches the daemon at `server` into `watched`; `changed` is called after every message received."""

    def __init__(
        self,
        server: str | dreamapi.Server,
        wish: Wish,
        watched: Watched,
        now_ns: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._server, self._wish, self._watched = server, wish, watched
        self._now_ns, self._changed = now_ns, changed
        self._turns = 0

    async def for_ever(self) -> None:
        """Watch, and reconnect where the connection breaks; returns only once it is cancelled.

        A call that ends in the moment of the cancellation may report it as a broken call. So the loop asks
        its task, or `q` and Ctrl-C would be lost in that moment.
        """
        own = asyncio.current_task()
        while own is None or not own.cancelling():
            try:
                async with self._connect() as api:
                    await self._look(api)
            except* dreamapi.ApiError as broken:
                self._watched.lost(_first(broken))
            self._changed()
            await asyncio.sleep(AGAIN_S)

    async def once(self) -> None:
        """Watch until there are events and, of a dreaming Dreamscape, a tick; ApiError without a daemon."""
        async with self._connect() as api:
            ticks = await self._ask(api)
            with suppress(TimeoutError):
                async with asyncio.timeout(BACKLOG_S):
                    await self._follow_events(api)
            if ticks:
                with suppress(TimeoutError):
                    async with asyncio.timeout(GLIMPSE_S):
                        await self._follow_ticks(api, 1)
            await self._ask(api)

    def _connect(self) -> dreamapi.Api:
        return dreamapi.connect(self._server, deadline_s=ANSWER_S, connect_s=ANSWER_S, to_screen=True)

    async def _look(self, api: dreamapi.Api) -> None:
        watched, ticks, polls = "", None, 0
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_events(api), name="events")
            group.create_task(self._look_closely(api), name="closely")
            while True:
                fresh = self._now_ns() - self._watched.tick_ns < FRESH_S * 1e9
                if not fresh or polls % UNHURRIED == 0 or self._turns != self._wish.turns:
                    await self._ask(api)
                if self._watched.turned_to != watched:
                    watched = self._watched.turned_to
                    if ticks is not None:
                        ticks.cancel()
                    ticks = group.create_task(self._follow_ticks(api), name="ticks") if watched else None
                polls += 1
                await asyncio.sleep(POLL_S)

    async def _ask(self, api: dreamapi.Api) -> bool:
        """Fetch the list of Dreamscapes and the whole selected one; returns whether that one ticks."""
        self._turns = self._wish.turns
        listed = await api.dreamscapes.list()
        self._watched.housed(await api.houses.get())
        name = chosen(listed, self._wish.dreamscape, self._turns)
        self._watched.turn(name)
        self._watched.listed(listed, self._now_ns())
        ticks = False
        if name:
            try:
                told = await api.dreamscapes.get(name)
            except dreamapi.DreamscapeUnknown as unknown:
                self._watched.turn("")
                self._watched.lost(str(unknown))
            else:
                ticks = told.state in TICKING
                self._watched.told(told, self._now_ns())
        self._changed()
        return ticks

    async def _follow_ticks(self, api: dreamapi.Api, most: int = 0) -> None:
        """Read ticks until the Dreamscape ends, or `most` of them."""
        seen = 0
        async with aclosing(api.dreamscapes.watch_collective(self._watched.turned_to)) as ticks:
            async for tick in ticks:
                self._watched.ticked(tick, self._now_ns())
                self._changed()
                seen += 1
                if seen == most:
                    return

    async def _follow_events(self, api: dreamapi.Api) -> None:
        """Read events from the oldest that is kept."""
        self._watched.began_anew()
        try:
            await self._events_after(api, LONG_AGO)
        except dreamapi.CursorTooOld as too_old:
            await self._events_after(api, int(too_old.metadata.get("oldest", LONG_AGO + 1)) - 1)

    async def _events_after(self, api: dreamapi.Api, cursor: int) -> None:
        async with aclosing(api.dreamscapes.watch_events(after=cursor)) as events:
            async for event in events:
                self._watched.happened(event)
                self._changed()

    async def _look_closely(self, api: dreamapi.Api) -> None:
        """Fetch the bed and the breaker of the sleeper in the detail view, twice a second."""
        while True:
            pod = self._wish.closely
            if pod:
                with suppress(dreamapi.PodUnknown):
                    bed, breaker = await api.pods.get(pod), await api.breakers.get(pod)
                    self._watched.detail = Detail(bed, breaker, self._now_ns())
                    self._changed()
            await asyncio.sleep(POLL_S)


def _first(broken: BaseExceptionGroup[dreamapi.ApiError]) -> str:
    """The sentence of the first failure."""
    one: BaseException = broken
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return str(one)
