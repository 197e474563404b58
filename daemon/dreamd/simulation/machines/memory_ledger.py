"""A ledger in memory with the real one's promises; several share a `LedgerStorage`, as processes a file."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.audit.records import Head
from dreamd.core.fleet.house import HouseLease
from dreamd.core.house_orders import HouseOrder
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import WITHDRAWN, Commit, LedgerError
from dreamd.ports.ledger.audit import AuditPart
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.generation import lapsed
from dreamd.ports.ledger.handovers import Handover
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import CLOSES_WITHIN_S, TRANSACTIONS_WAITING, Transaction
from dreamd.simulation.machines.memory_institutions import MemoryInstitutions
from dreamd.simulation.machines.memory_people import MemoryPeople
from dreamd.simulation.machines.memory_storage import LedgerStorage

__all__ = ["Disk", "LedgerStorage", "MemoryLedger"]


class Disk(Protocol):
    """A disk in virtual time."""

    def takes_s(self) -> float:
        """How long the next write takes, seconds."""
        ...

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Call `happen` after so long."""
        ...

    def finished(self) -> None:
        """Finished commits can be delivered."""
        ...


class MemoryLedger(MemoryPeople, MemoryInstitutions):
    """ports.ledger.ledger.Ledger on a storage.

    A commit is over when it is returned, unless the ledger is `held`, as by a slow disk: then submitted
    transactions wait for `release`, and a crash loses them. `broken` makes every call fail, as a full disk
    would. `owned` is False while the lease of its house has run out: `leased` asks. term: that of the house
    under which it writes; 0: there is no fence. `succeeds`: the owner before handed the house over to this
    one just now. `house` is its lease, None where it has none.
    """

    leased: Callable[[], bool] = staticmethod(lambda: True)
    term = 0
    succeeds = False
    house: HouseLease | None = None

    def __init__(self, storage: LedgerStorage | None = None, disk: Disk | None = None) -> None:
        """disk: takes its time for each write, and writes together everything that has waited for it."""
        self.storage = storage or LedgerStorage()
        self.broken = ""
        self.held = False
        self.reopen()
        self._disk = disk
        self._waiting: deque[tuple[Transaction, Commit[Terms]]] = deque()
        self._under_way: list[tuple[Transaction, Commit[Terms]]] = []
        self._ends: deque[tuple[Commit[Terms], Terms | LedgerError]] = deque()
        self._dead = False
        self._failure = ""
        self._hear: Callable[[tuple[HouseOrder, ...]], None] = lambda _orders: None

    # -- writing ------------------------------------------------------------------------------------

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        """Write it now, or once it is released."""
        commit: Commit[Terms] = Commit()
        if not self.held and self._disk is None:
            self._finish(transaction, commit)
        elif len(self._waiting) >= TRANSACTIONS_WAITING:
            commit.fail(f"the ledger is too slow: {len(self._waiting)} transactions wait")
        else:
            self._waiting.append((transaction, commit))
            self._begin()
        return commit

    def _begin(self) -> None:
        """An idle disk takes all that waits."""
        if self._disk is None or self._under_way or not self._waiting or self._dead:
            return
        self._under_way = list(self._waiting)
        self._waiting.clear()
        self._disk.after(self._disk.takes_s(), self._written)

    def _written(self) -> None:
        """The disk has finished its write."""
        if self._dead:
            return
        batch, self._under_way = self._under_way, []
        self._ends.extend((commit, self._try(transaction, commit)) for transaction, commit in batch)
        self._begin()
        if self._disk is not None:
            self._disk.finished()

    def crash(self, *, durable: bool) -> None:
        """The process is killed. durable: the write under way reaches the disk; the queue never does."""
        if durable:
            for transaction, commit in self._under_way:
                self._try(transaction, commit)
        self._dead, self.broken = True, "its process was killed"
        self._waiting.clear()
        self._under_way.clear()

    def release(self) -> None:
        """The disk has caught up: everything that waits is written."""
        self.held = False
        self.deliver()

    def deliver(self) -> None:
        """Write everything that waits, unless it is held."""
        while self._ends:
            _end(*self._ends.popleft())
        while self._disk is None and self._waiting and not self.held:
            self._finish(*self._waiting.popleft())
        waiting = () if self._unread else self.house_orders()
        if waiting:
            self._hear(waiting)

    def _finish(self, transaction: Transaction, commit: Commit[Terms]) -> None:
        _end(commit, self._try(transaction, commit))

    @property
    def owned(self) -> bool:
        """Whether its lease, where it has one, still holds."""
        return self.leased()

    @property
    def trouble(self) -> str:
        """Why it cannot be reached, or refuses all: its way or its disk, the database, or a newer owner."""
        fenced = self.term and self.term != self.storage.house.term
        return self._unread or self.storage.full or ("another dreamd has taken the ledger" if fenced else "")

    def _try(self, transaction: Transaction, commit: Commit[Terms]) -> Terms | LedgerError:
        if commit.withdrawn:
            return LedgerError(WITHDRAWN)
        self._failure = self.trouble
        try:
            return self.write(transaction)
        except LedgerError as error:
            return error

    def confirm(self, dreamscape: str, terms: Mapping[int, int]) -> Commit[bool]:
        """Whether each is still the highest; held or not."""
        commit: Commit[bool] = Commit()
        if self._unread or self._failure:
            commit.fail(self._unread or self._failure)
        else:
            newest = self.storage.terms
            commit.end(all(newest.get((dreamscape, cohort)) == term for cohort, term in terms.items()))
        return commit

    @property
    def writes(self) -> int:
        """How many writes are on the storage."""
        return self.storage.writes

    def reopen(self) -> None:
        """Another process opens it."""
        for sleeper, at_s in tuple(self.storage.erasing.items()):
            self.storage.shred(sleeper, at_s)  # cut short
        self.found = self.storage.writes

    @property
    def idle(self) -> bool:
        """Nothing waits."""
        return not (self._waiting or self._under_way or self._ends)

    @property
    def place(self) -> str:
        """No path."""
        return "in memory"

    @property
    def failure(self) -> str:
        """The reason why the last write failed."""
        return self._failure

    @property
    def _unread(self) -> str:
        """Why it cannot be read."""
        return self.broken or self.storage.away

    def _check(self) -> None:
        if self._unread:
            raise LedgerError(self._unread)

    def write(self, transaction: Transaction) -> Terms:
        """Put it on the storage."""
        if self.trouble:
            raise LedgerError(self.trouble)
        terms = self.storage.apply(transaction)
        self.storage.house.wrote(self.term)
        self.storage.written()
        return terms

    # -- at the start ---------------------------------------------------------------------------------

    def draw_counters(self, now_s: float) -> int:
        """The start of a block of 2^32."""
        self._check()
        self.storage.written()
        first = max(self.storage.next_counter, int(now_s * 1000) << 20)
        self.storage.next_counter = first + (1 << 32)
        return first

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record that has not ended, oldest first."""
        self._check()
        living = (record for record in self.storage.records.values() if not record.ended_s)
        return tuple(sorted(living, key=lambda r: (r.created_s, r.plan.dreamscape)))

    def names(self) -> tuple[str, ...]:
        """Every name ever given."""
        self._check()
        return tuple(self.storage.records)

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """The records that ended last."""
        self._check()
        over = (record for record in self.storage.records.values() if record.ended_s)
        return tuple(sorted(over, key=lambda record: record.ended_s, reverse=True)[:most])

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """The record of this name."""
        self._check()
        return self.storage.records.get(dreamscape)

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        self._check()
        return dict(sorted(self.storage.beds.items()))

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by pod."""
        self._check()
        return tuple(lock for _, lock in sorted(self.storage.locks.items()))

    def handed_over(self) -> tuple[Handover, ...]:
        """The newest handover."""
        self._check()
        return tuple(replace(one, direct=self.succeeds) for one in self.storage.handovers)

    def marks(self) -> tuple[Mark, ...]:
        """Every mark, by pod."""
        self._check()
        return tuple(mark for _, mark in sorted(self.storage.marks.items()))

    def wake_orders(self) -> tuple[Order, ...]:
        """Every order, by revision."""
        self._check()
        return tuple(sorted(self.storage.wake_orders.values(), key=lambda order: order.revision))

    def house_orders(self) -> tuple[HouseOrder, ...]:
        """Every order that waits, oldest first."""
        self._check()
        kept, ended = self.storage.house_orders, self.storage.carried_out
        return tuple(sorted((one for at, one in kept.items() if at not in ended), key=lambda one: one.at_s))

    def hear_orders(self, hear: Callable[[tuple[HouseOrder, ...]], None]) -> None:
        """Hand over the orders that wait at every `deliver`."""
        self._hear = hear

    @property
    def readable(self) -> LedgerStorage:
        """The storage, where it can be read."""
        self._check()
        return self.storage

    def principals(self) -> tuple[Principal, ...]:
        """Every principal, by name."""
        self._check()
        return tuple(one for _, one in sorted(self.storage.principals.items()))

    def credentials(self) -> tuple[Credential, ...]:
        """Every credential, by id."""
        self._check()
        return tuple(one for _, one in sorted(self.storage.credentials.items()))

    def codes(self) -> tuple[Code, ...]:
        """Every code, by id."""
        self._check()
        return tuple(one for _, one in sorted(self.storage.codes.items()))

    @property
    def audited(self) -> Head:
        """The newest record."""
        return self.storage.audited

    def newest_checkpoint(self) -> str:
        """The note of the highest number."""
        self._check()
        return max(self.storage.checkpoints.items(), default=(0, ""))[1]

    def read_audit(self, after: int, most: int, *, texts: bool = False) -> Commit[AuditPart]:
        """Read it at once."""
        commit: Commit[AuditPart] = Commit()
        if self._unread:
            commit.fail(self._unread)
            return commit
        lines = tuple(self.storage.audit[after : after + most])
        until = after + len(lines) if len(lines) == most else max((after, *self.storage.checkpoints))
        kept = (self.storage.texts.get(after + 1 + place) for place in range(len(lines)))
        notes = tuple(one for n, one in sorted(self.storage.checkpoints.items()) if after < n <= until)
        commit.end(AuditPart(lines, notes, tuple(filter(None, kept)) if texts else ()))
        return commit

    def outdated(self, now_s: float) -> str:
        """The reason to distrust the storage: it was filled from a copy, or no daemon ran for an hour."""
        self._check()
        if self.storage.replaced:
            return "the ledger was restored from a copy"
        return "no daemon has used the ledger for an hour" if lapsed(self.storage.lived_s, now_s) else ""

    def older(self) -> bool:
        """Whether the storage was filled from a copy."""
        self._check()
        return self.storage.replaced

    def begin_generation(self, now_s: float) -> None:
        """Accept the current content as the latest."""
        self._check()
        self.storage.writes, self.storage.replaced = self.storage.known, False
        self.write(Transaction(lived_s=now_s))

    def close(self, within_s: float = CLOSES_WITHIN_S) -> int:
        """Held transactions are not written: time does not pass here."""
        if not (within_s > 0.0 and not self.held):
            return len(self._waiting)
        self.deliver()
        return 0


def _end(commit: Commit[Terms], end: Terms | LedgerError) -> None:
    if isinstance(end, LedgerError):
        commit.fail(str(end))
    else:
        commit.end(end)
