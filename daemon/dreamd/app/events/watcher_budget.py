"""A budget of time: watchers may use a share of the tick's thread, and no more, however many they are.

Time that was spent is paid back at `share` seconds a second. A watcher that finds nothing left waits until it
is paid back, so one encoding that takes a whole tick is followed by four ticks without any. Watchers then get
a tick now and then, with the number of those skipped, and no sleeper's tick is late.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from dreamd.core.limits import HOP_S

WATCHERS_SHARE: Final = 0.2
"""Of the tick's thread, for all watchers together."""


class WatcherBudget:
    """Time left to spend; any thread may ask."""

    def __init__(self, now_s: Callable[[], float], used_s: Callable[[], float], share: float) -> None:
        """Begin with what one tick gives.

        Args:
            now_s: a clock that never goes back.
            used_s: processor time that the calling thread has used.
            share: seconds a second, 0 to 1.
        """
        self._now_s, self._used_s, self._share = now_s, used_s, share
        self._most_s = self._left_s = share * HOP_S
        self._at_s = now_s()
        self._lock = threading.Lock()

    def wait_s(self) -> float:
        """Seconds until something may be spent; 0: now."""
        with self._lock:
            self._earn()
            return max(0.0, -self._left_s / self._share)

    def spend(self, seconds: float) -> None:
        """So much was used."""
        with self._lock:
            self._earn()
            self._left_s -= seconds

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Spend what this thread uses meanwhile."""
        began_s = self._used_s()
        try:
            yield
        finally:
            self.spend(self._used_s() - began_s)

    def used_s(self) -> float:
        """Processor time that the calling thread has used."""
        return self._used_s()

    def _earn(self) -> None:
        now_s = self._now_s()
        self._left_s = min(self._most_s, self._left_s + self._share * max(0.0, now_s - self._at_s))
        self._at_s = now_s
