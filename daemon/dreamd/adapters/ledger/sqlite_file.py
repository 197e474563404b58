"""The ledger's file: opened, upgraded to this program's schema, read, and written.

Write-ahead log and `synchronous = FULL`: a commit that has returned is on the disk. A connection that reads
does not wait for one that writes: it sees the state before the write until the write is durable.

Several transactions are written as one (`write`): each within a savepoint, so that a failing one is rolled
back alone, and one fsync for all of them. Where the whole cannot be written, all of them failed.

A file restored from a copy has fewer writes than a note beside it (`NAME.writes`). Where the note was
restored too, the last use of the file is long ago. Either is a new generation, and the caller decides which
records still hold.

Rules: `user_version` names the schema and a newer one is refused, never guessed at; every sqlite3 error
becomes a LedgerError with the next step.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from dreamd.adapters.ledger.changes import apply
from dreamd.adapters.ledger.schema import SCHEMA_VERSION, SCHEMAS
from dreamd.adapters.ledger.writes_note import WritesNote
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

BUSY_TIMEOUT_S: Final = 0.2
"""One daemon locks the state directory, so only a backup can compete for the file."""
NOTED_EVERY: Final = 8
"""Writes between two updates of the note beside the file; a copy no older than that passes."""

_OWNER_ALONE: Final = 0o600
_OTHERS: Final = 0o077

T = TypeVar("T")


class LedgerFile:
    """The file at `path`: one connection that writes and one that reads, each of one thread at a time."""

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Open or create the file; a call waits `busy_timeout_s` for another process's transaction.

        Raises:
            LedgerError: it is not a ledger, is damaged, is newer than this program, or cannot be written.
        """
        self._path = path
        self._beside = WritesNote(path)
        self._unnoted = self.writes = self.found = 0
        self._counts_writes = self.restored = False
        self.failure = ""
        try:
            _close_to_others(path)
            self.base, self._reads = (self._connect(path, busy_timeout_s) for _ in range(2))
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(f"the ledger {path} cannot be opened ({error})") from error
        try:
            self._open()
        except BaseException:
            self._reads.close()
            self.base.close()
            raise

    @staticmethod
    def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read, on a connection that waits for no write.

        Raises:
            LedgerError: the file could not be read.
        """
        with self._translated():
            return self._reads.execute(query, values).fetchall()

    def write(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        """Write several transactions with one fsync; return for each its terms, or its error.

        Raises:
            LedgerError: the whole could not be written: nothing of any of them is in the file.
        """
        with self.writing():
            made: list[Terms | LedgerError] = [self._make(change) for change in changes]
            count = sum(not isinstance(one, LedgerError) for one in made)
            self._count(count)
        self._note_in_time(count)
        return made

    def _make(self, change: Transaction) -> Terms | LedgerError:
        self.base.execute("SAVEPOINT one")
        try:
            terms = apply(self.base, change)
        except Exception as error:
            if not self.base.in_transaction:
                raise  # the disk is full, or worse: SQLite has rolled everything back
            self.base.execute("ROLLBACK TO one")
            self.base.execute("RELEASE one")
            return error if isinstance(error, LedgerError) else LedgerError(self._unusable(error))
        self.base.execute("RELEASE one")
        return terms

    def alone(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make one change by a function of the connection, in a transaction of its own.

        Raises:
            LedgerError: it was not made.
        """
        with self.writing():
            value = change(self.base)
            self._count(1)
        self._note_in_time(1)
        return value

    def begin_generation(self, now_s: float) -> None:
        """Continue the count from the note beside the file."""
        noted = self._beside.read()
        self.alone(
            lambda base: base.execute(
                "UPDATE generation SET writes = max(writes, ?), lived_s = ?", (noted, now_s)
            )
        )
        self.restored = False
        self._note()

    def damaged(self, detail: str) -> str:
        """The sentence, with the next step, for a file with this damage."""
        return (
            f"the ledger {self._path} is damaged ({detail}); restore it from a copy, or move it away "
            "to start with an empty one (terms still grow, check-ins are lost)"
        )

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with suppress(sqlite3.ProgrammingError):
            self.base.execute("SELECT 1")
            if self._unnoted:
                self._note()
        self._reads.close()
        self.base.close()

    # -- how it is opened -----------------------------------------------------------------------------

    def _open(self) -> None:
        with self._translated():
            version = int(self.base.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise LedgerError(
                    f"the ledger {self._path} was written by a newer dreamd (schema {version}, this one "
                    f"reads {SCHEMA_VERSION}); run that version, or give another --state-dir"
                )
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA synchronous = FULL")
            verdict = str(self.base.execute("PRAGMA quick_check(1)").fetchone()[0])
            if verdict != "ok":
                raise LedgerError(self.damaged(verdict))
        if version < SCHEMA_VERSION:
            self._bring_up()
        self._counts_writes = True
        self.found = self.writes = self._writes()
        self.restored = self.writes < self._beside.read()

    def _bring_up(self) -> None:
        with self.writing():
            # Another process may have upgraded it between the reading of the version and this lock.
            version = int(self.base.execute("PRAGMA user_version").fetchone()[0])
            for schema in SCHEMAS[version:]:
                for statement in filter(str.strip, schema.split(";")):
                    self.base.execute(statement)
            self.base.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")

    # -- the count of writes --------------------------------------------------------------------------

    def _count(self, writes: int) -> None:
        if self._counts_writes and writes:
            self.base.execute("UPDATE generation SET writes = writes + ?", (writes,))

    def _writes(self) -> int:
        with self._translated():
            return int(self.base.execute("SELECT writes FROM generation").fetchone()[0])

    def _note_in_time(self, writes: int) -> None:
        self.writes = self._writes()
        self._unnoted += writes
        if self._unnoted >= NOTED_EVERY:
            self._note()

    def _note(self) -> None:
        """Update the note beside the file; a note that cannot be written stays slightly behind."""
        self._unnoted = 0
        with suppress(OSError, LedgerError):
            self._beside.keep_count(max(self.writes, self._beside.read()))

    # -- errors -------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One durable transaction."""
        try:
            with self._translated():
                self.base.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self.base.execute("COMMIT")
                except BaseException:
                    if self.base.in_transaction:
                        self.base.execute("ROLLBACK")
                    raise
        except LedgerError as error:
            self.failure = str(error)
            raise
        self.failure = ""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """sqlite3's errors as LedgerError."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LedgerError(self._unusable(error)) from error
        except sqlite3.Error as error:
            raise LedgerError(self.damaged(str(error))) from error

    def _unusable(self, error: Exception) -> str:
        return f"the ledger {self._path} could not be used ({error})"


def _close_to_others(path: Path) -> None:
    """Make the file and SQLite's files beside it readable by the owner alone; OSError on failure.

    SQLite gives the files it makes beside a database the database's own mode.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE))
    for side in ("", "-wal", "-shm"):
        part = Path(f"{path}{side}")
        if part.exists() and part.stat().st_mode & _OTHERS:
            part.chmod(_OWNER_ALONE)
