"""Schema 8: seats as rows, no longer in the record's JSON; the epoch of the daemon that writes.

A record that cannot be read keeps its text: a start then names it.
"""

import json

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import WHOLE

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Move the seats of every record into rows, and add the epoch."""
    seats = op.create_table(
        "seats",
        sa.Column("dreamscape", sa.Text, primary_key=True),
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("pod", sa.Text, nullable=False),
        sa.Column("sleeper", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    table = sa.table("dreamscapes", sa.column("name"), sa.column("record"))
    for name, text in op.get_bind().execute(sa.select(table.c.name, table.c.record)).all():
        try:
            record = json.loads(text)
            rows = {
                int(number): {
                    "dreamscape": name,
                    "number": int(number),
                    "pod": str(pod),
                    "sleeper": str(sleeper),
                }
                for number, pod, sleeper in record.pop("seats")
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        op.bulk_insert(seats, list(rows.values()))
        op.execute(table.update().where(table.c.name == name).values(record=json.dumps(record)))
    op.add_column("generation", sa.Column("epoch", WHOLE, nullable=False, server_default=sa.text("0")))
