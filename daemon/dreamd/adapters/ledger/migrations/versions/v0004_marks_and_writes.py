"""Schema 4: the mark of each pod's last trip, and the number of writes."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables; the count begins at 0."""
    op.create_table(
        "marks",
        sa.Column("pod", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("tripped_s", REAL, nullable=False),
        sa.Column("term", WHOLE, nullable=False),
        sa.Column("tick", WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    generation = op.create_table(
        "generation",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
        sa.Column("writes", WHOLE, nullable=False),
    )
    op.bulk_insert(generation, [{"id": 1, "writes": 0}])
