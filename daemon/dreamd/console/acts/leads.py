"""The leads of artists from their pages: each request carries one vector, and none is repeated here.

A page that has gone, a tab that was closed and a laptop that sleeps send nothing, so the daemon gives that
lead no share a second later, and the stream is closed after SILENT_S. A page that comes back begins anew by
a hand on its button: no lead goes on by itself.

Rules
- The newest vector wins: nothing waits in a queue.
- A request is answered after PACE_S, or at once where the lead is refused. So a page sends at that pace
  without a timer, which a browser would slow down in a tab out of sight.
- Giving up waits for the daemon's end of the lead, at most ENDS_WITHIN_S, and is never refused.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final

import dreamapi

PACE_S: Final = 0.2
SILENT_S: Final = 2.0
ENDS_WITHIN_S: Final = 1.0
CONNECT_S: Final = 4.0
LEADS_MAX: Final = 16

Vector = Sequence[float]


class LeadEnded(Exception):  # noqa: N818 - the name says it
    """There is no such lead any more; the message is a sentence for the page."""


@dataclass(frozen=True, slots=True)
class LeadWord:
    """One request of a page. key: of the page. vector: on the shared scale. share: of the blend, 0..1.

    title: of the piece; the first request of a lead counts. Empty: none.
    """

    key: tuple[str, str]
    dreamscape: str
    vector: tuple[float, ...]
    share: float
    title: str = ""


@dataclass(slots=True, eq=False)
class _Lead:
    word: LeadWord
    silent_s: float
    task: asyncio.Task[Exception | None] | None = None
    over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, word: LeadWord) -> None:
        self.word = word
        self.news.set()

    def end(self) -> None:
        self.over = True
        self.news.set()

    async def vectors(self) -> AsyncGenerator[tuple[Vector, float], None]:
        """The newest vectors, until the page is silent or gives up."""
        while not self.over:
            try:
                async with asyncio.timeout(self.silent_s):
                    await self.news.wait()
            except TimeoutError:
                return
            self.news.clear()
            if not self.over:
                yield self.word.vector, self.word.share

    async def follow(self, server: dreamapi.Server) -> Exception | None:
        try:
            async with dreamapi.connect(server, connect_s=CONNECT_S, user_agent="dreamd-console") as api:
                first = self.word
                await api.dreamscapes.lead(first.dreamscape, self.vectors(), title=first.title)
        except Exception as error:  # noqa: BLE001 -- raised again where the page is answered
            return error
        return None


class Leads:
    """The leads of all pages, each a task of the group on a connection of its own.

    silent_s: seconds without a request after which a stream is closed. most: leads at once.
    """

    def __init__(
        self, group: asyncio.TaskGroup, *, silent_s: float = SILENT_S, most: int = LEADS_MAX
    ) -> None:
        self._group, self._silent_s, self._most = group, silent_s, most
        self._leads: dict[tuple[str, str], _Lead] = {}

    async def begin_lead(self, word: LeadWord, server: dreamapi.Server) -> bool:
        """Begin to lead with a first vector, in the place of an earlier lead of the same page.

        Returns as `go_on`.

        Raises:
            LeadEnded: so many pages lead already.
            ApiError: the daemon refuses it.
        """
        await self.give_up(word.key)
        for key in [key for key, one in self._leads.items() if one.task is None or one.task.done()]:
            del self._leads[key]
        if len(self._leads) >= self._most:
            raise LeadEnded(f"{self._most} pages of this console lead already; give one of these leads up")
        lead = self._leads[word.key] = _Lead(word, self._silent_s)
        lead.task = self._group.create_task(lead.follow(server), name=f"lead-{word.dreamscape}")
        return await self.go_on(word)

    async def go_on(self, word: LeadWord) -> bool:
        """Take the next vector of a lead; False: the page gave it up meanwhile.

        Raises:
            LeadEnded: the page has no lead of this Dreamscape.
            ApiError: the daemon has ended the lead by a refusal.
        """
        lead = self._leads.get(word.key)
        if lead is None or lead.task is None or lead.word.dreamscape != word.dreamscape:
            raise LeadEnded("this page does not lead; begin to lead first")
        lead.offer(word)
        await asyncio.wait((lead.task,), timeout=PACE_S)
        if lead.over or not lead.task.done():
            return not lead.over
        if self._leads.get(word.key) is lead:
            del self._leads[word.key]
        failure = lead.task.result()
        if failure is not None:
            raise failure
        raise LeadEnded("the lead is over: this page was silent for too long; begin to lead anew")

    async def give_up(self, key: tuple[str, str]) -> bool:
        """End the lead of a page; whether the daemon's end is confirmed. True where there is none."""
        lead = self._leads.pop(key, None)
        if lead is None or lead.task is None:
            return True
        lead.end()
        await asyncio.wait((lead.task,), timeout=ENDS_WITHIN_S)
        if not lead.task.done():
            lead.task.cancel()  # the daemon ends a lead with its stream
            return False
        return True

    def has_moved(self, word: LeadWord) -> bool:
        """Whether a person has moved a control since the last request of this page."""
        lead = self._leads.get(word.key)
        before = None if lead is None else (lead.word.vector, lead.word.share)
        return before != (word.vector, word.share)

    def cancel_leads(self) -> None:
        """End every lead: the console ends."""
        for lead in self._leads.values():
            if lead.task is not None:
                lead.task.cancel()
