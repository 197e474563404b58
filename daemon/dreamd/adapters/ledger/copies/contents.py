"""The contents of a ledger, in numbers of rows."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables

SUBJECTS: Final = {
    "dreamscapes": "Dreamscapes",
    "beds": "check-ins",
    "locks": "locks",
    "wake_orders": "wake orders",
    "exposure_buckets": "ten-minute parts of exposure",
    "principals": "principals",
    "calibration_days": "calibration days",
    "admissions": "kept admissions",
    "dreamscape_nights": "Dreamscape-nights",
}
"""The tables that are counted, and their rows in words."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a ledger: its schema version, and its rows by subject."""

    schema: int
    rows: dict[str, int]

    def __str__(self) -> str:
        """The contents in words."""
        told = ", ".join(f"{many} {what}" for what, many in self.rows.items())
        return f"schema {self.schema}: {told}"


def contents_of(base: sa.Connection, schema: int) -> Contents:
    """Count the rows of a ledger of the newest schema."""
    every = tables.metadata.tables
    rows = {
        what: int(base.execute(sa.select(sa.func.count()).select_from(every[name])).scalar_one())
        for name, what in SUBJECTS.items()
    }
    return Contents(schema, rows)
