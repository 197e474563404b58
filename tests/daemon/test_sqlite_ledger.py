"""The SQLite ledger's own properties: its file."""

import json
import shutil
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest

from dreamd.adapters.ledger.schema import SCHEMAS
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.sqlite_file import NOTED_EVERY
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

NOW_S = 1_760_000_000.0


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
    ledger._file.base.close()


def test_a_note_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    """An unreadable note is not evidence of a restore; the ledger goes on without one."""
    (tmp_path / "ledger.writes").write_text("rubbish")
    ledger = SqliteLedger(tmp_path / "ledger")
    assert not ledger.outdated(NOW_S)
    ledger.close()


def test_writes_are_on_the_disk_at_once(tmp_path: Path) -> None:
    """WAL with synchronous FULL: a process that dies without closing loses nothing."""
    ledger = SqliteLedger(tmp_path / "ledger")
    assert ledger._file.base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._file.base.execute("PRAGMA synchronous").fetchone() == (2,)
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
    base.execute("PRAGMA user_version = 9")
    base.close()
    with pytest.raises(LedgerError, match=r"newer dreamd \(schema 9"):
        SqliteLedger(path)


def test_a_ledger_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    """A ledger of the first version is migrated: old data stays, new data can be stored."""
    path = tmp_path / "ledger"
    old = sqlite3.connect(path, isolation_level=None)
    for statement in filter(str.strip, SCHEMAS[0].split(";")):
        old.execute(statement)
    old.execute("INSERT INTO beds VALUES ('bed-1', 'ash')")
    old.execute("PRAGMA user_version = 1")
    old.close()
    for _ in range(2):
        ledger = SqliteLedger(path)
        assert ledger.checked_in() == {"bed-1": "ash"}
        ledger.write(Transaction(locks=(Lock("bed-1", Cause.FLAT, NOW_S, "flat"),)))
        assert ledger._file.base.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)
        ledger.close()


def test_a_file_of_an_earlier_version_tells_the_ended_from_the_living(tmp_path: Path) -> None:
    """Of a file without end times the ended Dreamscapes are not loaded, and a damaged row still is."""
    path = tmp_path / "ledger"
    old = sqlite3.connect(path, isolation_level=None)
    for schema in SCHEMAS[:5]:
        for statement in filter(str.strip, schema.split(";")):
            old.execute(statement)
    kept = {"created_s": NOW_S, "seats": [], "excused": [], "mu_db": [], "sigma_db": []}
    for name, state in (("day", "ended"), ("night", "severed")):
        record = json.dumps({**kept, "plan": asdict(Plan(name, 2, 8)), "state": state})
        old.execute("INSERT INTO dreamscapes VALUES (?, ?)", (name, record))
    old.execute("PRAGMA user_version = 5")
    old.close()
    ledger = SqliteLedger(path)
    assert [record.plan.dreamscape for record in ledger.load()] == ["night"]
    assert [record.plan.dreamscape for record in ledger.ended(9)] == ["day"]
    ledger._file.base.execute("INSERT INTO dreamscapes VALUES ('torn', '{', NULL)")
    with pytest.raises(LedgerError, match="the record of torn"):
        ledger.load()
    ledger.close()


def test_living_dreamscapes_are_read_by_index(tmp_path: Path) -> None:
    """A start reads living Dreamscapes by index and no ended row, whatever their number."""
    ledger = SqliteLedger(tmp_path / "ledger")
    query = "EXPLAIN QUERY PLAN SELECT name, record FROM dreamscapes WHERE ended_s IS NULL"
    assert "USING INDEX living" in ledger._file.base.execute(query).fetchall()[0][3]
    ledger.close()


def test_a_wake_order_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """The daemon does not start on an unreadable wake order."""
    ledger = SqliteLedger(tmp_path / "ledger")
    ledger._file.base.execute("INSERT INTO wake_orders VALUES ('w1', 1, '{\"scope\": 77}')")
    with pytest.raises(LedgerError, match="the wake order w1"):
        ledger.wake_orders()
    ledger.close()


def test_a_record_that_cannot_be_read_names_its_dreamscape(tmp_path: Path) -> None:
    """An unreadable record is refused with its Dreamscape's name."""
    ledger = SqliteLedger(tmp_path / "ledger")
    ledger._file.base.execute("INSERT INTO dreamscapes VALUES ('night', '{\"plan\": {}}', NULL)")
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
    ledger._file.base.execute("PRAGMA max_page_count = 1")
    with pytest.raises(LedgerError, match="full"):
        ledger.write(Transaction(check_ins=tuple((f"bed-{n}", "ash" * 20) for n in range(2000))))
    assert str(path) in ledger.failure
    ledger.load()
    assert "full" in ledger.failure
    ledger._file.base.execute("PRAGMA max_page_count = 100000")
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
