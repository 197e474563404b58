"""Schema 2: locks of breakers, wake orders."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "locks",
        sa.Column("pod", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("since_s", REAL, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wake_orders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
