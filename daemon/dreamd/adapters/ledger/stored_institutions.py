"""The readings of the institutions, of a ledger on a store."""

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.adapters.ledger.store import Store
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.public_reports import MarkedPeople, PublishedReport


class StoredInstitutions:
    """The readings; `StoredLedger` provides the store and the reader."""

    _store: Store
    _people: RowsReader

    def published_reports(self) -> tuple[PublishedReport, ...]:
        """Every published report, oldest first."""
        table = tables.public_reports
        rows = self._store.rows(sa.select(table).order_by(table.c.first))
        return tuple(PublishedReport(one.first, one.end, one.text) for one in rows)

    def earliest_mark(self) -> int | None:
        """The first day with a mark."""
        rows = self._store.rows(sa.select(sa.func.min(tables.report_marks.c.day)))
        return None if rows[0][0] is None else int(rows[0][0])

    def read_report_marks(self, first: int, end: int) -> Commit[MarkedPeople]:
        """Queue a read of the marked people. They are subjects: a count needs no pseudonym."""
        table = tables.report_marks.c
        query = (
            sa.select(table.site, table.kind, sa.type_coerce(table.sleeper, sa.Text))
            .where(table.day >= first, table.day < end)
            .distinct()
        )

        def read(base: sa.Connection) -> MarkedPeople:
            found: dict[tuple[str, str], set[str]] = {}
            for site, kind, subject in base.execute(query):
                found.setdefault((site, kind), set()).add(subject)
            return found

        return self._people.answer_later(read)
