"""Schema 16: the exchange, invitations to intimate Dreamscapes, pieces."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables of each."""
    _exchange()
    _invitations()
    _pieces()


def _exchange() -> None:
    """Rounds, offers, asks."""
    op.create_table(
        "rounds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("planned_s", REAL, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "round_offers",
        sa.Column("round", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "round_asks",
        sa.Column("round", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("gone", WHOLE, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _invitations() -> None:
    """Guests and acceptances."""
    op.create_table(
        "invitations",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("revision", WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "guests",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("accepted", WHOLE, nullable=False),
        sa.Column("declined", WHOLE, nullable=False),
        sa.Column("at_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )


def _pieces() -> None:
    """Pieces of artists."""
    op.create_table(
        "pieces",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("dreamscape", sa.Text, nullable=False),
        sa.Column("ended_s", REAL, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
