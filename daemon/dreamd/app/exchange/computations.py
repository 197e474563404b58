"""Computations of the exchange, beside the thread of the ticks where a book is large.

The worker is shared. One computation is started a tick, at its end, so a tick that needs the worker comes
first, however many readers ask.
"""

from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, Final, TypeVar

from dreamd.ports.clock import SessionClock
from dreamd.ports.worker import Worker

T = TypeVar("T")

AT_ONCE: Final = 300
"""Asks of a book that is computed in the call: 10 ms."""
WAITING_MOST: Final = 64
AWAITS_S: Final = 5.0
"""For so long a computation waits for the worker; then it is done on the thread of the ticks."""


class Computations:
    """Does work in order, each with the context of the call that asked for it."""

    def __init__(self, aside: Worker, clock: SessionClock) -> None:
        self._aside = aside
        self._clock = clock
        self._waiting = deque[tuple[float, Callable[[], Any], Callable[[Any], object], Context]]()

    @property
    def full(self) -> bool:
        """Whether so much waits that no reader's computation is taken."""
        return not len(self._waiting) < WAITING_MOST

    def compute(self, size: int, work: Callable[[], T], done: Callable[[T], object]) -> None:
        """Do this work on values that nothing else changes, then call `done`. size: in asks."""
        if size <= AT_ONCE:
            done(work())
            return
        self._waiting.append((self._clock.now_s(), work, done, copy_context()))

    def start_next(self) -> None:
        """Once a tick: start the first that waits, if the worker is free."""
        if not self._waiting:
            return
        asked_s, work, done, context = self._waiting[0]
        if self._aside.free:
            self._waiting.popleft()
            self._aside.do(work, lambda made: context.run(done, made))
        elif not self._clock.now_s() - asked_s <= AWAITS_S:
            self._waiting.popleft()
            context.run(done, work())
