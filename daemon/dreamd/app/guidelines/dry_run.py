"""The dry run of a revision over kept admissions, by columns.

The facts of an admission are numbers (`keys.ADMISSION_FACTS`) and a site; there is no pseudonym. A count
below REPORT_PEOPLE_LEAST that is not 0 is hidden, as NaN, and so are the minutes beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from dreamd.core.guidelines.bundle import Bundle, Clause, order
from dreamd.core.guidelines.forms import DAY_MIN, Key, Limit, Only, Tighter, Window
from dreamd.core.guidelines.keys import ADMISSION_FACTS, KEYS
from dreamd.core.limits import INTIMATE_BELOW, REPORT_PEOPLE_LEAST

Mask = NDArray[np.bool_]
Columns = NDArray[np.float64]
_AT = {fact: at for at, fact in enumerate(ADMISSION_FACTS)}


@dataclass(frozen=True, slots=True)
class Moved:
    """Admissions of one site that a clause would refuse more, and fewer. NaN: fewer than five, hidden."""

    clause: str
    site: str
    more: float
    fewer: float


@dataclass(frozen=True, slots=True)
class SiteLoss:
    """Planned merge-minutes of one site that would be lost, and gained. NaN: hidden."""

    site: str
    refused: float
    admitted: float
    lost_min: float


@dataclass(frozen=True, slots=True)
class DryRun:
    """The result. admissions: how many were run; rows without a change are left out."""

    admissions: int
    clauses: tuple[Moved, ...]
    sites: tuple[SiteLoss, ...]

    def document(self) -> dict[str, object]:
        """The table as a document; a hidden count is null."""
        return {
            "admissions": self.admissions,
            "clauses": [[row.clause, row.site, _shown(row.more), _shown(row.fewer)] for row in self.clauses],
            "sites": [
                [row.site, _shown(row.refused), _shown(row.admitted), _shown(row.lost_min)]
                for row in self.sites
            ],
        }


@dataclass(frozen=True, slots=True)
class Admissions:
    """Kept admissions. facts: shape (13, n); site: shape (n,), indices into `sites`."""

    facts: Columns
    site: NDArray[np.intp]
    sites: tuple[str, ...]


NO_ADMISSIONS = Admissions(np.zeros((len(ADMISSION_FACTS), 0)), np.zeros(0, np.intp), ())


def _shown(value: float) -> float | None:
    return None if isnan(value) else value


def dry_run(old: Bundle, new: Bundle, facts: Columns, site: NDArray[np.intp], sites: Sequence[str]) -> DryRun:
    """Return what `new` would have changed against `old`.

    facts: shape (13, n), in the order of ADMISSION_FACTS, NaN for one that is not known. site: shape (n,),
    the index of each admission's site in `sites`.

    Raises:
        ValueError: the shapes do not fit.
    """
    if facts.shape != (len(ADMISSION_FACTS), site.size):
        raise ValueError(f"expected facts of shape {(len(ADMISSION_FACTS), site.size)}, got {facts.shape}")
    before, after = np.zeros(site.size, np.bool_), np.zeros(site.size, np.bool_)
    rows: list[Moved] = []
    for name in (name for name, key in KEYS.items() if key.fact in _AT and key.only is not Only.NEVER):
        one, other = old.by_key.get(name), new.by_key.get(name)
        was, is_now = _refused(old, name, facts), _refused(new, name, facts)
        before |= was
        after |= is_now
        if one is not None and other is not None:
            rows += _moved(other, was, is_now, site, sites)
    rows.sort(key=lambda row: (order(row.clause.removeprefix("G-")), row.site))
    planned = np.nan_to_num(facts[_AT["planned_min"]], nan=0.0)
    minutes = planned * (_share(old, facts) * ~before - _share(new, facts) * ~after)
    return DryRun(site.size, tuple(rows), _losses(before, after, minutes, site, sites))


def _refused(bundle: Bundle, name: str, facts: Columns) -> Mask:
    key = KEYS[name]
    refused = ~_allowed(key, facts[_AT[key.fact]], bundle.by_key[name].bound or 0.0)
    if key.only is Only.NEW:
        refused &= ~(facts[_AT["calibration_days"]] >= bundle.number("calibration_days"))
    elif key.only is Only.INTIMATE:
        refused &= ~(facts[_AT["people"]] >= INTIMATE_BELOW)
    return refused


def _allowed(key: Key, values: NDArray[np.float64], limit: Limit) -> Mask:
    if isinstance(limit, Window):
        inside = np.mod(values - limit.start_min, DAY_MIN) < limit.length_min
        return inside & (values >= 0.0) & (values < DAY_MIN)
    allowed: Mask = values <= limit if key.tighter is Tighter.LOWER else values >= limit
    return allowed


def _share(bundle: Bundle, facts: Columns) -> NDArray[np.float64]:
    """Return the share of the planned coupling that is granted: below five people less than the ceiling."""
    ceiling, limit = facts[_AT["ceiling"]], bundle.number("ceiling_intimate")
    cut = ~(facts[_AT["people"]] >= INTIMATE_BELOW) & (ceiling > limit)
    share: NDArray[np.float64] = np.ones_like(ceiling)
    np.divide(limit, ceiling, out=share, where=cut)
    return share


def _moved(
    clause: Clause, was: Mask, is_now: Mask, site: NDArray[np.intp], sites: Sequence[str]
) -> list[Moved]:
    if np.array_equal(was, is_now):
        return []
    more = np.bincount(site[is_now & ~was], minlength=len(sites))
    fewer = np.bincount(site[was & ~is_now], minlength=len(sites))
    return [
        Moved(clause.name, sites[at], _told(more[at]), _told(fewer[at]))
        for at in np.flatnonzero(more + fewer).tolist()
    ]


def _losses(
    before: Mask, after: Mask, minutes: NDArray[np.float64], site: NDArray[np.intp], sites: Sequence[str]
) -> tuple[SiteLoss, ...]:
    changed = minutes != 0.0
    refused = np.bincount(site[after & ~before], minlength=len(sites))
    admitted = np.bincount(site[before & ~after], minlength=len(sites))
    lost = np.bincount(site, weights=minutes, minlength=len(sites))
    people = np.bincount(site[changed], minlength=len(sites))
    shown = np.flatnonzero(refused + admitted + people).tolist()
    return tuple(
        SiteLoss(
            sites[at],
            _told(refused[at]),
            _told(admitted[at]),
            nan if _hidden(people[at]) else float(lost[at]),
        )
        for at in shown
    )


def _hidden(count: int) -> bool:
    return 0 < count < REPORT_PEOPLE_LEAST


def _told(count: int) -> float:
    return nan if _hidden(count) else float(count)
