"""A ledger in memory: the same promises, for as long as the process lives.

Several may share one `Shelf`, as several processes share a file.
"""

from dataclasses import dataclass, field

from dreamd.ports.ledger import DreamscapeRecord, LedgerError


@dataclass
class Shelf:
    """What the ledgers on it keep."""

    terms: dict[tuple[str, int], int] = field(default_factory=dict)
    next_counter: int = 1
    records: dict[str, DreamscapeRecord] = field(default_factory=dict)
    beds: dict[str, str] = field(default_factory=dict)


class MemoryLedger:
    """ports.ledger.Ledger; `broken` makes every call fail, as a full disk would."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.broken = ""

    def _check(self) -> None:
        if self.broken:
            raise LedgerError(self.broken)

    def draw_term(self, dreamscape: str, cohort: int, now_s: float) -> int:
        """Max(stored + 1, unix ms)."""
        self._check()
        term = max(self.shelf.terms.get((dreamscape, cohort), 0) + 1, int(now_s * 1000))
        self.shelf.terms[dreamscape, cohort] = term
        return term

    def confirm_term(self, dreamscape: str, cohort: int, term: int) -> bool:
        """Whether it is still the highest."""
        self._check()
        return self.shelf.terms.get((dreamscape, cohort)) == term

    def draw_counters(self, now_s: float) -> int:
        """The start of a block of 2^32."""
        self._check()
        first = max(self.shelf.next_counter, int(now_s * 1000) << 20)
        self.shelf.next_counter = first + (1 << 32)
        return first

    def save(self, record: DreamscapeRecord) -> None:
        """Keep it, in place of the one of that name."""
        self._check()
        self.shelf.records[record.plan.dreamscape] = record

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record, oldest first."""
        self._check()
        return tuple(sorted(self.shelf.records.values(), key=lambda r: (r.created_s, r.plan.dreamscape)))

    def check_in(self, pod: str, sleeper: str) -> None:
        """Keep who lies in this pod; an empty sleeper clears it."""
        self._check()
        self.shelf.beds.pop(pod, None)
        if sleeper:
            self.shelf.beds[pod] = sleeper

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        self._check()
        return dict(sorted(self.shelf.beds.items()))

    def close(self) -> None:
        """Nothing to close."""
