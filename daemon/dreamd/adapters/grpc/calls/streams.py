"""Waiting in a handler: for the next item of a watch, for the confirmation of a sever, or for the ledger.

The application rings a bell and one handler waits on it. Two rings before the handler runs are one ring, so
nothing queues here. Bells sound in turn, within a budget of the thread's time. A stopping daemon rings every
bell, and each watch ends with SHUTTING_DOWN, which asks a client to come back.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from time import monotonic, thread_time
from typing import Final, TypeVar, cast

from google.protobuf.message import Message
from grpc.aio import ServicerContext

from dreamd.adapters.grpc.calls.errors import Declined, granted
from dreamd.app.api.tickets import SeverTicket
from dreamd.app.events.watcher_budget import WATCHERS_SHARE, WatcherBudget
from dreamd.core.dreamscapes.views import SeverOutcome
from dreamd.core.limits import CONFIRM_WITHIN_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred

AT_ONCE: Final = 8
"""Watchers woken in one turn of the event loop."""

WAIT_LEAST_S: Final = 0.005
"""Shortest wait for a spent budget."""

T = TypeVar("T")

LOOK_EVERY_S: Final = 0.01
"""A ticket has no bell; it is polled this often."""

ANSWER_TAKES_S: Final = 0.05
"""Reserved from the caller's deadline, so that the answer still arrives."""


class ChangeSignal:
    """Signals one watcher that there is something to take."""

    def __init__(self, due: Callable[["ChangeSignal"], None]) -> None:
        self._due = due
        self._rung = asyncio.Event()
        self._closing = False

    def ring(self) -> None:
        """Announce something to take; returns at once, the watcher runs when it is its turn."""
        self._due(self)

    def sound(self) -> None:
        """Wake the watcher: it is its turn."""
        self._rung.set()

    def close(self) -> None:
        """End the watch: the daemon is stopping."""
        self._closing = True
        self._rung.set()

    async def heard(self) -> None:
        """Wait for the next turn; raises Declined when the daemon is stopping."""
        await self._rung.wait()
        self._rung.clear()
        if self._closing:
            raise Declined(Refusal(Code.SHUTTING_DOWN, "the daemon is stopping"))


class ChangeSignals:
    """Every bell in use, the order of their turns, and the time that their turns may use.

    A tick rings every bell at once. They sound AT_ONCE in one turn of the event loop, so calls and ticks run
    in between. The time that the watchers use is taken from the budget; where it is spent the others wait, in
    order, until it is paid back. A bell that is rung again while it waits keeps its place: its watcher then
    takes the newest item.
    """

    def __init__(self, budget: WatcherBudget | None = None) -> None:
        self.budget = budget or WatcherBudget(monotonic, thread_time, WATCHERS_SHARE)
        self._bells: set[ChangeSignal] = set()
        self._due: dict[ChangeSignal, None] = {}
        self._closing = False
        self._pending = False

    def __len__(self) -> int:
        """The number of open watches."""
        return len(self._bells)

    @contextmanager
    def bell(self) -> Iterator[ChangeSignal]:
        """A bell for one watch."""
        bell = ChangeSignal(self._rung)
        self._bells.add(bell)
        if self._closing:
            bell.close()
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            self._due.pop(bell, None)

    def close(self) -> None:
        """End every watch, now and from now on."""
        self._closing = True
        for bell in self._bells:
            bell.close()

    def _rung(self, bell: ChangeSignal) -> None:
        self._due.setdefault(bell)
        if not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_soon(self._sound)

    def _sound(self) -> None:
        loop, wait_s = asyncio.get_running_loop(), self.budget.wait_s()
        self._pending = bool(self._due)
        if not self._due:
            return
        if wait_s > 0.0:
            loop.call_later(max(wait_s, WAIT_LEAST_S), self._sound)
            return
        for bell in list(islice(self._due, AT_ONCE)):
            del self._due[bell]
            bell.sound()
        # Runs after the watchers that were woken just now, because the loop keeps the order.
        loop.call_soon(self._paid, self.budget.used_s())

    def _paid(self, began_s: float) -> None:
        self.budget.spend(self.budget.used_s() - began_s)
        self._sound()


async def kept(answer: T | Refusal | Deferred[T]) -> T:
    """The answer, once the ledger has written the request; the application settles it in time.

    Raises:
        Declined: the answer is a refusal.
    """
    return cast("T", await settled(answer) if isinstance(answer, Deferred) else granted(answer))


async def settled(later: Deferred[T]) -> T:
    """The answer of a request that waits for the ledger.

    Raises:
        Declined: the answer is a refusal.
    """
    while not later.settled:  # noqa: ASYNC110 - LOOK_EVERY_S says why
        await asyncio.sleep(LOOK_EVERY_S)
    return granted(later.answer())


async def confirmed(ticket: SeverTicket, context: ServicerContext[Message, Message]) -> SeverOutcome:
    """The outcome once settled, after CONFIRM_WITHIN_S, or just before the caller's deadline."""
    left_s = cast("float | None", context.time_remaining())  # None without a deadline, whatever the stubs say
    wait_s = CONFIRM_WITHIN_S if left_s is None else min(CONFIRM_WITHIN_S, left_s - ANSWER_TAKES_S)
    until_s = monotonic() + wait_s
    while not ticket.settled and monotonic() < until_s:  # noqa: ASYNC110 - LOOK_EVERY_S says why
        await asyncio.sleep(LOOK_EVERY_S)
    return ticket.outcome()
