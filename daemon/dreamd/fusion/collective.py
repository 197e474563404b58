"""From frames to the collective, once a tick: eligibility, the centre, and each sleeper's distance from it.

One `Fusion` belongs to one Dreamscape in one term. `tick` decides in four passes over columns, without a loop
over sleepers: shared scale, eligibility, outliers by the last tick's median, sums. Columns come in banks: one
for a whole Dreamscape as a rule, more when its first is full. Only a `Summary` or a `Sums` crosses from one
bank to another, so banks can live on many machines. A tick's work arrays are allocated with the bank.

Rules
- A slot that is not in `included` has weight zero here and must get coupling zero in the same message.
- A residual above four medians in three frames of its own in a row makes an outlier; one frame within brings
  it back. Within the weights' own eps there is no outlier.
- The median is over all eligible sleepers; with none eligible there is no median and no outlier. Below five
  sleepers there is no outlier either: of three, two that are alike would exclude the third for differing.
- With no sleeper included the centre stays where it was, and S and W are zero: no pod has a collective then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import INTIMATE_BELOW, TEMPLATES_FOR_SCALE
from dreamd.fusion.frame_table import FrameTable, Mask
from dreamd.fusion.geometric_median import Doubles, blocks, mean, settle
from dreamd.fusion.summary import Summary, median_of, merge_all, summarise
from dreamd.fusion.synchrony import Synchrony
from dreamd.fusion.synchrony_tracker import SynchronyTracker
from dreamwire import blend
from dreamwire.messages import Floats
from dreamwire.schema import Schema

OUTLIER_MEDIANS: Final = 4.0
OUTLIER_FRAMES: Final = 3
SIGMA_MIN_DB: Final = 1.0
KEPT_BYTES: Final = 24 << 20
"""More than all temporary arrays of a tick of 100,000 sleepers."""
MAD_TO_SIGMA: Final = 1.4826
"""Sigma / MAD of a normal distribution (Hampel 1974)."""


def shared_scale(templates_db: Floats, schema: Schema) -> tuple[Floats, Floats]:
    """Return mu and sigma of the shared scale, float32[D] each, dB: frozen at Start, sent in `assign`.

    Per feature median and max(1.4826 MAD, 1 dB) over the templates; rows that are not finite are left out,
    and with fewer than eight left the schema's shipped constants stand.

    Args:
        templates_db: float32[N, D], the enrolled templates.
        schema: of these features.
    """
    rows = np.asarray(templates_db, dtype=np.float32).reshape(-1, schema.size)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < TEMPLATES_FOR_SCALE:
        return schema.shipped_mu(), schema.shipped_sigma()
    mu = np.median(rows, axis=0)
    mad = np.median(np.abs(rows - mu), axis=0)
    sigma = np.maximum(MAD_TO_SIGMA * mad, SIGMA_MIN_DB)
    return mu.astype(np.float32), sigma.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Fused:
    """The collective of one tick.

    r: the reference centre, m: the new one, s: S at r, all float32[D] on the shared scale; w: W. n: the
    number included. dispersion: mean squared distance to m. mean_distance: mean distance to r. median: of the
    residuals before the clip, NaN without any. phase_means: float32[B, 2], mean unit phasor (re, im), NaN
    where no phase was sent. Per bank, in the order given: included and outliers bool[slots], residuals
    float32[slots], |x - r| before the clip, NaN where not eligible, and own_synchrony float32[slots], each
    sleeper's PPC with all others. order: float64[B], length of the mean phasor, NaN where no phase is known;
    synchrony: over all pairs, as read once a second.
    """

    r: Floats
    m: Floats
    s: Floats
    w: float
    n: int
    dispersion: float
    mean_distance: float
    median: float
    phase_means: Floats
    included: tuple[Mask, ...]
    outliers: tuple[Mask, ...]
    residuals: tuple[Floats, ...]
    order: Doubles
    synchrony: Synchrony
    own_synchrony: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class TickPart:
    """One part of a tick: its sums at r, float32[D], and, per bank, what `Fused` says of its own slots."""

    r: Floats
    total: Summary
    included: tuple[Mask, ...]
    outliers: tuple[Mask, ...]
    residuals: tuple[Floats, ...]


class Workspace:
    """Work arrays of one bank, allocated once and reused every tick.

    x: float32[slots, D], the states of the eligible on the shared scale. `rows`: those of the included,
    without gaps. In both, only the part that the last tick filled is valid. over: int8[slots], frames in a
    row above the limit, and judged: uint32[slots], the newest frame that was counted. counting: some `over`
    is not 0.
    """

    def __init__(self, slots: int, size: int) -> None:
        self.x: Floats = np.zeros((slots, size), dtype=np.float32)
        self._rows: Floats = np.zeros((slots, size), dtype=np.float32)
        self.over = np.zeros(slots, dtype=np.int8)
        self.judged = np.zeros(slots, dtype=np.uint32)
        self.counting = False

    def scale(self, columns: FrameTable, mu: Floats, sigma: Floats) -> None:
        """Convert every used row to the shared scale."""
        for block in blocks(columns.used):
            self.x[block] = blend.to_shared(columns.db[block], mu, sigma)

    def rows(self, included: Mask, used: int) -> Floats:
        """Return the included states, float32[n, D], in order of slots; valid until the next call."""
        n = int(np.count_nonzero(included[:used]))
        return np.compress(included[:used], self.x[:used], axis=0, out=self._rows[:n])

    def judge_rows(self, columns: FrameTable, eligible: Mask, residuals: Floats, limit: float) -> Mask:
        """Count this tick's new frames against the limit; return the eligible slots that are outliers."""
        # Not `residuals > limit`: a NaN must count as far.
        far = eligible & ~(residuals <= limit)
        if self.counting or far.any():
            new = eligible & (columns.seq != self.judged)
            counted = np.where(far, np.minimum(self.over + 1, OUTLIER_FRAMES), 0)
            self.over = np.where(columns.present, np.where(new, counted, self.over), 0).astype(np.int8)
            self.counting = bool(self.over.any())
        np.copyto(self.judged, columns.seq)
        return np.asarray(eligible & (self.over >= OUTLIER_FRAMES))


