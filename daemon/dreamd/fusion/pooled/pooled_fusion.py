"""One pass over the rows of many small Dreamscapes: what `Fusion.tick` computes, for each of them.

A tick of twenty sleepers is mostly the fixed cost of some hundred calls of numpy. Here the rows of all stand
one after the other, a segment each, and each call serves all. Only gathering columns and handing out results
goes by Dreamscape.

Rules
- The decisions are those of `Fusion`, from the same functions. States, residuals, masks and counts are equal
  bit for bit. Sums are float64 in another order, so r, m, S and W may differ by one unit of float32's last
  place. Phases are summed as `pair_synchrony` states.
- Each segment has its own scale, centre, outlier distance and sums: no row of one counts in another.
- Nothing that a Dreamscape keeps is written before everything is computed, except phases, which a repeated
  tick writes again. So after an exception each can be fused apart, as if nothing had been.
- A Dreamscape whose membership has changed settles as in `Fusion.tick`, all of them step by step together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.collective import OUTLIER_FRAMES, Fused, Fusion
from dreamd.fusion.frame_table import FrameTable, Mask, good_quality, is_fresh
from dreamd.fusion.geometric_median import SETTLED, STEPS_ON_CHANGE, Doubles
from dreamd.fusion.small_groups.phase_rings import POOLED_ROWS, PhaseRings
from dreamd.fusion.small_groups.segments import Segments
from dreamd.fusion.summary import BINS, bins_of, medians_of
from dreamd.fusion.synchrony import Complexes
from dreamwire import blend
from dreamwire.messages import Floats


@dataclass(frozen=True, slots=True)
class Member:
    """A Dreamscape in a pass. columns: its only bank, `advance`d. allowed: bool[slots], see `Fusion.tick`."""

    fusion: Fusion
    columns: FrameTable
    allowed: Mask

    @classmethod
    def of_banks(
        cls, fusion: Fusion, banks: Sequence[FrameTable], allowed: Sequence[Mask]
    ) -> "Member | None":
        """Return the member with these banks; None where it cannot be in a pass, but must be fused apart."""
        fits = len(banks) == 1 and 1 <= banks[0].used <= POOLED_ROWS and not fusion.chorus.parted
        return cls(fusion, banks[0], allowed[0]) if fits else None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The eligible and the states of all rows. x: on its own scale, float32[N, D]."""

    good: Mask
    eligible: Mask
    seq: NDArray[np.uint32]
    present: Mask
    x: Floats
    unclipped: Floats


@dataclass(frozen=True, slots=True)
class _Totals:
    """The sums of every segment, as `Summary` has them of one bank: a row each."""

    s: Doubles
    w: Doubles
    n: NDArray[np.int64]
    x: Doubles
    squares: Doubles
    distances: Doubles
    histogram: NDArray[np.int64]


class PooledFusion:
    """Passes over many Dreamscapes; keeps their phases side by side."""

    def __init__(self) -> None:
        self._rings: dict[tuple[int, ...], PhaseRings] = {}

    def fuse_members(self, members: Sequence[Member], instant: int) -> list[Fused]:
        """Fuse the newest frames of all members at this grid instant; return the collective of each."""
        found: dict[int, Fused] = {}
        alike: dict[tuple[int, int, tuple[int, ...]], list[int]] = {}
        for number, member in enumerate(members):
            lags = member.fusion.chorus.lags
            alike.setdefault((member.columns.slots, member.fusion.schema.size, lags), []).append(number)
        for (_, _, lags), numbers in alike.items():
            rings = self._rings.setdefault(lags, PhaseRings(lags))
            fused = _Pass([members[number] for number in numbers], rings, instant).fuse()
            found |= zip(numbers, fused, strict=True)
        return [found[number] for number in range(len(members))]


