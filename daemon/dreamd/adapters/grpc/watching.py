"""How a handler waits: for a watch to have something, or for a sever to be confirmed.

A bell is rung by the application and heard by one handler; ringing it twice before it is heard is
ringing it once, so nothing queues here. A stopping daemon rings every bell, and each watch ends with
SHUTTING_DOWN, which tells a client to come back.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, cast

from google.protobuf.message import Message
from grpc.aio import ServicerContext

from dreamd.adapters.grpc.errors import Declined
from dreamd.app.coordination import SeverTicket
from dreamd.core.limits import CONFIRM_WITHIN_S
from dreamd.core.refusals import Code, Refusal
from dreamd.core.session.views import SeverOutcome

LOOK_EVERY_S: Final = 0.01
"""A ticket has no bell: it is looked at this often."""

ANSWER_TAKES_S: Final = 0.05
"""Kept back from the caller's deadline, so that the answer still arrives."""


class Bell:
    """Rung when there is something to take."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._closing = False

    def ring(self) -> None:
        """There is something to take; returns at once."""
        self._rung.set()

    def close(self) -> None:
        """The daemon is stopping."""
        self._closing = True
        self._rung.set()

    async def heard(self) -> None:
        """Wait for a ring since the last time; raises Declined when the daemon is stopping."""
        await self._rung.wait()
        self._rung.clear()
        if self._closing:
            raise Declined(Refusal(Code.SHUTTING_DOWN, "the daemon is stopping"))


class Bells:
    """Every bell in use, so that a stopping daemon can ring them all."""

    def __init__(self) -> None:
        self._bells: set[Bell] = set()
        self._closing = False

    def __len__(self) -> int:
        """Watches open now."""
        return len(self._bells)

    @contextmanager
    def bell(self) -> Iterator[Bell]:
        """A bell for one watch."""
        bell = Bell()
        self._bells.add(bell)
        if self._closing:
            bell.close()
        try:
            yield bell
        finally:
            self._bells.discard(bell)

    def close(self) -> None:
        """End every watch, now and from now on."""
        self._closing = True
        for bell in self._bells:
            bell.close()


async def confirmed(ticket: SeverTicket, context: ServicerContext[Message, Message]) -> SeverOutcome:
    """The outcome once it has settled, after CONFIRM_WITHIN_S, or just before the caller's deadline."""
    left_s = cast("float | None", context.time_remaining())  # None without a deadline, whatever the stubs say
    wait_s = CONFIRM_WITHIN_S if left_s is None else min(CONFIRM_WITHIN_S, left_s - ANSWER_TAKES_S)
    until_s = monotonic() + wait_s
    while not ticket.settled and monotonic() < until_s:  # noqa: ASYNC110 - LOOK_EVERY_S says why
        await asyncio.sleep(LOOK_EVERY_S)
    return ticket.outcome()
