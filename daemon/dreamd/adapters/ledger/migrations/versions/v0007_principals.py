"""Schema 7: principals, their credentials, and the codes to enrol with."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "principals",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "credentials",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *(sa.Column(name, REAL, nullable=False) for name in ("issued_s", "expires_s", "revoked_s", "ends_s")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "codes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires_s", REAL, nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("made", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
