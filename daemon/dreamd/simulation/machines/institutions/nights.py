"""Surveillance in a ledger in memory: counts of nights, watches, judged nights."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from dreamd.core.exposure.windows import DAY_S
from dreamd.core.surveillance.watch import NightCount, Watch
from dreamd.ports.ledger.surveillance import NIGHTS_KEPT, JudgedNight
from dreamd.ports.ledger.transaction import Transaction


@dataclass
class NightsStorage:
    """The rows, each by its key."""

    nights: dict[tuple[int, str], NightCount] = field(default_factory=dict)
    watched: dict[str, Watch] = field(default_factory=dict)
    judged: dict[tuple[int, str], JudgedNight] = field(default_factory=dict)

    def change_nights(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        self.nights.update(((one.night, one.dreamscape), one) for one in change.night_counts)
        self.watched.update((one.kind.value, one) for one in change.watches)
        self.judged.update(((one.night, one.kind), one) for one in change.judged_nights)
        if change.folded_s:
            before = int(change.folded_s // DAY_S) - NIGHTS_KEPT
            self.nights = {key: one for key, one in self.nights.items() if key[0] >= before}
            self.judged = {key: one for key, one in self.judged.items() if key[0] >= before}


class MemoryNights(ABC):
    """The answers of a ledger in memory about nights."""

    @property
    @abstractmethod
    def readable(self) -> NightsStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def night_counts(self, since: int) -> tuple[NightCount, ...]:
        """The counts of this night and those after it."""
        return tuple(one for key, one in sorted(self.readable.nights.items()) if key[0] >= since)

    def watches(self) -> tuple[Watch, ...]:
        """Every watch."""
        return tuple(one for _, one in sorted(self.readable.watched.items()))

    def judged_nights(self) -> tuple[JudgedNight, ...]:
        """Every judged night that is kept."""
        return tuple(one for _, one in sorted(self.readable.judged.items()))
