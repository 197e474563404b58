"""The file of links and keys, `keys.sqlite3` beside the ledger: the only place that ties a name to a subject.

A row holds a pseudonym, its random subject and its key. The file is closed to others, and a commit that has
returned is on the disk. All rows are in memory, too, so that reading waits for no disk.

Rules
- A link is written before the ledger's row that names its subject (`write_links`).
- A pseudonym is written as `<ash>`. No name holds these brackets, so a search of the files' bytes for a short
  name finds that name alone.
- A mark is an HMAC of a pseudonym under a key of the house, never under a sleeper's.
"""

import hmac
import os
import secrets
import sqlite3
import threading
from base64 import b32encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.people_keys.sealing import new_key, opened_body, sealed_body
from dreamd.ports.commit import LedgerError

KEYS_FILE: Final = "keys.sqlite3"
"""Its name beside the ledger."""
SCHEMA: Final = 1
SUBJECT_BYTES: Final = 16
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


@dataclass(frozen=True, slots=True)
class Person:
    """A sleeper's subject and key."""

    subject: str
    key: bytes


class KeysFile:
    """`ports.people_keys.PeopleKeys` on the file at `path`, which is opened or made at the first use."""

    def __init__(self, path: Path) -> None:
        """Remember the path; nothing is opened yet."""
        self.path = path
        self._lock = threading.RLock()
        self._base: sqlite3.Connection | None = None
        self._people: dict[str, Person] = {}
        self._names: dict[str, str] = {}
        self._unwritten: dict[str, Person] = {}
        self._mark_key = b""
        self._version = -1

    def open_file(self) -> None:
        """Open the file now.

        Raises:
            LedgerError: it is no such file, is damaged, is newer than this program, or cannot be written.
        """
        with self._opened():
            pass

    # -- links --------------------------------------------------------------------------------------

    def subject_of(self, sleeper: str) -> str:
        """The subject; a new one is on the disk before it is returned."""
        subject = self.allot(sleeper)
        if sleeper in self._unwritten:
            self.write_links()
        return subject

    def allot(self, sleeper: str) -> str:
        """The subject; a new one is in memory alone until `write_links`."""
        with self._lock:
            person = self._known(sleeper)
            if person is None:
                person = Person(new_subject(), new_key())
                self._unwritten[sleeper] = person
                self._learn(sleeper, person)
            return person.subject

    def known_subject(self, sleeper: str) -> str | None:
        """The subject; None: the sleeper has none."""
        with self._lock:
            person = self._known(sleeper)
            return None if person is None else person.subject

    def sleeper_of(self, subject: str) -> str | None:
        """The pseudonym of a subject."""
        with self._lock:
            if subject not in self._names:
                self._look_again()
            return self._names.get(subject)

    def write_links(self) -> None:
        """Write the links that are in memory alone, with one flush to the disk.

        Raises:
            LedgerError: none of them was written.
        """
        with self._lock:
            if not self._unwritten:
                return
            rows = [(written(who), one.subject, one.key) for who, one in self._unwritten.items()]
            try:
                with self._transaction() as base:
                    base.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
            except LedgerError:
                for sleeper, person in self._unwritten.items():
                    del self._people[sleeper], self._names[person.subject]
                raise
            finally:
                self._unwritten.clear()

    # -- sealing ------------------------------------------------------------------------------------

    def seal(self, sleeper: str, table: str, column: str, body: bytes) -> bytes:
        """Encrypt under the sleeper's key."""
        with self._lock:
            subject = self.allot(sleeper)
            return sealed_body(self._people[sleeper].key, subject, table, column, body)

    def unseal(self, sleeper: str, table: str, column: str, sealed: bytes) -> bytes | None:
        """Decrypt under the sleeper's key."""
        with self._lock:
            person = self._known(sleeper)
        if person is None:
            return None
        return opened_body(person.key, person.subject, table, column, sealed)

    # -- tombstones ---------------------------------------------------------------------------------

    def mark_of(self, sleeper: str) -> bytes:
        """The HMAC of the pseudonym."""
        with self._opened():
            return hmac.digest(self._mark_key, sleeper.encode(), "sha256")

    def tombstones(self) -> Mapping[bytes, Mapping[int, float]]:
        """Merge-minutes by mark and bucket."""
        found: dict[bytes, dict[int, float]] = {}
        with self._opened() as base:
            for mark, bucket, minutes in base.execute("SELECT mark, bucket, minutes FROM tombstones"):
                found.setdefault(bytes(mark), {})[int(bucket)] = float(minutes)
        return found

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._base is not None:
                self._base.close()
                self._base = None

    # -- the file -----------------------------------------------------------------------------------

    def _known(self, sleeper: str) -> Person | None:
        if sleeper not in self._people:
            self._look_again()
        return self._people.get(sleeper)

    def _learn(self, sleeper: str, person: Person) -> None:
        self._people[sleeper], self._names[person.subject] = person, sleeper

    def _look_again(self) -> None:
        """Read the file, where it is not open yet or another process has written it."""
        with self._opened() as base:
            version = int(base.execute("PRAGMA data_version").fetchone()[0])
            if version == self._version:
                return
            self._version = version
            rows = base.execute("SELECT sleeper, subject, key FROM people").fetchall()
            self._people, self._names = {}, {}
            for sleeper, subject, key in rows:
                self._learn(sleeper[1:-1], Person(subject, bytes(key)))
            for sleeper, person in self._unwritten.items():
                self._learn(sleeper, person)

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
            self._mark_key = bytes(base.execute("SELECT mark_key FROM house").fetchone()[0])
        except BaseException:
            base.close()
            raise
        self._base = base


def new_subject() -> str:
    """Return 128 random bits as 26 characters."""
    return b32encode(secrets.token_bytes(SUBJECT_BYTES)).decode().rstrip("=").lower()


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
