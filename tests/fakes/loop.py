"""An event loop with virtual time: a sleeping task wakes at once, and the clock has advanced."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type] # chosen by the platform
    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Skip the wait and add its length."""
        if timeout is not None and timeout > 0.0:
            self.skipped_s += timeout
            timeout = 0.0
        return super().select(timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time` begins at 0 and advances only while every task sleeps."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual.skipped_s


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
