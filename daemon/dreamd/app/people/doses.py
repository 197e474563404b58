"""Doses against the guidelines: the account of merge-minutes, held to the clauses in force.

Rules
- Of the account's own limits and the clauses' the least counts.
- A sleeper without the calibration days of the clause is a walk-in, with the walk-in's dose.
- A tightened clause counts at once. A loosened one counts for a seat at its next assign (`exposure`).
"""

from typing import Protocol

from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.people.calibration_days import CalibrationDays
from dreamd.core.exposure.dose import Dose, DoseLimits
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.doses import dose_limits
from dreamd.ports.consent import Exposures


class SleeperDoses(Protocol):
    """The doses of sleepers in one account of minutes, with the limits that the clauses in force set."""

    def limits(self, sleeper: str) -> DoseLimits:
        """The limits for this sleeper."""
        ...

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The minutes against the limits in force."""
        ...

    def dose_within(self, sleeper: str, now_s: float, held: DoseLimits) -> Dose:
        """The same, held to these limits as well."""
        ...


class Doses:
    """The dose of each sleeper; one thread uses it. days: of all sleepers."""

    def __init__(self, exposures: Exposures, guidelines: Revisions, days: CalibrationDays) -> None:
        self._exposures = exposures
        self.days = days
        self._hold_to(guidelines.in_force.bundle)
        guidelines.in_force_changed.append(self._hold_to)

    def _hold_to(self, bundle: Bundle) -> None:
        self._needed = bundle.number("calibration_days")
        self._full, self._new = dose_limits(bundle, self._needed), dose_limits(bundle, 0.0)

    def limits(self, sleeper: str) -> DoseLimits:
        """The limits that the clauses in force set for this sleeper."""
        return self._full if self.days.many(sleeper) >= self._needed else self._new

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The merge-minutes of both windows against the limits in force."""
        return self._exposures.dose(sleeper, now_s).held_to(self.limits(sleeper))

    def near_limits(self, now_s: float) -> tuple[int, int]:
        """How many sleepers are from 80 % to a limit, and at one; a few are looked at anew."""
        return self._exposures.near_limits(lambda sleeper: self.dose(sleeper, now_s).share)

    def dose_within(self, sleeper: str, now_s: float, held: DoseLimits) -> Dose:
        """The same, held to these limits as well."""
        return self._exposures.dose(sleeper, now_s).held_to(self.limits(sleeper).least(held))
