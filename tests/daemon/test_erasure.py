"""Erasure in a stored ledger: bytes of files, open readers, erasures that were cut short, earlier schemas."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from dreamd.adapters.ledger.copies.backup import back_up
from dreamd.adapters.ledger.people_keys.copies import COPIES, KEPT
from dreamd.adapters.ledger.people_keys.file_scan import Needle, files_that_hold
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.audit.records import Act
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import settled
from fakes.old_ledgers import make_old_ledger

NOW_S = 1_760_000_000.0
DAY_S = 86400.0
NAME = "needle-pseudonym"


def holding(folder: Path, needle: bytes) -> list[str]:
    """The files under a folder with these bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.name for path in files if needle in path.read_bytes())


def lived(path: Path) -> SqliteLedger:
    """A ledger in which a sleeper has left rows of many kinds, and other people some."""
    ledger, written = SqliteLedger(path), Transaction()
    for sleeper in (NAME, *(f"other-{n}" for n in range(40))):
        own = Principal(sleeper, Kind.PERSON, (Grant(Role.SLEEPER, sleeper=sleeper),))
        written = written.plus(
            Transaction(
                check_ins=((f"bed-{sleeper}"[:20], sleeper),),
                exposure=(Exposure({sleeper: 2.5}, NOW_S, MarkMove.CLOSE),),
                personal=(PersonalRow(sleeper, "letter", NOW_S, b"you merged"),),
                principals=(own,),
                audit=(Act(NOW_S, "anna", "", "Sever", "", "frees", "done", "ill", sleeper, salt="s"),),
            )
        )
    ledger.write(written)
    return ledger


def key_of(path: Path, name: str = NAME) -> bytes:
    """The key of a sleeper as it lies in a file of keys."""
    with closing(sqlite3.connect(path)) as base:
        (key,) = base.execute("SELECT key FROM people WHERE sleeper = ?", (f"<{name}>",)).fetchone()
    return bytes(key)


def test_after_an_erasure_no_file_holds_name_or_key(tmp_path: Path) -> None:
    """While the ledger is open: not the keys, their log, their copies, the ledger, its log, or its backup."""
    ledger = lived(tmp_path / "ledger")
    ledger.keys.file.keep_copy(NOW_S - DAY_S)
    back_up(tmp_path / "ledger", tmp_path / "backup")
    key = key_of(tmp_path / KEYS_FILE)
    assert len(holding(tmp_path, key)) >= 2, "the file of keys, or its log, and a copy"
    assert "backup" not in holding(tmp_path, key), "a copy of the ledger holds no key"
    ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
    shredded = settled(ledger, ledger.shred(NAME, NOW_S)).value
    assert holding(tmp_path, key) == []
    assert holding(tmp_path, f"<{NAME}>".encode()) == []
    assert holding(tmp_path, NAME.encode()) == ["backup"], "the name of a principal, when it was made"
    assert shredded.named == ()
    assert len(list((tmp_path / COPIES).iterdir())) == 1
    assert key_of(tmp_path / KEYS_FILE, "other-1") == key_of(next((tmp_path / COPIES).iterdir()), "other-1")
    ledger.close()


