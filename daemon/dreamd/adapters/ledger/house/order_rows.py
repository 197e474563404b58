"""The orders of a house in PostgreSQL: written by a daemon that does not own it, read by its owner.

Theory of operation. An order is one row, written outside of the owner's fence: it changes no other table, and
the owner reads it as a wish. NOTIFY tells the owner within milliseconds; a connection pool or a cut may lose
that, so the owner looks every LOOKED_S as well. The owner writes the end of an order in its own transactions,
behind its fence.

Rules
- The same order of the same caller that waits already is not written again.
- The caller of `keep_orders` names sleepers as the ledger does: by subject where it knows one.
"""

import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.core.house_orders import WAITING_MAX, CarriedOut, HouseOrder

CHANNEL: Final = "dreamd_house_orders"
"""The channel of NOTIFY. Houses of one database share it: it carries no word, and each looks into its own."""
ID_BYTES: Final = 10

_ORDERS: Final = tables.house_orders
_ROW: Final = _ORDERS.c
_FIELDS: Final = tuple(one.name for one in fields(HouseOrder))
_SAME: Final = ("method", "scope", "target", "sleeper", "issuer", "told")
WAITING: Final = (
    sa.select(*(_ROW[name] for name in _FIELDS))
    .where(_ROW.acted_s == 0.0)
    .order_by(_ROW.at_s, _ROW.id)
    .limit(WAITING_MAX)
)
"""The orders that wait, oldest first."""
_KNOWN: Final = sa.select(_ROW.id, *(_ROW[name] for name in _SAME)).where(_ROW.acted_s == 0.0)
_NOW: Final = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)
_KEEP: Final = _ORDERS.insert().values(
    {name: sa.bindparam(name) for name in _FIELDS if name != "at_s"}
    | {"at_s": _NOW, "acted_s": 0.0, "zeroed": 0, "confirmed": 0, "unconfirmed": "", "outcome": ""}
)
_ENDS: Final = sa.select(_ORDERS).where(_ROW.id.in_(sa.bindparam("ids", expanding=True)), _ROW.acted_s > 0.0)


class OrdersFullError(Exception):
    """WAITING_MAX orders wait; the owner of the house carries none out."""


def orders_of(rows: Sequence[Any]) -> tuple[HouseOrder, ...]:
    """The orders in rows of WAITING."""
    return tuple(HouseOrder(**row._mapping) for row in rows)  # noqa: SLF001 -- SQLAlchemy's own name


def keep_orders(base: sa.Connection, orders: Sequence[HouseOrder]) -> tuple[HouseOrder, ...]:
    """Write orders within the caller's transaction, and wake the owner; return each with the id it has.

    Raises:
        OrdersFullError: nothing is written.
    """
    known = {tuple(row[1:]): str(row[0]) for row in base.execute(_KNOWN)}
    kept, new = list[HouseOrder](), list[Mapping[str, Any]]()
    for order in orders:
        same = tuple(getattr(order, name) for name in _SAME)
        if same not in known:
            known[same] = new_id()
            row = asdict(replace(order, id=known[same]))
            new.append({name: value for name, value in row.items() if name != "at_s"})
        kept.append(replace(order, id=known[same]))
    if len(known) > WAITING_MAX:
        raise OrdersFullError
    if new:
        base.execute(_KEEP, new)
    base.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))
    return tuple(kept)


def ends_of(base: sa.Connection, ids: Sequence[str]) -> dict[str, CarriedOut]:
    """Of these orders those that are carried out, by id."""
    rows = base.execute(_ENDS, {"ids": list(ids)}).mappings()
    return {
        str(row["id"]): CarriedOut(
            str(row["id"]),
            float(row["acted_s"]),
            int(row["zeroed"]),
            int(row["confirmed"]),
            tuple(str(row["unconfirmed"]).split()),
            str(row["outcome"]),
        )
        for row in rows
    }


def new_id() -> str:
    """Return 80 random bits as 16 characters."""
    return b32encode(secrets.token_bytes(ID_BYTES)).decode().lower()
