"""Schema 5: the time at which a daemon last used the ledger."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; 0 is never used."""
    op.add_column("generation", sa.Column("lived_s", REAL, nullable=False, server_default=sa.text("0")))
