"""Virtual time: a heap of future events. Nothing sleeps; the same seed gives the same order."""

import heapq
from collections.abc import Callable
from typing import Final

SECOND_NS: Final = 1_000_000_000
MS_NS: Final = 1_000_000

Happening = Callable[[], None]


class Schedule:
    """Future events by world time in ns; events of the same time keep the order of their scheduling."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._due: list[tuple[int, int, Happening]] = []
        self._order = 0

    @property
    def now_s(self) -> float:
        """World time, seconds."""
        return self.now_ns / SECOND_NS

    def at(self, instant_ns: int, happen: Happening) -> None:
        """Schedule an event at an instant; an instant in the past counts as now."""
        self._order += 1
        due_ns = max(self.now_ns, instant_ns)
        heapq.heappush(self._due, (due_ns, self._order, happen))

    def after(self, delay_ns: int, happen: Happening) -> None:
        """Schedule an event after a delay."""
        self.at(self.now_ns + delay_ns, happen)

    def run_until(self, until_ns: int) -> None:
        """Run every event up to an instant."""
        due, pop = self._due, heapq.heappop
        while due and due[0][0] <= until_ns:
            self.now_ns, _, happen = pop(due)
            happen()
        self.now_ns = max(self.now_ns, until_ns)

    def leap(self, until_ns: int) -> None:
        """Let this time pass without anything in it, as for machines that sleep: what was due is due then.

        Events keep their order.
        """
        self.now_ns = max(self.now_ns, until_ns)
        due = sorted(self._due, key=lambda one: one[:2])
        self._due = [(max(self.now_ns, at_ns), place, happen) for place, (at_ns, _, happen) in enumerate(due)]
