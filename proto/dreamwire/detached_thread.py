"""Blocking work, on a thread that neither the event loop nor the interpreter waits for at the end.

`asyncio.to_thread` uses the loop's executor. It has a handful of threads, so that hanging work keeps other
work waiting; and `asyncio.run` waits for each of its threads before it returns. A name server that does not
answer would delay the end of an agent by half a minute. Here each piece of work has a thread of its own,
which ends with the process.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """Return the result of `work`, or raise its error; a cancelled wait leaves the thread running."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # T, where there is no error

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 -- raised again where it is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: the result is awaited no more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
