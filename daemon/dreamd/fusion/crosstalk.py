"""Two pods with one brain's signal: a cable in the wrong socket, a headset bound twice, a copied stream.

Two people never have the same course of ten seconds in twelve features. Two pods with one course carry one
brain, and a sleeper merged with a copy of themselves is in a loop of one. Evidence (DESIGN 7.7): the median
over features of the 10 s time correlation above .98, and PPC above .8 in three bands.

All pairs would be N^2. So each sleeper's normalised course is projected onto fixed pseudo-random directions,
near projections are sorted close together, and only the nearest few pairs are verified exactly. A pair that a
cell border separates is found in a later pass: the borders move with every pass.

Cost
- Courses are int16 (thousandths of the shared scale) in a ring of 40 hops, 1.1 kB a sleeper. Sum, sum of
  squares and projection are exact integers, updated by the entering and the leaving hop: O(D) a sleeper a
  tick.
- A pass takes a second, a quarter of it after each tick's message: project, sort, compare neighbours, verify.
  At most 64 pairs a pass are verified.

Rules
- A frame is stored at its own instant, not at its tick: of two pods on unequal links one lags. A missing hop
  repeats the previous one; a row with more than a quarter of its hops repeated is not judged.
- A constant feature correlates with nothing. An unknown value is no evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import (
    COHORT_SLOTS,
    CROSSTALK_BANDS,
    CROSSTALK_CORRELATION,
    CROSSTALK_PPC,
    HOP_S,
)
from dreamd.fusion.row_slices import added, run_of, spread, taken
from dreamwire.messages import Floats

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]
Phasors = NDArray[np.complex64]
Agreement = Callable[[Rows, Rows], Doubles]
"""PPC of pairs: rows a and rows b, int64[P] each -> float64[P, B], NaN where not known."""

WINDOW_HOPS: Final = round(10.0 / HOP_S)
HEARD_MIN: Final = 0.75
"""Share of a window's hops that must have arrived."""
PAIRS_MOST: Final = 64
NEIGHBOURS: Final = 8
DIRECTIONS: Final = 6
A_CELL: Final = 12
"""Average sleepers in a cell: cells are cut along as many directions as that takes."""
SPREAD: Final = 1.2
"""Standard deviation, in each direction, of the points of different real people."""
NEAR: Final = 0.5
"""Squared distance, in variances of strangers and a direction, below which a pair is verified."""
INSTANTS_MIN: Final = 40
_PER_X: Final = 1000.0
_STILL: Final = 0.5 / WINDOW_HOPS
"""Sums of squares about the mean of whole numbers are 0 or at least twice this."""
_TILE: Final = 32
"""Rows multiplied in one stride: a stride of D numbers costs three times as much."""
_WEIGHT: Final = 32
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows with one brain's signal. correlation: median over features; ppc: the third highest band's."""

    a: int
    b: int
    correlation: float
    ppc: float


def time_correlation(a: Doubles, b: Doubles) -> Doubles:
    """Median over features of the correlation in time of P pairs, float64[T, P, D] each -> float64[P].

    A constant feature correlates 0 with everything.
    """
    a = a - np.add.reduce(a, axis=0) / len(a)
    b = b - np.add.reduce(b, axis=0) / len(b)
    size = np.sqrt(np.einsum("tpd,tpd->pd", a, a) * np.einsum("tpd,tpd->pd", b, b))
    product = np.einsum("tpd,tpd->pd", a, b)
    alike = np.where(size > 0.0, product / np.where(size > 0.0, size, 1.0), 0.0)
    alike.sort(axis=1)
    d = alike.shape[1]
    return np.asarray((alike[:, (d - 1) // 2] + alike[:, d // 2]) / 2.0)


def pair_ppc(a: Phasors, b: Phasors) -> Doubles:
    """Pairwise phase consistency (Vinck 2010) of P pairs, unit complex[B, P, T], NaN or zero where missing.

    (|sum of products|^2 - T) / (T (T - 1)), float64[P, B]; NaN of fewer than 40 common instants.
    """
    products = a.astype(np.complex128) * b.conj()
    ok = np.abs(products) > 0.0  # NaN is not
    products = np.where(ok, products, 0.0)
    n = ok.sum(axis=2).astype(np.float64)
    total = np.abs(products.sum(axis=2)) ** 2
    told = (total - n) / np.maximum(n * (n - 1.0), 1.0)
    return np.asarray(np.where(n >= INSTANTS_MIN, told, np.nan).T)


def _waves(size: int) -> NDArray[np.int32]:
    """Weights of the 40 hops for each feature, int32[40, D]: slow waves, because power changes slowly."""
    rng = np.random.default_rng(_SEED)
    cycles, phase = rng.integers(1, 4, size=size), rng.uniform(0.0, 2.0 * np.pi, size=size)
    hop = np.arange(WINDOW_HOPS)[:, np.newaxis]
    wave = np.sin(2.0 * np.pi * cycles * hop / WINDOW_HOPS + phase)
    return np.asarray(np.rint(_WEIGHT * wave).astype(np.int32))


class Courses:
    """The last 10 s of every row's features, and their running sums."""

    def __init__(self, size: int, rows: int = COHORT_SLOTS) -> None:
        self._size = size
        self._waves = _waves(size)
        self._wave_sum = self._waves.sum(axis=0)
        self._wave_size = np.sqrt((self._waves.astype(np.float64) ** 2).sum(axis=0))
        self._at: int | None = None
        self._used = 0
        self._allocate(rows)

    def _allocate(self, rows: int) -> None:
        self._ring = np.zeros((WINDOW_HOPS, rows, self._size), dtype=np.int16)
        self._sum = np.zeros((rows, self._size), dtype=np.int32)
        self._square = np.zeros((rows, self._size), dtype=np.int32)
        self._projected = np.zeros((rows, self._size), dtype=np.int32)
        self._heard = np.zeros((WINDOW_HOPS, rows), dtype=np.bool_)

    @property
    def nbytes(self) -> int:
        """Memory of all rows together."""
        parts = (self._ring, self._sum, self._square, self._projected, self._heard)
        return sum(part.nbytes for part in parts)

    def reserve(self, rows: int) -> None:
        """Make room for this many rows."""
        held = len(self._sum)
        if rows <= held:
            return
        kept = self._ring, self._heard, self._sum, self._square, self._projected
        self._allocate(rows)
        self._ring[:, :held], self._heard[:, :held] = kept[0], kept[1]
        self._sum[:held], self._square[:held], self._projected[:held] = kept[2:]

    def clear(self, row: int) -> None:
        """Forget this row's course."""
        self._ring[:, row] = 0
        self._heard[:, row] = False
        self._sum[row] = self._square[row] = self._projected[row] = 0

    def observe(self, rows: Rows, x: Floats, age: Rows, instant: int) -> None:
        """Store one tick.

        Args:
            rows: int64[k], ascending, the rows with sound frames.
            x: float32[k, D], shared scale, finite.
            age: int64[k], hops from each frame's capture to `instant`; below 0 counts as 0.
            instant: the grid instant that closes.
        """
        if len(rows):
            self._used = max(self._used, int(rows[-1]) + 1)
        missed = WINDOW_HOPS if self._at is None else instant - self._at
        for hop in range(instant - min(max(missed, 0), WINDOW_HOPS) + 1, instant):
            self._begin(hop, self._held(hop))
        self._at = instant
        values = np.rint(x * np.float32(_PER_X)).astype(np.int16)
        newest, silent = spread(values, rows, self._used)
        if len(silent):
            newest[silent] = self._ring[(instant % WINDOW_HOPS) - bool(missed), silent]
        self._change(instant % WINDOW_HOPS, slice(self._used), newest)
        heard = self._heard[instant % WINDOW_HOPS]
        if missed:
            heard[: self._used] = False
        oldest = int(np.maximum.reduce(age, initial=0))
        if oldest == 0:
            heard[run_of(rows)] = True
            return
        heard[rows[age <= 0]] = True
        late = np.flatnonzero(age > 0)
        self._heard[(instant - age[late]) % WINDOW_HOPS, rows[late]] = True
        for back in range(1, oldest + 1):
            late = late[age[late] >= back]
            self._change((instant - back) % WINDOW_HOPS, rows[late], values[late])

    def _held(self, instant: int) -> NDArray[np.int16]:
        """The values at the end of the hop before this one."""
        return self._ring[instant % WINDOW_HOPS - 1, : self._used].copy()

    def _begin(self, instant: int, values: NDArray[np.int16]) -> None:
        """Start a hop with these values."""
        self._change(instant % WINDOW_HOPS, slice(self._used), values)
        self._heard[instant % WINDOW_HOPS, : self._used] = False

    def _change(self, cell: int, rows: Rows | slice, values: NDArray[np.int16]) -> None:
        ring = self._ring[cell]
        old, moved = taken(ring, rows).astype(np.int32), values.astype(np.int32)
        ring[rows] = values
        both = moved + old
        moved -= old
        added(self._sum, rows, moved)
        both *= moved  # new^2 - old^2
        added(self._square, rows, both)
        whole = len(moved) - len(moved) % _TILE
        if whole:
            tiled = moved[:whole].reshape(-1, _TILE * self._size)
            tiled *= np.tile(self._waves[cell], _TILE)
        moved[whole:] *= self._waves[cell]
        added(self._projected, rows, moved)

    def judged(self) -> Rows:
        """The rows with enough hops arrived, int64[n]."""
        heard = self._heard[:, : self._used].view(np.uint8).sum(axis=0, dtype=np.uint8)
        return np.flatnonzero(heard >= HEARD_MIN * WINDOW_HOPS)

    def projections(self, rows: Rows) -> Doubles:
        """Each feature's normalised course along its wave, float64[n, D] in -1..1."""
        at = run_of(rows)
        total = taken(self._sum, at).astype(np.float64)
        about = total * total
        about *= -1.0 / WINDOW_HOPS
        about += taken(self._square, at)
        moves = about > _STILL
        total *= self._wave_sum * (-1.0 / WINDOW_HOPS)
        total += taken(self._projected, at)
        np.maximum(about, _STILL, out=about)
        np.sqrt(about, out=about)
        about *= self._wave_size
        total /= about
        total *= moves
        return total

    def courses(self, rows: Rows) -> Doubles:
        """The courses themselves, float64[40, n, D], in any order of time, the same for all."""
        return np.take(self._ring, rows, axis=1).astype(np.float64)


