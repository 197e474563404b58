"""Letters in a stored ledger: sealed under their sleeper's key, read by name, gone with the key."""

import json
from dataclasses import asdict
from pathlib import Path

from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.app.api.people.letters import LetterQueries
from dreamd.app.api.people.letters_protocol import KeptLetter
from dreamd.core.letters.document import document
from dreamd.core.letters.letter import Place, letter
from dreamd.core.letters.night import Night, Stop
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction
from fakes.callers import OPERATOR

NOW_S = 1_760_000_000.0


def kept(sleeper: str) -> PersonalRow:
    """The row of a letter about a night in distress."""
    night = Night("bed-1", NOW_S, NOW_S + 3600.0, stops=(Stop(NOW_S + 60.0, Cause.DISTRESS),))
    body = asdict(letter(night, Place())) | {"zone": "UTC", "facts": document(night)}
    return PersonalRow(sleeper, "letter", NOW_S, json.dumps(body).encode())


def read(ledger: SqliteLedger, sleeper: str) -> KeptLetter | Refusal:
    """Ask for the newest letter, and wait for the ledger's thread."""
    later = LetterQueries(ledger).letter_of(OPERATOR, sleeper)
    while not later.settled:
        ledger.deliver()
    return later.answer()


def test_the_letter_of_an_erased_sleeper_cannot_be_opened(tmp_path: Path) -> None:
    """A letter is read by its sleeper's name, its words lie in no file, and an erasure ends it."""
    ledger = SqliteLedger(tmp_path / "ledger")
    ledger.write(Transaction(personal=(kept("ada"), kept("ben"))))
    for sleeper in ("ada", "ben"):
        found = read(ledger, sleeper)
        assert isinstance(found, KeptLetter)
        assert "You were in distress." in found.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"distress" in path.read_bytes() for path in files)
    ledger.write(Transaction(forgotten=(("ada", NOW_S),)))
    shredded = ledger.shred("ada", NOW_S)
    while not shredded.over:
        ledger.deliver()
    gone = read(ledger, "ada")
    assert isinstance(gone, Refusal)
    assert gone.code is Code.LETTER_UNKNOWN
    assert isinstance(read(ledger, "ben"), KeptLetter)
    ledger.close()
