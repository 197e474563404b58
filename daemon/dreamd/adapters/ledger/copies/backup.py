"""Copies of the ledger: made while a daemon runs, verified, and restored.

A backup is made by SQLite's own online copy, in one step: it holds every transaction committed before it
began, whole, and delays no write. It is one file, closed to others, and marked as a copy (`AS_A_COPY`): a
daemon that opens it begins a new generation, however it came into its place.

A restore forgets. Every write since the backup (a withdrawal, a lock, a check-out) is missing. So a restore
always ends in a new generation: check-ins are suspended until renewed, breakers start half-open, and recorded
exposure is a lower bound. The replaced ledger is kept beside it.

Rules: nothing is overwritten; a file is whole or absent; a written file is on the disk before it is renamed.
Every error is a LedgerError that names the file and the next step.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.copies.contents import SUBJECTS, Contents
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.writes_note import AS_A_COPY, WritesNote
from dreamd.ports.commit import LedgerError
from dreamwire.closed_file import flush_to_disk

COUNTED_FROM: Final = 4
"""The schema version from which on a ledger counts its writes."""
_SIDES: Final = ("-wal", "-shm")


def verify(path: Path) -> Contents:
    """Verify a ledger's file and return its contents.

    Raises:
        LedgerError: it is missing, is no ledger, is damaged, or is newer than this program.
    """
    with _reading(path) as base:
        return _contents(base, path)


def back_up(ledger: Path, to: Path) -> Contents:
    """Copy the committed state of `ledger` to the new file `to`; a daemon may be writing meanwhile.

    Raises:
        LedgerError: there is no ledger, it is damaged, `to` exists, or the disk refuses.
    """
    if to.exists():
        raise LedgerError(f"{to} exists and is not overwritten; name a new file")
    with _reading(ledger) as base:
        contents = _contents(base, ledger)
        _copy(base, to)
    return contents


def restore(ledger: Path, copy: Path) -> tuple[Contents, Path | None]:
    """Replace the ledger by `copy`; return the copy's contents and the path of the replaced ledger.

    The caller holds the state directory. The replaced ledger is kept as `NAME.replaced-1`, -2 and so on.

    Raises:
        LedgerError: the copy cannot be used, or the disk refuses; the ledger is as it was.
    """
    with _reading(copy) as base:
        contents = _contents(base, copy)
        draft = ledger.with_name(f"{ledger.name}.restoring")
        draft.unlink(missing_ok=True)  # of a restore that was killed
        _copy(base, draft)
    try:
        # The note first: from here on any file in the ledger's place is recognised as a copy.
        WritesNote(ledger).raise_above(_writes(ledger))
        kept = _set_aside(ledger)
        draft.rename(ledger)
        flush_to_disk(ledger.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise LedgerError(f"{ledger} cannot be replaced ({error.strerror})") from error
    return contents, kept


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open for reading alone; sqlite3's errors as LedgerError."""
    if not path.is_file():
        raise LedgerError(f"there is no ledger at {path}; name its file, or its directory with --state-dir")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
            yield base
    except sqlite3.Error as error:
        raise LedgerError(f"{path} cannot be used as a ledger ({error})") from error


def _contents(base: sqlite3.Connection, path: Path) -> Contents:
    verdict = str(base.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if verdict != "ok":
        raise LedgerError(f"the ledger {path} is damaged ({verdict}); use another copy")
    version = int(base.execute("PRAGMA user_version").fetchone()[0])
    if version > HEAD:
        raise LedgerError(
            f"the ledger {path} was written by a newer dreamd (schema {version}, this one reads "
            f"{HEAD}); use that version"
        )
    there = {str(name) for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version < 1 or not {"terms", "beds"} <= there:
        raise LedgerError(f"{path} is not a ledger of dreamd; name a file that `dreamd ledger backup` made")
    known = {table: what for table, what in SUBJECTS.items() if table in there}
    rows = {what: int(base.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t, what in known.items()}  # noqa: S608 - our own names
    return Contents(version, rows)


def _copy(base: sqlite3.Connection, to: Path) -> None:
    """Copy to a new file, whole or not at all, closed to others and marked as a copy."""
    try:
        handle, draft = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
    except OSError as error:
        raise LedgerError(f"{to} cannot be written ({error.strerror})") from error
    os.close(handle)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as made:
            base.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")  # no write-ahead log beside it: one file
            if int(made.execute("PRAGMA user_version").fetchone()[0]) >= COUNTED_FROM:
                made.execute("UPDATE generation SET writes = ?", (AS_A_COPY,))
        publish(Path(draft), to)
    finally:
        for side in ("", *_SIDES, "-journal"):
            Path(f"{draft}{side}").unlink(missing_ok=True)


def publish(draft: Path, to: Path) -> None:
    """Give a written file its name, once it is on the disk.

    Raises:
        LedgerError: the name is taken, or the disk refuses.
    """
    try:
        flush_to_disk(draft)
        to.hardlink_to(draft)
        flush_to_disk(to.parent)
    except FileExistsError as error:
        raise LedgerError(f"{to} exists and is not overwritten; name a new file") from error
    except OSError as error:
        raise LedgerError(f"{to} cannot be written ({error.strerror})") from error


def _writes(ledger: Path) -> int:
    """The write count of the ledger to be replaced; 0 where it has none."""
    with suppress(LedgerError), _reading(ledger) as base:
        return int(base.execute("SELECT writes FROM generation").fetchone()[0])
    return 0


def _set_aside(ledger: Path) -> Path | None:
    """Move the ledger and SQLite's files beside it; return the new path, None where there was none."""
    there = ledger.exists()
    names = (ledger.with_name(f"{ledger.name}.replaced-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    for side in ("", *_SIDES):
        part = Path(f"{ledger}{side}")
        if part.exists():
            part.rename(f"{aside}{side}")
    return aside if there else None
