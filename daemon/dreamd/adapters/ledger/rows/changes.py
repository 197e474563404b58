"""A transaction's changes as statements of SQLAlchemy Core, one or a few a subject.

Rule: a number that is none is refused here. SQLite refuses it as a missing value, PostgreSQL would keep it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isnan
from typing import Any, Final, assert_never

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.audit_chain import AuditChain
from dreamd.adapters.ledger.rows.kept_text import order_text, principal_text
from dreamd.adapters.ledger.rows.record_text import record_text
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import HOUR_S, Exposure, MarkMove
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import Transaction

COUNTER_BLOCK: Final = 1 << 32
COUNTERS_PER_MS: Final = 1 << 20

Insert = Callable[[sa.Table], Any]
"""The engine's own INSERT, which has ON CONFLICT: `sqlalchemy.dialects.ENGINE.insert`."""
Row = Mapping[str, Any]

_DROP_BED: Final = tables.beds.delete().where(tables.beds.c.pod == sa.bindparam("of"))
_DROP_LOCK: Final = tables.locks.delete().where(tables.locks.c.pod == sa.bindparam("of"))
_DROP_ORDER: Final = tables.wake_orders.delete().where(tables.wake_orders.c.id == sa.bindparam("of"))
_DROP_MARK: Final = tables.merging.delete().where(tables.merging.c.sleeper == sa.bindparam("of"))
_DROP_SEAT: Final = tables.seats.delete().where(
    tables.seats.c.dreamscape == sa.bindparam("of"), tables.seats.c.number == sa.bindparam("at")
)
_SEATS: Final = sa.select(tables.seats.c.number, tables.seats.c.pod, tables.seats.c.sleeper).where(
    tables.seats.c.dreamscape == sa.bindparam("of")
)
_TERM: Final = sa.select(tables.terms.c.term).where(
    tables.terms.c.dreamscape == sa.bindparam("of"), tables.terms.c.cohort == sa.bindparam("at")
)
_USED: Final = tables.generation.update().values(lived_s=sa.bindparam("used_s"))
_COUNTED: Final = (
    tables.generation.update()
    .where(tables.generation.c.writes < sa.bindparam("counted"))
    .values(writes=sa.bindparam("counted"))
)


