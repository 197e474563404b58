"""Schema 14: rows name the random subject of a sleeper, and no pseudonym; the erasures.

Links come first: they are durable in the keys before a row names a subject. A step that was cut short finds
them there and goes on with the same subjects. An audit text keeps a name without a link: a caller has told
it, and it is of no sleeper here.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from dreamd.adapters.ledger.rows.tables import REAL

revision = "0014"
down_revision = "0013"

NAMED = {
    "beds": ("pod",),
    "seats": ("dreamscape", "number"),
    "exposure_buckets": ("sleeper", "bucket"),
    "exposure_days": ("sleeper", "day"),
    "planned_doses": ("dreamscape", "sleeper"),
    "merging": ("sleeper",),
    "consents": ("sleeper",),
    "grants": ("sleeper", "revision"),
}
"""Each table with a sleeper's name, and the columns of its key."""


def upgrade() -> None:
    """Rename, and add the table of erasures."""
    base = op.get_bind()
    found = {name: _rows(base, name, key) for name, key in NAMED.items()}
    kept = base.execute(sa.text("SELECT name, kept FROM principals")).all()
    granted = {str(name): json.loads(text) for name, text in kept if '"sleeper": "' in text}
    names = {row["sleeper"] for rows in found.values() for row in rows}
    names |= {one["sleeper"] for text in granted.values() for one in text["grants"]} - {""}
    subjects = _linked(names)
    for name, rows in found.items():
        _rename(base, name, NAMED[name], rows, subjects.__getitem__)
    for principal, text in granted.items():
        for one in text["grants"]:
            one["sleeper"] = subjects.get(one["sleeper"], "")
        values = {"name": principal, "kept": json.dumps(text)}
        base.execute(sa.text("UPDATE principals SET kept = :kept WHERE name = :name"), values)
    texts = _rows(base, "audit_texts", ("n",))
    _rename(base, "audit_texts", ("n",), texts, lambda name: subjects.get(name, name))
    op.create_table(
        "erasures",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("at_s", REAL, nullable=False),
        sqlite_with_rowid=False,
    )


def _linked(names: set[str]) -> dict[str, str]:
    """The subject of each name, durable in the keys."""
    if not names:
        return {}
    keys = op.get_context().config.attributes["keys"]  # type: ignore[union-attr]
    subjects = {name: keys.allot(name) for name in sorted(names)}
    keys.write_links()
    return subjects


def _rows(base: sa.Connection, table: str, key: tuple[str, ...]) -> list[dict[str, str]]:
    """The key and the name of each row with a name."""
    columns = ", ".join(dict.fromkeys((*key, "sleeper")))
    query = sa.text(f"SELECT {columns} FROM {table} WHERE sleeper <> ''")  # noqa: S608 -- our own names
    return [dict(row) for row in base.execute(query).mappings()]


def _rename(
    base: sa.Connection,
    table: str,
    key: tuple[str, ...],
    rows: list[dict[str, str]],
    subject_of: Callable[[str], str],
) -> None:
    if rows:
        where = " AND ".join(f"{one} = :{one}" for one in key)
        change = sa.text(f"UPDATE {table} SET sleeper = :subject WHERE {where}")  # noqa: S608 -- our own names
        base.execute(change, [row | {"subject": subject_of(row["sleeper"])} for row in rows])
