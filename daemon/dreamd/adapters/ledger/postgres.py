"""The ledger in PostgreSQL 15 or newer, by psycopg 3: for a site that runs a database already.

Safety. A daemon owns the ledger by a lease in the row of its house (`house_row`), so a second daemon on the
same ledger is refused at its start while the first one renews it. The claim draws a term and makes it the
epoch, and each write first counts itself in the row of the epoch, where the epoch is its own: a daemon of an
older term writes nothing. That row also puts all writers in one order. A session that is idle within a
transaction is ended by the server, so a frozen daemon keeps no claimant waiting.

A lost connection is a failed write. The next write connects again.

Rules: `synchronous_commit` is on, whatever the server's default; a server with `fsync` off is refused; a
newer schema is refused, never guessed at.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger.house.house_row import Claim, claim_house, read_house
from dreamd.adapters.ledger.house.lease_keeper import LeaseKeeper, boottime_s
from dreamd.adapters.ledger.house.standby_rows import drop_standby
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.rows.forgetting import PERSONS
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.store import Store
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.adapters.ledger.writes_note import WritesNote
from dreamd.ports.commit import LedgerError, LedgerHeldError
from dreamd.ports.houses import HouseRecord

SCHEME: Final = "postgresql://"
NOTE: Final = "ledger.postgresql"
"""The note of writes beside the state directory's other files is `ledger.postgresql.writes`."""
OLDEST: Final = 150_000
"""The server's version number from which on it is used: 15.0."""
LOCK_WAITS_MS: Final = 200
HOLD_WAITS_MS: Final = 1_000
"""A claim waits this long for the last transaction of the owner before."""
CONNECTS_WITHIN_S: Final = 5
LOCK: Final = 0x647265616D64  # "dreamd" in ASCII
"""An earlier dreamd owns the ledger by this advisory lock, and a claim respects it."""
IDLE_MS: Final = 1_000
"""A session of the ledger that does nothing within a transaction is ended after this."""
_INSTALL: Final = "pip install 'dreamd[postgres]'"
_SESSION: Final = (
    "-c synchronous_commit=on -c timezone=UTC "
    f"-c lock_timeout={LOCK_WAITS_MS} -c client_encoding=UTF8 "
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)
_MIGRATES: Final = LOCK + 1


def engine_of(url: str, idle_ms: int = 0) -> sa.Engine:
    """Return an engine for `postgresql://...`; each connection is a session of its own.

    idle_ms: the server ends a session that is idle within a transaction for so long; 0: it does not.

    Raises:
        LedgerError: psycopg is not installed, or the address cannot be read or holds a password.
    """
    if find_spec("psycopg") is None:
        raise LedgerError(f"the ledger {shown(url)} needs psycopg; run: {_INSTALL}")
    try:
        address = sa.make_url(url).set(drivername="postgresql+psycopg")
        if address.password:
            raise LedgerError(
                f"the ledger's address {shown(url)} holds a password, which lists of processes show; "
                "keep it in a file that PGPASSFILE names"
            )
        idle = f"-c idle_in_transaction_session_timeout={idle_ms}"
        options = " ".join((_SESSION, idle, *_texts(address.query.get("options"))))
        return sa.create_engine(
            address.difference_update_query(["options"]),
            poolclass=sa.NullPool,
            connect_args={
                "application_name": "dreamd",
                "connect_timeout": CONNECTS_WITHIN_S,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
                "options": options,
            },
        )
    except (sa.exc.ArgumentError, ValueError) as error:
        raise LedgerError(
            f"the ledger's address {shown(url)} cannot be read; expected {SCHEME}USER@HOST/DATABASE"
        ) from error


