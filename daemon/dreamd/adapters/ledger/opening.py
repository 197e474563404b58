"""The ledger of a daemon, by its settings: a file in the state directory, or a database."""

from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.house.house_row import Claim
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.ports.commit import LedgerError

LEDGER_FILE: Final = "ledger.sqlite3"
"""Its name in the state directory."""


def open_ledger(url: str, state_dir: Path, claim: Claim = Claim()) -> StoredLedger:  # noqa: B008 -- it is frozen
    """Open the ledger, and take it for this process. url: of PostgreSQL; empty: the file in `state_dir`.

    The caller holds the state directory, and so a file in it. claim: of the house in a database.

    Raises:
        LedgerHeldError: another daemon has the database.
        LedgerError: it cannot be used; the sentence has the next step.
    """
    if not url:
        return SqliteLedger(state_dir / LEDGER_FILE)
    from dreamd.adapters.ledger.postgres import NOTE, PostgresLedger  # noqa: PLC0415 -- an optional extra

    ledger = PostgresLedger(url, state_dir / NOTE)
    try:
        ledger.hold(claim)
    except LedgerError:
        ledger.close()
        raise
    return ledger
