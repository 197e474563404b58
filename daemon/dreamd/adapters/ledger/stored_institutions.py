"""The readings of the institutions, of a ledger on a store."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import surveillance_rows as nights
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.clinic_rows import case_of
from dreamd.adapters.ledger.rows.invitation_rows import invitations_of
from dreamd.adapters.ledger.rows.moratorium_rows import moratorium_of
from dreamd.adapters.ledger.rows_reader import RowsReader
from dreamd.adapters.ledger.store import Store
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.invitations.course import Invitation
from dreamd.core.moratoria.course import Moratorium
from dreamd.core.surveillance.watch import NightCount, Watch
from dreamd.ports.commit import Commit, LedgerError
from dreamd.ports.ledger.public_reports import MarkedPeople, PublishedReport
from dreamd.ports.ledger.surveillance import JudgedNight

T = TypeVar("T")


class StoredInstitutions:
    """The readings; `StoredLedger` provides the store and the reader."""

    _store: Store
    _people: RowsReader

    def published_reports(self) -> tuple[PublishedReport, ...]:
        """Every published report, oldest first."""
        table = tables.public_reports
        rows = self._store.rows(sa.select(table).order_by(table.c.first))
        return tuple(PublishedReport(one.first, one.end, one.text) for one in rows)

    def moratoria(self) -> tuple[Moratorium, ...]:
        """Every moratorium with its sleepers, by revision."""
        table, seconds = tables.moratoria, tables.moratorium_seconds
        sleepers: dict[str, set[str]] = {}
        for moratorium, sleeper in self._store.rows(sa.select(seconds)):
            sleepers.setdefault(str(moratorium), set()).add(str(sleeper))
        rows = self._store.rows(sa.select(table).order_by(table.c.revision))
        return tuple(
            self._value(
                f"the moratorium {one.id}", lambda row: moratorium_of(row.kept, sleepers.get(row.id, ())), one
            )
            for one in rows
        )

    def invitations(self) -> tuple[Invitation, ...]:
        """Every list of guests, by its Dreamscape."""
        lists = self._store.rows(sa.select(tables.invitations).order_by(tables.invitations.c.dreamscape))
        return invitations_of(lists, self._store.rows(sa.select(tables.guests)))

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

    # -- surveillance ---------------------------------------------------------------------------------

    def night_counts(self, since: int) -> tuple[NightCount, ...]:
        """The counts of this night and those after it."""
        query = nights.COUNTED.where(tables.dreamscape_nights.c.night >= since)
        found = self._store.rows(query)
        return tuple(self._value("the counts of a night", nights.count_of, row) for row in found)

    def watches(self) -> tuple[Watch, ...]:
        """Every watch."""
        found = self._store.rows(nights.WATCHES)
        return tuple(self._value(f"the watch over {row.kind}", nights.watch_of, row) for row in found)

    def judged_nights(self) -> tuple[JudgedNight, ...]:
        """Every judged night that is kept."""
        found = self._store.rows(nights.JUDGED)
        return tuple(self._value("a judged night", nights.judged_of, row) for row in found)

    def _value(self, what: str, read: Callable[[Any], T], row: Any) -> T:  # noqa: ANN401 -- of SQLAlchemy
        try:
            return read(row)
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._store.damaged(f"{what}: {error}")) from error

    # -- the clinic -----------------------------------------------------------------------------------

    def living_cases(self) -> tuple[KeptCase, ...]:
        """Every case that has not ended, by id."""
        table = tables.cases
        rows = self._store.rows(sa.select(table).where(table.c.ended_s == 0.0).order_by(table.c.id))
        return tuple(map(self._case_of, rows))

    def fault_nights(self) -> dict[str, tuple[int, int]]:
        """The newest night with a fault by sleeper, and how many it ends."""
        rows = self._store.rows(sa.select(tables.fault_nights))
        return {str(one.sleeper): (int(one.night), int(one.running)) for one in rows}

    def read_case(self, case: str) -> Commit[tuple[KeptCase, ...]]:
        """Queue a read of one case."""
        return self._read_cases(sa.select(tables.cases).where(tables.cases.c.id == case))

    def read_cases(self, since_s: float) -> Commit[tuple[KeptCase, ...]]:
        """Queue a read of the cases opened from this time on."""
        table = tables.cases
        return self._read_cases(sa.select(table).where(table.c.opened_s >= since_s).order_by(table.c.id))

    def _read_cases(self, query: "sa.Select[Any]") -> Commit[tuple[KeptCase, ...]]:
        return self._people.answer_later(lambda base: tuple(map(self._case_of, base.execute(query).all())))

    def _case_of(self, row: Any) -> KeptCase:  # noqa: ANN401 -- a row of SQLAlchemy
        return self._value("a case", case_of, row)
