"""A clock for a system without CLOCK_BOOTTIME, which no lease outlives a suspend by.

Theory of operation. A lease holds for one second after a frame's capture. A clock that stops while the
machine is suspended would find it still valid on waking, however long the night was. The wall clock goes on
in a suspend. So at each reading the two are compared: where they have moved apart by more than APART_NS since
the last reading, the machine was suspended, or its wall clock was set. Both are treated alike: the clock goes
forward by the difference, and by LAPSE_NS at least, which every lease is shorter than.

Rules
- It never goes back, and it never loses time: a wall clock that is set back moves it forward, too.
- It goes too far forward rather than not: setting the wall clock makes each sleeper alone until the next
  broadcast.
- A suspend shorter than APART_NS may go unseen. So may one during which the wall clock was set back by its
  own length.
- Threads read it without a lock. Two that see the same suspend at once both leave the same state behind.
"""

from collections.abc import Callable
from typing import Final

APART_NS: Final = 100_000_000
"""Above the steps of any wall clock (16 ms) and far below a lease."""
LAPSE_NS: Final = 2_000_000_000
"""Twice a lease (`tether.LEASE_NS`)."""


class SuspendWatch:
    """The clock. running_ns, wall_ns: those of the system, ns."""

    def __init__(self, running_ns: Callable[[], int], wall_ns: Callable[[], int]) -> None:
        self._running_ns, self._wall_ns = running_ns, wall_ns
        least_ns, most_ns, _ = self._compared()
        self._seen = least_ns, most_ns, 0

    def now_ns(self) -> int:
        """The reading, which counts each suspend."""
        least_ns, most_ns, running_ns = self._compared()
        least_before_ns, most_before_ns, ahead_ns = self._seen
        if least_ns - most_before_ns > APART_NS or least_before_ns - most_ns > APART_NS:
            ahead_ns += max(most_ns - least_before_ns, LAPSE_NS)
        self._seen = least_ns, most_ns, ahead_ns
        return running_ns + ahead_ns

    def _compared(self) -> tuple[int, int, int]:
        """The bounds of wall minus running time, and the running time: a thread may wait between the two."""
        before_ns = self._running_ns()
        wall_ns = self._wall_ns()
        after_ns = self._running_ns()
        return wall_ns - after_ns, wall_ns - before_ns, after_ns
