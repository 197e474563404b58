"""A ledger's contents and faults, read from its rows while a daemon runs or not."""

import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger.copies.contents import Contents, contents_of
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.kept_text import order_of, principal_of
from dreamd.adapters.ledger.rows.record_text import record_of
from dreamd.adapters.ledger.rows.tables import HEAD
from dreamd.adapters.ledger.store import Rows, cause
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.guidelines import FACTS_BYTES

FAULTS_MOST: Final = 20
"""Faults that are told; more are counted."""


def check(engine: sa.Engine, place: str) -> tuple[Contents, tuple[str, ...]]:
    """Read every row of the ledger on this engine; return its contents and its faults, one sentence each.

    Raises:
        LedgerError: it cannot be read, or is of another schema version.
    """
    try:
        with engine.connect() as base, base.begin():
            migrations.need_head(base, place)
            return contents_of(base, HEAD), tuple(_faults(base))
    except sa.exc.SQLAlchemyError as error:
        raise LedgerError(f"the ledger {place} could not be read ({cause(error)})") from error
    finally:
        engine.dispose()


def _faults(base: sa.Connection) -> list[str]:
    seats = defaultdict[str, list[tuple[int, str, str]]](list)
    for name, number, pod, sleeper in _rows(base, tables.seats):
        seats[name].append((number, pod, sleeper))
    faults = []
    for name, text, _ in _rows(base, tables.dreamscapes):
        own = tuple(seats.pop(name, ()))
        faults += _read(f"the record of {name}", lambda text=text, own=own: record_of(json.loads(text), own))  # type: ignore[misc]
    faults += [f"{len(own)} seats are of {name}, which has no record" for name, own in seats.items()]
    for order in _rows(base, tables.wake_orders):
        faults += _read(f"the wake order {order.id}", partial(order_of, order.kept))
    for one in _rows(base, tables.principals):
        faults += _read(f"the principal {one.name}", partial(principal_of, one.name, one.kind, one.kept))
    faults += _unfit_admissions(base)
    if not list(_rows(base, tables.generation)):
        faults.append("the count of writes is missing")
    return faults[:FAULTS_MOST] + ([f"{len(faults)} faults in all"] if len(faults) > FAULTS_MOST else [])


def _unfit_admissions(base: sa.Connection) -> list[str]:
    """Count in the engine: there may be a million."""
    unfit = sa.func.length(tables.admissions.c.facts) != FACTS_BYTES
    many = base.execute(sa.select(sa.func.count()).select_from(tables.admissions).where(unfit)).scalar_one()
    return [f"{many} admissions are kept without their {FACTS_BYTES} bytes of facts"] if many else []


def _rows(base: sa.Connection, table: sa.Table) -> Rows:
    return base.execute(sa.select(table).order_by(*table.primary_key)).all()


def _read(what: str, read: Callable[[], Any]) -> list[str]:
    try:
        read()
    except (ValueError, KeyError, TypeError) as error:
        return [f"{what} cannot be read ({error!r})"]
    return []
