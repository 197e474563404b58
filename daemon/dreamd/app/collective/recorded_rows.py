"""The copies that a tick hands to a recording: whole columns, a copy each, and nothing else on its path."""

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.collective.slot_table import SlotTable
from dreamd.ports.recordings import TableRows


def rows_of(cohorts: Cohorts) -> tuple[TableRows, ...]:
    """Return a copy of every table's rows in use, as this tick has fused and broadcast them."""
    return tuple(_copied(bank) for bank in cohorts.banks)


def _copied(bank: SlotTable) -> TableRows:
    columns = bank.columns
    used = slice(0, columns.used)
    return TableRows(
        subject=bank.subject[used].copy(),
        db=columns.db[used].copy(),
        phasors=columns.phasors[used].copy(),
        instant=columns.instant[used].copy(),
        seq=columns.seq[used].copy(),
        quality=columns.quality[used].copy(),
        applied=columns.applied[used].copy(),
        granted=bank.granted[used].copy(),
        present=columns.present[used].copy(),
        finite=columns.finite[used].copy(),
        frozen=columns.frozen[used].copy(),
        good=columns.good[used].copy(),
        allowed=bank.reachable[used],
    )
