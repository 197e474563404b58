"""Carries one Dreamscape from the API to its outlets.

Rules
- Rows are stamped with the grid instant of their tick, markers with the instant of their event, both on this
  machine's LSL clock (`session_time`); no stamp is a time of arrival.
- Each event is sent once: after an outage the watch goes on behind the last event that was sent.
- The outlets outlive the daemon: after an outage the missing ticks are rows of NaN, and markers tell of both
  ends of it.
- A daemon that was restarted keeps no events from before: a marker stands where some may be missing.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final, Protocol

import dreamapi
from dreamd.core.group_streams import COLLECTIVE, MARKERS, RATE_HZ, SYNCHRONY, Streams
from dreamd.lsl import layouts
from dreamd.lsl.failures import CannotRun
from dreamd.lsl.link import Link, chosen
from dreamd.lsl.regular_rows import RegularRows
from dreamd.lsl.report import Report
from dreamwire.schema import SCHEMAS

LAST_EVENTS_S: Final = 2.0
"""The journal's last events come within this of the last tick."""
LONG_AGO: Final = 1
"""A cursor older than any: refused, with the oldest that is kept."""


class Sink(Protocol):
    """Where rows and markers go; stamps are on this machine's LSL clock."""

    def push_row(self, stream: str, numbers: Sequence[float], stamp_s: float) -> None:
        """Send one row of a stream."""
        ...

    def push_text(self, stream: str, text: str, stamp_s: float) -> None:
        """Send one marker."""
        ...

    def close(self) -> None:
        """Close the streams; safe to call twice."""
        ...


class Sender:
    """Sends one Dreamscape. open_sink: opens the streams, given the uncertainty of their stamps, s."""

    def __init__(
        self,
        server: str | dreamapi.Server,
        dreamscape: str,
        *,
        clock: Callable[[], float],
        open_sink: Callable[[Streams, float], Sink],
        report: Report,
        after: int | None = None,
    ) -> None:
        self._wanted = dreamscape
        self._clock = clock
        self._open_sink = open_sink
        self._report = report
        self._cursor = after
        self._link = Link(server, clock, report, self._tell_status)
        self._rows = {name: RegularRows(RATE_HZ) for name in (COLLECTIVE, SYNCHRONY)}
        self._streams: Streams | None = None
        self._sink: Sink | None = None
        self._over = asyncio.Event()
        self.sent = {"ticks": 0, "markers": 0}

    async def send_until_ended(self) -> None:
        """Send until the Dreamscape has ended.

        Raises:
            ApiError: no daemon answers at the beginning, or it does not know the Dreamscape.
            CannotRun: the Dreamscape has ended before, or its streams are on the network already.
        """
        try:
            await self._link.kept(self._send, lambda: self._mark(layouts.LINK_LOST))
        finally:
            self.close()
        self._report.print_fact("ended", counts=self._counts(), reason="the Dreamscape has ended")

    def close(self) -> None:
        """Close the streams; safe to call twice."""
        if self._sink is not None:
            self._sink.close()

    async def _send(self, api: dreamapi.Api) -> None:
        if self._streams is None:
            await self._open(api)
        assert self._streams is not None
        if self._link.restored():
            self._mark(layouts.LINK_RESTORED)
        async with asyncio.TaskGroup() as group:
            events = group.create_task(self._follow_events(api), name="events")
            ticks = api.dreamscapes.watch_collective(self._streams.dreamscape, omit_seats=True)
            async with aclosing(ticks):
                async for tick in ticks:
                    self._send_tick(tick)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EVENTS_S):
                    await self._over.wait()
            events.cancel()

    async def _open(self, api: dreamapi.Api) -> None:
        streams = layouts.streams_of(await chosen(api, self._wanted))
        if isinstance(streams, str):
            raise CannotRun(streams)
        uncertainty_s = self._link.session.uncertainty_s
        sink = await asyncio.to_thread(self._open_sink, streams, uncertainty_s)
        self._streams, self._sink = streams, sink
        told = [
            {
                "name": layout.name,
                "source_id": streams.source_id(layout),
                "channels": len(layout.channels),
                "rate_hz": layout.rate_hz,
            }
            for layout in streams.all
        ]
        self._report.print_fact(
            "opened", dreamscape=streams.dreamscape, streams=told, clock_ms=self._link.clock_ms
        )

    def _send_tick(self, tick: dreamapi.Collective) -> None:
        assert self._streams is not None
        assert self._sink is not None
        stamp_s = self._link.session.to_lsl(layouts.grid_session_s(tick))
        schema = SCHEMAS[self._streams.schema]
        numbers = (layouts.collective_row(tick, schema), layouts.synchrony_row(tick, schema))
        for name, row in zip((COLLECTIVE, SYNCHRONY), numbers, strict=True):
            for at_s, values in self._rows[name].continued(stamp_s, row):
                self._sink.push_row(name, values, at_s)
        self.sent["ticks"] += 1

    async def _follow_events(self, api: dreamapi.Api) -> None:
        """Send the events after the last one sent; where they are kept no more, all that are."""
        try:
            await self._events_after(api, self._cursor)
        except dreamapi.CursorAhead:
            await self._from_the_oldest(api)
        except dreamapi.CursorTooOld as too_old:
            await self._from(api, too_old)

    async def _from_the_oldest(self, api: dreamapi.Api) -> None:
        try:
            await self._events_after(api, LONG_AGO)
        except dreamapi.CursorTooOld as too_old:
            await self._from(api, too_old)

    async def _from(self, api: dreamapi.Api, too_old: dreamapi.CursorTooOld) -> None:
        self._mark(layouts.JOURNAL_GAP)
        await self._events_after(api, int(too_old.metadata.get("oldest", LONG_AGO + 1)) - 1)

    async def _events_after(self, api: dreamapi.Api, cursor: int | None) -> None:
        assert self._streams is not None
        events = api.dreamscapes.watch_events(
            after=cursor, dreamscape=self._streams.dreamscape, reached=self._reach
        )
        async with aclosing(events):
            async for event in events:
                stamp_s = self._link.session.to_lsl(layouts.marker_session_s(event))
                self._push_marker(layouts.marker_text(event), stamp_s)
                self._reach(event.cursor)
                if event.kind == "state" and event.cause == "ended":
                    self._over.set()

    def _reach(self, cursor: int) -> None:
        self._cursor = cursor

    def _mark(self, text: str) -> None:
        """Send a marker of the sender's own, of now."""
        self._push_marker(text, self._clock())

    def _push_marker(self, text: str, stamp_s: float) -> None:
        if self._sink is not None:
            self._sink.push_text(MARKERS, text, stamp_s)
            self.sent["markers"] += 1

    def _counts(self) -> dict[str, int]:
        return {**self.sent, "ticks_missing": self._rows[COLLECTIVE].filled}

    def _tell_status(self) -> None:
        self._report.print_fact("status", counts=self._counts(), clock_ms=self._link.clock_ms)
