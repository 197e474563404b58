"""A ledger's file on a disk with an fsync that a test holds up at will."""

import threading
from collections.abc import Sequence
from pathlib import Path

from dreamd.adapters.ledger.sqlite_file import LedgerFile
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction


class GatedFile(LedgerFile):
    """Writes while `gate` is set; `begun`: a write waits at it; `batches`: the sizes written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def write(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        self.begun.set()
        self.gate.wait()
        self.batches.append(len(changes))
        return super().write(changes)
