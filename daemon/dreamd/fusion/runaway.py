"""Runaway of the loop: how far the group as a whole has left the state in which its people were calibrated.

One sleeper far from their own calibration is a restless sleeper. All of them far in one direction are a loop,
or respond to a common drive. So the vectors of own z are averaged before their length is taken: E = |mean own
z of the included| / sqrt(D) (DESIGN 7.7). Independent people give about 1 / sqrt(n). A frame carries only the
length of its own z, so the vector is made here, from the features and from the template and scale that each
pod sent with its calibration: 96 bytes a sleeper.

Three signs, each of which is enough
- Energy: the 4 s mean of E above max(1.2, 3 x its median of the last 5 minutes). A group that falls asleep
  moves far, but slowly, and its median follows; while E is above the limit the median pauses.
- Lag: the correlation of the centre m with itself 4 s earlier above .5 over 60 s, while E rises: each quarter
  of the minute above the one before it, the last 1.5 times the first, and E above half its limit. The power
  window is 2 s, so agreement after 4 s comes from the sleepers or the loop; sleepers alone drift both ways.
- Streak: synchrony z above 4 in three consecutive windows of 10 s, none overlapping another, of one band.
  Sliding windows would test the same data again and again (4.8 false alarms an hour).

Rules
- Own z is clipped to +-16, so that one false pod of eight stays below the limit for the three frames until
  it is excluded. A pod that sent no calibration of this schema takes no part; without included sleepers
  there is no energy.
- Energy is unknown before 10 s of it, lag before a minute of centres. Skipped ticks restart the minute. NaN
  is above nothing and rises nowhere.
"""

from collections import deque
from dataclasses import dataclass
from math import nan, sqrt
from statistics import fmean, median
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamd.core.limits import (
    COHORT_SLOTS,
    ENERGY_MEDIANS,
    ENERGY_MIN,
    HOP_S,
    LAG_CORRELATION_MOST,
    SYNCHRONY_WINDOWS,
    SYNCHRONY_Z_MOST,
)
from dreamd.fusion.row_slices import run_of, taken
from dreamwire.messages import Floats

Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]

MEAN_HOPS: Final = round(4.0 / HOP_S)
LAG_HOPS: Final = round(4.0 / HOP_S)
MINUTE_HOPS: Final = round(60.0 / HOP_S)
SECOND_HOPS: Final = round(1.0 / HOP_S)
MEDIAN_S: Final = 300
MEDIAN_FROM_S: Final = 10
QUARTER_S: Final = 15
RISEN: Final = 1.5
"""Least ratio of the last quarter of a rising minute to its first."""
RISING_FROM: Final = 0.5
"""Share of the limit; below it a rise is a quiet group that stirs."""
OWN_Z_LIMIT: Final = 16.0
WINDOW_HOPS: Final = round(10.0 / HOP_S)


@dataclass(frozen=True, slots=True)
class OwnSums:
    """The mergeable sums: the number of sleepers, and the sum of their own z, float64[D]."""

    n: int
    z: Doubles


def own_sums(db: Floats, template_db: Floats, per_db: Floats) -> OwnSums:
    """Sum own z = (dB - template) / scale, clipped, over float32[n, D]; per_db is 1 / scale."""
    z = np.clip((db - template_db) * per_db, -OWN_Z_LIMIT, OWN_Z_LIMIT)
    return OwnSums(len(z), np.ones(len(z)) @ z.astype(np.float64))


def merge(a: OwnSums, b: OwnSums) -> OwnSums:
    """Return the sums over both."""
    return OwnSums(a.n + b.n, a.z + b.z)


def energy_of(s: OwnSums) -> float:
    """E = |mean own z| / sqrt(D); NaN without sleepers."""
    if s.n == 0:
        return nan
    mean = s.z / s.n
    return sqrt(float(mean @ mean) / len(mean))


class OwnScales:
    """Template and scale of every row, as its pod sent them."""

    def __init__(self, size: int, rows: int = COHORT_SLOTS) -> None:
        self._size = size
        self._template = np.zeros((rows, size), dtype=np.float32)
        self._per = np.zeros((rows, size), dtype=np.float32)
        self._known = np.zeros(rows, dtype=np.bool_)

    @property
    def nbytes(self) -> int:
        """Memory of all rows together."""
        return self._template.nbytes + self._per.nbytes + self._known.nbytes

    def reserve(self, rows: int) -> None:
        """Make room for this many rows."""
        more = rows - len(self._known)
        if more > 0:
            self._template = np.pad(self._template, ((0, more), (0, 0)))
            self._per = np.pad(self._per, ((0, more), (0, 0)))
            self._known = np.pad(self._known, (0, more))

    def learn(self, row: int, template_db: ArrayLike, scale_db: ArrayLike) -> None:
        """Store this row's calibration, float32[D] dB each; none for a wrong shape or a non-finite number."""
        template, scale = (np.asarray(part, dtype=np.float32) for part in (template_db, scale_db))
        right = template.shape == scale.shape == (self._size,)
        self._known[row] = ok = right and bool(np.isfinite(template).all() and (scale > 0.0).all())
        if ok:
            self._template[row], self._per[row] = template, 1.0 / scale

    def clear(self, row: int) -> None:
        """Forget this row's calibration: its assignment has ended."""
        self._known[row] = False

    def sums(self, rows: Rows, db: Floats) -> OwnSums:
        """Sum the own z of these rows' features, float32[k, D] dB."""
        at = run_of(rows)
        known = taken(self._known, at)
        if not known.all():
            at, db = rows[known], db[known]
        return own_sums(db, taken(self._template, at), taken(self._per, at))


