"""The ledger in a database, written by a thread of its own.

`submit` queues a transaction and returns. The writer takes all that wait, writes them with one flush and
returns their results; `deliver` ends the commits on the caller's thread. So neither a slow disk nor five
hundred trips in one tick block that thread, and transactions that arrive while the disk is busy share the
next flush.

Another thread, on another connection, reads whether a term still holds: a reader does not wait for a writer's
flush. So a slow disk is no evidence against a term. A failed write is, because the content of the ledger is
then uncertain.

Numbers that must never repeat come from two sources at once, the stored one and the clock, and the larger
wins: a restored older ledger still yields a higher term (unix ms), and a clock set back still yields a higher
term (stored + 1). Command counters are drawn as blocks: a process takes a first counter and may use the next
COUNTER_BLOCK of them without asking again. The clock's floor is unix ms x 2^20, a million commands a
millisecond.
"""

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import nan
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.audit_reader import NEWEST_NOTE, AuditReader
from dreamd.adapters.ledger.eraser import Eraser, finish_erasures
from dreamd.adapters.ledger.house.order_listener import OrderListener
from dreamd.adapters.ledger.ledger_thread import LedgerThread
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.people_keys.subject_column import UNLINKED
from dreamd.adapters.ledger.readings.house_orders import StoredHouseOrders
from dreamd.adapters.ledger.readings.pieces import StoredPieces
from dreamd.adapters.ledger.readings.rounds import StoredExchange
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.handover_rows import EVERY as EVERY_HANDOVER
from dreamd.adapters.ledger.rows.handover_rows import handover_of
from dreamd.adapters.ledger.rows.kept_text import order_of, principal_of
from dreamd.adapters.ledger.rows.people_text import bundle_of, course_of
from dreamd.adapters.ledger.rows.record_text import Seats, record_of
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.adapters.ledger.store import Query, Rows, Store, cause
from dreamd.adapters.ledger.stored_institutions import StoredInstitutions
from dreamd.adapters.ledger.stored_people import StoredPeople
from dreamd.core.access.codes import Code
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.audit.records import Head
from dreamd.core.fleet.house import HouseLease
from dreamd.core.safety.causes import cause_named
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.audit import AuditPart
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.generation import lapsed
from dreamd.ports.ledger.guidelines import Comment, KeptRevision
from dreamd.ports.ledger.handovers import Handover
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import CLOSES_WITHIN_S, TRANSACTIONS_WAITING, Transaction

T = TypeVar("T")
Asked = tuple[str, dict[int, int]]
"""A Dreamscape and its terms by cohort."""

_NAMED: Final[sa.BindParameter[Any]] = sa.bindparam("named")
_DREAMSCAPES, _SEATS, _TERMS = tables.dreamscapes.c, tables.seats.c, tables.terms.c
_RECORDS: Final = sa.select(_DREAMSCAPES.name, _DREAMSCAPES.record)
_ALL_SEATS: Final = sa.select(tables.seats).order_by(_SEATS.dreamscape, _SEATS.number)
_NEWEST: Final = sa.select(_TERMS.cohort, _TERMS.term).where(_TERMS.dreamscape == _NAMED)
_LIVES: Final = _DREAMSCAPES.ended_s.is_(None)
LIVING: Final = (
    _RECORDS.where(_LIVES),
    _ALL_SEATS.where(_SEATS.dreamscape.in_(sa.select(_DREAMSCAPES.name).where(_LIVES))),
)
_LAST: Final = (
    sa.select(_DREAMSCAPES.name)
    .where(_DREAMSCAPES.ended_s.is_not(None))
    .order_by(_DREAMSCAPES.ended_s.desc(), _DREAMSCAPES.name)
    .limit(_NAMED)
)
_ENDED: Final = (
    _RECORDS.where(_DREAMSCAPES.ended_s.is_not(None))
    .order_by(_DREAMSCAPES.ended_s.desc(), _DREAMSCAPES.name)
    .limit(_NAMED),
    _ALL_SEATS.where(_SEATS.dreamscape.in_(_LAST)),
)
_ONE: Final = _RECORDS.where(_DREAMSCAPES.name == _NAMED), _ALL_SEATS.where(_SEATS.dreamscape == _NAMED)


