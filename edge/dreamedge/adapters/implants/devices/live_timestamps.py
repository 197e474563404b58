"""Live stamps made steady: radio jitter is removed, losses are kept, and no future stamp is used.

A stamp made on arrival is late by a delay that is never negative. Headsets deliver bursts that are up to a
third of a second late. The earliest arrivals therefore show the device's clock: the measure is the lateness
(stamp minus number times period) at its lowest in the last two seconds. `files.xdf.timeline` does the
same for files, where later stamps can be used too.

Rules
- A block's stamp is its number's time plus that lowest lateness.
- A rise of the lowest lateness by 0.1 s or more was a loss and is followed at once. A smaller rise is
  followed in steps too small to look like a gap.
- Where the device reports missing samples, its stamp is taken as it is.
- A stamp in the future, or older than any buffer reaches, comes from a clock that was set: now is used.
"""

from collections import deque
from typing import Final

REACH_NS: Final = 10_000_000_000
"""The longest buffer that a device keeps between reads."""
_ENVELOPE_NS: Final = 2_000_000_000
_LOSS_NS: Final = 100_000_000
_STEP_NS: Final = 5_000_000


class Pace:
    """Computes when the last sample of each block was captured."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = 1e9 / rate_hz
        self._count = 0
        self._begin_ns = 0
        self._late: deque[tuple[int, int]] = deque()
        self._told_ns: int | None = None

    def tell(self, samples: int, stamp_ns: int, now_ns: int, *, lost: bool = False) -> int:
        """The stamp of the last of `samples` new ones, received with `stamp_ns`, monotonic ns."""
        if not now_ns - REACH_NS <= stamp_ns <= now_ns:
            stamp_ns = now_ns
        self._count += samples
        if self._told_ns is None:
            self._begin_ns = stamp_ns - round(self._count * self._period_ns)
        if lost:
            self._late.clear()
        due_ns = self._begin_ns + round(self._count * self._period_ns)
        self._late.append((now_ns, stamp_ns - due_ns))
        while now_ns - self._late[0][0] > _ENVELOPE_NS:
            self._late.popleft()
        lowest_ns = min(late_ns for _, late_ns in self._late)
        before_ns = lowest_ns if self._told_ns is None else self._told_ns
        small = not lost and lowest_ns - before_ns < _LOSS_NS
        self._told_ns = min(lowest_ns, before_ns + _STEP_NS) if small else lowest_ns
        return due_ns + self._told_ns