def test_beside_an_open_reader_done_is_not_said(tmp_path: Path) -> None:
    """While another program reads the keys their log holds the key, and the commit waits for its end."""
    ledger = lived(tmp_path / "ledger")
    key = key_of(tmp_path / KEYS_FILE)
    with closing(sqlite3.connect(tmp_path / KEYS_FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
        commit = ledger.shred(NAME, NOW_S)
        until_s = time.monotonic() + 0.6
        while time.monotonic() < until_s:
            ledger.deliver()
            ledger.write(Transaction(lived_s=NOW_S))
            assert not commit.over
        assert holding(tmp_path, key)
    assert settled(ledger, commit).done
    assert holding(tmp_path, key) == []
    ledger.close()


def test_a_file_with_the_key_is_named_and_asking_again_ends_well(tmp_path: Path) -> None:
    """A copy of the keys that another hand has made in the directory is named; without it done is said."""
    ledger = lived(tmp_path / "ledger")
    aside = tmp_path / "aside"
    aside.write_bytes(b"..." + key_of(tmp_path / KEYS_FILE))
    ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
    ledger._eraser.within_s = 0.0
    assert "aside" in settled(ledger, ledger.shred(NAME, NOW_S)).failure
    assert "aside" in settled(ledger, ledger.shred(NAME, NOW_S)).failure
    aside.unlink()
    assert settled(ledger, ledger.shred(NAME, NOW_S)).done
    ledger.close()


def test_an_erasure_that_was_cut_short_is_ended_by_the_next_start(tmp_path: Path) -> None:
    """The rows were forgotten and the process died: the next opening removes link and key."""
    ledger = lived(tmp_path / "ledger")
    key = key_of(tmp_path / KEYS_FILE)
    ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
    ledger.close()
    assert holding(tmp_path, key)
    ledger = SqliteLedger(tmp_path / "ledger")
    assert holding(tmp_path, key) == holding(tmp_path, NAME.encode()) == []
    assert list(ledger.keys.tombstones().values()) == [{int(NOW_S // 600.0): 2.5}]
    ledger.close()


@pytest.mark.parametrize("suffix", ["sqlite3", "draft"])
def test_an_erasure_that_died_before_the_copies_is_ended_by_the_next_start(
    tmp_path: Path, suffix: str
) -> None:
    """Link and key were gone and a daily copy, whole or cut short, held them: the next opening renews it."""
    ledger = lived(tmp_path / "ledger")
    key = key_of(tmp_path / KEYS_FILE)
    ledger.keys.file.keep_copy(NOW_S - DAY_S)
    (copy,) = (tmp_path / COPIES).iterdir()
    ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
    ledger.keys.shred(NAME, {}, 0)
    assert ledger.keys.file.swept()
    ledger.close()
    copy.rename(copy.with_suffix(f".{suffix}"))
    assert holding(tmp_path, key) == [f"{copy.stem}.{suffix}"]
    for _ in range(2):
        ledger = SqliteLedger(tmp_path / "ledger")
        assert holding(tmp_path, key) == []
        (renewed,) = (tmp_path / COPIES).iterdir()
        assert key_of(renewed, "other-1") == key_of(tmp_path / KEYS_FILE, "other-1")
        ledger.close()


def test_older_keys_that_are_put_back_bring_no_erased_sleeper(tmp_path: Path) -> None:
    """A copy of the keys from before an erasure loses the erased link at the next opening."""
    house = tmp_path / "house"
    house.mkdir()
    ledger = lived(house / "ledger")
    ledger.keys.file.keep_copy(NOW_S)
    shutil.copy(next((house / COPIES).iterdir()), tmp_path / "aside")
    ledger.write(Transaction(forgotten=((NAME, NOW_S),)))
    assert settled(ledger, ledger.shred(NAME, NOW_S)).done
    ledger.close()
    shutil.copy(tmp_path / "aside", house / KEYS_FILE)
    ledger = SqliteLedger(house / "ledger")
    assert ledger.keys.known_subject(NAME) is None
    assert holding(house, NAME.encode()) == []
    assert ledger.personal("other-1", "letter")
    ledger.close()


def test_a_ledger_without_its_keys_merges_nobody_on_its_word(tmp_path: Path) -> None:
    """Where the keys are lost, check-ins name nobody: the ledger counts as outdated, and says why."""
    lived(tmp_path / "ledger").close()
    (tmp_path / KEYS_FILE).unlink()
    ledger = SqliteLedger(tmp_path / "ledger")
    assert "keys" in ledger.outdated(NOW_S)
    assert ledger.consents() == {}
    ledger.close()


@pytest.mark.parametrize("cut_short", [False, True])
def test_an_earlier_ledger_is_renamed_once_and_goes_on_after_a_crash(tmp_path: Path, cut_short: bool) -> None:
    """Rows of schema 7 name subjects afterwards, in no byte the name; links made before a crash are used."""
    kept = '{"grants": [{"role": "sleeper", "sites": [], "dreamscapes": [], "sleeper": "%s", "methods": []}]'
    rows: list[tuple[str, tuple[object, ...]]] = [
        ("INSERT INTO beds VALUES ('bed-1', ?), ('bed-2', '')", (NAME,)),
        ("INSERT INTO exposures VALUES (?, ?, 7.5)", (NAME, int(NOW_S // 3600.0))),
        ("INSERT INTO merging VALUES (?, 9.5)", (NAME,)),
        ("INSERT INTO principals VALUES ('anna', 'person', ?)", (kept % NAME + ', "paused": ""}',)),
    ]
    make_old_ledger(tmp_path / "ledger", 7, rows)
    before = ""
    if cut_short:
        keys = StoredKeys(tmp_path / KEYS_FILE)
        before = keys.subject_of(NAME)
        keys.write_links()
        keys.close()
    ledger = SqliteLedger(tmp_path / "ledger")
    for _ in range(2):
        assert ledger.checked_in() == {"bed-1": NAME, "bed-2": ""}
        assert ledger.exposures(0.0) == {NAME: 7.5}
        assert ledger.merging() == {NAME: 9.5}
        assert ledger.principals()[0].grants[0].sleeper == NAME
        assert set(holding(tmp_path, NAME.encode())) <= {KEYS_FILE, f"{KEYS_FILE}-wal"}
        assert before in ("", ledger.keys.subject_of(NAME))
        ledger.close()
        ledger = SqliteLedger(tmp_path / "ledger")
    ledger.close()


def test_copies_of_the_keys_are_daily_private_and_a_week(tmp_path: Path) -> None:
    """Each day's fold makes one copy; the eighth drops the first; each opens as keys; all are private."""
    ledger = lived(tmp_path / "ledger")
    for day in (0, 0, *range(9)):
        ledger.write(Transaction(folded_s=NOW_S + day * DAY_S))
    copies = sorted((tmp_path / COPIES).iterdir())
    assert [copy.name for copy in copies][0::6] == ["2025-10-11.sqlite3", "2025-10-17.sqlite3"]
    assert len(copies) == KEPT
    assert {copy.stat().st_mode & 0o777 for copy in copies} == {0o600}
    keys = StoredKeys(copies[0])
    assert keys.known_subject(NAME) == ledger.keys.known_subject(NAME)
    keys.close()
    ledger.close()


def test_a_name_that_no_sleeper_may_have_makes_no_link(tmp_path: Path) -> None:
    """Control characters and surrogates are refused before they reach the file of keys."""
    keys = StoredKeys(tmp_path / KEYS_FILE)
    for name in ("a\0b", "\ud800"):
        with pytest.raises(LedgerError, match="cannot be kept"):
            keys.subject_of(name)
    keys.close()


def test_the_search_finds_a_name_as_a_word_and_bytes_across_two_readings(tmp_path: Path) -> None:
    """`ash` is no part of `ash-2` or `hash`, a key is found wherever it lies, and recordings are left out."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "part").write_bytes(b"ash")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "split").write_bytes(bytes((1 << 20) - 3) + b"KEYBYTES")
    (tmp_path / "longer").write_bytes(b'"ash-2" hash x.ash ash_')
    (tmp_path / "word").write_bytes(b'hash {"ash"}')
    assert files_that_hold([Needle(b"ash", word=True)], tmp_path) == ("word",)
    assert files_that_hold([Needle(b"KEYBYTES"), Needle(b"ash-2", word=True)], tmp_path) == (
        "below/split",
        "longer",
    )
