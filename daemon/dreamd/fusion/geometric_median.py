"""The geometric median, warm-started: one Weiszfeld step a tick follows a centre that moves slowly.

The geometric median is the point with the least sum of distances. Even if almost half of the sleepers sent
arbitrary values it would stay among the others; a mean follows a single one. Weiszfeld (1937) finds it by
weighted means, w_i = 1 / max(|x_i - r|, eps): a pod can recompute its own weight and take itself out of the
sums, which no sorted estimator allows.

Rules
- r is the last centre, m = S / W the new one; the pods receive S and W as they were computed at r.
- One step a tick; up to 12 steps first move r when the membership has changed, or when there is no r yet.
- The base weight is 1 or 0. Rows that are not included never enter a sum, whatever they hold.
- Rows are float32 and weighted by the pods' own arithmetic (`blend.weights`). Sums are float64, so that the
  split of sleepers over banks does not show in the result.
- Rows are processed in blocks that fit a core's cache: no temporary array grows with the group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire import blend
from dreamwire.messages import Floats

STEPS_ON_CHANGE: Final = 12
SETTLED: Final = 1e-3
"""Shared-scale distance; a shorter step counts as converged."""

BLOCK_ROWS: Final = 2048
"""Rows processed at once: with twelve features, 96 kB."""

Doubles = NDArray[np.float64]


def blocks(rows: int, most: int = BLOCK_ROWS) -> Iterator[slice]:
    """Cut this many rows into slices of at most `most`, in order."""
    return (slice(begin, min(begin + most, rows)) for begin in range(0, rows, most))


@dataclass(frozen=True, slots=True)
class Sums:
    """S = sum w_i x_i, float64[D], and W = sum w_i over the included, at one reference centre."""

    s: Doubles
    w: float

    def centre(self, otherwise: Floats) -> Floats:
        """Return m = S / W, float32[D]; `otherwise` where no sleeper is included."""
        ok = self.w > 0.0
        return np.asarray(self.s / self.w, dtype=np.float32) if ok else otherwise


def sums(rows: Floats, r: Floats) -> Sums:
    """Return S and W of these rows, float32[n, D], at r, float32[D]."""
    s, total = np.zeros(len(r)), 0.0
    for block in blocks(len(rows)):
        w = blend.weights(rows[block], r).astype(np.float64)
        s += w @ rows[block]
        total += float(w.sum())
    return Sums(s, total)


def merge(parts: Sequence[Sums], size: int) -> Sums:
    """Return the sums over all parts; of none, zeros of `size` features."""
    s = np.zeros(size, dtype=np.float64)
    w = 0.0
    for part in parts:
        s = s + part.s
        w += part.w
    return Sums(s, w)


def mean(banks: Sequence[Floats], size: int) -> Floats:
    """Return the plain mean of all rows, float32[size], as the start of the search; zeros without rows."""
    n = sum(len(rows) for rows in banks)
    total = np.zeros(size, dtype=np.float64)
    for rows in banks:
        for block in blocks(len(rows)):
            total += rows[block].sum(axis=0, dtype=np.float64)
    return (total / max(n, 1)).astype(np.float32)


def settle(banks: Sequence[Floats], r: Floats, steps: int = STEPS_ON_CHANGE) -> Floats:
    """Return r moved by at most `steps` Weiszfeld steps over all banks' rows, float32[D]."""
    for _ in range(steps):
        m = merge([sums(rows, r) for rows in banks], len(r)).centre(r)
        moved = float(np.linalg.norm(m - r))
        r = m
        arrived = moved <= SETTLED
        if arrived:
            break
    return r
