"""The SQLite ledger's own properties: its file."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.store import NOTED_EVERY
from dreamd.adapters.ledger.stored_ledger import LIVING
from dreamd.core.audit.records import Act
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.generation import LAPSED_S
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import WakeScope
from fakes.gated_file import GatedFile
from fakes.ledger import draw, holds, settled
from fakes.old_ledgers import SCHEMAS, make_old_ledger

NOW_S = 1_760_000_000.0


def pragma(ledger: SqliteLedger, text: str) -> object:
    """A PRAGMA on the connection that writes."""
    return ledger._store.pragma(text)  # type: ignore[attr-defined]


def insert(ledger: SqliteLedger, statement: str) -> None:
    """A row written past the ledger."""
    with closing(sqlite3.connect(ledger.place)) as base, base:
        base.execute(statement)


def test_a_restored_older_file_still_yields_higher_terms(tmp_path: Path) -> None:
    """A restored older file still yields higher terms, by the clock."""
    ledger = SqliteLedger(tmp_path / "ledger")
    draw(ledger, "night", 0, NOW_S)
    ledger.close()
    shutil.copy(tmp_path / "ledger", tmp_path / "copy")
    ledger = SqliteLedger(tmp_path / "ledger")
    newest = max(draw(ledger, "night", 0, NOW_S + 60.0) for _ in range(10))
    counters = ledger.draw_counters(NOW_S + 60.0)
    ledger.close()
    restored = SqliteLedger(tmp_path / "copy")
    assert draw(restored, "night", 0, NOW_S + 61.0) > newest
    assert restored.draw_counters(NOW_S + 61.0) > counters
    restored.close()


def test_an_older_file_in_its_place_is_found_until_a_generation_begins(tmp_path: Path) -> None:
    """An older file is recognised by the write count beside it until a generation begins."""
    path = tmp_path / "ledger"
    ledger = SqliteLedger(path)
    ledger.write(Transaction(check_ins=(("bed-1", "ash"),)))
    ledger.close()
    shutil.copy(path, tmp_path / "copy")
    ledger = SqliteLedger(path)
    for number in range(20):
        ledger.write(Transaction(check_ins=((f"bed-{number}", "birch"),)))
    ledger.close()
    for left in tmp_path.glob("ledger-*"):
        left.unlink()
    shutil.copy(tmp_path / "copy", path)
    restored = SqliteLedger(path)
    assert "copy" in restored.outdated(NOW_S)
    assert restored.checked_in() == {"bed-1": "ash"}
    restored.close()
    restored = SqliteLedger(path)
    assert restored.outdated(NOW_S), "looking changes nothing"
    restored.begin_generation(NOW_S)
    assert not restored.outdated(NOW_S)
    restored.close()
    assert not SqliteLedger(path).outdated(NOW_S)


def test_an_old_copy_of_the_whole_directory_is_found_by_its_last_touch(tmp_path: Path) -> None:
    """An old copy of the whole directory is recognised by its last heartbeat, hours ago."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    ledger = SqliteLedger(old / "ledger")
    ledger.write(Transaction(lived_s=NOW_S))
    ledger.write(Transaction(check_ins=(("bed-1", "ash"),)))
    ledger.close()
    shutil.copytree(old, new)
    ledger = SqliteLedger(old / "ledger")
    for number in range(20):
        ledger.write(Transaction(check_ins=((f"bed-{number}", "birch"),)))
    ledger.write(Transaction(lived_s=NOW_S + 3.5 * LAPSED_S))
    assert not ledger.outdated(NOW_S + 3.5 * LAPSED_S)
    ledger.close()
    restored = SqliteLedger(new / "ledger")
    assert restored.outdated(NOW_S + 3.5 * LAPSED_S) == "no daemon has used the ledger for 3.5 h"
    restored.close()


def test_a_killed_process_leaves_a_note_that_is_hardly_behind(tmp_path: Path) -> None:
    """A killed process leaves its note at most a few writes behind, so an older copy is recognised."""
    path = tmp_path / "ledger"
    ledger = SqliteLedger(path)
    copy = tmp_path / "copy"
    shutil.copy(path, copy)
    for number in range(NOTED_EVERY + 1):
        ledger.write(Transaction(check_ins=((f"bed-{number}", "birch"),)))
    assert int((tmp_path / "ledger.writes").read_text()) >= NOTED_EVERY - 1
    ledger._store.base.close()


