"""Schema 13: calibration days of sleepers; the facts of admissions, which name no sleeper."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "calibration_days",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("day", WHOLE, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "admissions",
        sa.Column("n", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("at_s", REAL, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
