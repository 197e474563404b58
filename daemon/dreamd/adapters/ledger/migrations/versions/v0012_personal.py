"""Schema 12: personal rows, sealed under the key of their sleeper."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "personal",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("at_s", REAL, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
