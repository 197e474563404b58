"""The tables of schema 1 to 7, in the SQL by which dreamd made them before it used Alembic.

Rule: this text is a record of released files and is never changed.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SCHEMAS: Final = (
    """
CREATE TABLE terms (
    dreamscape TEXT NOT NULL, cohort INTEGER NOT NULL, term INTEGER NOT NULL,
    PRIMARY KEY (dreamscape, cohort)
) WITHOUT ROWID;
CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);
CREATE TABLE dreamscapes (name TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE beds (pod TEXT PRIMARY KEY, sleeper TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE locks (
    pod TEXT PRIMARY KEY, cause TEXT NOT NULL, since_s REAL NOT NULL, evidence TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE wake_orders (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, kept TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE exposures (
    sleeper TEXT NOT NULL, hour INTEGER NOT NULL, minutes REAL NOT NULL, PRIMARY KEY (sleeper, hour)
) WITHOUT ROWID;
CREATE TABLE merging (sleeper TEXT PRIMARY KEY, since_s REAL NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE marks (
    pod TEXT PRIMARY KEY, cause TEXT NOT NULL, tripped_s REAL NOT NULL,
    term INTEGER NOT NULL, tick INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE generation (id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL);
INSERT INTO generation VALUES (1, 0);
""",
    """
ALTER TABLE generation ADD COLUMN lived_s REAL NOT NULL DEFAULT 0;
""",
    """
ALTER TABLE dreamscapes ADD COLUMN ended_s REAL;
UPDATE dreamscapes SET ended_s = json_extract(record, '$.created_s')
    WHERE CASE WHEN json_valid(record) THEN json_extract(record, '$.state') = 'ended' END;
CREATE INDEX living ON dreamscapes (name) WHERE ended_s IS NULL;
CREATE INDEX ended ON dreamscapes (ended_s) WHERE ended_s IS NOT NULL;
""",
    """
CREATE TABLE principals (name TEXT PRIMARY KEY, kind TEXT NOT NULL, kept TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE credentials (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL, digest BLOB NOT NULL, issued_s REAL NOT NULL,
    expires_s REAL NOT NULL, revoked_s REAL NOT NULL, ends_s REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE codes (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL, digest BLOB NOT NULL, expires_s REAL NOT NULL,
    tries INTEGER NOT NULL, made TEXT NOT NULL
) WITHOUT ROWID;
""",
)
"""The additions of each version to the one before."""


def make_old_ledger(path: Path, version: int, rows: Sequence[tuple[str, tuple[object, ...]]] = ()) -> None:
    """Make a file of an earlier version. rows: statements with their values, run at its end."""
    old = sqlite3.connect(path, isolation_level=None)
    for schema in SCHEMAS[:version]:
        for statement in filter(str.strip, schema.split(";")):
            old.execute(statement)
    for statement, values in rows:
        old.execute(statement, values)
    old.execute(f"PRAGMA user_version = {version}")
    old.close()
