"""The part of a ledger in memory that tells of people: exposure, planned doses, marks."""

from dataclasses import dataclass, field

from dreamd.core.exposure.windows import BUCKETS_A_DAY, DAY_S, bucket_of, folded_below
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.transaction import Transaction


@dataclass
class PeopleStorage:
    """Merge-minutes by sleeper and bucket, by sleeper and day; planned doses by Dreamscape and sleeper."""

    exposed_min: dict[tuple[str, int], float] = field(default_factory=dict)
    exposed_days_min: dict[tuple[str, int], float] = field(default_factory=dict)
    planned_min: dict[tuple[str, str], float] = field(default_factory=dict)
    merging: dict[str, float] = field(default_factory=dict)

    def expose(self, change: Transaction) -> None:
        """Make the changes of exposure in a transaction."""
        for exposure in change.exposure:
            self._charge(exposure)
        for plan in change.planned_doses:
            self.planned_min.setdefault((plan.dreamscape, plan.sleeper), plan.minutes)
        if change.folded_s:
            self._fold(folded_below(change.folded_s))

    def _charge(self, exposure: Exposure) -> None:
        for sleeper, lived_min in exposure.minutes.items():
            key = (sleeper, bucket_of(exposure.at_s))
            if exposure.move is not MarkMove.OPEN or sleeper in self.merging:
                self.exposed_min[key] = self.exposed_min.get(key, 0.0) + lived_min
            self.merging.pop(sleeper, None)
            if exposure.move is not MarkMove.CLOSE:
                self.merging[sleeper] = exposure.at_s

    def _fold(self, below: int) -> None:
        for sleeper, bucket in [key for key in self.exposed_min if key[1] < below]:
            day = (sleeper, bucket // BUCKETS_A_DAY)
            lived_min = self.exposed_min.pop((sleeper, bucket))
            self.exposed_days_min[day] = self.exposed_days_min.get(day, 0.0) + lived_min

    def sums_since(self, since_s: float) -> dict[str, float]:
        """Return the merge-minutes by sleeper; of a folded day the whole."""
        sums: dict[str, float] = {}
        buckets, days = (self.exposed_min, bucket_of(since_s)), (self.exposed_days_min, int(since_s // DAY_S))
        for minutes, first in (buckets, days):
            for (sleeper, at), lived_min in minutes.items():
                if at >= first:
                    sums[sleeper] = sums.get(sleeper, 0.0) + lived_min
        return sums

    def buckets_since(self, since_s: float) -> dict[str, dict[int, float]]:
        """Return the merge-minutes by sleeper and bucket."""
        found: dict[str, dict[int, float]] = {}
        for (sleeper, bucket), lived_min in self.exposed_min.items():
            if bucket >= bucket_of(since_s):
                found.setdefault(sleeper, {})[bucket] = lived_min
        return found

    def planned_for(self, dreamscape: str) -> dict[str, float]:
        """Return the planned merge-minutes by sleeper."""
        planned = self.planned_min.items()
        return {who: minutes for (name, who), minutes in planned if name == dreamscape}
