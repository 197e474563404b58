"""The ledger's backup: made while in use, verified, restored, and recognised as a copy."""

import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from dreamd.adapters.ledger.copies.backup import back_up, restore, verify
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.state_dir import StateDir
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock
from dreamd.main import main
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.transaction import Transaction

NOW_S = 1_760_000_000.0
LOCK = Lock("bed-2", Cause.NONFINITE, NOW_S, "a second time")


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def kept(path: Path) -> SqliteLedger:
    """A ledger with three check-ins, open as in a daemon."""
    ledger = SqliteLedger(path)
    ledger.write(
        Transaction(check_ins=(("bed-1", "ash"), ("bed-2", "birch"), ("bed-3", "elm")), lived_s=NOW_S)
    )
    return ledger


def test_a_backup_of_a_ledger_that_is_written_to_holds_what_was_committed(tmp_path: Path) -> None:
    """A backup of a ledger in use is one whole private file with everything committed before."""
    ledger = kept(tmp_path / "ledger")
    contents = back_up(tmp_path / "ledger", tmp_path / "copy")
    ledger.write(Transaction(locks=(LOCK,)))
    assert contents.rows["check-ins"] == verify(tmp_path / "copy").rows["check-ins"] == 3
    assert verify(tmp_path / "copy").rows["locks"] == 0
    assert mode(tmp_path / "copy") == 0o600
    assert ledger.locks() == (LOCK,), "the ledger goes on"
    ledger.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "copy",
        "keys.sqlite3",
        "ledger",
        "ledger.writes",
    ]


def test_a_backup_overwrites_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    """A backup overwrites no file; a missing ledger is named."""
    kept(tmp_path / "ledger").close()
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(LedgerError, match="is not overwritten"):
        back_up(tmp_path / "ledger", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"
    with pytest.raises(LedgerError, match="no ledger at"):
        back_up(tmp_path / "nothing", tmp_path / "other")
    with pytest.raises(LedgerError, match="cannot be written"):
        back_up(tmp_path / "ledger", tmp_path / "no" / "such" / "place")


def test_a_restored_backup_is_a_new_generation_and_the_replaced_ledger_is_kept(tmp_path: Path) -> None:
    """A restored backup is a new generation, also within the same second; the replaced ledger is kept."""
    path = tmp_path / "ledger"
    ledger = kept(path)
    back_up(path, tmp_path / "copy")
    ledger.write(Transaction(check_ins=(("bed-1", ""),), locks=(LOCK,)))
    ledger.close()
    contents, aside = restore(path, tmp_path / "copy")
    assert contents.rows["check-ins"] == 3
    assert aside is not None
    assert verify(aside).rows["locks"] == 1
    assert mode(path) == 0o600
    ledger = SqliteLedger(path)
    assert "copy" in ledger.outdated(NOW_S)
    assert ledger.older()
    assert ledger.checked_in()["bed-1"] == "ash"
    ledger.begin_generation(NOW_S)
    ledger.close()
    again = SqliteLedger(path)
    assert not again.outdated(NOW_S), "a generation is begun once"
    assert not again.older()
    again.close()
    assert restore(path, tmp_path / "copy")[1] == tmp_path / "ledger.replaced-2"


def test_a_backup_that_is_copied_into_place_by_hand_is_known_without_any_note(tmp_path: Path) -> None:
    """A backup copied by hand to another machine identifies itself as a copy."""
    kept(tmp_path / "ledger").close()
    back_up(tmp_path / "ledger", tmp_path / "copy")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "copy", elsewhere / "ledger")
    ledger = SqliteLedger(elsewhere / "ledger")
    assert "copy" in ledger.outdated(NOW_S)
    ledger.close()


def test_a_plain_copy_of_everything_that_is_restored_by_command_is_a_new_generation(tmp_path: Path) -> None:
    """`restore` of a plain `cp`, made while no daemon ran, is a new generation."""
    kept(tmp_path / "ledger").close()
    shutil.copy(tmp_path / "ledger", tmp_path / "copy")
    restore(tmp_path / "ledger", tmp_path / "copy")
    ledger = SqliteLedger(tmp_path / "ledger")
    assert ledger.outdated(NOW_S)
    ledger.close()


def test_an_invalid_ledger_is_neither_verified_nor_restored(tmp_path: Path) -> None:
    """Garbage, another database, a damaged page and a newer schema are each refused by name, untouched."""
    path = tmp_path / "ledger"
    kept(path).close()
    before = path.read_bytes()
    (tmp_path / "garbage").write_bytes(b"\0garbage" * 99)
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE beds (x)")
    other.close()
    newer = tmp_path / "newer"
    shutil.copy(path, newer)
    with sqlite3.connect(newer) as base:
        base.execute("PRAGMA user_version = 999")
    base.close()
    for name, sentence in (
        ("garbage", "cannot be used as a ledger"),
        ("other", "is not a ledger of dreamd"),
        ("newer", "newer dreamd"),
        ("missing", "no ledger at"),
    ):
        with pytest.raises(LedgerError, match=sentence):
            verify(tmp_path / name)
        with pytest.raises(LedgerError, match=sentence):
            restore(path, tmp_path / name)
    assert path.read_bytes() == before


def test_the_command_line_backs_up_restores_and_refuses_a_directory_in_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Backup works beside a daemon; restore waits for its end and prints the consequences."""
    state = StateDir(tmp_path / "state")
    ledger = kept(tmp_path / "state" / "ledger.sqlite3")
    where = ["--state-dir", str(tmp_path / "state")]
    copy = str(tmp_path / "copy")
    assert main(["ledger", "backup", copy, *where]) == 0
    assert "3 check-ins" in capsys.readouterr().out
    assert main(["ledger", "restore", copy, *where]) == 1
    assert "already uses" in capsys.readouterr().err
    ledger.close()
    state.close()
    assert main(["ledger", "verify", copy]) == 0
    assert "is a whole ledger" in capsys.readouterr().out
    assert main(["ledger", "restore", copy, *where]) == 0
    said = capsys.readouterr().out
    assert "suspends every check-in" in said
    assert "ledger.sqlite3.replaced-1" in said
    assert main(["ledger", "verify", str(tmp_path)]) == 1


def test_a_ledger_is_its_owners_alone_also_in_a_directory_that_existed(tmp_path: Path) -> None:
    """File, log, index and note are 0600, whatever the umask or an earlier version set."""
    path = tmp_path / "ledger"
    kept(path).close()
    path.chmod(0o644)
    (tmp_path / "ledger-wal").touch(0o644)
    ledger = SqliteLedger(path)
    for number in range(12):
        ledger.write(Transaction(check_ins=((f"bed-{number}", "oak"),)))
    modes = {part.name: mode(part) for part in tmp_path.iterdir()}
    ledger.close()
    assert set(modes.values()) == {0o600}, modes
    assert {"ledger", "ledger-wal", "ledger-shm", "ledger.writes"} <= set(modes)
