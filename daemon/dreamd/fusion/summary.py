"""The contribution of one bank of rows to a tick: sums alone, so that banks can live anywhere.

Any split of the sleepers over banks, processes or machines merges to the same collective, in any order and
any grouping. A median is not a sum, so residuals are counted in a histogram with fixed edges, which is one.
Its median is exact to within one bin, a twelfth of an octave.

Rules
- A summary is taken at one reference centre r; summaries of different r are never merged.
- Residuals are taken before the clip and over all eligible sleepers, outliers too: a median without those it
  excludes would tighten by itself. S, W, n and phases are taken over the included.
- Phases are summed only where the frame is of this very instant; each sleeper counts with a unit phasor.
"""

from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.geometric_median import Doubles, blocks
from dreamwire import blend
from dreamwire.messages import Floats

BINS_PER_OCTAVE: Final = 12
_OCTAVE_LOW: Final = -6
_OCTAVE_HIGH: Final = 11
BINS: Final = (_OCTAVE_HIGH - _OCTAVE_LOW) * BINS_PER_OCTAVE + 2
"""Residuals from 2^-6 to 2^11 in twelfths of an octave; below and above, one bin each."""

Phases = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Summary:
    """The mergeable sums of one bank at one tick and one r.

    s: float64[D], w: S and W at r. n: included. x: float64[D] and squares: sums of x and of |x|^2. distances:
    sum of |x - r|. phases: complex128[B], sums of unit phasors, and phase_n: float64[B], their number.
    histogram: int64[BINS] of the residuals of all eligible sleepers.
    """

    s: Doubles
    w: float
    n: int
    x: Doubles
    squares: float
    distances: float
    phases: Phases
    phase_n: Doubles
    histogram: NDArray[np.int64]


def empty(size: int, bands: int) -> Summary:
    """Return the summary of no sleepers, the unit of `merge`."""
    return Summary(
        s=np.zeros(size),
        w=0.0,
        n=0,
        x=np.zeros(size),
        squares=0.0,
        distances=0.0,
        phases=np.zeros(bands, dtype=np.complex128),
        phase_n=np.zeros(bands),
        histogram=np.zeros(BINS, dtype=np.int64),
    )


def summarise(rows: Floats, r: Floats, phases: tuple[Phases, Doubles], residuals: Floats) -> Summary:
    """Summarise one bank at r.

    Args:
        rows: float32[n, D], the included, shared scale.
        r: float32[D], the reference centre.
        phases: complex128[B], the sum of unit phasors of the included with a frame of this instant, and
            float64[B], their number.
        residuals: float32[e], of all eligible sleepers, before the clip.
    """
    both, w, squares, distances = np.zeros((2, len(r))), 0.0, 0.0, 0.0
    for block in blocks(len(rows)):
        wide = rows[block].astype(np.float64)
        distance = blend.distances(rows[block], r)
        weighed = np.ones((2, len(wide)))
        weighed[0] = blend.weights_at(distance)
        both += weighed @ wide
        w += float(weighed[0].sum())
        squares += float(np.einsum("ij,ij->", wide, wide))
        distances += float(distance.sum(dtype=np.float64))
    return Summary(
        s=both[0],
        w=w,
        n=len(rows),
        x=both[1],
        squares=squares,
        distances=distances,
        phases=phases[0],
        phase_n=phases[1],
        histogram=np.bincount(bins_of(residuals), minlength=BINS),
    )


def merge(a: Summary, b: Summary) -> Summary:
    """Return the summary of both; associative, commutative, `empty` is its unit."""
    return Summary(
        s=a.s + b.s,
        w=a.w + b.w,
        n=a.n + b.n,
        x=a.x + b.x,
        squares=a.squares + b.squares,
        distances=a.distances + b.distances,
        phases=a.phases + b.phases,
        phase_n=a.phase_n + b.phase_n,
        histogram=a.histogram + b.histogram,
    )


def merge_all(parts: list[Summary], size: int, bands: int) -> Summary:
    """Return the summary of all parts; of none, the empty one."""
    return reduce(merge, parts) if parts else empty(size, bands)


MEDIANS: Final = np.array([2.0 ** (_OCTAVE_LOW + (at - 0.5) / BINS_PER_OCTAVE) for at in range(BINS)])
"""The residual in the middle of each bin."""


def median_of(histogram: NDArray[np.int64]) -> float:
    """Return the (lower) median of the counted residuals, at the middle of its bin; NaN of none."""
    n = int(histogram.sum())
    if n == 0:
        return float("nan")
    below = accumulate(histogram.tolist())
    at = next(place for place, count in enumerate(below) if count >= (n + 1) // 2)
    return float(MEDIANS[at])


def medians_of(histograms: NDArray[np.int64]) -> Doubles:
    """Return `median_of` each of these, int64[K, BINS]: float64[K]."""
    below = np.cumsum(histograms, axis=1)
    at = np.argmax(below >= (below[:, -1:] + 1) // 2, axis=1)
    return np.where(below[:, -1] > 0, MEDIANS[at], np.nan)


def bins_of(residuals: Floats) -> NDArray[np.int64]:
    """Return the bin of each residual; a NaN goes to the last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        place = (np.log2(residuals.astype(np.float64)) - _OCTAVE_LOW) * BINS_PER_OCTAVE + 1.0
    place = np.where(place < BINS - 1.0, place, BINS - 1.0)  # NaN too
    return np.asarray(np.maximum(place, 0.0).astype(np.int64))
