"""The connection of `top`: it reconnects for as long as it is wanted, and ends when it is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dreamapi
from dreamd.top.client import Looking, Wish
from dreamd.top.state import Watched


class Swallowing(Looking):
    """A connection whose call reports its own cancellation as a failure of the call."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1:1", Wish(""), Watched(), lambda: 0, lambda: None)
        self.tries = 0
        self.connecting = asyncio.Event()

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[dreamapi.Api]:  # type: ignore[override]
        self.tries += 1
        self.connecting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise dreamapi.Unreachable("the call was cancelled") from None
        yield  # type: ignore[misc] # never reached


async def test_a_cancellation_that_a_call_reports_as_its_own_failure_ends_the_watch() -> None:
    """The loop ends although the cancellation arrived as an ApiError, and does not connect again."""
    looking = Swallowing()
    watch = asyncio.get_running_loop().create_task(looking.for_ever())
    await looking.connecting.wait()
    watch.cancel()
    await asyncio.wait({watch}, timeout=1.0)
    assert watch.done()
    assert looking.tries == 1
