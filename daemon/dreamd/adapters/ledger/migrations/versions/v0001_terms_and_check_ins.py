"""Schema 1: terms, counters, Dreamscapes, check-ins."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import WHOLE

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "terms",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("cohort", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("term", WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counters",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("next", WHOLE, nullable=False),
    )
    op.create_table(
        "dreamscapes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "beds",
        sa.Column("pod", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
