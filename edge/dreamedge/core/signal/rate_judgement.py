"""Judges a nominal sampling rate against the measured one, the same for files, tables and live streams."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE_TOLERANCE: Final = 0.02
"""A measured rate further from the nominal one changes every frequency that is computed."""
HELD_SHARE: Final = 0.2
"""A larger share of repeated rows shows that the sender held its last sample."""
_HELD_ROWS: Final = 16
"""A longer run of equal rows is a flat signal, not a held sample."""


def judge_rate(nominal_hz: float, effective_hz: float) -> bool:
    """Whether the measured rate is within 2 % of the nominal one; no if either is unknown."""
    return nominal_hz > 0 and abs(effective_hz / nominal_hz - 1) <= RATE_TOLERANCE


def held_share(samples: NDArray[Any]) -> float:
    """The share of rows of [n, channels] that repeat the row before them, long flat runs left out."""
    if len(samples) <= 1:
        return 0.0
    same = np.concatenate([[False], (samples[1:] == samples[:-1]).all(axis=1), [False]])
    edges = np.diff(same.astype(np.int8))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return float(lengths[lengths < _HELD_ROWS].sum()) / len(samples)


def held_sentence(effective_hz: float, share: float) -> str:
    """State the held samples: the measured rate, the share of copies, and the rate without them."""
    return (
        f"{effective_hz:.0f} Hz of which {100 * share:.0f} % are copies is a "
        f"{effective_hz * (1 - share):.0f} Hz stream that was oversampled"
    )
