"""The keys of people: their file, the sealing of bodies, the naming of subjects in the ledger's rows."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction


def test_a_subject_is_random_kept_and_of_one_sleeper(tmp_path: Path) -> None:
    """A sleeper keeps one subject of 26 characters over restarts; two houses share none."""
    keys, other = StoredKeys(tmp_path / KEYS_FILE), StoredKeys(tmp_path / "other")
    ash = keys.subject_of("ash")
    assert len(ash) == 26
    assert len({ash, keys.subject_of("birch"), other.subject_of("ash")}) == 3
    keys.write_links()
    keys.close()
    again = StoredKeys(tmp_path / KEYS_FILE)
    assert (again.subject_of("ash"), again.sleeper_of(ash), again.sleeper_of("x")) == (ash, "ash", None)
    for one in (again, other):
        one.close()


def test_two_processes_on_one_file_give_a_sleeper_one_subject(tmp_path: Path) -> None:
    """A link that another process has written is found by a write; one made meanwhile gives way to it."""
    one, other = StoredKeys(tmp_path / KEYS_FILE), StoredKeys(tmp_path / KEYS_FILE)
    assert one.known_subject("ash") is other.known_subject("ash") is None
    subject = one.subject_of("ash")
    one.write_links()
    assert other.allot("ash") == subject
    birch = other.subject_of("birch")
    one.allot("birch")
    one.write_links()
    with pytest.raises(LedgerError, match="another process"):
        other.write_links()
    assert other.subject_of("birch") == one.subject_of("birch") != birch
    other.write_links()
    for keys in (one, other):
        keys.close()


def test_no_reading_waits_for_the_file(tmp_path: Path) -> None:
    """While a write of the file stands still, known sleepers are read, sealed for, and new ones named."""
    keys = StoredKeys(tmp_path / KEYS_FILE)
    subject = keys.subject_of("ash")
    keys.write_links()
    sealed = keys.seal("ash", "personal", "letter", b"you merged")
    holds, answers = threading.Event(), list[object]()

    def read() -> None:
        answers.extend((keys.known_subject("ash"), keys.sleeper_of(subject), keys.sleeper_of("nobody")))
        answers.append(keys.unseal("ash", "personal", "letter", sealed))
        answers.append(len(keys.subject_of("birch")))
        holds.set()

    with keys.file._lock:  # as a write holds it over its flush
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        assert holds.wait(5.0), "a reading waits for the file"
    reader.join()
    assert answers == [subject, "ash", None, b"you merged", 26]
    keys.write_links()
    again = StoredKeys(tmp_path / KEYS_FILE)
    assert again.known_subject("birch") == keys.known_subject("birch")
    for one in (keys, again):
        one.close()


def test_a_sealed_body_opens_for_its_sleeper_table_and_column_alone(tmp_path: Path) -> None:
    """Moved to another sleeper, table or column, cut or changed by a bit, a body does not open."""
    keys = StoredKeys(tmp_path / KEYS_FILE)
    sealed = keys.seal("ash", "personal", "letter", b"you merged")
    keys.seal("birch", "personal", "letter", b"")
    assert b"merged" not in sealed
    assert keys.unseal("ash", "personal", "letter", sealed) == b"you merged"
    for sleeper, table, column in (
        ("birch", "personal", "letter"),
        ("ash", "cases", "letter"),
        ("ash", "personal", "night"),
        ("cedar", "personal", "letter"),
    ):
        assert keys.unseal(sleeper, table, column, sealed) is None
    for spoilt in (b"", sealed[:20], b"\x02" + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        assert keys.unseal("ash", "personal", "letter", spoilt) is None
    assert keys.seal("ash", "personal", "letter", b"you merged") != sealed, "a nonce is used once"
    keys.close()


def test_the_keys_are_closed_to_others(tmp_path: Path) -> None:
    """The keys, and SQLite's files beside them, are the owner's alone, also where they were open."""
    path = tmp_path / KEYS_FILE
    path.touch(mode=0o644)
    keys = StoredKeys(path)
    keys.subject_of("ash")
    keys.write_links()
    assert {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {
        f"{KEYS_FILE}{side}": 0o600 for side in ("", "-wal", "-shm")
    }
    keys.close()


def test_invalid_keys_are_refused_with_the_step_that_helps(tmp_path: Path) -> None:
    """Keys of a newer program, and garbage, are refused by name."""
    with closing(sqlite3.connect(tmp_path / "newer")) as base:
        base.execute("PRAGMA user_version = 99")
    (tmp_path / "garbage").write_bytes(b"no keys at all" * 999)
    for name, sentence in (("newer", "newer dreamd"), ("garbage", "are damaged"), ("no/where", "cannot be")):
        with pytest.raises(LedgerError, match=sentence):
            StoredKeys(tmp_path / name).read_once()


def test_a_row_names_the_subject_and_its_body_is_sealed(tmp_path: Path) -> None:
    """No file but the keys holds the pseudonym or the body; the row's sleeper is the subject."""
    ledger = SqliteLedger(tmp_path / "ledger")
    ledger.write(Transaction(personal=(PersonalRow("long-pseudonym", "letter", 1.0, b"you merged"),)))
    subject = ledger.keys.subject_of("long-pseudonym")
    held = {one.name: one.read_bytes() for one in tmp_path.iterdir() if not one.name.startswith(KEYS_FILE)}
    assert any(subject.encode() in content for content in held.values())
    assert not any(b"long-pseudonym" in content or b"merged" in content for content in held.values())
    ledger.close()


def test_a_row_of_another_subject_or_kind_is_damage(tmp_path: Path) -> None:
    """A letter moved to another sleeper or kind by another hand does not open: the ledger is damaged."""
    ledger = SqliteLedger(tmp_path / "ledger")
    rows = tuple(PersonalRow(who, "letter", 1.0, b"of " + who.encode()) for who in ("ash", "birch"))
    ledger.write(Transaction(personal=rows))
    ash = ledger.keys.subject_of("ash")
    with closing(sqlite3.connect(tmp_path / "ledger")) as base, base:
        base.execute("DELETE FROM personal WHERE sleeper <> ?", (ash,))
        base.execute("UPDATE personal SET sleeper = ?", (ledger.keys.subject_of("birch"),))
    with pytest.raises(LedgerError, match="a letter does not open"):
        ledger.personal("birch", "letter")
    assert ledger.personal("ash", "letter") == ()
    ledger.close()
