"""The record that shows whether a sleeper is themselves again: own days, nights with a group, sittings.

The own mean is made of templates by calibration day. The centre of a night is the mean of the collective
over the time in which the sleeper was merged. A sitting is a calibration of an anchor session. All are
features in dB; they are compared on the scale of the night, because pull is a number without a unit.

Rules
- While a case is open, neither the own days nor the nights move: no harm shifts its own measure. A
  calibration of an anchor session is a sitting.
- Of one day the last template and the last sitting count.
- Too few sittings are not restored yet. Without own days, or without a centre, it cannot be measured.
- Of a case only sittings from its night on count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum, isfinite, nan
from typing import Final, TypeVar

from dreamd.core.clinic.pull import BASELINE_DAYS, PULL_RESTORED, SITTINGS, Sitting, pull, upper_pull
from dreamd.core.refusals import Refusal

Features = tuple[float, ...]
T = TypeVar("T")

DAYS_KEPT: Final = 8
"""Calibration days, and nights with a centre, that are kept: the newest."""
SITTINGS_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Centre:
    """The mean of a collective over one's merged time, dB, and the scale of that night, dB."""

    db: Features
    sigma_db: Features


@dataclass(frozen=True, slots=True)
class Taken:
    """The template of a sitting, dB. coupled: an anchor session with a coupling followed it."""

    db: Features
    coupled: bool


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """The record of one sleeper, by day or night: see `kept_case.night_of`."""

    days: Mapping[int, Features] = field(default_factory=dict)
    centres: Mapping[int, Centre] = field(default_factory=dict)
    sittings: Mapping[int, Taken] = field(default_factory=dict)

    def plus(self, other: "OwnRecord") -> "OwnRecord":
        """This record with the other's days, which count; the oldest beyond the bounds are dropped."""
        return replace(
            self,
            days=_newest({**self.days, **other.days}, DAYS_KEPT),
            centres=_newest({**self.centres, **other.centres}, DAYS_KEPT),
            sittings=_newest({**self.sittings, **other.sittings}, SITTINGS_KEPT),
        )


@dataclass(frozen=True, slots=True)
class PulledSitting:
    """One sitting. pull: NaN, it cannot be measured. anchored: the sitting before had an anchor session."""

    day: int
    pull: float
    anchored: bool


@dataclass(frozen=True, slots=True)
class PullRecord:
    """The pull of a sleeper, day by day.

    baseline: the pulls of the own days, each against the mean of the others. upper: the upper limit of the
    last sittings' mean, NaN: not known. restored: None, it cannot be measured. why: it is not, in words.
    offered: the days since the night of the case on which an anchor session is offered.
    """

    sittings: tuple[PulledSitting, ...] = ()
    baseline: tuple[float, ...] = ()
    upper: float = nan
    restored: bool | None = None
    why: str = ""
    offered: tuple[int, ...] = ()


NOT_READ: Final = PullRecord(restored=False, why="the record of sittings is still being read")


def pull_record(own: OwnRecord, night: int | None = None) -> PullRecord:
    """Return the pull of this record. night: of the case; None: there is none.

    The collective is that of the newest night with one, the night of the case at the latest.
    """
    group = max((one for one in own.centres if night is None or one <= night), default=None)
    since = group if night is None else night
    centre = None if group is None else own.centres.get(group)
    taken = [(day, one) for day, one in sorted(own.sittings.items()) if since is None or day >= since]
    if centre is None:
        why = "no collective that they were in is kept"
        return PullRecord(_pulled(taken, ()), why=f"pull cannot be measured: {why}")
    days = [db for _, db in sorted(own.days.items()) if len(db) == len(centre.db)]
    if len(days) < BASELINE_DAYS:
        why = f"the own mean is of {len(days)} calibration days, it takes {BASELINE_DAYS}"
        return PullRecord(_pulled(taken, ()), why=f"pull cannot be measured: {why}")
    return _measured(days, centre, taken)


def _pulled(taken: Sequence[tuple[int, Taken]], pulls: Sequence[float]) -> tuple[PulledSitting, ...]:
    """The sittings with their pulls; NaN where there is none."""
    found = pulls or [nan] * len(taken)
    before = [False, *(one.coupled for _, one in taken)][: len(taken)]
    return tuple(
        PulledSitting(day, one, anchored)
        for (day, _), one, anchored in zip(taken, found, before, strict=True)
    )


def _measured(days: Sequence[Features], centre: Centre, taken: Sequence[tuple[int, Taken]]) -> PullRecord:
    def scaled(db: Features) -> Features:
        return tuple(one / sigma for one, sigma in zip(db, centre.sigma_db, strict=True))

    own, group, many = [scaled(db) for db in days], scaled(centre.db), len(days)
    found = [
        pull(scaled(one.db), _mean(own), group, many) if len(one.db) == len(group) else nan
        for _, one in taken
    ]
    baseline = [pull(own[at], _mean(own[:at] + own[at + 1 :]), group, many) for at in range(many)]
    near = next((one for one in (*found, *baseline) if isinstance(one, Refusal)), None)
    pulled = _pulled(taken, [nan if isinstance(one, Refusal) else one for one in found])
    if near is not None:
        return PullRecord(pulled, why=near.sentence)
    own_pulls = tuple(one for one in baseline if not isinstance(one, Refusal))
    sittings = [Sitting(one.day, one.pull) for one in pulled if isfinite(one.pull)]
    if len(sittings) < SITTINGS:
        why = f"{len(sittings)} sittings on different days, it takes {SITTINGS}"
        return PullRecord(pulled, own_pulls, restored=False, why=why)
    upper = upper_pull(sittings, own_pulls)
    if isinstance(upper, Refusal):
        return PullRecord(pulled, own_pulls, why=upper.sentence)
    restored = upper < PULL_RESTORED
    why = "" if restored else f"the upper limit of the last {SITTINGS} sittings is {upper:.2f}"
    return PullRecord(pulled, own_pulls, upper, restored, why and f"{why}, it takes below {PULL_RESTORED}")


def _mean(vectors: Sequence[Features]) -> Features:
    return tuple(fsum(parts) / len(vectors) for parts in zip(*vectors, strict=True))


def _newest(of: Mapping[int, T], most: int) -> dict[int, T]:
    return {day: of[day] for day in sorted(of)[-most:]}
