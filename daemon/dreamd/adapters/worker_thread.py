"""A thread beside the daemon's own, for what would hold up the tick; numpy's products let go of the lock."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class ThreadAside:
    """One worker thread, begun with the first work; used from a running event loop alone."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._busy = False
        self._failed: Callable[[Exception], object] | None = None

    def observe(self, failed: Callable[[Exception], object]) -> None:
        """Tell `failed`, in the loop, what goes wrong in the work or in hearing of it."""
        self._failed = failed

    @property
    def free(self) -> bool:
        """Nothing is under way."""
        return not self._busy

    def do(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Do it, and tell `done` in the loop; `observe` is told of what goes wrong, else the loop itself."""
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
        """Begin nothing more; what is under way ends by itself and is told to nobody who has gone."""
        self._worker.shutdown(wait=False, cancel_futures=True)
