"""The requests of one stream, of which the first ones can be sent again to another daemon.

A daemon that does not own the house ends a stream before it has read any request. gRPC may have taken some
from the caller by then. They are kept here, REPLAYED_MAX at most, and come first in the next call. One task
at a time reads the caller's own iterator, which survives the end of a call.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any, Final

REPLAYED_MAX: Final = 16
_END: Final = object()


class Replay:
    """Reads `requests` once; `sent` makes the requests of one call."""

    def __init__(self, requests: AsyncIterable[Any]) -> None:
        self._left = aiter(requests)
        self._kept: list[Any] = []
        self._taken = 0
        self._turn = 0
        self._next: asyncio.Task[Any] | None = None

    @property
    def whole(self) -> bool:
        """Whether every request so far can be sent again."""
        return self._taken == len(self._kept)

    async def sent(self) -> AsyncGenerator[Any, None]:
        """Yield the requests that are kept, then the further ones; an earlier call of it ends."""
        self._turn += 1
        turn = self._turn
        for one in tuple(self._kept):
            yield one
        while turn == self._turn:
            if self._next is None:
                self._next = asyncio.create_task(self._following(), name="dreamapi requests")  # noqa: TID251 -- ended in finish
            one = await asyncio.shield(self._next)
            if turn != self._turn:
                return  # the next call takes it
            self._next = None
            if one is _END:
                self._left = aiter(_nothing())
                return
            self._taken += 1
            if self._taken <= REPLAYED_MAX:
                self._kept.append(one)
            yield one

    async def _following(self) -> Any:  # noqa: ANN401
        return await anext(self._left, _END)

    async def finish(self) -> None:
        """End the reading of the caller's requests."""
        self._turn += 1
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait([self._next])
            self._next = None


async def _nothing() -> AsyncGenerator[Any, None]:
    return
    yield