def candidates(points: Doubles, turn: int, neighbours: int = NEIGHBOURS) -> tuple[Rows, Rows]:
    """Return the nearest few pairs among points, float64[n, J], as two int64[P] of indices, P <= 64.

    Points are put into cells along the first directions and sorted by the next within; each is compared with
    the few that follow it. `turn` moves the cells' borders, by a sequence that fills the interval evenly.
    """
    n = len(points)
    if n <= neighbours + 1:
        return _nearest_of_few(points)
    order = _sorted(points, turn)
    ordered = np.take(points.T.astype(np.float32), order, axis=1)
    limit = np.float32(NEAR * points.shape[1] * SPREAD**2)
    first, second, far = [], [], []
    for step in range(1, neighbours + 1):
        apart = ordered[:, step:] - ordered[:, :-step]
        distance = np.einsum("ji,ji->i", apart, apart)
        near = np.flatnonzero(distance <= limit)
        if len(near) >= PAIRS_MOST:  # a pair further away is not among the nearest
            near = near[np.argpartition(distance[near], PAIRS_MOST - 1)[:PAIRS_MOST]]
            limit = distance[near].max()
        first.append(order[near])
        second.append(order[near + step])
        far.append(distance[near])
    a, b, distance = np.concatenate(first), np.concatenate(second), np.concatenate(far)
    best = np.argsort(distance, kind="stable")[:PAIRS_MOST]
    return a[best], b[best]


