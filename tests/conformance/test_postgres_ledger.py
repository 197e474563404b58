"""The PostgreSQL ledger's own properties: one daemon, a lost connection, upgrades, copies, refusals."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger import postgres as adapter
from dreamd.adapters.ledger.copies.check import check
from dreamd.adapters.ledger.copies.transfer import back_up_database, restore_database
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.postgres import PostgresLedger
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock, Mark
from dreamd.main import main
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import draw, holds, settled
from fakes.postgres import Cluster

NOW_S = 1_760_000_000.0
LOCK = Lock("bed-2", Cause.NONFINITE, NOW_S, "a second time")


@pytest.fixture
def url(postgres: Cluster) -> str:
    """An empty place."""
    return postgres.url()


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[StoredLedger]:
    """A ledger that a daemon holds."""
    one = open_ledger(url, tmp_path)
    yield one
    one.close()


def lies(pod: str, sleeper: str = "ash") -> Transaction:
    """A check-in alone."""
    return Transaction(check_ins=((pod, sleeper),))


def sessions_killed(postgres: Cluster, url: str) -> None:
    """End every other session, as a restarted server or a cut line would."""
    query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dreamd'"
    postgres.execute(query, url)


def test_a_second_daemon_is_refused_while_the_first_lives(
    ledger: StoredLedger, url: str, tmp_path: Path
) -> None:
    """A second daemon on a ledger is refused at its start, and changes nothing for the first."""
    with pytest.raises(LedgerError, match="another dreamd already uses the ledger"):
        open_ledger(url, tmp_path)
    ledger.write(lies("bed-1"))
    ledger.close()
    second = open_ledger(url, tmp_path)
    assert second.checked_in() == {"bed-1": "ash"}
    second.close()


def test_a_lost_connection_fails_a_write_and_the_next_connects_again(
    postgres: Cluster, ledger: StoredLedger, url: str, tmp_path: Path
) -> None:
    """A lost session is a failed write with a reason; the next is written, under the same lease."""
    term = draw(ledger, "night", 0, NOW_S)
    assert holds(ledger, "night", 0, term)
    sessions_killed(postgres, url)
    failed = settled(ledger, ledger.submit(lies("bed-1")))
    assert "could not be used" in failed.failure
    assert ledger.failure
    assert settled(ledger, ledger.submit(lies("bed-2"))).done
    assert ledger.failure == ""
    with pytest.raises(LedgerError):
        open_ledger(url, tmp_path)
    with pytest.raises(LedgerError, match="could not"):
        ledger.checked_in()
    assert ledger.checked_in() == {"bed-2": "ash"}
    settled(ledger, ledger.confirm("night", {0: term}))
    assert holds(ledger, "night", 0, term)


def test_a_daemon_that_lost_the_ledger_to_another_writes_nothing(
    postgres: Cluster, ledger: StoredLedger, url: str, tmp_path: Path
) -> None:
    """After its lease ended and another daemon took the ledger, the first one's writes all fail."""
    ledger.write(lies("bed-1"))
    sessions_killed(postgres, url)
    postgres.execute("UPDATE houses SET lease_until_s = 0", url)
    second = open_ledger(url, tmp_path)
    for _ in range(3):
        with pytest.raises(LedgerError):
            ledger.write(lies("bed-1", "birch"))
    assert "another dreamd has taken the ledger" in ledger.failure
    second.close()
    with pytest.raises(LedgerError, match="another dreamd has taken"):
        ledger.draw_counters(NOW_S)
    third = open_ledger(url, tmp_path)
    assert third.checked_in() == {"bed-1": "ash"}
    third.close()


def test_numbers_that_are_none_fail_alone(ledger: StoredLedger) -> None:
    """PostgreSQL would keep NaN: a mark with one is refused, with the transaction that holds it alone."""
    nan = float("nan")
    bad = ledger.submit(Transaction(check_ins=(("bed-1", "ash"),), marks=(Mark("b", Cause.FLAT, nan, 1, 1),)))
    big = ledger.submit(Transaction(marks=(Mark("b", Cause.FLAT, NOW_S, 1 << 70, 1),)))
    nul = ledger.submit(lies("bed-2", "a\0b"))
    good = settled(ledger, ledger.submit(lies("bed-9")))
    assert good.done
    assert "not finite" in bad.failure
    assert big.failure
    assert nul.failure
    assert ledger.checked_in() == {"bed-9": "ash"}


@pytest.mark.parametrize("version", [1, 7])
def test_an_earlier_schema_is_brought_up_and_a_newer_one_refused(
    url: str, tmp_path: Path, version: int
) -> None:
    """The steps run on PostgreSQL and end at the tables of a new ledger; a newer stamp is refused."""
    engine = adapter.engine_of(url)
    with engine.begin() as base:
        migrations.upgrade(base, version)
        base.execute(sa.text("INSERT INTO beds VALUES ('bed-1', 'ash')"))
    ledger = PostgresLedger(url, tmp_path / "ledger")
    assert ledger.checked_in() == {"bed-1": "ash"}
    ledger.close()
    with engine.begin() as base:
        schema = base.execute(sa.text("SELECT current_schema()")).scalar_one()
        found = MigrationContext.configure(
            base,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in (None, schema),
            },
        )
        assert compare_metadata(found, tables.metadata) == []
        migrations.stamp(base, 99)
    with pytest.raises(LedgerError, match=r"newer dreamd \(schema 99"):
        PostgresLedger(url, tmp_path / "ledger")


