"""Reads the audit log, on a thread of its own: an export holds up neither the tick nor a write."""

from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.ledger_thread import LedgerThread
from dreamd.adapters.ledger.rows import tables
from dreamd.core.audit.records import ActText
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.audit import READS_WAITING, AuditPart

_AUDIT, _NOTES = tables.audit.c, tables.checkpoints.c
_PART: Final = (
    sa.select(_AUDIT.n, _AUDIT.record)
    .where(_AUDIT.n > sa.bindparam("after"))
    .order_by(_AUDIT.n)
    .limit(sa.bindparam("most"))
)
_PART_NOTES: Final = (
    sa.select(_NOTES.note)
    .where(_NOTES.n > sa.bindparam("after"), _NOTES.n <= sa.bindparam("last"))
    .order_by(_NOTES.n)
)
NEWEST_NOTE: Final = sa.select(_NOTES.note).order_by(_NOTES.n.desc()).limit(1)
_N_MAX: Final = (1 << 63) - 1
_TEXTS: Final = (
    sa.select(tables.audit_texts.c.n, tables.audit_texts.c.reason, tables.audit_texts.c.sleeper)
    .where(tables.audit_texts.c.n > sa.bindparam("after"), tables.audit_texts.c.n <= sa.bindparam("last"))
    .order_by(tables.audit_texts.c.n)
)
Asked = tuple[int, int, bool]
"""The record behind which to read, the most records, and whether their texts are read too."""


class AuditReader:
    """Reads the log on a thread and a connection of its own."""

    def __init__(self, connect: Callable[[], sa.Connection], place: str, tell: Callable[[], None]) -> None:
        """connect: another connection that reads. tell: called on the thread when there is an answer."""
        self._connect, self._place = connect, place
        self._base: sa.Connection | None = None
        self._thread = LedgerThread[Asked, AuditPart]("ledger-audit", self._read, tell)

    def ask(self, after: int, most: int, *, texts: bool) -> Commit[AuditPart]:
        """Queue a read."""
        commit: Commit[AuditPart] = Commit()
        if not self._thread.enqueue((after, most, texts), commit, READS_WAITING):
            self._thread.refuse(commit, f"the ledger {self._place} is too slow: {READS_WAITING} reads wait")
        return commit

    def deliver(self) -> None:
        """End the finished reads."""
        self._thread.deliver()

    def close(self) -> None:
        """Stop; a read under way keeps its connection."""
        if not self._thread.close(0.0) and self._base is not None:
            self._base.close()

    def _read(self, asked: Sequence[Asked]) -> Sequence[AuditPart | LedgerError]:
        try:
            if self._base is None:
                self._base = self._connect()
            with self._base.begin():
                return [self._part(self._base, *one) for one in asked]
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(f"the ledger {self._place} could not be read ({error})") from error

    @staticmethod
    def _part(base: sa.Connection, after: int, most: int, texts: bool) -> AuditPart:  # noqa: FBT001 -- of Asked
        rows = base.execute(_PART, {"after": after, "most": most}).all()
        last = int(rows[-1].n) if len(rows) == most else _N_MAX
        notes = base.execute(_PART_NOTES, {"after": after, "last": last})
        told = tuple(row.note for row in notes)
        kept = base.execute(_TEXTS, {"after": after, "last": after + len(rows)}).all() if texts else ()
        apart = tuple(ActText(row.n, row.reason, row.sleeper) for row in kept)
        return AuditPart(tuple(row.record for row in rows), told, apart)
