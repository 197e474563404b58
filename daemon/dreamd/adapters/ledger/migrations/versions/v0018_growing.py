"""Schema 18: the orders, the handover and the standbys of a house."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the tables of each."""
    _house_orders()
    _handovers()


def _house_orders() -> None:
    """Ways out that wait for the owner of the house, and those that it has carried out."""
    op.create_table(
        "house_orders",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("method", "scope", "target", "sleeper")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("issuer", "own", "role", "told", "reason")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("request_id", "via")),
        *(sa.Column(name, REAL, nullable=False) for name in ("at_s", "acted_s")),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("zeroed", "confirmed")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("unconfirmed", "outcome")),
        sqlite_with_rowid=False,
    )


def _handovers() -> None:
    """The pods that an owner handed over, and the daemons that wait for a house."""
    op.create_table(
        "handovers",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("term", WHOLE, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standbys",
        sa.Column("process", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("address", "lacks")),
        sa.Column("seen_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )
