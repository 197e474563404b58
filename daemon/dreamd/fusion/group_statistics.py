"""Statistics of a Dreamscape's group as a whole: identity, runaway and crosstalk over the same rows.

`observe` is on the tick's path and only adds up. `digest` runs after the tick's message has been sent and
does its share of the longer work, so that no tick carries a whole evaluation. `signs` turns the statistics
into the readings that `core.safety.group` judges, and does not depend on the consequences.

Rows are those of the whole Dreamscape, cohort x 256 + slot. Sound rows are observed whatever their breakers'
state: the recovery of an excluded sleeper must be visible. Only the included make the group's energy and
axes.

Rules
- The value of homogenisation is the loss of the worse axis over its loss at the halving limit: 1 at the
  limit, larger is worse, and comparable before and after.
- The last minute of each statistic is kept at 1 Hz, for the event that reports the runaway.
"""

from collections import deque
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamd.core.limits import (
    COHORT_SLOTS,
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    HOP_S,
    RANK_HALVE,
    RANK_SEVER,
    SYNCHRONY_Z_MOST,
)
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.group import PERSON_BACK, GroupReading, GroupReadings
from dreamd.fusion.crosstalk import Agreement, Crosstalk
from dreamd.fusion.identity import Axes, Identity
from dreamd.fusion.runaway import Runaway
from dreamwire.messages import Floats
from dreamwire.schema import Schema

Rows = NDArray[np.int64]

RECORD_S: Final = 60
SECOND_HOPS: Final = round(1.0 / HOP_S)
CALM_MARGIN: Final = 0.2
"""Share of the way from a halving limit to 1 that is not yet calm."""
RECORDED: Final = {
    Cause.GAIN: ("energy", "energy_limit", "lag_correlation"),
    Cause.SYNCHRONY: ("z",),
    Cause.HOMOGENISED: ("dispersion_ratio", "rank_ratio"),
}
"""The recorded statistics of each cause, by the names of an event's values."""
_NAMES: Final = tuple(name for names in RECORDED.values() for name in names)


@dataclass(frozen=True, slots=True)
class Heard:
    """One tick's sound rows.

    rows: int64[k], ascending. db, x: float32[k, D], dB and shared scale. included: bool[k]. age: int64[k],
    hops since capture. m: float32[D], the centre. instant: the grid instant that closes.
    """

    rows: Rows
    db: Floats
    x: Floats
    included: NDArray[np.bool_]
    age: Rows
    m: Floats
    instant: int


class GroupStatistics:
    """The crowd statistics of one Dreamscape in one term."""

    def __init__(self, schema: Schema) -> None:
        self._rows = COHORT_SLOTS
        self.identity = Identity(schema.size)
        self.runaway = Runaway(schema.size, len(schema.phase_bands))
        self.crosstalk = Crosstalk(schema.size)
        self._record: deque[tuple[float, ...]] = deque(maxlen=RECORD_S)
        self._instant = 0
        self._axes = self.identity.axes
        self._homogenising = homogenising(self._axes)

    @property
    def nbytes(self) -> int:
        """Memory of all rows together."""
        return self.identity.nbytes + self.runaway.scales.nbytes + self.crosstalk.courses.nbytes

    def reserve(self, rows: int) -> None:
        """Make room for this many rows."""
        if rows > self._rows:
            self._rows = rows
            self.identity.reserve(rows)
            self.runaway.scales.reserve(rows)
            self.crosstalk.courses.reserve(rows)

    def take_up(self, row: int, template_db: ArrayLike, scale_db: ArrayLike) -> None:
        """Give the row to a sleeper with this calibration, float32[D] dB each."""
        self.clear(row)
        self.runaway.scales.learn(row, template_db, scale_db)

    def clear(self, row: int) -> None:
        """Reset this row; its assignment has ended."""
        self.reserve(-(-(row + 1) // COHORT_SLOTS) * COHORT_SLOTS)
        self.identity.clear(row)
        self.runaway.scales.clear(row)
        self.crosstalk.courses.clear(row)

    def observe(self, heard: Heard) -> None:
        """Add one tick, before its message, so that `signs` is current."""
        self._instant = heard.instant
        members, db = heard.rows, heard.db
        if not heard.included.all():
            counted = np.flatnonzero(heard.included)
            members, db = members[counted], np.take(db, counted, axis=0)
        self.identity.observe(heard.rows, heard.x, members, heard.instant)
        self.crosstalk.observe(heard.rows, heard.x, heard.age, heard.instant)
        self.runaway.observe(members, db, heard.m, heard.instant)

    def synchronised(self, z: ArrayLike, instant: int) -> None:
        """Add synchrony z of the 10 s that end with this instant, float[B]."""
        self.runaway.streak.push_z(z, instant)

    def digest(self, agreement: Agreement) -> None:
        """Do a share of the longer work, after the tick's message; `agreement`: PPC of pairs of rows."""
        self.identity.digest()
        self.runaway.digest()
        self.crosstalk.digest(agreement)
        if self._instant % SECOND_HOPS == 0:
            self._record.append(tuple(self._values()[name] for name in _NAMES))

    # -- results ----------------------------------------------------------------------------------

    def signs(self) -> GroupReadings:
        """One reading for each of `CROWD_CAUSES`, in their order."""
        energy, streak = self.runaway.energy, self.runaway.streak
        driven, locked = self.runaway.driven, streak.locked
        gain = GroupReading(
            energy.mean, energy.limit, over=driven, calm=not driven and energy.mean <= energy.limit
        )
        synchrony = GroupReading(
            streak.value, SYNCHRONY_Z_MOST, over=locked, calm=not locked and streak.value <= SYNCHRONY_Z_MOST
        )
        if self._axes is not self.identity.axes:
            self._axes = self.identity.axes
            self._homogenising = homogenising(self._axes)
        return gain, synchrony, self._homogenising

    def doubted(self) -> list[int]:
        """Rows with a likeness below the restoring limit; once for each evaluation."""
        if not self.identity.compared:
            return []
        self.identity.compared = False
        rows: list[int] = np.flatnonzero(self.identity.likeness < PERSON_BACK).tolist()
        return rows

    def likeness(self, row: int) -> tuple[float, float]:
        """One person's likeness to their own first window, and its possible chance drop; NaN: not known."""
        if row >= self._rows:
            return nan, nan
        return float(self.identity.likeness[row]), float(self.identity.chance[row])

    def _values(self) -> dict[str, float]:
        axes, runaway = self.identity.axes, self.runaway
        return {
            "energy": runaway.energy.mean,
            "energy_limit": runaway.energy.limit,
            "lag_correlation": runaway.centres.correlation,
            "z": runaway.streak.value,
            "dispersion_ratio": axes.dispersion,
            "rank_ratio": axes.rank,
        }

    def evidence(self, cause: Cause) -> dict[str, float]:
        """The evidence for this cause: the values now, and those of the last minute as `name_t-seconds`.

        Unknown values are left out.
        """
        now = self._values()
        names = RECORDED[cause]
        told = {name: now[name] for name in names}
        last = len(self._record) - 1
        for at, row in enumerate(self._record):
            told |= {f"{name}_t-{last - at}": row[_NAMES.index(name)] for name in names}
        return {name: value for name, value in told.items() if isfinite(value)}


def homogenising(axes: Axes) -> GroupReading:
    """Return the reading of the group's two axes: the worse of them decides; both unknown are unknown."""
    lines = ((axes.dispersion, DISPERSION_HALVE, DISPERSION_SEVER), (axes.rank, RANK_HALVE, RANK_SEVER))
    known = [line for line in lines if line[0] >= 0.0]
    if not known:
        return GroupReading(limit=1.0)
    loss = max((1.0 - ratio) / (1.0 - halve) for ratio, halve, _ in known)
    return GroupReading(
        loss,
        1.0,
        over=any(ratio < halve for ratio, halve, _ in known),
        severe=any(ratio < sever for ratio, _, sever in known),
        calm=len(known) == len(lines) and loss <= 1.0 - CALM_MARGIN,
    )
