"""The ledger's file: opened, upgraded to this program's schema, read, and written.

Write-ahead log and `synchronous = FULL`: a commit that has returned is on the disk. A connection that reads
does not wait for one that writes: it sees the state before the write until the write is durable.

Rule: `user_version` names the schema, beside Alembic's own stamp, so that programs from before Alembic refuse
the file too; a newer one is refused, never guessed at.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.store import Store
from dreamd.adapters.ledger.writes_note import WritesNote
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

BUSY_TIMEOUT_S: Final = 0.2
"""One daemon locks the state directory, so only a backup can compete for the file."""

NAMES_SUBJECTS_FROM: Final = 14
"""The schema version from which on no row holds a pseudonym."""
_OWNER_ALONE: Final = 0o600
_OTHERS: Final = 0o077


def engine_of(path: Path, *, timeout_s: float = BUSY_TIMEOUT_S, read_only: bool = False) -> sa.Engine:
    """Return an engine on a file: transactions begin as said by the option `reads`, and never by the driver.

    A transaction that writes takes the file's lock at its begin, so that what it reads stays true.
    """

    def connect() -> sqlite3.Connection:
        place = f"{path.absolute().as_uri()}?mode=ro" if read_only else path
        return sqlite3.connect(
            place, timeout=timeout_s, isolation_level=None, check_same_thread=False, uri=read_only
        )

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reads = read_only or connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


class LedgerFile(Store):
    """The file at `path`."""

    def __init__(
        self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, keys: StoredKeys | None = None
    ) -> None:
        """Open or create the file; a call waits `busy_timeout_s` for another process's transaction.

        keys: of the people in it; absent, those of the file `keys.sqlite3` beside it.

        Raises:
            LedgerError: it is not a ledger, is damaged, is newer than this program, or cannot be written.
        """
        try:
            _close_to_others(path)
        except OSError as error:
            raise LedgerError(f"the ledger {path} cannot be opened ({error})") from error
        engine = engine_of(path, timeout_s=busy_timeout_s)
        keys = keys or StoredKeys(path.with_name(KEYS_FILE))
        super().__init__(str(path), engine, insert, WritesNote(path), keys)
        try:
            self._open()
        except BaseException:
            self._reads.close()
            self.base.close()
            raise

    def write(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        """Write as every engine does; texts that are erased leave the log beside the file, too."""
        made = super().write(changes)
        if any(change.erased for change in changes):
            self.swept()  # else a later checkpoint takes them along
        return made

    def swept(self) -> bool:
        """Empty the write-ahead log; False: another connection reads, and what was deleted is still in it."""
        with suppress(sqlite3.Error):
            return self.pragma("wal_checkpoint(TRUNCATE)") == 0
        return False

    def pragma(self, text: str) -> object:
        """Run a PRAGMA on the connection that writes, outside transactions; return its first value."""
        row = self._driver().execute(f"PRAGMA {text}").fetchone()
        return row[0] if row else None

    def costs_all(self, error: Exception) -> bool:  # noqa: ARG002 -- SQLite is asked
        """Ask SQLite, which rolls everything back by itself where the disk is full."""
        return not self._driver().in_transaction

    def _driver(self) -> sqlite3.Connection:
        driver = self.base.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver

    def damaged(self, detail: str) -> str:
        """The sentence, with the next step, for a file with this damage."""
        return (
            f"the ledger {self.place} is damaged ({detail}); restore it from a copy, or move it away "
            "to start with an empty one (terms still grow, check-ins are lost)"
        )

    def _open(self) -> None:
        try:
            version = self._version()
            if version > HEAD:
                raise LedgerError(
                    f"the ledger {self.place} was written by a newer dreamd (schema {version}, this one "
                    f"reads {HEAD}); run that version, or give another --state-dir"
                )
            self.pragma("journal_mode = WAL")
            self.pragma("synchronous = FULL")
            self.pragma("secure_delete = ON")  # an erased text leaves no bytes in its page
            verdict = str(self.pragma("quick_check(1)"))
        except sqlite3.OperationalError as error:
            raise LedgerError(self._unusable(error)) from error
        except sqlite3.Error as error:
            raise LedgerError(self.damaged(str(error))) from error
        if verdict != "ok":
            raise LedgerError(self.damaged(verdict))
        if version < HEAD:
            self._bring_up()
        if 0 < version < NAMES_SUBJECTS_FROM:
            self._driver().execute("VACUUM")  # of the names that rows of an earlier version held
        self.swept()
        self._look()

    def _version(self) -> int:
        return int(str(self.pragma("user_version")))

    def _bring_up(self) -> None:
        with self._transaction():
            # Another process may have upgraded it between the reading of the version and this lock.
            version = self._version()
            if version == 0:
                migrations.make(self.base)
            elif version < HEAD:
                migrations.stamp(self.base, version)
                migrations.upgrade(self.base, keys=self.keys)
            self.base.exec_driver_sql(f"PRAGMA user_version = {max(version, HEAD)}")


def _close_to_others(path: Path) -> None:
    """Make the file and SQLite's files beside it readable by the owner alone; OSError on failure.

    SQLite gives the files it makes beside a database the database's own mode.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ALONE))
    for side in ("", "-wal", "-shm"):
        part = Path(f"{path}{side}")
        if part.exists() and part.stat().st_mode & _OTHERS:
            part.chmod(_OWNER_ALONE)
