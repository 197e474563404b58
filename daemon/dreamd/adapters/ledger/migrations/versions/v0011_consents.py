"""Schema 11: consents and their grants; revisions of the guidelines, and comments on them."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "consents",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("granted", WHOLE, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grants",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("revision", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "guidelines",
        sa.Column("revision", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("bundle", sa.Text, nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comments",
        sa.Column("revision", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("n", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at_s", REAL, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
