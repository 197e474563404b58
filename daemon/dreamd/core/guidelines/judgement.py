"""The judgement of facts by the clauses of one place: a refusal names clause, revision, limit and value.

Rules
- `ok = value <= limit` on a fact that is there. A missing fact is NaN, and NaN refuses.
- A key that judges only below five people, or only before enough calibration days, judges too where that is
  not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Final

from dreamd.core.guidelines.bundle import Bundle, Clause
from dreamd.core.guidelines.forms import Key, Limit, Only, Place
from dreamd.core.limits import INTIMATE_BELOW
from dreamd.core.refusals import Code, Refusal

DOSES: Final = frozenset({"dose_24h_min", "dose_7d_min"})
"""The facts that `core.exposure.dose` judges: a sleeper is admitted below a share of the limit."""
REFUSES: Final = frozenset({Place.PLAN, Place.ADMISSION, Place.MORATORIUM})
"""The places at which a clause refuses a plan or a sleeper."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that refuses, with its limit and the fact; NaN for a fact that is missing."""

    clause: Clause
    key: Key
    limit: Limit
    value: float


def judge(bundle: Bundle, place: Place, facts: Mapping[str, float]) -> tuple[Finding, ...]:
    """Return every clause of this place that refuses these facts, in the order of their numbers."""
    found: list[Finding] = []
    for clause in bundle.by_place[place]:
        key, limit = clause.key, clause.bound
        if key is None or limit is None or not _judges(key.only, bundle, facts):
            continue
        value = facts.get(key.fact, nan)
        if not key.allows(value, limit):
            found.append(Finding(clause, key, limit, value))
    return tuple(found)


def against_sleeper(bundle: Bundle, facts: Mapping[str, float]) -> Refusal | None:
    """Return the first clause that refuses a sleeper's admission, or None; doses are judged by `Dose`."""
    found = [one for one in judge(bundle, Place.ADMISSION, facts) if one.key.fact not in DOSES]
    return refusal(found[0], bundle.revision) if found else None


def _judges(only: Only, bundle: Bundle, facts: Mapping[str, float]) -> bool:
    match only:
        case Only.ALWAYS:
            return True
        case Only.INTIMATE:
            return not facts.get("people", nan) >= INTIMATE_BELOW
        case Only.NEW:
            return not facts.get("calibration_days", nan) >= bundle.number("calibration_days")
        case Only.NEVER:
            return False


def refusal(finding: Finding, revision: int) -> Refusal:
    """Return the refusal of the daemon for this finding."""
    clause, key = finding.clause, finding.key
    limit, value = key.shown(finding.limit), key.shown(finding.value)
    known = not isnan(finding.value)
    unit = f" {key.unit}" if key.unit else ""
    fact = f"{key.fact} is {value}{unit}" if known else f"{key.fact} is not known"
    sentence = (
        f"clause {clause.name} of the guidelines, revision {revision}: {fact}, the limit is {limit}{unit}"
    )
    metadata = {"clause": clause.name, "revision": str(revision), "limit": limit, "value": value}
    return Refusal(Code.GUIDELINE_REFUSED, sentence, metadata)


def refusing_clauses(bundle: Bundle) -> tuple[str, ...]:
    """Return the names of the clauses that a refusal may cite, by number; all others bind in another way."""
    return tuple(
        clause.name for clause in bundle.clauses if clause.key is not None and clause.key.place in REFUSES
    )
