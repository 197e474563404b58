"""The digital step of a signal whose source does not state one: the grid on which its values lie.

A converter's step survives a gain and an offset: whole numbers times a scale lie on a grid, and so do floats
of rounded numbers. A signal that was filtered in floats lies on none.

Rules
- The step is the least distance between two values, made exact by all distances. Where some values lie off
  the grid (interpolated, a glitch), a larger distance is tried. Values that occur once do not count where the
  others make the signal.
- It counts if 98 % of the samples lie within 3 % of a step on its grid.
- Fewer than 64 samples or three values show no step: they may be a flat or a railed channel.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLES_MOST: Final = 2048
_SAMPLES_LEAST: Final = 64
_LEVELS_LEAST: Final = 3
_TRIED: Final = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5)
"""Quantiles of the distances that are tried as the step."""
_FLOAT: Final = 1e-6
"""Relative to the largest value: distances below this one are rounding of 32-bit floats."""
_OFF_GRID: Final = 0.03
_ON_GRID_SHARE: Final = 0.98
_LARGEST: Final = 1e100
"""Sums of larger values overflow; no device gives one."""

Doubles = NDArray[np.float64]


def digital_step(values: Doubles) -> float | None:
    """Return the step of one channel, in its unit; 0.0 if its values are on no grid, None if they show none.

    values: float64[n], of any instants; those that are not finite, or endless, do not count.
    """
    x = values[np.abs(values) <= _LARGEST]
    if len(x) > SAMPLES_MOST:
        x = x[np.linspace(0, len(x) - 1, SAMPLES_MOST).astype(np.int64)]
    if len(x) < _SAMPLES_LEAST:
        return None
    levels, counts = np.unique(x, return_counts=True)
    again = counts > 1
    if counts[again].sum() >= _ON_GRID_SHARE * len(x):
        levels = levels[again]
    noise = _FLOAT * float(np.abs(levels).max())
    apart = np.diff(levels)
    apart = apart[apart > noise]
    if len(apart) < _LEVELS_LEAST - 1:
        return None
    for tried in np.unique(np.quantile(apart, _TRIED, method="lower")):
        step = _exact(apart, float(tried))
        if noise <= _OFF_GRID * step and _on_grid(x, step) >= _ON_GRID_SHARE:
            return step
    return 0.0


def digital_steps(uv: Doubles, above_uv: float) -> tuple[float, ...]:
    """Return the step of every channel of float64[n, channels], uV; 0.0 where none above `above_uv` can be.

    A step is at most the channel's range over its number of values, which is quick to tell.
    """
    rows = uv[np.linspace(0, len(uv) - 1, min(len(uv), SAMPLES_MOST)).astype(np.int64)]
    ordered = np.where(np.isfinite(rows), rows, np.nan).T.copy()
    ordered.sort(axis=1)
    apart = np.diff(ordered, axis=1)
    most = np.nansum(apart, axis=1) / np.maximum((apart > 0).sum(axis=1), 1)
    return tuple(
        (digital_step(channel) or 0.0) if may else 0.0
        for channel, may in zip(uv.T, most > above_uv, strict=True)
    )


def _exact(apart: Doubles, tried: float) -> float:
    """The step near `tried` by all distances that are multiples of it."""
    times = np.round(apart / tried)
    near = np.abs(apart / tried - times) <= _OFF_GRID * np.maximum(times, 1.0)
    return float(apart[near].sum() / times[near].sum())


def _on_grid(x: Doubles, step: float) -> float:
    """The share of samples on the grid of `step`, wherever it begins."""
    place = x / step
    turn = np.exp(2j * np.pi * place)
    begins = np.angle(turn.mean()) / (2 * np.pi)
    away = place - begins
    return float(np.mean(np.abs(away - np.round(away)) <= _OFF_GRID))
