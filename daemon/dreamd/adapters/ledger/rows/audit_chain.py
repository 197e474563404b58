"""The audit log's records as they are written.

The head is kept between transactions, so a record costs no query. After a failure it is read anew.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.core.audit.records import Act, Head, head_of, line_after

_LAST: Final = sa.select(tables.audit.c.n, tables.audit.c.record).order_by(tables.audit.c.n.desc()).limit(1)


class AuditChain:
    """Writes acts as records, each with the hash of the one before. One thread uses it."""

    def __init__(self) -> None:
        self._head: Head | None = None

    def forget(self) -> None:
        """Records were undone: the head is read again."""
        self._head = None

    @property
    def newest(self) -> Head | None:
        """The newest record as far as it is known; None: none was written or read since the last failure."""
        return self._head

    def head(self, base: sa.Connection) -> Head:
        """The newest record, as this transaction sees it."""
        if self._head is None:
            row = base.execute(_LAST).first()
            self._head = Head() if row is None else head_of(int(row.n), row.record)
        return self._head

    def append(self, base: sa.Connection, acts: Sequence[Act], forgotten: Collection[str] = ()) -> None:
        """Write these behind the newest record. forgotten: sleepers of whom no text is kept."""
        if not acts:
            return
        head, records, texts = self.head(base), list[dict[str, Any]](), list[dict[str, Any]]()
        for act in acts:
            line = line_after(head, act)
            head = head_of(head.n + 1, line)
            records.append({"n": head.n, "record": line})
            if act.has_text and act.about not in forgotten:
                told = {"salt": act.salt, "reason": act.reason, "sleeper": act.about}
                texts.append({"n": head.n, **told})
        base.execute(tables.audit.insert(), records)
        if texts:
            base.execute(tables.audit_texts.insert(), texts)
        self._head = head