def _texts(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given or ()


def shown(url: str) -> str:
    """Return the address without its password, for sentences."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        return SCHEME + "..."


def _tell(house: HouseRecord) -> str:
    """The owner of a house, in words."""
    if not house.living:
        return "one of an earlier version"
    return f"{house.address or 'its daemon'}, whose lease has {house.left_s:.1f} s left"


class LedgerServer(Store):
    """The tables in the database at `url`."""

    sweeps_beside_writes = True

    def __init__(self, url: str, beside: Path) -> None:
        """Connect, and make or upgrade the tables. beside: `NAME` of the note of writes.

        The keys of the people in it are the file `keys.sqlite3` beside that.

        Raises:
            LedgerError: it cannot be reached, is older than 15, has fsync off, or is newer than this program.
        """
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 -- not for a file's ledger

        self._url = url
        keys = StoredKeys(beside.with_name(KEYS_FILE))
        super().__init__(shown(url), engine_of(url, IDLE_MS), insert, WritesNote(beside), keys)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def connect(self) -> sa.Connection:
        """A connection on which a transaction sees one state of all tables."""
        return super().connect().execution_options(isolation_level="REPEATABLE READ")

    def hold(self, claim: Claim) -> None:
        """Take the ledger for this daemon, and renew its lease until `close`.

        Raises:
            LedgerHeldError: another daemon has it.
            LedgerError: the database refuses.
        """
        asked_s = boottime_s()
        with self._transaction():
            self.base.exec_driver_sql(f"SET LOCAL lock_timeout = {HOLD_WAITS_MS}")
            free = self.base.execute(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))).scalar_one()
            claimed = claim_house(self.base, claim) if free else None
            if claimed is None:
                raise LedgerHeldError(
                    f"another dreamd already uses the ledger {self.place} ({_tell(read_house(self.base))}); "
                    "stop it, or give this one its own database with --ledger-url, or let it wait as a "
                    "standby with --house-standby yes"
                )
            drop_standby(self.base)
        self._epoch, self.before = claimed.term, claimed.before
        lease = LeaseKeeper(engine_of(self._url, IDLE_MS), self._epoch, claim, asked_s)
        self.lease, self._changes.least_term = lease, self._epoch
        lease.begin_renewals()

    def close(self) -> None:
        """Close the ledger, and give the lease up; safe to call twice."""
        super().close()
        if self.lease is not None:
            self.lease.give_up()

    def costs_all(self, error: Exception) -> bool:
        """Whether the server cannot write: its connection is lost, its disk full, its lock held."""
        return isinstance(error, sa.exc.OperationalError)

    def swept(self) -> bool:
        """Give the space of deleted rows back; the server decides when it is overwritten."""
        with self._translated(), self.connect() as base:
            alone = base.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql(f"VACUUM {', '.join(PERSONS)}")
        return True

    def damaged(self, detail: str) -> str:
        """The sentence for a database that refuses what is asked."""
        return f"the ledger {self.place} is damaged or not one of dreamd's ({detail}); restore it from a copy"

    def _open(self) -> None:
        with self._transaction():
            number = int(self._asked("SHOW server_version_num"))
            if number < OLDEST:
                raise LedgerError(
                    f"the ledger {self.place} is on PostgreSQL {number // 10_000}; dreamd needs 15 or newer"
                )
            if self._asked("SHOW fsync") != "on":
                raise LedgerError(
                    f"the ledger {self.place} is on a server with fsync off, which loses what it has "
                    "acknowledged; set fsync = on there"
                )
            self.base.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATES)))
            self._bring_up()
        self._look()

    def _asked(self, statement: str) -> Any:  # noqa: ANN401 -- text or a number
        return self.base.exec_driver_sql(statement).scalar_one()

    def _bring_up(self) -> None:
        version = migrations.stamped(self.base)
        if version > HEAD:
            raise LedgerError(
                f"the ledger {self.place} was written by a newer dreamd (schema {version}, this one reads "
                f"{HEAD}); run that version, or give another --ledger-url"
            )
        if version == 0:
            migrations.make(self.base)
        elif version < HEAD:
            migrations.upgrade(self.base, keys=self.keys)


class PostgresLedger(StoredLedger):
    """`Ledger` in the database at `url`."""

    def __init__(self, url: str, beside: Path, *, server: LedgerServer | None = None) -> None:
        """Connect, and make or upgrade the tables. beside: `NAME` of the note `NAME.writes`.

        server: the database at `url`, where it is open already.

        Raises:
            LedgerError: it cannot be reached or used; the sentence has the next step.
        """
        self._server = server or LedgerServer(url, beside)
        super().__init__(self._server)

    def hold(self, claim: Claim = Claim()) -> None:  # noqa: B008 -- it is frozen
        """Take the ledger for this daemon until it is closed.

        Raises:
            LedgerHeldError: another daemon has it.
            LedgerError: the database refuses.
        """
        self._server.hold(claim)
