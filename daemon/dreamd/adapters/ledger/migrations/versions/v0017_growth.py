"""Schema 17: the lease of the house, by which one daemon owns the ledger."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table of the house, with its one row."""
    houses = op.create_table(
        "houses",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("house", sa.Text, nullable=False),
        sa.Column("term", WHOLE, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("lease_until_s", REAL, nullable=False),
        sa.CheckConstraint("id = 1"),
    )
    free = {"house": "", "owner": "", "address": "", "key": "", "state": "free"}
    op.execute(houses.insert().values(id=1, term=0, lease_until_s=0.0, **free))
