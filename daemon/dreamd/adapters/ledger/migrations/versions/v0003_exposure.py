"""Schema 3: merge-minutes by sleeper and hour, and the marks of sleepers that are merging."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "exposures",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("hour", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("minutes", REAL, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merging",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("since_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )
