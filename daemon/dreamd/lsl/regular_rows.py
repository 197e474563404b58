"""Rows of a regular stream: one for each tick of the grid, also for a tick that did not arrive. Pure.

A recorder takes a stream at its word: at 4 Hz it may replace the stamps by a straight line. A watcher of the
API skips ticks when it is slow, and an outage skips many. So each missing tick gets a row of NaN at its own
instant, and the rate is true.

Rules
- A gap longer than FILLED_S is left open: readers of XDF begin a new segment there.
- A stamp that is not after the last one is dropped: the daemon's clock was anchored anew.
"""

from collections.abc import Sequence
from math import nan
from typing import Final

FILLED_S: Final = 600.0
"""Longest gap that is filled."""
NEAR: Final = 0.5
"""Share of a period: a row this close after the last one is the same tick."""

Row = tuple[float, list[float]]
"""A stamp in LSL time, s, and its numbers."""


class RegularRows:
    """The rows of one stream of `rate_hz`. filled: rows of NaN so far; dropped: rows out of order."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1.0 / rate_hz
        self._last_s = nan
        self.filled = self.dropped = 0

    def continued(self, stamp_s: float, numbers: Sequence[float]) -> list[Row]:
        """Return the rows to push for this tick, oldest first, the missing ones before it included."""
        gap_s = stamp_s - self._last_s
        if gap_s <= NEAR * self._period_s:
            self.dropped += 1
            return []
        missing = round(gap_s / self._period_s) - 1 if gap_s <= FILLED_S else 0
        step_s = gap_s / (missing + 1)
        rows = [(self._last_s + n * step_s, [nan] * len(numbers)) for n in range(1, missing + 1)]
        self.filled += missing
        self._last_s = stamp_s
        return [*rows, (stamp_s, list(numbers))]
