"""Minutes of anchor sessions: an account of its own, held to the clause `anchor_min`.

Rules
- A minute in which anything is coupled counts as a whole one, whatever the coupling.
- They are no merge-minutes: neither account counts the other's.
- An erasure leaves no tombstone of them. The most that it buys is the limit of one day, at ANCHOR_CEILING.
"""

from dataclasses import dataclass, replace
from math import fsum

from dreamd.app.guidelines.revisions import Revisions
from dreamd.core.exposure.dose import ANCHOR_MINUTES, Dose, DoseLimits
from dreamd.core.exposure.windows import bucket_of
from dreamd.core.guidelines.bundle import Bundle
from dreamd.ports.consent import Exposures


class AnchorDoses:
    """The anchor minutes of each sleeper in 24 hours; one thread uses it."""

    def __init__(self, exposures: Exposures, guidelines: Revisions) -> None:
        """exposures: the account of anchor minutes."""
        self._exposures = exposures
        self._hold_to(guidelines.in_force.bundle)
        guidelines.in_force_changed.append(self._hold_to)

    def _hold_to(self, bundle: Bundle) -> None:
        clause = bundle.by_key["anchor_min"]
        most_min = bundle.number("anchor_min")
        self._limits = DoseLimits(most_min, day_clause=clause.name, revision=bundle.revision)

    def limits(self, _sleeper: str) -> DoseLimits:
        """The limit of a day, for each sleeper the same."""
        return self._limits

    def lived_since(self, sleeper: str, since_s: float) -> float:
        """The minutes charged in the ten minutes of `since_s` and after."""
        account, first = self._exposures.account(sleeper), bucket_of(since_s)
        return fsum(lived for at, lived in zip(account.buckets, account.minutes, strict=True) if at >= first)

    def dose(self, sleeper: str, now_s: float) -> Dose:
        """The minutes of the last 24 hours against the limit."""
        return self.dose_within(sleeper, now_s, self._limits)

    def dose_within(self, sleeper: str, now_s: float, held: DoseLimits) -> Dose:
        """The same, held to these limits as well."""
        dose = replace(self._exposures.dose(sleeper, now_s), unit=ANCHOR_MINUTES)
        return dose.held_to(self._limits.least(held))


@dataclass(frozen=True, slots=True)
class AnchorAccount:
    """The account of anchor minutes, and the doses in it."""

    exposures: Exposures
    doses: AnchorDoses
