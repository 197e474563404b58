"""Virtual time: a heap of what happens when. Nothing sleeps; the same seed gives the same order."""

import heapq
from collections.abc import Callable
from typing import Final

SECOND_NS: Final = 1_000_000_000
MS_NS: Final = 1_000_000

Happening = Callable[[], None]


class Schedule:
    """What happens when, by world time in ns; equal times happen in the order they were asked for."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._due: list[tuple[int, int, Happening]] = []
        self._order = 0

    @property
    def now_s(self) -> float:
        """World time, seconds."""
        return self.now_ns / SECOND_NS

    def at(self, instant_ns: int, happen: Happening) -> None:
        """Let something happen at an instant; what is past happens now."""
        self._order += 1
        due_ns = max(self.now_ns, instant_ns)
        heapq.heappush(self._due, (due_ns, self._order, happen))

    def after(self, delay_ns: int, happen: Happening) -> None:
        """Let something happen so much later."""
        self.at(self.now_ns + delay_ns, happen)

    def run_until(self, until_ns: int) -> None:
        """Let time pass."""
        due, pop = self._due, heapq.heappop
        while due and due[0][0] <= until_ns:
            self.now_ns, _, happen = pop(due)
            happen()
        self.now_ns = max(self.now_ns, until_ns)