class Changes:
    """Makes transactions on a connection that is in a transaction; for one engine."""

    def __init__(self, insert: Insert) -> None:
        """insert: the engine's own INSERT."""
        self.audit = AuditChain()
        self._keep = {name: _upsert(insert, table) for name, table in tables.metadata.tables.items()}
        exposures, merging = tables.exposures, tables.merging
        new = insert(exposures)
        self._charge = _adding(new)
        marked = sa.select(
            *(sa.bindparam(column.name, type_=column.type) for column in exposures.columns)
        ).where(sa.exists().where(merging.c.sleeper == sa.bindparam("sleeper", type_=sa.Text)))
        self._charge_marked = _adding(insert(exposures).from_select(list(exposures.columns.keys()), marked))

    def apply(self, base: sa.Connection, change: Transaction, many: int) -> dict[tuple[str, int], int]:
        """Make every change of a transaction; return the terms it drew.

        many: the writes that are counted already, with which a count known elsewhere goes on.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, LedgerError: the caller rolls back.
        """
        terms = {(draw.dreamscape, draw.cohort): self._draw(base, draw) for draw in change.terms}
        for record in change.dreamscapes:
            self._record(base, record)
        beds = dict(change.check_ins)  # the last of each pod counts
        _drop(base, _DROP_BED, [pod for pod, sleeper in beds.items() if not sleeper])
        self._put(base, "beds", [{"pod": pod, "sleeper": who} for pod, who in beds.items() if who])
        _drop(base, _DROP_LOCK, change.unlocked)
        locks = [
            {"pod": lock.pod, "cause": lock.cause.value, "since_s": lock.since_s, "evidence": lock.evidence}
            for lock in change.locks
        ]
        self._put(base, "locks", locks)
        marks = [
            {
                "pod": mark.pod,
                "cause": mark.cause.value,
                "tripped_s": mark.tripped_s,
                "term": mark.term,
                "tick": mark.tick,
            }
            for mark in change.marks
        ]
        self._put(base, "marks", marks)
        _drop(base, _DROP_ORDER, change.dropped_wake_orders)
        orders = [
            {"id": order.id, "revision": order.revision, "kept": order_text(order)}
            for order in change.wake_orders
        ]
        self._put(base, "wake_orders", orders)
        for exposure in change.exposure:
            self._expose(base, exposure)
        self._grant(base, change)
        self.audit.append(base, change.audit)
        self._put(base, "checkpoints", [{"n": n, "note": note} for n, note in change.checkpoints])
        if change.lived_s:
            base.execute(_USED, _sound({"used_s": change.lived_s}))
        if change.counted:
            base.execute(_COUNTED, {"counted": change.counted + many})
        return terms

    def draw_counters(self, base: sa.Connection, now_s: float) -> int:
        """The first command counter of a block that no other process has used or will use."""
        row = base.execute(sa.select(tables.counters.c.next)).first()
        first = max(int(row[0]) if row else 1, int(now_s * 1000) * COUNTERS_PER_MS)
        self._put(base, "counters", [{"id": 1, "next": first + COUNTER_BLOCK}])
        return first

    def _put(self, base: sa.Connection, table: str, rows: Sequence[Row]) -> None:
        """Insert rows, or replace those of the same key."""
        if rows:
            base.execute(self._keep[table], [_sound(row) for row in rows])

    def _record(self, base: sa.Connection, record: DreamscapeRecord) -> None:
        """Replace a Dreamscape's record, and of its seats those that differ."""
        name = record.plan.dreamscape
        row = {"name": name, "record": record_text(record), "ended_s": record.ended_s or None}
        self._put(base, "dreamscapes", [row])
        kept = {int(number): (pod, sleeper) for number, pod, sleeper in base.execute(_SEATS, {"of": name})}
        now = {number: (pod, sleeper) for number, pod, sleeper in record.seats}
        gone = [{"of": name, "at": number} for number in kept.keys() - now.keys()]
        if gone:
            base.execute(_DROP_SEAT, gone)
        rows = [
            {"dreamscape": name, "number": number, "pod": pod, "sleeper": sleeper}
            for number, (pod, sleeper) in now.items()
            if kept.get(number) != (pod, sleeper)
        ]
        self._put(base, "seats", rows)

    def _grant(self, base: sa.Connection, change: Transaction) -> None:
        """Write principals, credentials and codes."""
        principals = [
            {"name": one.name, "kind": one.kind.value, "kept": principal_text(one)}
            for one in change.principals
        ]
        self._put(base, "principals", principals)
        self._put(base, "credentials", [asdict(one) for one in change.credentials])
        self._put(base, "codes", [asdict(one) for one in change.codes])

    def _draw(self, base: sa.Connection, draw: TermDraw) -> int:
        row = base.execute(_TERM, {"of": draw.dreamscape, "at": draw.cohort}).first()
        term = max((int(row[0]) if row else 0) + 1, int(draw.now_s * 1000))
        self._put(base, "terms", [{"dreamscape": draw.dreamscape, "cohort": draw.cohort, "term": term}])
        return term

    def _expose(self, base: sa.Connection, exposure: Exposure) -> None:
        hour = int(exposure.at_s // HOUR_S)
        charges = [
            _sound({"sleeper": sleeper, "hour": hour, "minutes": lived_min})
            for sleeper, lived_min in exposure.minutes.items()
        ]
        if not charges:
            return
        marks = [{"sleeper": sleeper, "since_s": exposure.at_s} for sleeper in exposure.minutes]
        match exposure.move:
            case MarkMove.OPEN:
                base.execute(self._charge_marked, charges)
                self._put(base, "merging", marks)
            case MarkMove.MOVE:
                base.execute(self._charge, charges)
                self._put(base, "merging", marks)
            case MarkMove.CLOSE:
                base.execute(self._charge, charges)
                _drop(base, _DROP_MARK, exposure.minutes)
            case _:
                assert_never(exposure.move)


def _upsert(insert: Insert, table: sa.Table) -> Any:  # noqa: ANN401 -- each engine has a type of its own
    new = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {column.name: new.excluded[column.name] for column in table.columns if column.name not in keys}
    return new.on_conflict_do_update(index_elements=keys, set_=rest)


def _adding(new: Any) -> Any:  # noqa: ANN401 -- each engine has a type of its own
    """Add the minutes to those of the same sleeper and hour."""
    minutes = tables.exposures.c.minutes
    return new.on_conflict_do_update(
        index_elements=["sleeper", "hour"], set_={"minutes": minutes + new.excluded.minutes}
    )


def _drop(base: sa.Connection, statement: sa.Delete, keys: Iterable[str]) -> None:
    rows = [{"of": key} for key in keys]
    if rows:
        base.execute(statement, rows)


def _sound(row: Row) -> Row:
    """Return the row; LedgerError where one of its numbers is none."""
    for column, value in row.items():
        if isinstance(value, float) and isnan(value):
            raise LedgerError(f"{column} is a number that is not finite")
    return row
