"""Schema 15: the institutions."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import WHOLE

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables of each institution."""
    _reports()


def _reports() -> None:
    op.create_table(
        "report_marks",
        sa.Column("day", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "public_reports",
        sa.Column("first", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("end", WHOLE, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
