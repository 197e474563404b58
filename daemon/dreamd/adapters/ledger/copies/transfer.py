"""Backups of a ledger in PostgreSQL: to a file of SQLite, and back.

A backup reads every table in one transaction that sees one state, beside a daemon that writes. The file is
the ledger's own one-file format, marked as a copy, so `verify`, `check` and a daemon read it.

A restore replaces every row in one transaction, under the lock of the daemon, which must be stopped. The
replaced rows are kept as a backup in the state directory. A restored ledger is a new generation.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger import migrations, postgres, sqlite_file
from dreamd.adapters.ledger.copies import backup
from dreamd.adapters.ledger.copies.contents import Contents, contents_of
from dreamd.adapters.ledger.house.house_row import Claim
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.store import cause
from dreamd.adapters.ledger.writes_note import AS_A_COPY, WritesNote
from dreamd.ports.commit import LedgerError

ROWS_AT_ONCE: Final = 1000


def back_up_database(url: str, to: Path) -> Contents:
    """Copy the committed state of the ledger at `url` to the new file `to`.

    Raises:
        LedgerError: there is no ledger, it has another schema, `to` exists, or the disk refuses.
    """
    if to.exists():
        raise LedgerError(f"{to} exists and is not overwritten; name a new file")
    engine = postgres.engine_of(url).execution_options(isolation_level="REPEATABLE READ")
    with _translated(postgres.shown(url)), _draft(to) as draft, engine.connect() as base, base.begin():
        migrations.need_head(base, postgres.shown(url))
        contents = contents_of(base, HEAD)
        _write_file(base, draft)
    return contents


def restore_database(url: str, copy: Path, state_dir: Path) -> tuple[Contents, Path]:
    """Replace every row at `url` by those of `copy`; return its contents and the path of the replaced ledger.

    The replaced ledger is kept in `state_dir` as `ledger.postgresql.replaced-1`, -2 and so on.

    Raises:
        LedgerError: the copy cannot be used, a daemon has the ledger, or it refuses; it is as it was.
    """
    backup.verify(copy)
    place, note = postgres.shown(url), state_dir / postgres.NOTE
    with tempfile.TemporaryDirectory(dir=state_dir, prefix=".restoring-") as folder:
        newest = Path(folder) / "copy"
        shutil.copyfile(copy, newest)
        keys = StoredKeys(state_dir / KEYS_FILE)
        sqlite_file.LedgerFile(newest, keys=keys).close()  # a copy of an earlier schema is upgraded
        server = postgres.LedgerServer(url, note)
        server.naming.plain = True
        try:
            server.hold(Claim())
            kept = _kept(note)
            back_up_database(url, kept)
            files = sqlite_file.engine_of(newest, read_only=True)
            with _translated(place), files.connect() as source, source.begin(), server.writing(0):
                contents = contents_of(source, HEAD)
                WritesNote(note).raise_above(server.writes)
                _replace(source, server.base)
        finally:
            server.close()
    return contents, kept


def _write_file(base: sa.Connection, draft: Path) -> None:
    """Write a new ledger's file with every row, marked as a copy."""
    files = sqlite_file.engine_of(draft)
    with files.begin() as file:
        migrations.make(file)
        file.execute(tables.generation.delete())
        file.execute(tables.houses.delete())
        file.exec_driver_sql(f"PRAGMA user_version = {HEAD}")
        for table in tables.metadata.sorted_tables:
            _copy_rows(base, file, table)
        file.execute(tables.generation.update().values(writes=AS_A_COPY))


def _replace(source: sa.Connection, base: sa.Connection) -> None:
    """Replace every row; the count of writes is a copy's, the epoch and the lease stay."""
    for table in tables.metadata.sorted_tables:
        if table not in (tables.generation, tables.houses):
            base.execute(table.delete())
            _copy_rows(source, base, table)
    lived_s = source.execute(sa.select(tables.generation.c.lived_s)).scalar_one()
    base.execute(tables.generation.update().values(writes=AS_A_COPY, lived_s=lived_s))


def _copy_rows(source: sa.Connection, to: sa.Connection, table: sa.Table) -> None:
    for part in source.execute(sa.select(table)).mappings().partitions(ROWS_AT_ONCE):
        to.execute(table.insert(), [dict(row) for row in part])


def _kept(note: Path) -> Path:
    names = (note.with_name(f"{note.name}.replaced-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


@contextmanager
def _draft(to: Path) -> Iterator[Path]:
    """A file beside `to`, closed to others, that becomes `to` at the end, whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
    except OSError as error:
        raise LedgerError(f"{to} cannot be written ({error.strerror})") from error
    os.close(handle)
    try:
        yield Path(name)
        backup.publish(Path(name), to)
    finally:
        Path(name).unlink(missing_ok=True)
        Path(f"{name}-journal").unlink(missing_ok=True)


@contextmanager
def _translated(place: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise LedgerError(f"the ledger {place} could not be used ({cause(error)})") from error
