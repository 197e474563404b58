"""The rows of institutions, and the ends of the orders of a house."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.subject_column import Naming
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.clinic_rows import ClinicRows
from dreamd.adapters.ledger.rows.exchange.exchange_rows import ExchangeRows
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows
from dreamd.adapters.ledger.rows.invitation_rows import InvitationRows
from dreamd.adapters.ledger.rows.moratorium_rows import MoratoriumRows
from dreamd.adapters.ledger.rows.surveillance_rows import SurveillanceRows
from dreamd.core.house_orders import KEPT_S, CarriedOut
from dreamd.ports.ledger.pieces import KeptPiece
from dreamd.ports.ledger.public_reports import PublishedReport, ReportMark

Insert = Callable[[sa.Table], Any]
"""The engine's own INSERT, which has ON CONFLICT: `sqlalchemy.dialects.ENGINE.insert`."""
GatherRows = Callable[[GatheredRows, Any], None]

_DROP_MARKS: Final = tables.report_marks.delete().where(tables.report_marks.c.day < sa.bindparam("before"))
_ORDERS: Final = tables.house_orders
_CARRY_OUT: Final = (
    _ORDERS.update()
    .where(_ORDERS.c.id == sa.bindparam("of"), _ORDERS.c.acted_s == 0.0)
    .values(
        {name: sa.bindparam(name) for name in ("acted_s", "zeroed", "confirmed", "unconfirmed", "outcome")}
    )
)
_DROP_ORDERS: Final = _ORDERS.delete().where(
    _ORDERS.c.acted_s > 0.0, _ORDERS.c.acted_s < sa.bindparam("before")
)


class InstitutionRows:
    """Gathers the rows of the institutions; for one engine."""

    def __init__(self, insert: Insert, keep: Insert, naming: Naming) -> None:
        """insert: the engine's own INSERT, which has ON CONFLICT. keep: the same, replacing a row."""
        self._clinic = ClinicRows(keep, naming)
        self._invitations = InvitationRows(insert, keep)
        self._mark = insert(tables.report_marks).on_conflict_do_nothing()
        self._publish = insert(tables.public_reports).on_conflict_do_nothing()
        self._piece = insert(tables.pieces).on_conflict_do_nothing()
        self.subjects: Final[tuple[tuple[str, GatherRows], ...]] = (
            ("report_marks", self._marks),
            ("public_reports", self._reports),
            ("pieces", self._pieces),
            ("carried_out", self._carried_out),
            *SurveillanceRows(insert).subjects,
            *MoratoriumRows(insert).subjects,
            *self._invitations.subjects,
            *self._clinic.subjects,
            *ExchangeRows(keep).subjects,
        )
        """The fields of a transaction, and what gathers their rows."""

    def gather_forgotten(self, rows: GatheredRows, forgotten: Sequence[tuple[str, float]]) -> None:
        """Add the changes that the erasure of these sleepers makes."""
        self._clinic.gather_forgotten(rows, forgotten)
        self._invitations.gather_forgotten(rows, forgotten)

    def _marks(self, rows: GatheredRows, marks: Sequence[ReportMark]) -> None:
        rows.gather("report_marks", self._mark, [asdict(one) for one in marks])

    def _pieces(self, rows: GatheredRows, pieces: Sequence[KeptPiece]) -> None:
        rows.gather("pieces", self._piece, [asdict(one) for one in pieces])

    @staticmethod
    def _carried_out(rows: GatheredRows, ends: Sequence[CarriedOut]) -> None:
        """Write the end of each order of the house, and drop those that ended long ago."""
        for end in ends:
            row = asdict(end) | {"unconfirmed": " ".join(end.unconfirmed), "of": end.id}
            del row["id"]
            rows.gather("house_orders", _CARRY_OUT, [row])
        before = max(end.acted_s for end in ends) - KEPT_S
        rows.gather("house_orders", _DROP_ORDERS, [{"before": before}])

    def _reports(self, rows: GatheredRows, reports: Sequence[PublishedReport]) -> None:
        """Keep each report, the first of its period, and drop the marks that it has counted."""
        for report in reports:
            rows.gather("public_reports", self._publish, [asdict(report)])
            rows.gather("report_marks", _DROP_MARKS, [{"before": report.end}])
