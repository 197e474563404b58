"""The ledger in one SQLite file: the default."""

from pathlib import Path

from dreamd.adapters.ledger.sqlite_file import BUSY_TIMEOUT_S, LedgerFile
from dreamd.adapters.ledger.stored_ledger import StoredLedger


class SqliteLedger(StoredLedger):
    """`Ledger` on the file at `path`."""

    def __init__(
        self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, file: LedgerFile | None = None
    ) -> None:
        """Open or create the file; a call waits `busy_timeout_s` for another process's transaction.

        file: the file at `path`, where it is open already.

        Raises:
            LedgerError: it is not a ledger, is damaged, is newer than this program, or cannot be written.
        """
        super().__init__(file or LedgerFile(path, busy_timeout_s=busy_timeout_s))
