"""The ledger of a daemon, by its settings: a file in the state directory, or a database."""

from pathlib import Path
from typing import Final

from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.ports.commit import LedgerError

LEDGER_FILE: Final = "ledger.sqlite3"
"""Its name in the state directory."""


def open_ledger(url: str, state_dir: Path) -> StoredLedger:
    """Open the ledger, and take it for this process. url: of PostgreSQL; empty: the file in `state_dir`.

    The caller holds the state directory, and so a file in it.

    Raises:
        LedgerError: it cannot be used, or another daemon has it; the sentence has the next step.
    """
    if not url:
        return SqliteLedger(state_dir / LEDGER_FILE)
    from dreamd.adapters.ledger.postgres import NOTE, PostgresLedger  # noqa: PLC0415 -- an optional extra

    ledger = PostgresLedger(url, state_dir / NOTE)
    try:
        ledger.hold()
    except LedgerError:
        ledger.close()
        raise
    return ledger
