"""An event loop in virtual time: the calls that are held open at a daemon run on it, step by step.

It has no clock, no sockets and no thread. A call goes on when it was woken, in the moment of the schedule in
which that happened, so one seed is one night.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVarTuple

Ts = TypeVarTuple("Ts")


# ruff: noqa: SLF001 - the private names are those that asyncio gives to event loops


class CallLoop(asyncio.AbstractEventLoop):
    """As much of an event loop as a task and a future need."""

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._held: set[asyncio.Task[Any]] = set()

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call it at the next `run_ready`."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def get_debug(self) -> bool:
        """Never."""
        return False

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Ignore it: a night may end while calls are open."""

    def hold(self, call: Coroutine[Any, Any, object], name: str) -> None:
        """Begin a call, and let it run until it waits."""
        task: asyncio.Task[Any] = asyncio.Task(call, loop=self, name=name)
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        self.run_ready()

    def run_ready(self) -> None:
        """Run everything that can go on."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while self._ready:
                self._ready.popleft()._run()
        finally:
            asyncio._set_running_loop(before)
