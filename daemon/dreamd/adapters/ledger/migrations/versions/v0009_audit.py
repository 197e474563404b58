"""Schema 9: the audit log, the texts that its records hold as hashes, and its signed checkpoints."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import WHOLE

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    for name, texts in (
        ("audit", ("record",)),
        ("audit_texts", ("salt", "reason", "sleeper")),
        ("checkpoints", ("note",)),
    ):
        op.create_table(
            name,
            sa.Column("n", WHOLE, primary_key=True, autoincrement=False),
            *(sa.Column(text, sa.Text, nullable=False) for text in texts),
            sqlite_with_rowid=False,
        )