def _keep_what_is_given_back() -> None:
    """Let the C library keep a tick's temporary arrays for the next tick.

    glibc returns freed blocks to the system until one as large as this has been freed; without it, each tick
    of ten thousand sleepers faults 260 pages in again. The array is never written, so it uses no memory.
    """
    np.empty(KEPT_BYTES, dtype=np.uint8)


class Fusion:
    """The fusion of one Dreamscape in one term; mu_db and sigma_db are float32[D], frozen at Start.

    Kept from tick to tick, also by a pass over many (`fusion.pooled`): centre, float32[D], the newest m;
    median and measured, of that many residuals; members: the newest `included`; spaces: one a bank.
    """

    def __init__(self, schema: Schema, mu_db: Floats, sigma_db: Floats) -> None:
        _keep_what_is_given_back()
        self.schema = schema
        self._size = schema.size
        self._bands = len(schema.phase_bands)
        self.mu = np.asarray(mu_db, dtype=np.float32)
        self.sigma = np.asarray(sigma_db, dtype=np.float32)
        self.centre: Floats | None = None
        self.median = float("nan")
        self.measured = 0
        self.members: list[Mask] = []
        self.spaces: list[Workspace] = []
        self.chorus = SynchronyTracker(schema)

    def tick(self, banks: Sequence[FrameTable], allowed: Sequence[Mask], instant: int) -> Fused:
        """Fuse the newest frames of all banks at this grid instant, to which the banks have been `advance`d.

        Args:
            banks: always in the same order; more may follow at the end in a later tick.
            allowed: bool[slots] for each, the slots that breakers, consent and guidelines allow.
            instant: the grid instant that closes.
        """
        part = self.sum_up(banks, allowed, instant, settles=True)
        return self.fuse_whole(part, part.total)

    def sum_up(
        self, banks: Sequence[FrameTable], allowed: Sequence[Mask], instant: int, *, settles: bool = False
    ) -> TickPart:
        """Sum these banks up at the last centre; `fuse_whole` makes the collective of it and of other parts.

        Args:
            banks: as of `tick`.
            allowed: as of `tick`.
            instant: as of `tick`.
            settles: these banks are the whole, so that the centre may first move to where it converges.
                Parts of a whole begin at the scale's own zero and move by one step a tick, all alike.
        """
        spaces = self.work_arrays(banks)
        eligible = [bank.eligible(instant, ok) for bank, ok in zip(banks, allowed, strict=True)]
        for space, bank in zip(spaces, banks, strict=True):
            space.scale(bank, self.mu, self.sigma)
        before = self.centre
        if before is None:
            nowhere = np.zeros(self._size, dtype=np.float32)
            before = mean(self._rows(banks, eligible), self._size) if settles else nowhere
        residuals = [self._residuals(bank, mask, before) for bank, mask in zip(banks, eligible, strict=True)]
        limit = self.outlier_distance()
        outliers = [
            space.judge_rows(bank, mask, far, limit)
            for space, bank, mask, far in zip(spaces, banks, eligible, residuals, strict=True)
        ]
        included = [e & ~out for e, out in zip(eligible, outliers, strict=True)]
        phases = self.chorus.tick(banks, included, allowed, instant)
        rows = self._rows(banks, included)
        r = settle(rows, before) if self._changed(included) and settles else before
        total = merge_all(
            [
                summarise(x, r, sums, far[e])
                for x, sums, far, e in zip(rows, phases, residuals, eligible, strict=True)
            ],
            self._size,
            self._bands,
        )
        return TickPart(r, total, tuple(included), tuple(outliers), tuple(residuals))

    def work_arrays(self, banks: Sequence[FrameTable]) -> list[Workspace]:
        """Return the work arrays of these banks, allocated where a bank is new."""
        self.spaces += [Workspace(bank.slots, self._size) for bank in banks[len(self.spaces) :]]
        return self.spaces

    def _rows(self, banks: Sequence[FrameTable], masks: list[Mask]) -> list[Floats]:
        """The states of these slots without gaps, one array a bank."""
        return [
            space.rows(mask, bank.used) for space, bank, mask in zip(self.spaces, banks, masks, strict=True)
        ]

    def _residuals(self, columns: FrameTable, eligible: Mask, r: Floats) -> Floats:
        residuals = np.full(columns.slots, np.nan, dtype=np.float32)
        for block in blocks(columns.used):
            away = (columns.db[block] - self.mu) / self.sigma - r
            np.sqrt(np.einsum("ij,ij->i", away, away), out=residuals[block])
        residuals[~eligible] = np.nan
        return residuals

    def outlier_distance(self) -> float:
        """The outlier distance by the last tick's median; infinity without one, or with too few sleepers."""
        known = self.median >= 0.0 and self.measured >= INTIMATE_BELOW
        return max(OUTLIER_MEDIANS * self.median, blend.EPS) if known else float("inf")

    def _changed(self, included: list[Mask]) -> bool:
        last, self.members = self.members, included
        same = len(last) == len(included) and all(map(np.array_equal, last, included))
        return not same

    def adopt(self, m: Floats, histogram: NDArray[np.int64]) -> None:
        """Go on from this centre, float32[D], and these residuals of a whole of which this is a part."""
        self.centre, self.median, self.measured = m, median_of(histogram), int(histogram.sum())

    def fuse_whole(self, part: TickPart, total: Summary) -> Fused:
        """Return the collective of the whole, `total`, of which `part` is what `sum_up` returned last."""
        n, r = max(total.n, 1), part.r
        m = (total.s / total.w).astype(np.float32) if total.w > 0.0 else r
        wide = m.astype(np.float64)
        spread = total.squares / n - 2.0 * float(wide @ total.x) / n + float(wide @ wide)
        self.median, self.measured = median_of(total.histogram), int(total.histogram.sum())
        if total.n:
            self.centre = m
        return Fused(
            r=r,
            m=m,
            s=total.s.astype(np.float32),
            w=float(np.float32(total.w)),
            n=total.n,
            dispersion=max(spread, 0.0) if total.n else 0.0,
            mean_distance=total.distances / n,
            median=self.median,
            phase_means=_phase_means(total),
            included=part.included,
            outliers=part.outliers,
            residuals=part.residuals,
            order=_order(total),
            synchrony=self.chorus.synchrony,
            own_synchrony=self.chorus.own(),
        )


def _phase_means(total: Summary) -> Floats:
    means = total.phases / np.maximum(total.phase_n, 1)
    means[total.phase_n == 0] = complex(np.nan, np.nan)
    return means.view(np.float64).reshape(-1, 2).astype(np.float32)


def _order(total: Summary) -> Doubles:
    """Kuramoto's order parameter a band, 0..1 (Kuramoto 1975)."""
    known = total.phase_n > 0.0
    nothing = np.full(len(known), np.nan)
    return np.asarray(np.divide(np.abs(total.phases), total.phase_n, out=nothing, where=known))
