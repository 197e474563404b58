"""Carries a marker stream of the lab into the journal of one Dreamscape.

Rules
- A marker is written with its own instant, on the session clock; when it arrived does not matter.
- Each is written once: it has one request id, whatever has to be repeated.
- While the daemon is away, or takes no more in this second, markers wait: at most WAITING_MAX, the oldest are
  dropped and counted. One that the daemon refuses for itself is told and dropped.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Final, Protocol

import dreamapi
from dreamapi import names
from dreamapi.call_policy import new_request_id
from dreamd.core.limits import MARKER_SOURCE_MAX
from dreamd.lsl.failures import CannotRun, StreamLost
from dreamd.lsl.link import Link, chosen
from dreamd.lsl.report import Report
from dreamwire.detached_thread import aside
from dreamwire.text import fit

WAITING_MAX: Final = 5_000
TAKE_S: Final = 0.25
"""A read of the stream waits this long for a marker."""
FIND_WITHIN_S: Final = 5.0
LOOK_AGAIN_S: Final = 1.0
FULL_S: Final = 1.0
"""A Dreamscape that takes no more markers is asked again after this."""

Heard = tuple[str, float]
"""A marker's text, and its instant on this machine's LSL clock, s."""


class Source(Protocol):
    """A marker stream; both calls block, on a thread of their own."""

    name: str
    source: str

    def find(self, within_s: float) -> None:
        """Find the stream and subscribe; CannotRun where that is not possible."""
        ...

    def take(self, timeout_s: float) -> list[Heard]:
        """Wait for markers and return them; StreamLost once the stream has ended."""
        ...


@dataclass(slots=True)
class Waiting:
    """A marker to write. at_s: on this machine's LSL clock.

    acted_s: the same in session time, kept from the first attempt on: a repeated request is the same request.
    """

    text: str
    at_s: float
    acted_s: float = nan
    request_id: str = field(default_factory=new_request_id)


class MarkerWriter:
    """Writes the markers of `source` into a Dreamscape. clock: LSL's."""

    def __init__(
        self,
        server: str | dreamapi.Server,
        dreamscape: str,
        source: Source,
        *,
        clock: Callable[[], float],
        report: Report,
    ) -> None:
        self._dreamscape = dreamscape
        self._source = source
        self._report = report
        self._link = Link(server, clock, report, lambda: self._tell("status"))
        self.waiting: deque[Waiting] = deque()
        self._come = asyncio.Event()
        self._begun = False
        self.counts = {"written": 0, "dropped": 0, "refused": 0}

    async def write_until_ended(self) -> None:
        """Write until the Dreamscape has ended.

        Raises:
            ApiError: no daemon answers at the beginning, or it does not know the Dreamscape.
            CannotRun: the Dreamscape has ended before, or there is no such stream.
        """
        await aside(lambda: self._source.find(FIND_WITHIN_S), "lsl-find")
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read_for_ever(), name="stream")
            try:
                await self._link.kept(self._write, lambda: None)
            finally:
                reading.cancel()
        self._tell("ended", reason="the Dreamscape has ended")

    def enqueue(self, text: str, at_s: float) -> None:
        """Let a marker wait to be written; the oldest gives way where too many wait. at_s: on LSL's clock."""
        if len(self.waiting) >= WAITING_MAX:
            self.waiting.popleft()
            self.counts["dropped"] += 1
        self.waiting.append(Waiting(text, at_s))
        self._come.set()

    async def _write(self, api: dreamapi.Api) -> None:
        if not self._begun:
            self._dreamscape = names.bare((await chosen(api, self._dreamscape)).name)
            self._begun = True
            told = {"stream": self._source.name, "source": self._source.source}
            self._report.print_fact(
                "listening", dreamscape=self._dreamscape, **told, clock_ms=self._link.clock_ms
            )
        self._link.restored()
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(self._until_the_end(api), name="end"),
                group.create_task(self._write_for_ever(api), name="writing"),
            )
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _until_the_end(self, api: dreamapi.Api) -> None:
        """Return once the Dreamscape has ended: its ticks end with it."""
        async with aclosing(api.dreamscapes.watch_collective(self._dreamscape, omit_seats=True)) as ticks:
            async for _ in ticks:
                pass

    async def _write_for_ever(self, api: dreamapi.Api) -> None:
        """Write what waits, in order; return where the Dreamscape takes no more."""
        while True:
            while self.waiting:
                one = self.waiting[0]
                try:
                    await self._write_one(api, one)
                except (dreamapi.TooManyMarkers, dreamapi.LaneFull):
                    await asyncio.sleep(FULL_S)
                    continue
                except dreamapi.WrongState:
                    return
                except dreamapi.InvalidArgument as no:
                    self.counts["refused"] += 1
                    self._report.print_fact("refused", reason=str(no))
                if self.waiting and self.waiting[0] is one:
                    self.waiting.popleft()
            self._come.clear()
            await self._come.wait()

    async def _write_one(self, api: dreamapi.Api, one: Waiting) -> None:
        if not isfinite(one.acted_s):
            one.acted_s = self._link.session.to_session(one.at_s)
        await api.dreamscapes.write_marker(
            self._dreamscape,
            one.text,
            source=fit(self._source.name, MARKER_SOURCE_MAX),
            acted_s=one.acted_s,
            request_id=one.request_id,
        )
        self.counts["written"] += 1

    async def _read_for_ever(self) -> None:
        while True:
            try:
                heard = await aside(lambda: self._source.take(TAKE_S), "lsl-take")
            except StreamLost as lost:
                self._report.print_fact("stream-lost", reason=str(lost))
                await self._find_again()
                continue
            for text, at_s in heard:
                self.enqueue(text, at_s)

    async def _find_again(self) -> None:
        while True:
            try:
                await aside(lambda: self._source.find(LOOK_AGAIN_S), "lsl-find")
            except CannotRun:
                await asyncio.sleep(LOOK_AGAIN_S)
            else:
                self._report.print_fact("stream-restored", reason="")
                return

    def _tell(self, fact: str, **fields: object) -> None:
        counts = self.counts | {"waiting": len(self.waiting)}
        self._report.print_fact(fact, counts=counts, clock_ms=self._link.clock_ms, **fields)
