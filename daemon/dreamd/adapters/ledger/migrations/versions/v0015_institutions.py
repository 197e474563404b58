"""Schema 15: the institutions."""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables of each institution."""
    _reports()
    _moratoria()
    _nights()
    _anchors()
    _clinic()


def _clinic() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column("opened_s", REAL, nullable=False),
        sa.Column("ended_s", REAL, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fault_nights",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("night", WHOLE, nullable=False),
        sa.Column("running", WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )


def _reports() -> None:
    op.create_table(
        "report_marks",
        sa.Column("day", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "public_reports",
        sa.Column("first", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("end", WHOLE, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _nights() -> None:
    """Surveillance: counts of nights, watches, judged nights."""
    op.create_table(
        "dreamscape_nights",
        sa.Column("night", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("sleepers", WHOLE, nullable=False),
        sa.Column("cases", sa.Text, nullable=False),
        sa.Column("answers", WHOLE, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watches",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "judged_nights",
        sa.Column("night", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _anchors() -> None:
    op.create_table(
        "anchor_buckets",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("bucket", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("minutes", REAL, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "anchor_marks",
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("since_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )


def _moratoria() -> None:
    op.create_table(
        "moratoria",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("kept", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "moratorium_seconds",
        sa.Column("moratorium", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
