"""Work of a verb that goes on until it ends, or until SIGINT or SIGTERM; both are an end in order."""

import asyncio
import signal
from collections.abc import Coroutine


async def until_a_signal(work: Coroutine[None, None, None]) -> None:
    """Do the work; a signal cancels it, and it may clean up behind itself."""
    loop, own = asyncio.get_running_loop(), asyncio.current_task()
    assert own is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, own.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return
