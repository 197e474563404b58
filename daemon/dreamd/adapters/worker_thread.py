"""A thread beside the daemon's own, for work that would delay the tick; numpy's products release the GIL."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class ThreadAside:
    """One worker thread, started with the first work; used from a running event loop alone."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._busy = False
        self._failed: Callable[[Exception], object] | None = None

    def on_failure(self, failed: Callable[[Exception], object]) -> None:
        """Set the callback, run in the loop, for errors of the work or of its `done`."""
        self._failed = failed

    @property
    def free(self) -> bool:
        """Whether no work is in progress."""
        return not self._busy

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Run it, and call `done` in the loop; errors go to `observe`'s callback, else to the loop."""
        loop = asyncio.get_running_loop()
        self._busy = True

        def tell(future: "Future[Any]") -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._tell, future, done)

        self._worker.submit(work).add_done_callback(tell)

    def _tell(self, future: "Future[Any]", done: Callable[[Any], object]) -> None:
        self._busy = False
        if future.cancelled():
            return
        try:
            done(future.result())
        except Exception as error:
            if self._failed is None:
                raise
            self._failed(error)

    def close(self) -> None:
        """Start no more work; work in progress ends by itself, and its result is dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)
