"""The file of links and keys, `keys.sqlite3` beside the ledger: the only place that ties a name to a subject.

A row holds a pseudonym, its random subject and its key. The file is closed to others, and a commit that has
returned is on the disk.

Rules
- A pseudonym is written as `<ash>`. No name holds these brackets, so a search of the files' bytes for a short
  name finds that name alone.
- What is removed is in no byte of the file and its log once `swept` is true.
"""

import os
import sqlite3
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.people_keys import copies
from dreamd.adapters.ledger.people_keys.sealing import new_key
from dreamd.ports.commit import LedgerError

KEYS_FILE: Final = "keys.sqlite3"
"""Its name beside the ledger."""
SCHEMA: Final = 1
BUSY_TIMEOUT_S: Final = 0.2
_OWNER_ALONE: Final = 0o600
_OTHERS: Final = 0o077
_TABLES: Final = """
CREATE TABLE people (
    sleeper TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL UNIQUE, key BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE house (id INTEGER PRIMARY KEY CHECK (id = 1), mark_key BLOB NOT NULL);
CREATE TABLE tombstones (
    mark BLOB NOT NULL, bucket INTEGER NOT NULL, minutes REAL NOT NULL, PRIMARY KEY (mark, bucket)
) WITHOUT ROWID
"""
_ADD_STONE: Final = (
    "INSERT INTO tombstones VALUES (?, ?, ?) "
    "ON CONFLICT (mark, bucket) DO UPDATE SET minutes = minutes + excluded.minutes"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A sleeper's subject and key."""

    subject: str
    key: bytes


class KeysFile:
    """The file at `path`, opened or made at the first use. One thread at a time uses it; others wait."""

    def __init__(self, path: Path) -> None:
        """Remember the path; nothing is opened yet."""
        self.path = path
        self._lock = threading.RLock()
        self._base: sqlite3.Connection | None = None
        self._version = -1

    def links(self) -> dict[str, Person] | None:
        """Every sleeper's subject and key; None: no other process has written them since the last time.

        Raises:
            LedgerError: it is no such file, is damaged, is newer than this program, or cannot be used.
        """
        with self._opened() as base:
            version = int(base.execute("PRAGMA data_version").fetchone()[0])
            if version == self._version:
                return None
            self._version = version
            rows = base.execute("SELECT sleeper, subject, key FROM people")
            return {sleeper[1:-1]: Person(subject, bytes(key)) for sleeper, subject, key in rows}

    def mark_key(self) -> bytes:
        """The key of the house, under which marks are made."""
        with self._opened() as base:
            return bytes(base.execute("SELECT mark_key FROM house").fetchone()[0])

    def tombstones(self) -> dict[bytes, dict[int, float]]:
        """Merge-minutes by mark and bucket."""
        found: dict[bytes, dict[int, float]] = {}
        with self._opened() as base:
            for mark, bucket, minutes in base.execute("SELECT mark, bucket, minutes FROM tombstones"):
                found.setdefault(bytes(mark), {})[int(bucket)] = float(minutes)
        return found

    def insert(self, links: Mapping[str, Person]) -> bool:
        """Write new links with one flush; False, and nothing is written: another process has one of them.

        Raises:
            LedgerError: nothing was written.
        """
        rows = [(written(who), one.subject, one.key) for who, one in links.items()]
        with self._transaction() as base:
            try:
                base.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
            except sqlite3.IntegrityError:
                base.execute("ROLLBACK")
                self._version = -1
                return False
        return True

    def remove(self, sleeper: str, mark: bytes, minutes: Mapping[int, float], oldest: int) -> None:
        """Remove a link, add these minutes to the tombstone, drop tombstones of buckets below `oldest`.

        Raises:
            LedgerError: nothing was changed.
        """
        rows = [(mark, bucket, lived_min) for bucket, lived_min in minutes.items() if bucket >= oldest]
        with self._transaction() as base:
            base.execute("DELETE FROM people WHERE sleeper = ?", (written(sleeper),))
            base.execute("DELETE FROM tombstones WHERE bucket < ?", (oldest,))
            base.executemany(_ADD_STONE, rows)

    def swept(self) -> bool:
        """Empty SQLite's log; False: another program reads the file, and the log holds removed bytes."""
        with self._opened() as base:
            return int(base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0

    def keep_copy(self, at_s: float) -> None:
        """Make the copy of this day, where there is none. at_s: unix time."""
        with self._opened() as base:
            copies.keep_copy(base, self.path, at_s)

    def renew_copies(self, at_s: float) -> None:
        """Replace every copy by one of now."""
        with self._opened() as base:
            copies.renew_copies(base, self.path, at_s)

    def copies_hold(self, subjects: Container[str]) -> bool:
        """Whether a copy still holds one of these subjects, or may hold it."""
        with self._opened():
            return copies.copies_hold(self.path, subjects)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._base is not None:
                self._base.close()
                self._base = None
                self._version = -1

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The open file; errors of sqlite3 as LedgerError."""
        with self._lock:
            try:
                if self._base is None:
                    self._open()
                assert self._base is not None
                yield self._base
            except OSError as error:
                raise LedgerError(f"the keys {self.path} cannot be opened ({error.strerror})") from error
            except sqlite3.OperationalError as error:
                raise LedgerError(f"the keys {self.path} could not be used ({error})") from error
            except sqlite3.Error as error:
                raise LedgerError(
                    f"the keys {self.path} are damaged ({error}); put a copy of them in their place"
                ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction."""
        with self._opened() as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
                if base.in_transaction:
                    base.execute("COMMIT")
            except BaseException:
                if base.in_transaction:
                    base.execute("ROLLBACK")
                raise

    def _open(self) -> None:
        _close_to_others(self.path)
        base = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            version = int(base.execute("PRAGMA user_version").fetchone()[0])
            _need_schema(self.path, version)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                base.execute(f"PRAGMA {setting}")
            if version == 0:
                _make(base)
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # of an erasure that was cut short
        except BaseException:
            base.close()
            raise
        self._base = base


def written(sleeper: str) -> str:
    """Return the pseudonym as the file holds it."""
    return f"<{sleeper}>"


def _need_schema(path: Path, version: int) -> None:
    if version > SCHEMA:
        raise LedgerError(
            f"the keys {path} were written by a newer dreamd (schema {version}, this one reads {SCHEMA}); "
            "run that version, or give another --state-dir"
        )


def _make(base: sqlite3.Connection) -> None:
    """Make the tables, unless another process has made them meanwhile."""
    base.execute("BEGIN IMMEDIATE")
    if int(base.execute("PRAGMA user_version").fetchone()[0]) == 0:
        for table in _TABLES.split(";"):
            base.execute(table)
        base.execute("INSERT INTO house VALUES (1, ?)", (new_key(),))
        base.execute(f"PRAGMA user_version = {SCHEMA}")
    base.execute("COMMIT")


def _close_to_others(path: Path) -> None:
    """Make the file and SQLite's files beside it readable by the owner alone; OSError on failure."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE))
    for side in ("", "-wal", "-shm"):
        part = Path(f"{path}{side}")
        if part.exists() and part.stat().st_mode & _OTHERS:
            part.chmod(_OWNER_ALONE)
