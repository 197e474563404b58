"""Finds an amplifier's limit in its recording: signals that stand still, all at the same height.

A living signal passes through its peak; a clipped one stays there, sample for sample. If at least two
channels stood at their own extreme value, on either side, for a quarter of a second and at the same distance
from zero, that distance is the limit. Limits below 500 uV are rejected: no EEG amplifier has so small a
range, and an unconnected channel may well rest there.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

HELD_S: Final = 0.25
LEAST_UV: Final = 500.0
_CHANNELS_LEAST: Final = 2
_SAME: Final = 1e-3


def limit_uv(uv: NDArray[np.floating], rate_hz: float) -> float:
    """Return the limit in uV by samples [n, channels] (NaN where missing), or 0 if nothing shows it."""
    held = max(2, round(HELD_S * rate_hz))
    found = [_height_uv(column, held) for column in uv.T]
    highest = max(found, default=0.0)
    together = sum(height >= (1 - _SAME) * highest for height in found)
    return highest if highest >= LEAST_UV and together >= _CHANNELS_LEAST else 0.0


def _height_uv(column: NDArray[np.floating], held: int) -> float:
    """The distance from zero at which a channel stood at its extreme; 0 if it did not, or never moved."""
    if not np.isfinite(column).any():
        return 0.0
    low, high = float(np.nanmin(column)), float(np.nanmax(column))
    stood = [abs(peak) for peak in (low, high) if low < high and _stood(column == peak, held)]
    return max(stood, default=0.0)


def _stood(there: NDArray[np.bool_], held: int) -> bool:
    """Whether at least `held` in a row are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return bool(len(edges)) and int((edges[1::2] - edges[::2]).max()) >= held