def test_a_backup_is_a_file_and_a_restored_one_is_a_new_generation(
    ledger: StoredLedger, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Backup beside a daemon, restore without one: every row, a new generation, the replaced ledger kept."""
    record = DreamscapeRecord(
        Plan("night", 2, 8), DreamscapeState.DREAMING, NOW_S, seats=((1, "bed-1", "ash"), (2, "", ""))
    )
    term = draw(ledger, "night", 0, NOW_S)
    ledger.write(Transaction(dreamscapes=(record,), check_ins=(("bed-1", "ash"),), lived_s=NOW_S))
    contents = back_up_database(url, tmp_path / "copy")
    assert contents.rows["check-ins"] == contents.rows["Dreamscapes"] == 1
    ledger.write(Transaction(check_ins=(("bed-1", ""),), locks=(LOCK,)))
    with pytest.raises(LedgerError, match="another dreamd already uses"):
        restore_database(url, tmp_path / "copy", tmp_path)
    ledger.close()
    _, kept = restore_database(url, tmp_path / "copy", tmp_path)
    file = SqliteLedger(kept)
    assert file.locks() == (LOCK,)
    file.close()
    (tmp_path / "ledger.postgresql.writes").unlink()  # the database alone says that it is a copy
    again = open_ledger(url, tmp_path)
    assert "copy" in again.outdated(NOW_S)
    assert again.load() == (record,)
    assert again.checked_in() == {"bed-1": "ash"}
    assert again.locks() == ()
    assert draw(again, "night", 0, NOW_S - 60.0) > term
    again.begin_generation(NOW_S)
    assert not again.outdated(NOW_S)
    again.close()
    where = ["--ledger-url", url, "--state-dir", str(tmp_path)]
    assert main(["ledger", "check", *where]) == 0
    assert "no fault was found" in capsys.readouterr().out
    assert main(["ledger", "backup", str(tmp_path / "copy"), *where]) == 1
    assert "is not overwritten" in capsys.readouterr().err
    assert main(["ledger", "restore", str(tmp_path / "copy"), *where]) == 0
    assert "replaced-2" in capsys.readouterr().out


def test_a_server_that_cannot_be_used_is_a_sentence(postgres: Cluster, tmp_path: Path) -> None:
    """No server, a password in the address, no address at all: each is refused with the next step."""
    for address, sentence in (
        (f"postgresql://anna@/x?host={tmp_path}", "cannot be opened"),
        (postgres.whole.replace("/postgres?", "/nothing?"), 'database "nothing" does not exist'),
        ("postgresql://anna:s3cret@127.0.0.1/x", "PGPASSFILE"),
        ("postgresql://anna@here:port/x", "expected postgresql://USER@HOST/DATABASE"),
    ):
        with pytest.raises(LedgerError, match=sentence) as refused:
            open_ledger(address, tmp_path)
        assert "s3cret" not in str(refused.value)


def test_a_ledger_that_is_refused_leaves_no_session(postgres: Cluster, url: str, tmp_path: Path) -> None:
    """With a place for one session of the two the ledger is refused, and its one session is ended at once.

    While the error is still held: its session would last as long as that, and end with a warning.
    """
    postgres.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    narrow = url.replace("postgres@", "narrow@")
    with pytest.raises(LedgerError, match="too many connections") as refused:
        open_ledger(narrow, tmp_path)
    sessions = "SELECT pid FROM pg_stat_activity WHERE usename = 'narrow'"
    until_s = time.monotonic() + 5.0
    while postgres.execute(sessions):
        assert time.monotonic() < until_s, refused
    postgres.execute("DROP ROLE narrow")


def test_the_check_names_what_cannot_be_read(ledger: StoredLedger, postgres: Cluster, url: str) -> None:
    """A damaged record, an unreadable wake order, seats without a record, short facts are each named."""
    postgres.execute("INSERT INTO dreamscapes VALUES ('torn', '{', NULL)", url)
    postgres.execute("INSERT INTO wake_orders VALUES ('w1', 1, '{}')", url)
    postgres.execute("INSERT INTO seats VALUES ('gone', 1, 'bed-1', 'ash'), ('gone', 2, '', '')", url)
    facts = "00" * 104
    postgres.execute(f"INSERT INTO admissions VALUES (1, 1, 'a', '\\x00'), (2, 1, 'a', '\\x{facts}')", url)
    _, faults = check(adapter.engine_of(url), "here")
    assert [fault.split(" (")[0] for fault in faults] == [
        "the record of torn cannot be read",
        "2 seats are of gone, which has no record",
        "the wake order w1 cannot be read",
        "1 admissions are kept without their 104 bytes of facts",
    ]
