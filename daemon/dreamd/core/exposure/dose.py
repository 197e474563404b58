"""A sleeper's dose against its limits: the clauses that set them, and the refusal of more.

Rules
- The nearer limit decides: the one of which the larger share is used.
- `ok = share < limit`; NaN is refused.
"""

from dataclasses import dataclass, replace
from math import inf, isnan, nan
from typing import Final

from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.core.refusals import Code, Refusal

MERGE_MINUTES: Final = "merge-minutes"
ANCHOR_MINUTES: Final = "minutes of anchor sessions"


@dataclass(frozen=True, slots=True)
class DoseLimits:
    """The most merge-minutes in 24 hours and in 7 days; none by default.

    day_clause, week_clause: the clauses that set them, such as G-3.1, of `revision`.
    """

    day_min: float = inf
    week_min: float = inf
    day_clause: str = ""
    week_clause: str = ""
    revision: int = 0

    def least(self, other: "DoseLimits") -> "DoseLimits":
        """Return of each window the tighter limit, with its clause; of this one where they are equal."""
        day = other if other.day_min < self.day_min else self
        week = other if other.week_min < self.week_min else self
        newest = max(self.revision, other.revision)
        return DoseLimits(day.day_min, week.week_min, day.day_clause, week.week_clause, newest)


@dataclass(frozen=True, slots=True)
class Dose:
    """Merge-minutes charged to a sleeper in the rolling windows of 24 hours and 7 days, and their limits.

    clause, week_clause: the clauses of the guidelines that set the limits, of `revision`; empty: none.
    unit: of the minutes, in words.
    """

    charged_min: float = 0.0
    limit_min: float = inf
    week_min: float = 0.0
    week_limit_min: float = inf
    clause: str = ""
    week_clause: str = ""
    revision: int = 0
    unit: str = MERGE_MINUTES

    @property
    def share(self) -> float:
        """The used share of the limit that is nearer; infinite where a limit is 0."""
        day, week = self._shares
        return nan if isnan(day) or isnan(week) else max(day, week)

    @property
    def _shares(self) -> tuple[float, float]:
        return _share(self.charged_min, self.limit_min), _share(self.week_min, self.week_limit_min)

    @property
    def left_min(self) -> float:
        """Merge-minutes left in both windows."""
        return max(0.0, min(self.limit_min - self.charged_min, self.week_limit_min - self.week_min))

    def plus(self, more_min: float) -> "Dose":
        """The dose with further minutes, lived just now."""
        return replace(self, charged_min=self.charged_min + more_min, week_min=self.week_min + more_min)

    def held_to(self, limits: DoseLimits) -> "Dose":
        """The dose against these limits too: of each window the tighter one counts."""
        own = DoseLimits(
            self.limit_min, self.week_limit_min, self.clause, self.week_clause, self.revision
        ).least(limits)
        return Dose(
            *(self.charged_min, own.day_min, self.week_min, own.week_min),
            *(own.day_clause, own.week_clause, own.revision, self.unit),
        )

    def refusal(self, sleeper: str) -> Refusal | None:
        """Return why this sleeper is not admitted, or None. sleeper: in words."""
        if self.share < EXPOSURE_WARN_SHARE:
            return None
        day, week = self._shares
        nearest = not week > day
        clause = self.clause if nearest else self.week_clause
        limit_min = self.limit_min if nearest else self.week_limit_min
        lived_min = self.charged_min if nearest else self.week_min
        within = f"{limit_min:g} {self.unit} in {'24 hours' if nearest else '7 days'}"
        by = f" of clause {clause}" if clause else ""
        sentence = (
            f"{sleeper} has merged {self.share:.0%} of the limit{by}, {within}, "
            f"must be below {EXPOSURE_WARN_SHARE:.0%}"
        )
        told = {"clause": clause, "revision": str(self.revision)} if clause else {}
        return Refusal(
            Code.EXPOSURE_REACHED, sentence, told | {"limit": f"{limit_min:.6g}", "value": f"{lived_min:.6g}"}
        )


def _share(charged_min: float, limit_min: float) -> float:
    return charged_min / limit_min if limit_min > 0.0 else inf