@lru_cache(maxsize=16)
def _all_pairs(n: int) -> tuple[Rows, Rows]:
    a, b = np.triu_indices(n, 1)
    return a, b


def _nearest_of_few(points: Doubles) -> tuple[Rows, Rows]:
    """Compare every pair, unsorted; for few points."""
    a, b = _all_pairs(len(points))
    apart = points[a] - points[b]
    near = np.einsum("ij,ij->i", apart, apart) <= NEAR * points.shape[1] * SPREAD**2
    return a[near], b[near]


def _sorted(points: Doubles, turn: int) -> Rows:
    """The order by cells, and by the next direction within a cell."""
    n, directions = points.shape
    cuts = min(max(round(np.log(n / A_CELL) / np.log(4.0)), 0), directions - 1)
    unit = points[:, : cuts + 1] / SPREAD
    unit[:, :cuts] += (turn * np.sqrt(np.arange(2, 2 + cuts))) % 1.0
    unit += 8.0
    cells = np.floor(unit[:, :cuts]).clip(0.0, 15.0)
    key = cells @ 16.0 ** np.arange(1, 1 + cuts) + unit[:, cuts].clip(0.0, 15.9)
    return np.argsort(key)


class Crosstalk:
    """Finds pairs of rows with one brain's signal; `found` holds those of the last pass until taken."""

    def __init__(self, size: int) -> None:
        self.courses = Courses(size)
        rng = np.random.default_rng(_SEED + 1)
        self._mix = rng.choice([-1.0, 1.0], size=(size, DIRECTIONS))
        self._turn = 0
        self._part = 0
        self._rows: Rows = np.zeros(0, dtype=np.int64)
        self._points: Doubles = np.zeros((0, DIRECTIONS))
        self._pairs = self._rows, self._rows
        self._found: list[Pair] = []

    def observe(self, rows: Rows, x: Floats, age: Rows, instant: int) -> None:
        """Store one tick's sound rows, see `Courses.observe`."""
        self.courses.observe(rows, x, age, instant)

    def digest(self, agreement: Agreement) -> None:
        """Do one quarter of a pass, after a tick's message."""
        parts = (self._choose, self._project, self._sort)
        part, self._part = self._part, (self._part + 1) % (len(parts) + 1)
        if part < len(parts):
            parts[part]()
        else:
            self._found = self.verified(*self._pairs, agreement)

    def _choose(self) -> None:
        self._rows = self.courses.judged()

    def _project(self) -> None:
        self._points = self.courses.projections(self._rows) @ self._mix

    def _sort(self) -> None:
        self._turn += 1
        a, b = candidates(self._points, self._turn)
        self._pairs = self._rows[a], self._rows[b]

    def take_pairs(self) -> list[Pair]:
        """The pairs found since the last call."""
        found, self._found = self._found, []
        return found

    def verified(self, a: Rows, b: Rows, agreement: Agreement) -> list[Pair]:
        """Return the pairs that both their courses and their phases confirm."""
        if len(a) == 0:
            return []
        alike = time_correlation(self.courses.courses(a), self.courses.courses(b))
        near = alike > CROSSTALK_CORRELATION
        if not near.any():
            return []
        a, b, alike = a[near], b[near], alike[near]
        ppc = np.sort(np.nan_to_num(agreement(a, b), nan=-1.0), axis=1)[:, -CROSSTALK_BANDS]
        return [
            Pair(int(one), int(other), float(r), float(p))
            for one, other, r, p in zip(a, b, alike, ppc, strict=True)
            if p > CROSSTALK_PPC
        ]