class StoredLedger(StoredPeople, StoredInstitutions, StoredExchange, StoredPieces, StoredHouseOrders):
    """`Ledger` on a store; one thread uses it, its own two threads do the work."""

    def __init__(self, store: Store) -> None:
        """store: opened; it belongs to this ledger."""
        super().__init__(store)
        try:
            finish_erasures(store)
        except BaseException:
            store.close()
            raise
        self._using = threading.Lock()
        self._asking: sa.Connection | None = None
        self._finished: Callable[[], None] = lambda: None
        self._writer = LedgerThread[Transaction, Terms](
            "ledger-writer", self._write, self._tell, self._note_writes
        )
        self._reader = LedgerThread[Asked, bool]("ledger-reader", self._read, self._tell)
        self._eraser = Eraser(store, self._using, self._tell)
        self._listener = OrderListener(store.connect, self._tell)
        self._audit = AuditReader(store.connect, store.place, self._tell)
        self._people = RowsReader("ledger-people", store.connect, store.place, self._tell)

    def tell(self, finished: Callable[[], None]) -> None:
        """Set the callback, run on a thread of the ledger, for when there is something to `deliver`."""
        self._finished = finished

    def _tell(self) -> None:
        self._finished()

    @property
    def place(self) -> str:
        """The path or the address."""
        return self._store.place

    @property
    def failure(self) -> str:
        """Why the last write failed; empty while writes succeed."""
        return self._store.failure

    @property
    def lost(self) -> bool:
        """Whether another daemon has claimed the house."""
        return self._store.lease is not None and self._store.lease.lost

    @property
    def lease_left_s(self) -> float:
        """Seconds that are surely left of the lease; NaN: a file, or a ledger that is not held."""
        return nan if self._store.lease is None else self._store.lease.left_s

    @property
    def owned(self) -> bool:
        """Whether its lease, where it has one, still holds."""
        lease = self._store.lease
        return lease is None or lease.living

    @property
    def house(self) -> HouseLease | None:
        """The lease, and the daemons that wait for it; None: a file, or a ledger that is not held."""
        return None if self._store.lease is None else self._store.lease.house

    @property
    def writes(self) -> int:
        """The number of writes on the disk."""
        return self._store.writes

    @property
    def found(self) -> int:
        """The number of writes when the ledger was opened."""
        return self._store.found

    @property
    def audited(self) -> Head:
        """The newest record of the audit log on the disk."""
        return self._store.audited

    @property
    def keys(self) -> StoredKeys:
        """The keys of the ledger's people."""
        return self._store.keys

    @property
    def idle(self) -> bool:
        """Whether every transaction submitted has been delivered."""
        return self._writer.idle

    # -- writing ------------------------------------------------------------------------------------

    def submit(self, transaction: Transaction) -> Commit[Terms]:
        """Queue it for the writer."""
        commit: Commit[Terms] = Commit()  # Commit[Terms]() would cost six times as much
        if not self._writer.enqueue(transaction, commit, TRANSACTIONS_WAITING):
            why = f"the ledger {self.place} is too slow: {TRANSACTIONS_WAITING} transactions wait"
            self._writer.refuse(commit, why)
        return commit

    def _write(self, transactions: Sequence[Transaction]) -> Sequence[Terms | LedgerError]:
        with self._using:
            return self._store.write(transactions)

    def _note_writes(self) -> None:
        with self._using:
            self._store.note_in_time()

    def confirm(self, dreamscape: str, terms: Mapping[int, int]) -> Commit[bool]:
        """Queue the question for the reader."""
        commit: Commit[bool] = Commit()
        self._reader.enqueue((dreamscape, dict(terms)), commit, sys.maxsize)
        return commit

    def _read(self, asked: Sequence[Asked]) -> Sequence[bool | LedgerError]:
        if self._store.failure:
            raise LedgerError(self._store.failure)
        try:
            if self._asking is None:
                self._asking = self._store.connect()
            with self._asking.begin():
                return [self._holds(self._asking, dreamscape, terms) for dreamscape, terms in asked]
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(f"the ledger {self.place} could not be read ({cause(error)})") from error

    @staticmethod
    def _holds(base: sa.Connection, dreamscape: str, terms: dict[int, int]) -> bool:
        newest = {int(cohort): int(term) for cohort, term in base.execute(_NEWEST, {"named": dreamscape})}
        return all(newest.get(cohort) == term for cohort, term in terms.items())

    def deliver(self) -> None:
        """End the finished commits."""
        self._writer.deliver()
        self._reader.deliver()
        self._audit.deliver()
        self._people.thread.deliver()
        self._eraser.thread.deliver()
        self._deliver_orders()

    # -- at the start ---------------------------------------------------------------------------------

    def write(self, transaction: Transaction) -> Terms:
        """Write it and wait for the disk."""
        commit = self.submit(transaction)
        while not commit.over:
            self._writer.wait()
            self._writer.deliver()
        return commit.value

    def draw_counters(self, now_s: float) -> int:
        """The first command counter of a block that no other process has used or will use."""
        with self._using:
            return self._store.draw_counters(now_s)

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """Every record that has not ended, oldest first, by an index of those alone."""
        records = self._records(LIVING)
        return tuple(sorted(records, key=lambda record: (record.created_s, record.plan.dreamscape)))

    def names(self) -> tuple[str, ...]:
        """Every name ever given."""
        return tuple(str(name) for (name,) in self._store.rows(sa.select(_DREAMSCAPES.name)))

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """Those that ended last, by the index of the ended."""
        return tuple(self._records(_ENDED, named=most))

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """The record of this name, by the primary key."""
        found = self._records(_ONE, named=dreamscape)
        return found[0] if found else None

    def _records(self, queries: tuple[Query, Query], **values: object) -> list[DreamscapeRecord]:
        """The records of one query with the seats of the other, both in one state of the ledger."""
        rows, seated = self._store.rows_at_once(queries, values)
        seats = _by_name(seated)
        return [
            self._understood(
                f"the record of {name}",
                lambda kept, name=str(name): record_of(json.loads(kept), seats[name]),  # type: ignore[misc]
                text,
            )
            for name, text in rows
        ]

    def checked_in(self) -> dict[str, str]:
        """Pod -> sleeper."""
        rows = self._store.rows(sa.select(tables.beds).order_by(tables.beds.c.pod))
        return {str(pod): str(sleeper) for pod, sleeper in rows}

    def locks(self) -> tuple[Lock, ...]:
        """Every lock, by pod; a cause that is no longer known reads as `unknown`."""
        rows = self._store.rows(sa.select(tables.locks).order_by(tables.locks.c.pod))
        return tuple(Lock(one.pod, cause_named(one.cause), one.since_s, one.evidence) for one in rows)

    def handed_over(self) -> tuple[Handover, ...]:
        """The newest handover, by Dreamscape."""
        return tuple(
            self._understood(
                f"the handover of {one.dreamscape}",
                partial(handover_of, one.dreamscape, 0 < self._store.before == one.term),
                one.kept,
            )
            for one in self._store.rows(EVERY_HANDOVER)
        )

    def marks(self) -> tuple[Mark, ...]:
        """The newest of every pod, by pod."""
        rows = self._store.rows(sa.select(tables.marks).order_by(tables.marks.c.pod))
        return tuple(Mark(one.pod, cause_named(one.cause), one.tripped_s, one.term, one.tick) for one in rows)

    def wake_orders(self) -> tuple[Order, ...]:
        """Every order, by revision."""
        rows = self._store.rows(sa.select(tables.wake_orders).order_by(tables.wake_orders.c.revision))
        return tuple(self._understood(f"the wake order {one.id}", order_of, one.kept) for one in rows)

    def guidelines(self) -> tuple[KeptRevision, ...]:
        """Every revision, by number."""
        rows = self._store.rows(sa.select(tables.guidelines).order_by(tables.guidelines.c.revision))
        return tuple(
            KeptRevision(
                self._understood(f"revision {one.revision} of the guidelines", bundle_of, one.bundle),
                one.digest,
                self._understood(f"the course of revision {one.revision}", course_of, one.course),
            )
            for one in rows
        )

    def comments(self) -> tuple[Comment, ...]:
        """Every comment, by revision and number."""
        table = tables.comments
        rows = self._store.rows(sa.select(table).order_by(table.c.revision, table.c.n))
        return tuple(Comment(**row._mapping) for row in rows)  # noqa: SLF001 -- SQLAlchemy's own name

    def principals(self) -> tuple[Principal, ...]:
        """Every principal, by name."""
        rows = self._store.rows(sa.select(tables.principals).order_by(tables.principals.c.name))
        named = self._store.naming.name_of
        return tuple(
            self._understood(
                f"the principal {one.name}", partial(principal_of, one.name, one.kind, named=named), one.kept
            )
            for one in rows
        )

    def credentials(self) -> tuple[Credential, ...]:
        """Every credential, by id."""
        rows = self._store.rows(sa.select(tables.credentials).order_by(tables.credentials.c.id))
        return tuple(Credential(**row._mapping) for row in rows)  # noqa: SLF001 -- SQLAlchemy's own name

    def codes(self) -> tuple[Code, ...]:
        """Every code, by id."""
        rows = self._store.rows(sa.select(tables.codes).order_by(tables.codes.c.id))
        return tuple(Code(**row._mapping) for row in rows)  # noqa: SLF001 -- SQLAlchemy's own name

    def newest_checkpoint(self) -> str:
        """The note of the highest number."""
        return "".join(str(note) for (note,) in self._store.rows(NEWEST_NOTE))

    def read_audit(self, after: int, most: int, *, texts: bool = False) -> Commit[AuditPart]:
        """Queue a read of the audit log."""
        return self._audit.ask(after, most, texts=texts)

    def outdated(self, now_s: float) -> str:
        """Compare the writes with the note beside the file, and the last use with LAPSED_S."""
        if self.older():
            copied = self._store.restored
            return "the ledger was restored from a copy" if copied else "the keys of its people are missing"
        lived_s = float(self._store.rows(sa.select(tables.generation.c.lived_s))[0][0])
        if not lapsed(lived_s, now_s):
            return ""
        return f"no daemon has used the ledger for {(now_s - lived_s) / 3600.0:.1f} h"

    def older(self) -> bool:
        """Whether a copy or the lack of keys shows that writes are missing."""
        unlinked = any(who.startswith(UNLINKED) for who in self.checked_in().values())
        return self._store.restored or unlinked

    def begin_generation(self, now_s: float) -> None:
        """Continue the count from the note beside the file."""
        with self._using:
            self._store.begin_generation(now_s)

    # -- the end ------------------------------------------------------------------------------------

    def close(self, within_s: float = CLOSES_WITHIN_S) -> int:
        """Write waiting transactions, then close; a writer blocked by the disk keeps the ledger open."""
        self._listener.close()
        reading = self._reader.close(0.0)
        self._audit.close()
        self._people.close()
        self._eraser.close()
        left = self._writer.close(within_s)
        if not left:
            with self._using:
                self._store.close()
        if not reading and self._asking is not None:
            self._asking.close()
        return left


def _by_name(rows: Rows) -> Mapping[str, Seats]:
    """The seats of each Dreamscape, by number; none where it has no rows."""
    seats = defaultdict[str, Seats](tuple)
    gathered = defaultdict[str, list[tuple[int, str, str]]](list)
    for dreamscape, number, pod, sleeper in rows:
        gathered[dreamscape].append((int(number), pod, sleeper))
    seats.update((name, tuple(found)) for name, found in gathered.items())
    return seats
