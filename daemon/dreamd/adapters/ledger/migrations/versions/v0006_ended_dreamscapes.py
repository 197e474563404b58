"""Schema 6: the end of a Dreamscape as a column, so that a start reads the living ones alone.

A record that cannot be read counts as living: a start then names it.
"""

import json
from typing import Final

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL

revision = "0006"
down_revision = "0005"

_ENDED_S: Final[sa.ColumnClause[float]] = sa.column("ended_s")


def upgrade() -> None:
    """Add the column, filled from the records of those that have ended, and an index of each kind."""
    op.add_column("dreamscapes", sa.Column("ended_s", REAL, nullable=True))
    table = sa.table("dreamscapes", sa.column("name"), sa.column("record"), sa.column("ended_s", REAL))
    for name, text in op.get_bind().execute(sa.select(table.c.name, table.c.record)).all():
        ended_s = _ended_s(text)
        if ended_s is not None:
            op.execute(table.update().where(table.c.name == name).values(ended_s=ended_s))
    for index, column, where in (
        ("living", "name", _ENDED_S.is_(None)),
        ("ended", "ended_s", _ENDED_S.is_not(None)),
    ):
        op.create_index(index, "dreamscapes", [column], sqlite_where=where, postgresql_where=where)


def _ended_s(text: str) -> float | None:
    """Its creation, for it has no other time; None where it has not ended, or cannot be read."""
    try:
        record = json.loads(text)
        return float(record["created_s"]) if record["state"] == "ended" else None
    except (ValueError, KeyError, TypeError):
        return None