class _Pass:
    """One pass over members of one schema."""

    def __init__(self, members: list[Member], rings: PhaseRings, instant: int) -> None:
        self._members, self._rings, self._instant = members, rings, instant
        self._fusions = [member.fusion for member in members]
        self._tables = [member.columns for member in members]
        self._rows = Segments([table.used for table in self._tables])
        self._spaces = [one.fusion.work_arrays([one.columns])[0] for one in members]

    def fuse(self) -> list[Fused]:
        """Compute, keep, and return the collective of each."""
        rows = self._rows
        allowed = rows.gather([member.allowed for member in self._members])
        seen = self._see(allowed)
        before = self._centres(seen)
        away = seen.unclipped - before[rows.of]
        residuals = np.sqrt(np.einsum("ij,ij->i", away, away))
        residuals[~seen.eligible] = np.nan
        over, outliers = self._judge(seen, residuals)
        included = seen.eligible & ~outliers
        r = self._settle(seen.x, included, before)
        total = self._sum_up(seen, included, residuals, r)
        phases, phase_n = self._add_phases(included, allowed)
        slots = self._tables[0].slots
        return self._keep(
            seen, over, r, total, (phases, phase_n),
            rows.spread(included, slots, otherwise=False),
            rows.spread(outliers, slots, otherwise=False),
            rows.spread(residuals, slots, otherwise=np.nan),
        )  # fmt: skip

    def _gathered(self, name: str) -> NDArray[Any]:
        return self._rows.gather([getattr(table, name) for table in self._tables])

    def _see(self, allowed: Mask) -> _Rows:
        """Return what `FrameTable.eligible` and `Workspace.scale` return of one table."""
        good = good_quality(self._gathered("quality"), self._gathered("good"))
        present = self._gathered("present")
        sound = present & self._gathered("finite") & ~self._gathered("frozen") & good
        eligible = sound & is_fresh(self._gathered("instant"), self._instant) & allowed
        mu = np.stack([fusion.mu for fusion in self._fusions])[self._rows.of]
        sigma = np.stack([fusion.sigma for fusion in self._fusions])[self._rows.of]
        db = self._gathered("db")
        return _Rows(
            good=good,
            eligible=eligible,
            seq=self._gathered("seq"),
            present=present,
            x=blend.to_shared(db, mu, sigma),
            unclipped=(db - mu) / sigma,
        )

    def _centres(self, seen: _Rows) -> Floats:
        """Return each last centre, float32[K, D]; where there is none, the mean of the eligible."""
        centres = [fusion.centre for fusion in self._fusions if fusion.centre is not None]
        if len(centres) == len(self._fusions):
            return np.stack(centres)
        counted = np.where(seen.eligible[:, np.newaxis], seen.x, np.float32(0.0))
        many = np.maximum(self._rows.counts(seen.eligible), 1)
        means = (self._rows.sums(counted) / many[:, np.newaxis]).astype(np.float32)
        pairs = zip(self._fusions, means, strict=True)
        return np.stack([mean if fusion.centre is None else fusion.centre for fusion, mean in pairs])

    def _judge(self, seen: _Rows, residuals: Floats) -> tuple[NDArray[np.int8] | None, Mask]:
        """As `Workspace.judge_rows` of one table: the counts, None where all stay 0, and the outliers."""
        limits = np.array([fusion.outlier_distance() for fusion in self._fusions])[self._rows.of]
        far = seen.eligible & ~(residuals <= limits)
        if not far.any() and not any(space.counting for space in self._spaces):
            return None, np.zeros(len(far), dtype=np.bool_)
        over = self._rows.gather([space.over for space in self._spaces])
        new = seen.eligible & (seen.seq != self._rows.gather([space.judged for space in self._spaces]))
        counted = np.where(far, np.minimum(over + 1, OUTLIER_FRAMES), 0)
        over = np.where(seen.present, np.where(new, counted, over), 0).astype(np.int8)
        return over, seen.eligible & (over >= OUTLIER_FRAMES)

    def _settle(self, x: Floats, included: Mask, before: Floats) -> Floats:
        """Return the reference centres, float32[K, D]: moved where the membership has changed."""
        known = [len(fusion.members) == 1 for fusion in self._fusions]
        nobody = np.zeros(self._tables[0].slots, dtype=np.bool_)
        last = [one.members[0] if ok else nobody for one, ok in zip(self._fusions, known, strict=True)]
        changed = self._rows.any(included != self._rows.gather(last)) | ~np.array(known)
        r = before
        for _ in range(STEPS_ON_CHANGE):
            moving = np.flatnonzero(changed)
            if not len(moving):
                break
            inside = np.isin(self._rows.of, moving)
            m = _centres_of(
                Segments(self._rows.many[moving].tolist()), x[inside], included[inside], r[moving]
            )
            r = r.copy()
            moved = np.linalg.norm(m - r[moving], axis=1)
            r[moving] = m
            changed[moving] = ~(moved <= SETTLED)
        return r

    def _sum_up(self, seen: _Rows, included: Mask, residuals: Floats, r: Floats) -> _Totals:
        rows, eligible = self._rows, seen.eligible
        wide = np.where(included[:, np.newaxis], seen.x, np.float32(0.0)).astype(np.float64)
        distance = blend.distances(seen.x, r[rows.of])
        w = np.where(included, blend.weights_at(distance), np.float32(0.0)).astype(np.float64)
        bins = rows.of[eligible] * BINS + bins_of(residuals[eligible])
        return _Totals(
            s=rows.sums(wide * w[:, np.newaxis]),
            w=rows.sums(w),
            n=rows.counts(included),
            x=rows.sums(wide),
            squares=rows.sums(np.einsum("ij,ij->i", wide, wide)),
            distances=rows.sums(np.where(included, distance, np.float32(0.0))),
            histogram=np.bincount(bins, minlength=len(r) * BINS).reshape(-1, BINS),
        )

    def _add_phases(self, included: Mask, allowed: Mask) -> tuple[Complexes, Doubles]:
        """Add the hop to every window; once a second, read the synchrony of each."""
        instant, pairs = self._instant, zip(self._fusions, self._tables, strict=True)
        windows = [fusion.chorus.pooled(self._rings, table, instant) for fusion, table in pairs]
        fresh = included & (self._gathered("instant") == instant)
        sums = self._rings.add_hop(windows, self._rows, self._tables, fresh, allowed, instant)
        for fusion, found in zip(self._fusions, self._rings.read_synchrony(windows, instant), strict=False):
            fusion.chorus.synchrony = found
        return sums

    def _keep(
        self,
        seen: _Rows,
        over: NDArray[np.int8] | None,
        r: Floats,
        total: _Totals,
        phases: tuple[Complexes, Doubles],
        included: NDArray[np.bool_],
        outliers: NDArray[np.bool_],
        residuals: Floats,
    ) -> list[Fused]:
        """Write what each Dreamscape keeps, and return the collectives; see `Fusion.fuse_whole`."""
        n, there = np.maximum(total.n, 1), total.w > 0.0
        weight = np.where(there, total.w, 1.0)[:, np.newaxis]
        m = np.where(there[:, np.newaxis], (total.s / weight).astype(np.float32), r)
        wide = m.astype(np.float64)
        spread = total.squares / n - 2.0 * np.einsum("ij,ij->i", wide, total.x) / n
        spread += np.einsum("ij,ij->i", wide, wide)
        dispersion = np.where(total.n > 0, np.maximum(spread, 0.0), 0.0).tolist()
        medians, measured = medians_of(total.histogram).tolist(), total.histogram.sum(axis=1).tolist()
        means, order = _phase_means(*phases)
        s, w = total.s.astype(np.float32), total.w.astype(np.float32).tolist()
        self._rows.scatter(seen.good, [table.good for table in self._tables])
        self._rows.scatter(seen.seq, [space.judged for space in self._spaces])
        if over is not None:
            self._rows.scatter(over, [space.over for space in self._spaces])
            for space, counting in zip(self._spaces, self._rows.any(over > 0).tolist(), strict=True):
                space.counting = counting
        found = []
        for k, (fusion, many) in enumerate(zip(self._fusions, total.n.tolist(), strict=True)):
            fusion.members, fusion.median, fusion.measured = [included[k]], medians[k], measured[k]
            if many:
                fusion.centre = m[k]
            found.append(
                Fused(
                    r=r[k],
                    m=m[k],
                    s=s[k],
                    w=w[k],
                    n=many,
                    dispersion=dispersion[k],
                    mean_distance=float(total.distances[k] / n[k]),
                    median=medians[k],
                    phase_means=means[k],
                    included=(included[k],),
                    outliers=(outliers[k],),
                    residuals=(residuals[k],),
                    order=order[k],
                    synchrony=fusion.chorus.synchrony,
                    own_synchrony=(),
                )
            )
        return found


def _centres_of(rows: Segments, x: Floats, included: Mask, r: Floats) -> Floats:
    """Return one Weiszfeld step of each segment, float32[K, D]; r where none is included."""
    w = np.where(included, blend.weights(x, r[rows.of]), np.float32(0.0)).astype(np.float64)
    wide = np.where(included[:, np.newaxis], x, np.float32(0.0)).astype(np.float64)
    s, total = rows.sums(wide * w[:, np.newaxis]), rows.sums(w)[:, np.newaxis]
    return np.where(total > 0.0, (s / np.where(total > 0.0, total, 1.0)).astype(np.float32), r)


def _phase_means(sums: Complexes, counts: Doubles) -> tuple[Floats, Doubles]:
    """Return mean unit phasors, float32[K, B, 2], and the order parameter, float64[K, B]; NaN: no phase."""
    known = counts > 0.0
    means = np.where(known, sums / np.maximum(counts, 1.0), complex(np.nan, np.nan))
    order = np.divide(np.abs(sums), counts, out=np.full(counts.shape, np.nan), where=known)
    pairs = means.view(np.float64).reshape(*means.shape, 2).astype(np.float32)
    return pairs, order
