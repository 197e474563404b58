"""Schema 10: exposure by ten minutes in place of hours, days of older exposure, planned doses.

The minutes of an hour go into its last bucket, which leaves each window last: never under.
"""

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL, WHOLE

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Move the hours into buckets, and add the tables."""
    for name, unit in (("exposure_buckets", "bucket"), ("exposure_days", "day")):
        op.create_table(
            name,
            sa.Column("sleeper", sa.Text, primary_key=True),
            sa.Column(unit, WHOLE, primary_key=True, autoincrement=False),
            sa.Column("minutes", REAL, nullable=False),
            sqlite_with_rowid=False,
        )
    op.execute(
        "INSERT INTO exposure_buckets (sleeper, bucket, minutes) "
        "SELECT sleeper, hour * 6 + 5, minutes FROM exposures"
    )
    op.drop_table("exposures")
    op.create_table(
        "planned_doses",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("sleeper", sa.Text, primary_key=True),
        sa.Column("minutes", REAL, nullable=False),
        sa.Column("at_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )
