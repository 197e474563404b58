"""Identity of people in a merge: three axes on 60 s means, and each one's likeness to their own start.

A merge that works too well is a loss: sleepers grow alike. No single number detects every form of it. Spread
misses a group that collapses onto one axis, rank misses a uniform shrinking, and likeness misses a shrinking
that keeps each sleeper's direction. So all three are taken (DESIGN 7.6), on the shared scale, each as a ratio
to the value of the *same people* in their own first minute: a sleeper that joins or leaves changes both sides
of a ratio and moves it only by being different.

- Dispersion: mean squared distance to the mean, less the share of each sleeper's own restlessness.
- Effective rank: exp of the entropy of the normalised singular values (Roy & Vetterli 2007) of the centred 60
  s means, from their D x D scatter.
- Identifiability (Amico & Goni 2018) on unit vectors centred over features: I_self, I_others by the mean of
  the templates, and the share of people that are most like themselves.
- Likeness of one: correlation over features of now with the own first minute, over the value expected of two
  minutes as restless as the first; `chance` is the part of the drop that may be chance.

Rules
- Twelve blocks of 5 s are kept, not 240 hops: about 750 bytes a sleeper. A window with fewer than 50 s in it
  is unknown. A first window has a frame in every block, and is never replaced.
- Restlessness of a 60 s mean is estimated from the differences of its blocks, so that noise is never taken
  for spread.
- A sleeper with a first minute that does not exceed their own restlessness (one near the average) has no
  likeness: it would measure noise. The group's axes still include them.
- `Sums` of any split of the sleepers merge to the same axes. Identification compares each sleeper with each
  other one; it is no sum, so it is taken of at most 200, after the tick's message has been sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import COHORT_SLOTS, CROWD_MIN, HOP_S
from dreamd.fusion.row_slices import added, run_of, spread
from dreamwire.messages import Floats

Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

BLOCKS: Final = 12
BLOCK_HOPS: Final = round(5.0 / HOP_S)
WINDOW_HOPS_MIN: Final = round(50.0 / HOP_S)
"""Of the 240 hops of a window; with fewer the window is unknown."""
RELIABLE_MIN: Final = 0.9
"""Share of a first window's profile that is not restlessness; below it, chance alone could cross a limit."""
CHANCE_ERRORS: Final = 3.0
"""Standard errors of a correlation between two windows that count as chance."""
NO_STEP: Final = -1.0
AGREE_MOST: Final = 0.8
"""Greatest correlation of neighbouring blocks that is accepted."""
IDENTIFIED_MOST: Final = 200
"""Identification compares each sleeper with each other one: at most this many."""
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Scatter:
    """Sums over people: their number, x: float64[D], xx: float64[D, D] of x x^T, and their noise, |.|^2."""

    n: int
    x: Doubles
    xx: Doubles
    noise: float


@dataclass(frozen=True, slots=True)
class Sums:
    """The mergeable sums: the same people then and now, and their unit profiles.

    u, v: float64[D], sums of unit profiles then and now; uv: sum of their products; profiles: their number.
    """

    then: Scatter
    now: Scatter
    u: Doubles
    v: Doubles
    uv: float
    profiles: int


@dataclass(frozen=True, slots=True)
class Axes:
    """The group's three axes; NaN: not known. dispersion and rank are ratios to the start."""

    dispersion: float = nan
    rank: float = nan
    i_self: float = nan
    i_others: float = nan
    identified: float = nan
    n: int = 0

    @property
    def i_diff(self) -> float:
        """How much more people resemble themselves than the others."""
        return self.i_self - self.i_others


def scatter(means: Floats, noise: Floats) -> Scatter:
    """Sum people's 60 s means, float32[n, D], and the noise of each, float32[n]."""
    wide = means.astype(np.float64)
    return Scatter(len(wide), wide.sum(axis=0), wide.T @ wide, float(noise.sum(dtype=np.float64)))


def profiles(means: Floats) -> Doubles:
    """Unit vectors centred over features, float64[n, D]; zero where a row has no profile at all."""
    wide = means.astype(np.float64)
    d = wide.shape[1]
    centred = wide - wide @ np.full((d, 1), 1.0 / d)
    size = np.sqrt(np.einsum("ij,ij->i", centred, centred))[:, np.newaxis]
    return np.asarray(np.where(size > _TINY, centred / np.maximum(size, _TINY), 0.0))


def sums(then: Floats, then_noise: Floats, now: Floats, now_noise: Floats) -> Sums:
    """Sum the same people's first and present 60 s means, float32[n, D] each."""
    u, v = profiles(then), profiles(now)
    return Sums(
        scatter(then, then_noise),
        scatter(now, now_noise),
        u.sum(axis=0),
        v.sum(axis=0),
        float(np.einsum("ij,ij->", u, v)),
        len(u),
    )


def _joined(a: Scatter, b: Scatter) -> Scatter:
    return Scatter(a.n + b.n, a.x + b.x, a.xx + b.xx, a.noise + b.noise)


def merge(a: Sums, b: Sums) -> Sums:
    """Return the sums of both groups; associative and commutative."""
    return Sums(
        _joined(a.then, b.then),
        _joined(a.now, b.now),
        a.u + b.u,
        a.v + b.v,
        a.uv + b.uv,
        a.profiles + b.profiles,
    )


def dispersion(s: Scatter) -> float:
    """Mean squared distance to the mean less its noise; NaN without people, not below zero."""
    if s.n == 0:
        return nan
    centre = s.x / s.n
    raw = float(np.trace(s.xx)) / s.n - float(centre @ centre)
    return max(raw - s.noise / s.n * (s.n - 1) / s.n, 0.0)


def centred(s: Scatter) -> Doubles:
    """The scatter about the mean, float64[D, D]."""
    return np.asarray(s.xx - np.outer(s.x, s.x) / max(s.n, 1))


def effective_rank(gram: Doubles) -> float:
    """Effective rank (Roy & Vetterli 2007) of M, from M^T M, float64[D, D]; NaN of zeros."""
    singular = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0.0))
    total = float(singular.sum())
    ok = total > _TINY
    if not ok:
        return nan
    p = singular[singular > _TINY * total] / total
    return float(np.exp(-(p * np.log(p)).sum()))


def axes(s: Sums, identified: float = nan) -> Axes:
    """Read the axes off the sums; fewer than eight people give none."""
    n = s.now.n
    if not n >= CROWD_MIN:
        return Axes(n=n)
    before = dispersion(s.then)
    noise = s.then.noise / n
    spread = dispersion(s.now) / before if before > max(noise, _TINY) else nan
    was = effective_rank(centred(s.then))
    i_self = s.uv / s.profiles
    i_others = (float(s.u @ s.v) - s.uv) / (s.profiles * (s.profiles - 1))
    return Axes(spread, effective_rank(centred(s.now)) / was, i_self, i_others, identified, n)


