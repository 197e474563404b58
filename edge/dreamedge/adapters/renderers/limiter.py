"""The limiter of the live sound: no sample that leaves it is louder than the volume.

The volume is bounded by `core.merging.loudness`. The dose that has sounded is counted, by equal energy.
"""

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.merging.loudness import H870_DB, H870_HOURS, Volume


class Limiter:
    """Brings the pad to its volume, and counts its dose."""

    def __init__(self, volume: Volume, rate_hz: int) -> None:
        self._peak = volume.peak
        # A sine at full scale has a mean square of one half.
        per_sample = 2.0 * 10.0 ** ((volume.full_scale_db - H870_DB) / 10.0)
        self._dose_per_square = per_sample / (rate_hz * 3600.0 * H870_HOURS)
        self._squares = 0.0

    @property
    def dose(self) -> float:
        """The share of a week's dose that has sounded: 1.0 is 80 dB(A) for 40 hours."""
        return float(self._squares * self._dose_per_square)

    def limit(self, wave: NDArray[np.float64]) -> None:
        """Scale samples of -1 to 1 to the volume, in place. Cuts larger ones; silences a wave with a NaN."""
        np.clip(wave, -1.0, 1.0, out=wave)
        wave *= self._peak
        squares = float(np.dot(wave, wave))
        if not isfinite(squares):
            wave.fill(0.0)
            return
        self._squares += squares
