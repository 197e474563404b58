"""Writes the record of one Dreamscape into the ledger after each change; a failed write is tried again."""

from collections.abc import Callable

from dreamd.app.durability.commits import Commits
from dreamd.app.durability.fencing import TermFence
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction


class RecordWriter:
    """Writes one record at a time. record: makes the newest one. changed: a write is due."""

    def __init__(
        self, dreamscape: str, record: Callable[[], DreamscapeRecord], ownership: TermFence, commits: Commits
    ) -> None:
        self._dreamscape = dreamscape
        self._record = record
        self._ownership = ownership
        self._commits = commits
        self._writing = False
        self.changed = False

    @property
    def settled(self) -> bool:
        """The ledger has the newest record."""
        return not (self.changed or self._writing)

    def save(self) -> None:
        """The record has changed: write it, without waiting for the write."""
        self.changed = True
        self.flush()

    def flush(self) -> None:
        """Write the record where it has changed and no earlier one is on its way."""
        if self._writing or not self.changed:
            return
        self.changed, self._writing = False, True
        change = Transaction(dreamscapes=(self._record(),))
        self._commits.submit(change, self._dreamscape, self._written)

    def _written(self, commit: Commit[Terms]) -> None:
        self._writing = False
        if commit.done:
            self.flush()
        elif not self._ownership.lost:  # a Dreamscape that another daemon owns now is not ours to write late
            self.changed = True