def identified(then: Floats, now: Floats) -> float:
    """Return the share of people most like their own first window, of at most 200; NaN of none."""
    step = -(-len(then) // IDENTIFIED_MOST) or 1
    alike = profiles(now[::step]) @ profiles(then[::step]).T
    return float((alike.argmax(axis=1) == np.arange(len(alike))).mean()) if len(alike) else nan


class Identity:
    """The windows of one Dreamscape's sleepers, by row.

    likeness, chance: float32[rows], likeness to the own first window over its value then, and the drop that
    may be chance (three standard errors); NaN: not known. axes: the newest. compared: likeness has been
    computed since a reader reset this.
    """

    def __init__(self, size: int, rows: int = COHORT_SLOTS) -> None:
        self._size = size
        self._block: int | None = None
        self._todo: list[Callable[[], None]] = []
        self._members: Rows = np.zeros(0, dtype=np.int64)
        self._judged: Rows = self._members
        self.axes = Axes()
        self.compared = False
        self._allocate(rows)

    def _allocate(self, rows: int) -> None:
        self._sums = np.zeros((BLOCKS, rows, self._size), dtype=np.float32)
        self._counts = np.zeros((BLOCKS, rows), dtype=np.uint8)
        self._squares = np.zeros((BLOCKS, rows), dtype=np.float32)
        self._steps = np.full((BLOCKS, rows), NO_STEP, dtype=np.float32)
        self._block_mean = np.zeros((rows, self._size), dtype=np.float32)
        self._mean = np.zeros((rows, self._size), dtype=np.float32)
        self._noise = np.zeros(rows, dtype=np.float32)
        self._known = np.zeros(rows, dtype=np.bool_)
        self._first = np.zeros((rows, self._size), dtype=np.float32)
        self._first_noise = np.zeros(rows, dtype=np.float32)
        self._began = np.zeros(rows, dtype=np.bool_)
        self.likeness = np.full(rows, np.nan, dtype=np.float32)
        self.chance = np.full(rows, np.nan, dtype=np.float32)

    @property
    def nbytes(self) -> int:
        """Memory of all rows together."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def reserve(self, rows: int) -> None:
        """Make room for this many rows; present rows keep their data."""
        held = len(self._known)
        if rows <= held:
            return
        kept = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        self._allocate(rows)
        for name in ("_sums", "_counts", "_squares", "_steps"):
            getattr(self, name)[:, :held] = kept[name]
        for name in (
            "_block_mean",
            "_mean",
            "_noise",
            "_known",
            "_first",
            "_first_noise",
            "_began",
            "likeness",
        ):
            getattr(self, name)[:held] = kept[name]

    def clear(self, row: int) -> None:
        """Reset this row; its assignment has ended."""
        self.restart(row)
        self._began[row] = False
        self._first[row] = 0.0

    def restart(self, row: int) -> None:
        """Reset the present window, so that new frames are judged by themselves. The first window stays."""
        self._sums[:, row] = 0.0
        self._counts[:, row] = 0
        self._squares[:, row] = 0.0
        self._steps[:, row] = NO_STEP
        self._block_mean[row] = 0.0
        self._known[row] = False
        self._mean[row] = 0.0
        self.likeness[row] = self.chance[row] = np.nan

    def observe(self, rows: Rows, x: Floats, members: Rows, instant: int) -> None:
        """Add one tick's sound rows.

        Args:
            rows: int64[k], ascending, rows with sound frames, whatever their breakers' state.
            x: float32[k, D] on the shared scale, finite.
            members: int64[m], rows that count in the group: the included.
            instant: the grid instant that closes.
        """
        block = instant // BLOCK_HOPS
        if block != self._block:
            self._turn(block)
        self._members = members
        at = block % BLOCKS
        run = run_of(rows)
        added(self._counts[at], run, 1)
        if isinstance(run, slice) or len(rows) == 0:
            added(self._sums[at], run, x)
            return
        last = int(rows[-1]) + 1
        dense, silent = spread(x, rows, last)
        dense[silent] = 0.0
        self._sums[at, :last] += dense

    def digest(self) -> None:
        """Do one share of the 5 s work, after the tick's message."""
        if self._todo:
            self._todo.pop(0)()

    def _turn(self, block: int) -> None:
        """Evaluate the window when a block is full, before its oldest block makes room."""
        last, self._block = self._block, block
        if last is None:
            return
        self._close(last % BLOCKS)
        gone = block - last
        if gone == 1:
            self._weigh()
        for old in range(last + 1, last + 1 + min(max(gone, 0), BLOCKS)):
            for kept in (self._sums, self._counts, self._squares):
                kept[old % BLOCKS] = 0
            self._steps[old % BLOCKS] = NO_STEP

    def _close(self, at: int) -> None:
        """Keep how a full block differs from others: |mean|^2, and |step|^2 from the block before."""
        there = self._counts[at] > 0
        means = self._sums[at] / np.maximum(self._counts[at], 1).astype(np.float32)[:, np.newaxis]
        self._squares[at] = np.einsum("ij,ij->i", means, means)
        step = means - self._block_mean
        follows = there & (self._counts[at - 1] > 0)
        self._steps[at] = np.where(follows, np.einsum("ij,ij->i", step, step), NO_STEP)
        self._block_mean = means

    def _weigh(self) -> None:
        """Compute 60 s means and their noise, by the differences of the blocks."""
        counts = self._counts.astype(np.float32)
        n = np.maximum(counts.sum(axis=0), 1.0)
        np.divide(self._sums.sum(axis=0), n[:, np.newaxis], out=self._mean)
        self._noise = self._restlessness(counts, n)
        self._known = np.asarray(n >= WINDOW_HOPS_MIN)
        fresh = self._known & ~self._began & self._counts.all(axis=0)
        if fresh.any():
            self._first[fresh] = self._mean[fresh]
            self._first_noise[fresh] = self._noise[fresh]
            self._began |= fresh
        self._todo = [self._group, self._compare, self._identify]

    def _restlessness(self, counts: Floats, n: Floats) -> Floats:
        """Variance of the 60 s means, float32[rows], summed over features.

        Of b blocks of variance v with a neighbour correlation p it is v / b x (1 + p) / (1 - p). A step from
        block to block has the mean square 2 v (1 - p) (von Neumann 1941), which no level disturbs.
        """
        used = np.count_nonzero(self._counts, axis=0)
        square = np.einsum("ij,ij->j", counts, self._squares) / n
        spread = np.maximum(square - np.einsum("ij,ij->i", self._mean, self._mean), 0.0)
        spread = spread * used / np.maximum(used - 1, 1)
        stepped = self._steps >= 0.0
        step = np.where(stepped, self._steps, 0.0).sum(axis=0) / np.maximum(stepped.sum(axis=0), 1)
        agree = np.clip(1.0 - step / np.maximum(2.0 * spread, _TINY), 0.0, AGREE_MOST)
        noise = spread / np.maximum(used, 1) * (1.0 + agree) / (1.0 - agree)
        return np.asarray(noise, dtype=np.float32)

    def sums(self) -> Sums:
        """The sums over the members with a known first and present window."""
        rows = self._members[self._known[self._members] & self._began[self._members]]
        self._judged = rows
        return sums(self._first[rows], self._first_noise[rows], self._mean[rows], self._noise[rows])

    def _group(self) -> None:
        self.axes = axes(self.sums(), self.axes.identified)

    def _compare(self) -> None:
        """Compute each sleeper's likeness to their own first window."""
        u, v = _centred_rows(self._first), _centred_rows(self._mean)
        then = np.einsum("ij,ij->i", u, u)
        size = np.sqrt(then * np.einsum("ij,ij->i", v, v))
        alike = np.einsum("ij,ij->i", u, v) / np.maximum(size, _TINY)
        free = self._size - 1
        restless = free / self._size * self._first_noise / np.maximum(then, _TINY)
        ok = self._known & self._began & (1.0 - restless >= RELIABLE_MIN)
        reliable = np.where(ok, 1.0 - restless, np.nan)
        self.likeness = (alike / reliable).astype(np.float32)
        self.chance = (CHANCE_ERRORS * np.sqrt(2.0 * restless / free) / reliable).astype(np.float32)
        self.compared = True

    def _identify(self) -> None:
        rows = self._judged[self._known[self._judged]]
        share = identified(self._first[rows], self._mean[rows]) if len(rows) >= CROWD_MIN else nan
        a = self.axes
        self.axes = Axes(a.dispersion, a.rank, a.i_self, a.i_others, share, a.n)


def _centred_rows(rows: Floats) -> Floats:
    size = rows.shape[1]
    return np.asarray(rows - (rows @ np.full((size, 1), 1.0 / size, dtype=np.float32)))
