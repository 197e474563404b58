"""Reads rows on a thread and a connection of its own: a long read holds up neither the tick nor a write."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.ledger_thread import LedgerThread
from dreamd.adapters.ledger.store import cause
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.personal import PERSONAL_READS_WAITING

T = TypeVar("T")
Read = Callable[[sa.Connection], Any]


class RowsReader:
    """Answers functions of a connection, in order; each sees one state of all tables."""

    def __init__(
        self, name: str, connect: Callable[[], sa.Connection], place: str, tell: Callable[[], None]
    ) -> None:
        """name: of the thread. connect: another connection that reads. tell: an answer is there."""
        self._connect, self._place = connect, place
        self._base: sa.Connection | None = None
        self.thread = LedgerThread[Read, Any](name, self._read, tell)

    def answer_later(self, read: Callable[[sa.Connection], T]) -> Commit[T]:
        """Queue a read."""
        commit: Commit[T] = Commit()
        if not self.thread.enqueue(read, commit, PERSONAL_READS_WAITING):
            why = f"the ledger {self._place} is too slow: {PERSONAL_READS_WAITING} reads wait"
            self.thread.refuse(commit, why)
        return commit

    def close(self) -> None:
        """Stop; a read under way keeps its connection."""
        if not self.thread.close(0.0) and self._base is not None:
            self._base.close()

    def _read(self, asked: Sequence[Read]) -> Sequence[Any]:
        if self._base is None:
            self._base = self._connect()
        return [self._answer(self._base, read) for read in asked]

    def _answer(self, base: sa.Connection, read: Read) -> Any:  # noqa: ANN401 -- the read's own
        try:
            with base.begin():
                return read(base)
        except LedgerError as error:
            return error
        except sa.exc.SQLAlchemyError as error:
            return LedgerError(f"the ledger {self._place} could not be read ({cause(error)})")
