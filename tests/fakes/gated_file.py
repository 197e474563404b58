"""A ledger's store on a disk with a flush that a test holds up at will."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dreamd.adapters.ledger.postgres import LedgerServer
from dreamd.adapters.ledger.sqlite_file import LedgerFile
from dreamd.adapters.ledger.store import Store
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction


class Gated(Store):
    """Writes while `gate` is set; `begun`: a write waits at it; `batches`: the sizes written."""

    def __init__(self, *place: Any) -> None:  # noqa: ANN401 -- as of the store it is mixed into
        super().__init__(*place)
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.batches: list[int] = []

    def write(self, changes: Sequence[Transaction]) -> list[Terms | LedgerError]:
        self.begun.set()
        self.gate.wait()
        self.batches.append(len(changes))
        return super().write(changes)


class GatedFile(Gated, LedgerFile):
    """A file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)


class GatedServer(Gated, LedgerServer):
    """A database."""

    def __init__(self, url: str, beside: Path) -> None:
        super().__init__(url, beside)