def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    """An unreadable note is not evidence of a restore; the ledger goes on without one."""
    (tmp_path / "ledger.writes").write_text("rubbish")
    ledger = SqliteLedger(tmp_path / "ledger")
    assert not ledger.outdated(NOW_S)
    ledger.close()


def test_writes_are_on_the_disk_at_once(tmp_path: Path) -> None:
    """WAL with synchronous FULL: a process that dies without closing loses nothing."""
    ledger = SqliteLedger(tmp_path / "ledger")
    assert pragma(ledger, "journal_mode") == "wal"
    assert pragma(ledger, "synchronous") == 2
    term = draw(ledger, "night", 0, NOW_S)
    for part in tmp_path.glob("ledger*"):
        shutil.copy(part, tmp_path / part.name.replace("ledger", "crash"))
    ledger.close()
    survivor = SqliteLedger(tmp_path / "crash")
    assert holds(survivor, "night", 0, term)
    survivor.close()


def test_a_file_that_is_no_ledger_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A file that is no ledger is refused with the remedy and left unchanged."""
    path = tmp_path / "ledger"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(LedgerError, match=r"is damaged .* restore it"):
        SqliteLedger(path)
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_damaged_page_is_found_on_opening(tmp_path: Path) -> None:
    """Zeroed pages are found on opening, not read as an empty ledger."""
    path = tmp_path / "ledger"
    ledger = SqliteLedger(path)
    for cohort in range(300):
        draw(ledger, "night", cohort, NOW_S)
    ledger.close()
    data = bytearray(path.read_bytes())
    data[4096:12288] = bytes(8192)
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="is damaged"):
        SqliteLedger(path)


def test_a_newer_ledger_is_refused_not_guessed_at(tmp_path: Path) -> None:
    """A newer schema is refused with the version it needs."""
    path = tmp_path / "ledger"
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA user_version = {HEAD + 1}")
    base.close()
    with pytest.raises(LedgerError, match=rf"newer dreamd \(schema {HEAD + 1}"):
        SqliteLedger(path)


PLAN = asdict(Plan("night", 2, 8))
RECORD = {
    "plan": PLAN,
    "state": "severed",
    "created_s": NOW_S,
    "seats": [[1, "bed-1", "ash"], [2, "", ""], [3, "bed-3", "elm"]],
    "excused": [],
    "mu_db": [0.1],
    "sigma_db": [2.0],
}
SEATS = ((1, "bed-1", "ash"), (2, "", ""), (3, "bed-3", "elm"))


@pytest.mark.parametrize("version", range(1, len(SCHEMAS) + 1))
def test_a_ledger_of_each_earlier_version_is_brought_up(tmp_path: Path, version: int) -> None:
    """A file of each earlier version keeps its rows, gains rows of seats, has a new file's tables."""
    path = tmp_path / "ledger"
    day = json.dumps({**RECORD, "plan": {**PLAN, "dreamscape": "day"}, "state": "ended"})
    ended = (NOW_S,) if version >= 6 else ()
    places = "(?, ?, ?)" if version >= 6 else "(?, ?)"
    rows: list[tuple[str, tuple[object, ...]]] = [
        ("INSERT INTO beds VALUES ('bed-1', 'ash')", ()),
        ("INSERT INTO terms VALUES ('night', 0, ?)", (1 << 60,)),
        (f"INSERT INTO dreamscapes VALUES {places}", ("day", day, *ended)),
        (f"INSERT INTO dreamscapes VALUES {places}", ("night", json.dumps(RECORD), *(None for _ in ended))),
    ]
    hour = int(NOW_S // 3600.0)
    if version >= 3:
        rows.append(("INSERT INTO exposures VALUES ('ash', ?, 7.5)", (hour,)))
    if version >= 5:
        rows.append(("UPDATE generation SET writes = 41, lived_s = ?", (NOW_S,)))
    if version >= 7:
        rows.append(("INSERT INTO codes VALUES ('c1', 'anna', x'00ff', 9.5, 3, '')", ()))
    make_old_ledger(path, version, rows)
    for opened in range(2):
        ledger = SqliteLedger(path)
        assert ledger.checked_in() == {"bed-1": "ash"}
        assert [(one.plan.dreamscape, one.seats) for one in ledger.load()] == [("night", SEATS)]
        assert [(one.plan.dreamscape, one.ended_s) for one in ledger.ended(9)] == [("day", NOW_S)]
        assert holds(ledger, "night", 0, 1 << 60)
        assert ledger.found == (41 if version >= 5 else 0) + opened
        assert [code.digest for code in ledger.codes()] == ([b"\x00\xff"] if version >= 7 else [])
        late = {"ash": {hour * 6 + 5: 7.5}} if version >= 3 else {}
        assert ledger.exposure_buckets(0.0) == late, "an hour's minutes are in its last ten"
        ledger.write(Transaction(locks=(Lock("bed-1", Cause.FLAT, NOW_S, "flat"),)))
        ledger.close()
    SqliteLedger(tmp_path / "new").close()
    assert tables_of(path) == tables_of(tmp_path / "new")


def tables_of(path: Path) -> dict[str, object]:
    """Each table's columns (name, type, needed, default, key), all names, the stamp and the version."""
    with closing(sqlite3.connect(path)) as base:
        names = sorted(name for (name,) in base.execute("SELECT name FROM sqlite_master"))
        columns: dict[str, object] = {
            table: [
                (name, kind, bool(needed or key), default, key)
                for _, name, kind, needed, default, key in base.execute(f"PRAGMA table_info({table})")
            ]
            for table in names
        }
        stamp = base.execute("SELECT version_num FROM alembic_version").fetchall()
        return {**columns, "stamp": stamp, "version": base.execute("PRAGMA user_version").fetchall()}


def test_the_tables_are_those_that_the_steps_make() -> None:
    """Alembic finds no difference between the tables and its steps, whose number is the schema version."""
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    with engine.begin() as base:
        migrations.upgrade(base)
        found = MigrationContext.configure(base, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(found, tables.metadata) == []
        assert migrations.stamped(base) == HEAD
    assert len(list((migrations.PLACE / "versions").glob("v*.py"))) == HEAD


def test_a_record_that_cannot_be_read_is_migrated_as_it_is(tmp_path: Path) -> None:
    """A damaged row of an earlier version neither stops the migration nor is dropped: the start names it."""
    path = tmp_path / "ledger"
    make_old_ledger(path, 5, [("INSERT INTO dreamscapes VALUES ('torn', '{')", ())])
    ledger = SqliteLedger(path)
    with pytest.raises(LedgerError, match="the record of torn"):
        ledger.load()
    assert ledger.names() == ("torn",)
    ledger.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """A step that fails leaves the file as it was, for the version that wrote it."""
    path = tmp_path / "ledger"
    make_old_ledger(path, 3, [("CREATE TABLE seats (x)", ())])
    with pytest.raises(LedgerError, match="seats already exists"):
        SqliteLedger(path)
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (3,)
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert "marks" not in names


def test_living_dreamscapes_are_read_by_index(tmp_path: Path) -> None:
    """A start reads living Dreamscapes by index and no ended row, whatever their number."""
    ledger = SqliteLedger(tmp_path / "ledger")
    query = str(LIVING[0].compile(compile_kwargs={"literal_binds": True}))
    with closing(sqlite3.connect(tmp_path / "ledger")) as base:
        assert "USING INDEX living" in base.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()[0][3]
    ledger.close()


def test_a_wake_order_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """The daemon does not start on an unreadable wake order."""
    ledger = SqliteLedger(tmp_path / "ledger")
    insert(ledger, "INSERT INTO wake_orders VALUES ('w1', 1, '{\"scope\": 77}')")
    with pytest.raises(LedgerError, match="the wake order w1"):
        ledger.wake_orders()
    ledger.close()


def test_a_record_that_cannot_be_read_names_its_dreamscape(tmp_path: Path) -> None:
    """An unreadable record is refused with its Dreamscape's name."""
    ledger = SqliteLedger(tmp_path / "ledger")
    insert(ledger, "INSERT INTO dreamscapes VALUES ('night', '{\"plan\": {}}', NULL)")
    with pytest.raises(LedgerError, match="the record of night"):
        ledger.load()
    ledger.close()


def test_a_number_that_is_none_is_not_kept(tmp_path: Path) -> None:
    """NaN in a scale is refused before writing."""
    ledger = SqliteLedger(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="a number that is not finite"):
        ledger.write(
            Transaction(
                dreamscapes=(
                    DreamscapeRecord(
                        Plan("night", 2, 8), DreamscapeState.PLANNED, NOW_S, mu_db=(float("nan"),)
                    ),
                )
            )
        )
    assert ledger.load() == ()
    ledger.close()


def test_a_locked_ledger_fails_and_recovers(tmp_path: Path) -> None:
    """While another process writes, a draw fails with a sentence; `failure` shows it until it is over."""
    ledger = SqliteLedger(tmp_path / "ledger", busy_timeout_s=0.0)
    other = sqlite3.connect(tmp_path / "ledger", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="locked"):
        draw(ledger, "night", 0, NOW_S)
    assert "locked" in ledger.failure
    other.execute("ROLLBACK")
    other.close()
    draw(ledger, "night", 0, NOW_S)
    assert ledger.failure == ""
    ledger.close()


def test_a_directory_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """An unwritable directory is a sentence, not a traceback of sqlite3."""
    with pytest.raises(LedgerError, match="cannot be opened"):
        SqliteLedger(tmp_path / "none" / "ledger")


def test_a_full_disk_is_reported_until_something_can_be_written(tmp_path: Path) -> None:
    """A full disk's reason, with the path, outlasts reads and ends with the next successful write."""
    path = tmp_path / "ledger"
    ledger = SqliteLedger(path)
    draw(ledger, "night", 0, NOW_S)
    pragma(ledger, "max_page_count = 1")
    with pytest.raises(LedgerError, match="full"):
        ledger.write(Transaction(check_ins=tuple((f"bed-{n}", "ash" * 20) for n in range(2000))))
    assert str(path) in ledger.failure
    ledger.load()
    assert "full" in ledger.failure
    pragma(ledger, "max_page_count = 100000")
    draw(ledger, "night", 0, NOW_S + 1.0)
    assert ledger.failure == ""
    ledger.close()


def test_a_transaction_that_fails_at_its_end_leaves_nothing_and_fails_no_other(tmp_path: Path) -> None:
    """A transaction that fails at its end leaves nothing; its neighbours are written."""
    file = GatedFile(tmp_path / "ledger")
    ledger = SqliteLedger(tmp_path / "ledger", file=file)
    file.gate.clear()
    ledger.submit(Transaction(lived_s=NOW_S))
    file.begun.wait()
    order = Order("w1", 1, WakeScope.FLEET, "", "mira", "smoke", float("nan"))
    bad = (
        Transaction(check_ins=(("bed-1", "ash"),), marks=(Mark("bed-1", Cause.FLAT, NOW_S, 1 << 70, 1),)),
        Transaction(check_ins=(("bed-2", "ash"),), wake_orders=(order,)),
        Transaction(check_ins=(("bed-3", "ash"), ("bed-4", "\ud800"))),
    )
    failed = [ledger.submit(one) for one in bad]
    good = ledger.submit(Transaction(check_ins=(("bed-9", "yew"),)))
    file.gate.set()
    assert settled(ledger, good).done
    assert all(commit.failure for commit in failed)
    assert file.batches == [1, 4], "one fsync for all that waited"
    assert ledger.checked_in() == {"bed-9": "yew"}
    assert ledger.failure == ""
    ledger.close()


def test_an_erased_text_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    """The reason is in the file or the log beside it; once erased, in neither, though the ledger is open."""

    def hold(needle: bytes) -> bool:
        return any(needle in path.read_bytes() for path in tmp_path.iterdir())

    ledger = SqliteLedger(tmp_path / "ledger")
    acts = [
        Act(NOW_S, "anna", "", "OrderSever", "fleet", "frees", "done", f"needle-{n} " + "x" * 300)
        for n in range(40)
    ]
    ledger.write(Transaction(audit=tuple(acts)))
    assert settled(ledger, ledger.read_audit(0, 10)).done
    assert hold(b"needle-7 ")
    ledger.write(Transaction(erased=(8, 20)))
    assert not hold(b"needle-7 ")
    assert not hold(b"needle-19 ")
    assert hold(b"needle-8 ")
    ledger.close()
