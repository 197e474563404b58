"""A ledger's tables on one engine: one connection that writes and one that reads, by SQLAlchemy.

Several transactions are written as one (`write`), with one flush to the disk for all of them. Where one of
them fails, all are undone and written again, each within a savepoint, so that the failing one fails alone.
Where the whole cannot be written, all of them failed.

A ledger restored from a copy has fewer writes than a note beside it (`NAME.writes`). Where the note was
restored too, the last use of the ledger is long ago. Either is a new generation, and the caller decides which
records still hold.

Rules: every error of the engine becomes a LedgerError with the next step; a read sees one state of all
tables.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.house.lease_keeper import LeaseKeeper
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.people_keys.subject_column import name_people
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.changes import Changes
from dreamd.adapters.ledger.rows.institution_rows import Insert
from dreamd.adapters.ledger.writes_note import WritesNote
from dreamd.core.audit.records import Head
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

NOTED_EVERY: Final = 8
"""Flushes between two updates of the note beside the ledger; a copy no older than that passes."""

_WRITES: Final = sa.select(tables.generation.c.writes)
_MINE: Final = sa.bindparam("mine", type_=tables.WHOLE)
_COUNT: Final = (
    tables.generation.update()
    .where(sa.or_(_MINE == 0, tables.generation.c.epoch == _MINE))
    .values(writes=tables.generation.c.writes + sa.bindparam("more"))
    .returning(tables.generation.c.writes)
)
_GENERATION: Final = tables.generation.update().values(
    writes=sa.case(
        (tables.generation.c.writes < sa.bindparam("noted"), sa.bindparam("noted")),
        else_=tables.generation.c.writes,
    ),
    lived_s=sa.bindparam("used_s"),
)

T = TypeVar("T")


Query = sa.Select[*tuple[Any, ...]]
Rows = Sequence[sa.Row[*tuple[Any, ...]]]


class _FailsAloneError(Exception):
    """One of several transactions cannot be made; the others can."""


class Store(ABC):
    """The tables of one engine; each connection is of one thread at a time.

    sweeps_beside_writes: whether `swept` uses a connection of its own. lease: by which this process owns it;
    absent: a file, which the state directory's lock keeps. before: the term that handed the house over to
    this owner just now; 0: none did.
    """

    sweeps_beside_writes = False
    lease: LeaseKeeper | None = None
    before = 0

    def __init__(
        self, place: str, engine: sa.Engine, insert: Insert, beside: WritesNote, keys: StoredKeys
    ) -> None:
        """Connect. place: its path or address, for sentences. insert: the engine's own INSERT.

        keys: of the people in it; they belong to this store.

        Raises:
            LedgerError: it cannot be opened.
        """
        self.place = place
        self.failure = ""
        self.writes = self.found = 0
        self.restored = False
        self.audited = Head()
        self._beside = beside
        self._unnoted = self._counted = 0
        self._epoch = 0  # 0: of an engine, or a program, that does not own the ledger by an epoch
        self.keys = keys
        self.naming = name_people(engine, keys)
        self._changes = Changes(insert, self.naming)
        self._engine = engine
        try:
            self.base = engine.connect()
            try:
                self._reads = self.connect()
            except BaseException:
                self.base.close()  # else its session would last as long as the error is kept
                raise
        except sa.exc.SQLAlchemyError as error:
            engine.dispose()
            raise LedgerError(f"the ledger {place} cannot be opened ({cause(error)})") from error

    def connect(self) -> sa.Connection:
        """Another connection that reads, for a thread of its own."""
        return self._engine.connect().execution_options(reads=True)

    def rows(self, query: Query) -> Rows:
        """Read, on a connection that waits for no write.

        Raises:
            LedgerError: the ledger could not be read.
        """
        return self.rows_at_once([query], {})[0]

    def rows_at_once(self, queries: Sequence[Query], values: Mapping[str, Any]) -> list[Rows]:
        """Read several queries with the same values, in one state of the tables.

        Raises:
            LedgerError: the ledger could not be read.
        """
        with self._translated(), self._reads.begin():
            return [self._reads.execute(query, values).all() for query in queries]

    def write(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        """Write several transactions with one flush; return for each its terms, or its error.

        Raises:
            LedgerError: the whole could not be written: nothing of any of them is in the ledger.
        """
        made = self._make(changes)
        if made is None:
            made = self._make_each(changes)
        self.audited = self._changes.audit.newest or self.audited
        self._count()
        for change in changes:
            if change.folded_s:
                self._copy_keys(change.folded_s)
        return made

    def _copy_keys(self, at_s: float) -> None:
        """Make the daily copy of the keys; one that cannot be made is tried again tomorrow."""
        with suppress(LedgerError, OSError):
            self.keys.file.keep_copy(at_s)

    def _make(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError] | None:
        """Write all; None where one of them fails, and nothing is written."""
        many = len(changes)
        try:
            with self.writing(many):
                try:
                    return list(self._changes.make(self.base, changes, many))
                except Exception as error:
                    if self.costs_all(error):
                        raise  # the disk is full, or worse
                    raise _FailsAloneError from error
        except _FailsAloneError:
            self._changes.audit.forget()
            return None

    def _make_each(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        """Write each that can be written, in a savepoint of its own."""
        many = len(changes)
        with self.writing(many):
            made = [self._make_alone(change, many) for change in changes]
            failed = sum(isinstance(one, LedgerError) for one in made)
            if failed:
                self._claim(-failed)
                self._changes.audit.head(self.base)
        return made

    def _make_alone(self, change: Transaction, many: int) -> Terms | LedgerError:
        self.base.exec_driver_sql("SAVEPOINT one")
        try:
            terms = self._changes.make(self.base, [change], many)[0]
        except Exception as error:
            if self.costs_all(error):
                raise
            self._changes.audit.forget()
            self.base.exec_driver_sql("ROLLBACK TO SAVEPOINT one")
            self.base.exec_driver_sql("RELEASE SAVEPOINT one")
            return error if isinstance(error, LedgerError) else LedgerError(self._unusable(error))
        self.base.exec_driver_sql("RELEASE SAVEPOINT one")
        return terms

    @abstractmethod
    def costs_all(self, error: Exception) -> bool:
        """Whether this error of one transaction is the end of all that are written with it."""
        ...

    def alone(self, change: Callable[[sa.Connection], T]) -> T:
        """Make one change by a function of the connection, in a transaction of its own.

        Raises:
            LedgerError: it was not made.
        """
        with self.writing(1):
            value = change(self.base)
        self._count()
        self.note_in_time()
        return value

    def draw_counters(self, now_s: float) -> int:
        """The first command counter of a block that no other process has used or will use."""
        return self.alone(lambda base: self._changes.draw_counters(base, now_s))

    def begin_generation(self, now_s: float) -> None:
        """Continue the count from the note beside the ledger."""
        values = {"noted": self._beside.read() + 1, "used_s": now_s}  # this write is counted already
        self.alone(lambda base: base.execute(_GENERATION, values))
        self.restored = False
        self._note()

    @abstractmethod
    def swept(self) -> bool:
        """Remove what was deleted from the engine's files; False: not yet, while another connection reads."""
        ...

    @abstractmethod
    def damaged(self, detail: str) -> str:
        """The sentence, with the next step, for a ledger with this damage."""
        ...

    def close(self) -> None:
        """Close the ledger; safe to call twice."""
        if not self.base.closed and self._unnoted:
            self._note()
        for connection in (self._reads, self.base):
            with suppress(sa.exc.SQLAlchemyError):
                connection.close()
        self._engine.dispose()
        self.keys.close()

    # -- the count of writes --------------------------------------------------------------------------

    def _look(self) -> None:
        """Read the count of an opened ledger, and compare it with the note."""
        with self._translated(), self._reads.begin():
            self.found = self.writes = int(self._reads.execute(_WRITES).scalar_one())
            self.audited = self._changes.audit.head(self._reads)
        self.restored = self.writes < self._beside.read()

    def _claim(self, more: int) -> None:
        """Count `more` writes, as the owner: first in each write, so it puts writers in one order.

        Raises:
            LedgerError: another daemon has taken the ledger.
        """
        row = self.base.execute(_COUNT, {"more": more, "mine": self._epoch}).first()
        if row is None:
            raise LedgerError(f"another dreamd has taken the ledger {self.place}; stop one of the two")
        self._counted = int(row[0])

    def _count(self) -> None:
        self.writes = self._counted
        self._unnoted += 1

    def note_in_time(self) -> None:
        """Update the note if it is NOTED_EVERY flushes old; callers have their answers already."""
        if self._unnoted >= NOTED_EVERY:
            self._note()

    def _note(self) -> None:
        """Update the note beside the ledger; a note that cannot be written stays slightly behind."""
        self._unnoted = 0
        with suppress(OSError):
            self._beside.keep_count(max(self.writes, self._beside.read()))

    # -- transactions and errors ----------------------------------------------------------------------

    @contextmanager
    def writing(self, more: int) -> Iterator[None]:
        """One durable transaction of the owner, counted as `more` writes."""
        try:
            with self._transaction():
                self._claim(more)
                yield
        except LedgerError as error:
            self._changes.audit.forget()
            self.failure = str(error)
            raise
        self.failure = ""

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One durable transaction."""
        with self._translated(), self.base.begin(), self.naming.writing():
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The engine's errors as LedgerError."""
        try:
            yield
        except (sa.exc.OperationalError, sa.exc.ResourceClosedError) as error:
            raise LedgerError(self._unusable(error)) from error
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(self.damaged(cause(error))) from error

    def _unusable(self, error: Exception) -> str:
        return f"the ledger {self.place} could not be used ({cause(error)})"


def cause(error: Exception) -> str:
    """Return the driver's own words, in one line, without the statement."""
    inner = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    return " ".join(str(inner).split())
