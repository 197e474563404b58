"""The steps of the schema, run by Alembic, and the stamp of a new ledger.

Alembic and its scripts are loaded only where a ledger is older than this program: it takes .3 s and 7 MB.

Rule: a step that has been released is never changed; a change of the schema is a new step.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.tables import HEAD, metadata
from dreamd.ports.commit import LedgerError

PLACE: Final = Path(__file__).parent

FREE: Final = {
    **dict.fromkeys(("house", "owner", "address", "key"), ""),
    "id": 1,
    "term": 0,
    "state": "free",
    "lease_until_s": 0.0,
}
"""The row of a house that no daemon has owned yet."""

_stamps: Final = sa.table("alembic_version", sa.column("version_num", sa.String(32)))


def revision(number: int) -> str:
    """Return Alembic's name of a schema version: `0007`."""
    return f"{number:04}"


def make(connection: sa.Connection) -> None:
    """Make every table of the newest version in an empty database, within the caller's transaction."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(tables.generation.insert().values(id=1, writes=0))
    connection.execute(tables.houses.insert().values(FREE))
    stamp(connection, HEAD)


def stamp(connection: sa.Connection, number: int) -> None:
    """Write down that the tables are those of schema version `number`."""
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS alembic_version "
        "(version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.execute(_stamps.delete())
    connection.execute(_stamps.insert().values(version_num=revision(number)))


def stamped(connection: sa.Connection) -> int:
    """Return the schema version that was stamped; 0 where there is none.

    Raises:
        ValueError: the stamp is none of this program's.
    """
    if not sa.inspect(connection).has_table("alembic_version"):
        return 0
    found = connection.execute(sa.select(_stamps.c.version_num)).scalars().all()
    return max((int(one) for one in found), default=0)


def version_of(connection: sa.Connection) -> int:
    """Return the schema version: the stamp, or the number in a file from before the stamps; 0: no ledger."""
    version = stamped(connection)
    if version or connection.dialect.name != "sqlite":
        return version
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def need_head(connection: sa.Connection, place: str) -> None:
    """Refuse a ledger of another schema version.

    Raises:
        LedgerError: with the step that helps.
    """
    version = version_of(connection)
    if version == 0:
        raise LedgerError(f"there is no ledger at {place} yet; start the daemon once, or name another")
    if version != HEAD:
        step = "start this daemon once, which upgrades it" if version < HEAD else "use a newer dreamd"
        raise LedgerError(f"the ledger {place} has schema {version}, this dreamd reads {HEAD}; {step}")


def upgrade(connection: sa.Connection, to: int = HEAD, *, keys: StoredKeys | None = None) -> None:
    """Take every step from the stamped version to `to`, within the caller's transaction.

    keys: of the people in the ledger; absent, there are no people in it.
    """
    from alembic import command  # noqa: PLC0415 -- only for an older ledger
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(PLACE).replace("%", "%%"))
    config.attributes["connection"] = connection
    if keys is not None:
        config.attributes["keys"] = keys
    command.upgrade(config, revision(to))
