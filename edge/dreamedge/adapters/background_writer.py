"""Blocking work on a thread of its own, behind a bounded queue that drops its oldest item.

The tether runs on the event loop, so a slow disk or pipe must never hold the loop up. `put` never blocks.
When the worker cannot keep up, the oldest waiting items are dropped and counted.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundWriter(Generic[T]):
    """One worker thread: `work(item)` for each item, in order. An OSError ends it and is kept as `failed`."""

    def __init__(
        self,
        name: str,
        work: Callable[[T], None],
        limit: int,
        weight: Callable[[T], int] = lambda _: 0,
        weight_limit: int = 0,
    ) -> None:
        """limit: of items that wait; weight_limit: of the sum of their weights, whatever `weight` counts."""
        self.dropped = 0
        self.failed = ""
        self._work = work
        self._waiting: deque[T] = deque()
        self._limit = limit
        self._weight = weight
        self._weight_limit = weight_limit
        self._weighs = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Queue `item`; drop the oldest waiting items while the queue is full."""
        with self._changed:
            if self._closing or self.failed:
                self.dropped += 1
                return
            weight = self._weight(item)
            while self._waiting and not (
                len(self._waiting) < self._limit and self._weighs + weight <= self._weight_limit
            ):
                self._weighs -= self._weight(self._waiting.popleft())
                self.dropped += 1
            self._waiting.append(item)
            self._weighs += weight
            self._changed.notify()

    def close(self, timeout_s: float) -> bool:
        """Finish the waiting items within `timeout_s`; True if all were done. Safe to call twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self.failed

    @property
    def stuck(self) -> bool:
        """Whether the worker thread still runs. After `close` it means that the worker is blocked."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                item = self._waiting.popleft()
                self._weighs -= self._weight(item)
            try:
                self._work(item)
            except OSError as error:
                with self._changed:
                    self.failed = str(error)
                    self.dropped += len(self._waiting)
                    self._waiting.clear()
                    self._weighs = 0
                return
