"""A ledger in memory: the same promises, for as long as the process lives.

Several may share one `Shelf`, as several processes share a file.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from dreamd.core.severing.views import Lock, Mark
from dreamd.core.severing.waking import Order
from dreamd.ports.ledger import HOUR_S, DreamscapeRecord, LedgerError, lapsed


@dataclass
class Shelf:
    """What the ledgers on it keep."""

    terms: dict[tuple[str, int], int] = field(default_factory=dict)
    next_counter: int = 1
    records: dict[str, DreamscapeRecord] = field(default_factory=dict)
    beds: dict[str, str] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    wake_orders: dict[str, Order] = field(default_factory=dict)
    exposed_min: dict[tuple[str, int], float] = field(default_factory=dict)
    merging: dict[str, float] = field(default_factory=dict)
    writes: int = 0
    lived_s: float = 0.0
    known: int = 0
    replaced: bool = False
    """Both beside what can be restored: the most writes there ever were, and that there are fewer now."""

    def copy(self) -> "Shelf":
        """A backup of it as it is now."""
        return deepcopy(self)

    def restore(self, backup: "Shelf", *, whole: bool = False) -> None:
        """Put a backup in its place; what is known beside it stays, unless the backup is of the whole."""
        known = backup.known if whole else self.known
        vars(self).update(vars(backup.copy()))
        self.known, self.replaced = known, self.writes < known


class MemoryLedger:
    """ports.ledger.Ledger; `broken` makes every call fail, as a full disk would."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.broken = ""

    def _check(self) -> None:
        if self.broken:
            raise LedgerError(self.broken)

    def _write(self) -> None:
        self._check()
        self.shelf.writes += 1
        self.shelf.known = max(self.shelf.known, self.shelf.writes)

    def draw_term(self, dreamscape: str, cohort: int, now_s: float) -> int:
        """Max(stored + 1, unix ms)."""
        self._write()
        term = max(self.shelf.terms.get((dreamscape, cohort), 0) + 1, int(now_s * 1000))
        self.shelf.terms[dreamscape, cohort] = term
        return term

    def confirm_term(self, dreamscape: str, cohort: int, term: int) -> bool:
        """Whether it is still the highest."""
        self._check()
        return self.shelf.terms.get((dreamscape, cohort)) == term

    def draw_counters(self, now_s: float) -> int:
        """The start of a block of 2^32."""
        self._write()
        first = max(self.shelf.next_counter, int(now_s * 1000) << 20)
        self.shelf.next_counter = first + (1 << 32)
        return first

    def save(self, record: DreamscapeRecord) -> None:
        """Keep it, in place of the one of that name."""
        self._write()
        self.shelf.records[record.plan.dreamscape] = record

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record that has not ended, oldest first."""
        self._check()
        living = (record for record in self.shelf.records.values() if not record.ended_s)
        return tuple(sorted(living, key=lambda r: (r.created_s, r.plan.dreamscape)))

    def names(self) -> tuple[str, ...]:
        """Every name ever given."""
        self._check()
        return tuple(self.shelf.records)

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """Those that ended last."""
        self._check()
        over = (record for record in self.shelf.records.values() if record.ended_s)
        return tuple(sorted(over, key=lambda record: record.ended_s, reverse=True)[:most])

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """The record of this name."""
        self._check()
        return self.shelf.records.get(dreamscape)

    def check_in(self, pod: str, sleeper: str) -> None:
        """Keep who lies in this pod; an empty sleeper clears it."""
        self._write()
        self.shelf.beds.pop(pod, None)
        if sleeper:
            self.shelf.beds[pod] = sleeper

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        self._check()
        return dict(sorted(self.shelf.beds.items()))

    def save_lock(self, lock: Lock) -> None:
        """Keep that this pod's breaker is LOCKED."""
        self._write()
        self.shelf.locks[lock.pod] = lock

    def clear_lock(self, pod: str) -> None:
        """Forget it."""
        self._write()
        self.shelf.locks.pop(pod, None)

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by pod."""
        self._check()
        return tuple(lock for _, lock in sorted(self.shelf.locks.items()))

    def save_mark(self, mark: Mark) -> None:
        """Keep when this pod's breaker last tripped."""
        self._write()
        self.shelf.marks[mark.pod] = mark

    def marks(self) -> tuple[Mark, ...]:
        """Every mark, by pod."""
        self._check()
        return tuple(mark for _, mark in sorted(self.shelf.marks.items()))

    def save_wake_order(self, order: Order) -> None:
        """Keep it, in place of the one of that id."""
        self._write()
        self.shelf.wake_orders[order.id] = order

    def drop_wake_order(self, order_id: str) -> None:
        """Forget it."""
        self._write()
        self.shelf.wake_orders.pop(order_id, None)

    def wake_orders(self) -> tuple[Order, ...]:
        """Every order, by revision."""
        self._check()
        return tuple(sorted(self.shelf.wake_orders.values(), key=lambda order: order.revision))

    def note_exposure(self, minutes: Mapping[str, float], at_s: float, *, merging: bool) -> None:
        """Charge, and mark or unmark."""
        self._write()
        for sleeper, lived_min in minutes.items():
            key = (sleeper, int(at_s // HOUR_S))
            self.shelf.exposed_min[key] = self.shelf.exposed_min.get(key, 0.0) + lived_min
            self.shelf.merging.pop(sleeper, None)
            if merging:
                self.shelf.merging[sleeper] = at_s

    def merging(self) -> dict[str, float]:
        """Who is marked, and since when."""
        self._check()
        return dict(self.shelf.merging)

    def exposures(self, since_s: float) -> dict[str, float]:
        """Merge-minutes by sleeper."""
        self._check()
        sums: dict[str, float] = {}
        for (sleeper, hour), lived_min in self.shelf.exposed_min.items():
            if hour >= int(since_s // HOUR_S):
                sums[sleeper] = sums.get(sleeper, 0.0) + lived_min
        return sums

    def touch(self, now_s: float) -> None:
        """A daemon lives on it."""
        self._write()
        self.shelf.lived_s = now_s

    def outdated(self, now_s: float) -> str:
        """Whether the shelf was filled from a copy, or nobody was here for an hour."""
        self._check()
        if self.shelf.replaced:
            return "the ledger was restored from a copy"
        return "nobody has lived on the ledger for an hour" if lapsed(self.shelf.lived_s, now_s) else ""

    def begin_generation(self, now_s: float) -> None:
        """What is on it now is the newest."""
        self._check()
        self.shelf.writes, self.shelf.replaced = self.shelf.known, False
        self.touch(now_s)

    def close(self) -> None:
        """Nothing to close."""
