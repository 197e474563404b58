"""The ledger's tables by version, and the text in which a wake order or a principal's grants are kept."""

import json
from dataclasses import asdict
from typing import Final

from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope

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
"""The additions of each version to the one before; an older file is upgraded when it is opened."""

SCHEMA_VERSION: Final = len(SCHEMAS)


def order_text(order: Order) -> str:
    """Return the JSON of a wake order."""
    return json.dumps(asdict(order), allow_nan=False)


def order_of(text: str) -> Order:
    """Build a wake order.

    Raises:
        ValueError, KeyError, TypeError: the text is not an order's.
    """
    kept = json.loads(text)
    return Order(**{**kept, "scope": WakeScope(kept["scope"])})


def principal_text(principal: Principal) -> str:
    """Return the JSON of a principal's grants and pause."""
    grants = [
        {
            "role": grant.role.value,
            "sites": sorted(grant.sites),
            "dreamscapes": sorted(grant.dreamscapes),
            "sleeper": grant.sleeper,
            "methods": sorted(grant.methods),
        }
        for grant in principal.grants
    ]
    return json.dumps({"grants": grants, "paused": principal.paused})


def principal_of(name: str, kind: str, text: str) -> Principal:
    """Build a principal.

    Raises:
        ValueError, KeyError, TypeError: the text is not a principal's.
    """
    kept = json.loads(text)
    grants = tuple(
        Grant(
            Role(one["role"]),
            frozenset(one["sites"]),
            frozenset(one["dreamscapes"]),
            str(one["sleeper"]),
            frozenset(one["methods"]),
        )
        for one in kept["grants"]
    )
    return Principal(name, Kind(kind), grants, str(kept["paused"]))
