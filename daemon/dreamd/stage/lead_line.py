"""The lead as the daemon gets it: vectors for as long as the leader wants something.

Rules
- A vector is sent at each tick and as soon as an input has come, at most twenty times a second.
- The lead begins when the leader wants something, and is closed when it wants nothing.
- A refused lead is told and tried again after two seconds.
- A leader that is over closes the lead for good.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import asdict
from math import nan
from typing import Final

import dreamapi
from dreamd.stage.addresses import NotTaken
from dreamd.stage.leading import Leader, Moment, Source, Wanted
from dreamd.stage.report import Report

GAP_S: Final = 0.05
"""Least time between two vectors."""
FRESH_S: Final = 0.25
"""Longest time between two vectors: each counts for one second."""
AGAIN_S: Final = 2.0


class LeadLine:
    """The lead of one Dreamscape. tick_s: the grid instant of the newest tick, session time, s."""

    def __init__(
        self,
        leader: Leader,
        clock: Callable[[], float],
        report: Report,
        refuse: Callable[[NotTaken], None],
    ) -> None:
        """clock: monotonic, s. refuse: called with each refusal."""
        self._leader = leader
        self._clock = clock
        self._report = report
        self._refuse = refuse
        self._turn = asyncio.Event()
        self._told_share = False
        self._source: Source | None = None
        self.tick_s = nan

    def note_tick(self, tick_s: float) -> None:
        """A tick has come, of this grid instant."""
        self.tick_s = tick_s
        self._turn.set()

    def due_cues(self) -> tuple[str, ...]:
        """The cues of the leader that have become due since the last question."""
        return self._leader.due_cues(self._moment())

    @property
    def is_over(self) -> bool:
        """Whether the leader leads nothing from now on."""
        return self._leader.is_over(self._moment())

    def note_input(self) -> None:
        """An input has come."""
        self._turn.set()

    async def lead(self, api: dreamapi.Api, dreamscape: str) -> None:
        """Lead whenever the leader wants to; return once it is over."""
        refused, words = "", asdict(self._leader.credits)
        while True:
            while self._wanted() is None:
                if self.is_over:
                    return
                await self._next_turn()
            if not refused:
                self._report.print_fact("leading")
            try:
                answer = await api.dreamscapes.lead(dreamscape, self._vectors(), **words)
            except dreamapi.Refused as no:
                if no.reason != refused:
                    self._report.print_fact("leads-no-more", reason=str(no))
                refused = no.reason
                self._refuse(NotTaken(no.reason, str(no)))
                await asyncio.sleep(AGAIN_S)
            else:
                refused, reason = "", "the score is over" if self.is_over else "no input for 10 s"
                self._report.print_fact("leads-no-more", reason=reason)
                if answer.piece:
                    self._report.print_fact("piece", piece=answer.piece)

    async def _vectors(self) -> AsyncGenerator[tuple[tuple[float, ...], float], None]:
        while (wanted := self._wanted()) is not None:
            yield wanted.vector, wanted.share
            self._turn.clear()
            await asyncio.sleep(GAP_S)
            await self._next_turn()

    async def _next_turn(self) -> None:
        """Wait for a tick or an input, at most FRESH_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FRESH_S):
                await self._turn.wait()
        self._turn.clear()

    def _moment(self) -> Moment:
        return Moment(self.tick_s, self._clock())

    def _wanted(self) -> Wanted | None:
        wanted = self._leader.wanted(self._moment())
        if wanted is not None and wanted.source is not self._source:
            if self._source is not None or wanted.source is not Source.LIVE:
                self._report.print_fact("source", source=wanted.source.value)
            self._source = wanted.source
        if wanted is not None and _is_shareless(wanted) and not self._told_share:
            self._told_share = True
            self._report.print_fact(
                "no-share", reason="vectors come and their share is 0: send /dreamd/share, or use --share"
            )
        return wanted


def _is_shareless(wanted: Wanted) -> bool:
    """Whether a hand has sent a vector and no share; a score may mean it."""
    return wanted.source is Source.LIVE and any(wanted.vector) and not wanted.share
