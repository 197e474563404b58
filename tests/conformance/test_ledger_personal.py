"""The obligations of ports.ledger.personal and ports.people_keys, checked on every adapter."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dreamd.adapters.ledger.postgres import PostgresLedger
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import LedgerStorage, MemoryLedger, settled

Library = Callable[[], Ledger]


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """Open a ledger on the one store of this test."""
    storage, opened = LedgerStorage(), list[Ledger]()
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else ""
    kinds: dict[str, Library] = {
        "sqlite": lambda: SqliteLedger(tmp_path / "ledger"),
        "postgres": lambda: PostgresLedger(url, tmp_path / "ledger"),
        "memory": lambda: MemoryLedger(storage),
    }

    def open_one() -> Ledger:
        one = kinds[request.param]()
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        one.close()


def test_personal_rows_come_back_replaced_and_removed(library: Library) -> None:
    """A row comes back over a restart, the later one of a name counts, an empty body removes it."""
    ledger = library()
    letter = PersonalRow("ash", "letter", 9.5, b"{}\0\xff")
    night = PersonalRow("ash", "night", 9.5, b"open")
    other = PersonalRow("birch", "letter", 3.25, b"b")
    ledger.write(Transaction(personal=(PersonalRow("ash", "letter", 9.5, b"draft"), night, other)))
    ledger.write(Transaction(personal=(letter, PersonalRow("ash", "letter", 1.0, b"first"))))
    ledger.write(Transaction(personal=(PersonalRow("ash", "night", 9.5, b""), night)))
    ledger.write(Transaction(personal=(PersonalRow("ash", "night", 9.5, b""),)))
    ledger.close()
    ledger = library()
    first = PersonalRow("ash", "letter", 1.0, b"first")
    assert ledger.personal("ash", "letter") == (first, letter)
    assert ledger.personal("ash", "night") == ledger.personal("nobody", "letter") == ()
    assert ledger.personal_of("letter") == (first, other, letter)
    assert settled(ledger, ledger.read_personal("ash", "letter")).value == (first, letter)
