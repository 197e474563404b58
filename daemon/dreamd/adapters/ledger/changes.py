"""A transaction's changes as SQL: one statement a subject, run on a connection that is in a transaction."""

import sqlite3
from dataclasses import astuple
from typing import Final, assert_never

from dreamd.adapters.ledger.record_text import record_text
from dreamd.adapters.ledger.schema import order_text, principal_text
from dreamd.ports.ledger.exposure import HOUR_S, Exposure, MarkMove
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import Transaction

COUNTER_BLOCK: Final = 1 << 32
COUNTERS_PER_MS: Final = 1 << 20

_CHARGE: Final = (
    "INSERT INTO exposures VALUES (?, ?, ?) "
    "ON CONFLICT (sleeper, hour) DO UPDATE SET minutes = minutes + excluded.minutes"
)
_CHARGE_MARKED: Final = (
    "INSERT INTO exposures SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM merging WHERE sleeper = ?) "
    "ON CONFLICT (sleeper, hour) DO UPDATE SET minutes = minutes + excluded.minutes"
)


def apply(base: sqlite3.Connection, change: Transaction) -> dict[tuple[str, int], int]:
    """Make every change of a transaction; return the terms it drew.

    Raises:
        sqlite3.Error, LedgerError: the caller rolls back.
    """
    terms = {(draw.dreamscape, draw.cohort): _draw(base, draw) for draw in change.terms}
    many = base.executemany
    records = [(one.plan.dreamscape, record_text(one), one.ended_s or None) for one in change.dreamscapes]
    many("INSERT OR REPLACE INTO dreamscapes VALUES (?, ?, ?)", records)
    for pod, sleeper in change.check_ins:
        base.execute("DELETE FROM beds WHERE pod = ?", (pod,))
        if sleeper:
            base.execute("INSERT INTO beds VALUES (?, ?)", (pod, sleeper))
    many("DELETE FROM locks WHERE pod = ?", [(pod,) for pod in change.unlocked])
    locks = [(lock.pod, lock.cause.value, lock.since_s, lock.evidence) for lock in change.locks]
    many("INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)", locks)
    marks = [(mark.pod, mark.cause.value, mark.tripped_s, mark.term, mark.tick) for mark in change.marks]
    many("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)", marks)
    many("DELETE FROM wake_orders WHERE id = ?", [(one,) for one in change.dropped_wake_orders])
    orders = [(order.id, order.revision, order_text(order)) for order in change.wake_orders]
    many("INSERT OR REPLACE INTO wake_orders VALUES (?, ?, ?)", orders)
    for exposure in change.exposure:
        _charge(base, exposure)
    _grant(base, change)
    if change.lived_s:
        base.execute("UPDATE generation SET lived_s = ?", (change.lived_s,))
    if change.counted:
        base.execute("UPDATE generation SET writes = max(writes, ?)", (change.counted,))
    return terms


def _grant(base: sqlite3.Connection, change: Transaction) -> None:
    """Write principals, credentials and codes."""
    many = base.executemany
    principals = [(one.name, one.kind.value, principal_text(one)) for one in change.principals]
    many("INSERT OR REPLACE INTO principals VALUES (?, ?, ?)", principals)
    many("INSERT OR REPLACE INTO credentials VALUES (?, ?, ?, ?, ?, ?, ?)", map(astuple, change.credentials))
    many("INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, ?, ?)", map(astuple, change.codes))


def _draw(base: sqlite3.Connection, draw: TermDraw) -> int:
    key = (draw.dreamscape, draw.cohort)
    row = base.execute("SELECT term FROM terms WHERE dreamscape = ? AND cohort = ?", key).fetchone()
    term = max((int(row[0]) if row else 0) + 1, int(draw.now_s * 1000))
    base.execute("INSERT OR REPLACE INTO terms VALUES (?, ?, ?)", (*key, term))
    return term


def _charge(base: sqlite3.Connection, exposure: Exposure) -> None:
    hour = int(exposure.at_s // HOUR_S)
    marks = [(sleeper, exposure.at_s) for sleeper in exposure.minutes]
    match exposure.move:
        case MarkMove.OPEN:
            rows = [(sleeper, hour, lived_min, sleeper) for sleeper, lived_min in exposure.minutes.items()]
            base.executemany(_CHARGE_MARKED, rows)
            base.executemany("INSERT OR REPLACE INTO merging VALUES (?, ?)", marks)
        case MarkMove.MOVE:
            base.executemany(_CHARGE, [(who, hour, lived) for who, lived in exposure.minutes.items()])
            base.executemany("INSERT OR REPLACE INTO merging VALUES (?, ?)", marks)
        case MarkMove.CLOSE:
            base.executemany(_CHARGE, [(who, hour, lived) for who, lived in exposure.minutes.items()])
            base.executemany("DELETE FROM merging WHERE sleeper = ?", [(who,) for who, _ in marks])
        case _:
            assert_never(exposure.move)


def draw_counters(base: sqlite3.Connection, now_s: float) -> int:
    """The first command counter of a block that no other process has used or will use."""
    row = base.execute("SELECT next FROM counters WHERE id = 1").fetchone()
    first = max(int(row[0]) if row else 1, int(now_s * 1000) * COUNTERS_PER_MS)
    base.execute("INSERT OR REPLACE INTO counters VALUES (1, ?)", (first + COUNTER_BLOCK,))
    return first
