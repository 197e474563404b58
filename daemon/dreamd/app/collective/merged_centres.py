"""The mean centre of the collective over the time in which each slot was granted a coupling.

The centre of every granting tick is added to one running sum. A slot that begins to be granted takes the sum
as it is then from its own, one that ends adds the sum as it is then: so a tick costs one comparison of the
grants, and a slot that comes and goes is counted for its merged time alone.
"""

import numpy as np
from numpy.typing import NDArray

from dreamwire.messages import Floats

Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class MergedCentres:
    """The sums of one table. Shapes: sums float64[slots, D], ticks int64[slots]."""

    def __init__(self, slots: int, size: int) -> None:
        """slots: of the table. size: features D."""
        self._sums = np.zeros((slots, size))
        self._ticks = np.zeros(slots, dtype=np.int64)
        self._total: Doubles = np.zeros(size)
        self._many = 0

    def add_tick(self, before: Bytes, granted: Bytes, m: Floats | None) -> None:
        """A tick grants this, uint8[slots], after one that granted `before`. m: float32[D], None: none."""
        was, now = before > 0, granted > 0
        changed = was != now
        if changed.any():
            began, ended = changed & now, changed & was
            self._sums[began] -= self._total
            self._ticks[began] -= self._many
            self._sums[ended] += self._total
            self._ticks[ended] += self._many
        if m is not None:
            self._total += m
            self._many += 1

    def mean(self, row: int, granted: int) -> Doubles | None:
        """Return the mean of a slot, float64[D], shared scale; None: it was never granted a coupling.

        granted: what it is granted now.
        """
        sums, ticks = self._sums[row], int(self._ticks[row])
        if granted > 0:
            sums, ticks = sums + self._total, ticks + self._many
        return sums / ticks if ticks > 0 else None

    def clear_slot(self, row: int) -> None:
        """The slot is given, or given back; it is granted nothing now."""
        self._sums[row] = 0.0
        self._ticks[row] = 0