class Energy:
    """E of one Dreamscape over time: its 4 s mean, its limit, whether it rises."""

    def __init__(self) -> None:
        self._hops: deque[float] = deque(maxlen=MEAN_HOPS)
        self._trail: deque[float] = deque(maxlen=MEDIAN_S)
        self._minute: deque[float] = deque(maxlen=4 * QUARTER_S)
        self._pushed = 0
        self.mean = nan
        self.limit = nan

    @property
    def above(self) -> bool:
        """Whether the 4 s mean is above its limit."""
        return self.mean > self.limit

    @property
    def rising(self) -> bool:
        """Whether the last minute rose quarter by quarter, by half in all, and above half the limit."""
        if len(self._minute) < 4 * QUARTER_S:
            return False
        minute = list(self._minute)
        a, b, c, d = (fmean(minute[k : k + QUARTER_S]) for k in range(0, 4 * QUARTER_S, QUARTER_S))
        return a < b < c < d and d > RISEN * a and self.mean > RISING_FROM * self.limit

    def push(self, energy: float) -> None:
        """Add one tick's E."""
        ok = energy >= 0.0
        if not ok:
            self._hops.clear()
            self._minute.clear()
            self.mean = nan
            return
        self._hops.append(energy)
        self.mean = fmean(self._hops) if len(self._hops) == MEAN_HOPS else nan
        self._pushed += 1
        if self._pushed % SECOND_HOPS == 0 and self.mean >= 0.0:
            self._second()

    def _second(self) -> None:
        self._minute.append(self.mean)
        if not self.above:
            self._trail.append(self.mean)
            if len(self._trail) >= MEDIAN_FROM_S:
                self.limit = max(ENERGY_MIN, ENERGY_MEDIANS * median(self._trail))


def lag_correlation(centres: Doubles, lag: int = LAG_HOPS) -> float:
    """Correlate a course of centres, float64[T, D], with itself `lag` hops earlier, pooled over features.

    Each end is taken about its own mean; NaN of a constant course.
    """
    early, late = centres[:-lag], centres[lag:]
    each = np.ones(len(early))
    early = early - each @ early / len(early)
    late = late - each @ late / len(late)
    size = sqrt(float(np.vdot(early, early)) * float(np.vdot(late, late)))
    return float(np.vdot(early, late)) / size if size > 0.0 else nan


class Centres:
    """The last minute of the centre m, and one lag before it."""

    def __init__(self, size: int) -> None:
        self._ring = np.zeros((MINUTE_HOPS + LAG_HOPS, size), dtype=np.float64)
        self._last: int | None = None
        self._held = 0
        self.correlation = nan

    def push(self, m: Floats, instant: int) -> None:
        """Store the centre of this grid instant; a gap restarts the minute."""
        follows = self._last is not None and instant == self._last + 1
        self._held = min(self._held + 1, len(self._ring)) if follows else 1
        self._last = instant
        self._ring[instant % len(self._ring)] = m

    def correlate_minute(self) -> None:
        """Compute the minute's correlation, once a second, after the tick's message."""
        if self._last is None or self._last % SECOND_HOPS:
            return
        full = self._held == len(self._ring)
        at = (self._last + 1) % len(self._ring)
        in_order = np.concatenate((self._ring[at:], self._ring[:at]))
        self.correlation = lag_correlation(in_order) if full else nan


class Streak:
    """Synchrony above chance in consecutive windows that do not overlap, band by band.

    z: float64[B], the newest. run: consecutive windows above the limit, by band. locked: whether a band was
    above it for three windows.
    """

    def __init__(self, bands: int) -> None:
        self.z: Doubles = np.full(bands, np.nan)
        self.run = np.zeros(bands, dtype=np.int64)
        self.locked = False
        self._band = 0
        self._next: int | None = None

    def push_z(self, z: ArrayLike, instant: int) -> None:
        """Take z of the 10 s that end with this grid instant, one a band; NaN: not known."""
        self.z = np.array(z, dtype=np.float64)
        if self._next is not None and instant < self._next:
            return
        self._next = instant + WINDOW_HOPS
        self.run = np.where(self.z > SYNCHRONY_Z_MOST, self.run + 1, 0)
        self.locked = bool((self.run >= SYNCHRONY_WINDOWS).any())
        if self.locked:
            self._band = int(self.run.argmax())

    @property
    def value(self) -> float:
        """The newest z of the band that locked last; before any did, of the first."""
        return float(self.z[self._band]) if len(self.z) else nan


class Runaway:
    """All three signs of one Dreamscape."""

    def __init__(self, size: int, bands: int) -> None:
        self.scales = OwnScales(size)
        self.energy = Energy()
        self.centres = Centres(size)
        self.streak = Streak(bands)

    def observe(self, rows: Rows, db: Floats, m: Floats, instant: int) -> None:
        """Add one tick: the included rows, their features float32[k, D] in dB, and the centre."""
        self.energy.push(energy_of(self.scales.sums(rows, db)))
        self.centres.push(m, instant)

    def digest(self) -> None:
        """Do the work that need not precede the tick's message."""
        self.centres.correlate_minute()

    @property
    def driven(self) -> bool:
        """Whether energy or lag shows that the loop drives itself."""
        return self.energy.above or (self.centres.correlation > LAG_CORRELATION_MOST and self.energy.rising)
