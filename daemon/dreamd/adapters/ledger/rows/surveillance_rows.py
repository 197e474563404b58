"""The rows of surveillance: counts of nights, watches, judged nights; and what is read of them."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows, Row
from dreamd.core.access.caller import Role
from dreamd.core.exposure.windows import DAY_S
from dreamd.core.surveillance.e_detector import Evidence
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.watch import Alarm, NightCount, Watch
from dreamd.ports.ledger.surveillance import NIGHTS_KEPT, JudgedNight

_COUNTS, _JUDGED = tables.dreamscape_nights, tables.judged_nights
COUNTED: Final = sa.select(_COUNTS).order_by(_COUNTS.c.night, _COUNTS.c.dreamscape)
WATCHES: Final = sa.select(tables.watches).order_by(tables.watches.c.kind)
JUDGED: Final = sa.select(_JUDGED).order_by(_JUDGED.c.night, _JUDGED.c.kind)
_BEFORE: Final = sa.bindparam("before", type_=tables.WHOLE)
_DROP_OLD: Final = tuple(table.delete().where(table.c.night < _BEFORE) for table in (_COUNTS, _JUDGED))


def count_row(count: NightCount) -> Row:
    """Return the row of one Dreamscape in one night."""
    cases = {kind.value: many for kind, many in count.cases.items()}
    told = {"night": count.night, "dreamscape": count.dreamscape, "sleepers": count.sleepers}
    return told | {"cases": json.dumps(cases, sort_keys=True), "answers": count.answers}


def count_of(row: Any) -> NightCount:  # noqa: ANN401 -- a row of SQLAlchemy
    """Return the counts of a row.

    Raises:
        ValueError, KeyError, TypeError: it cannot be read.
    """
    cases = {HarmKind(kind): int(many) for kind, many in json.loads(row.cases).items()}
    return NightCount(row.night, row.dreamscape, row.sleepers, cases, row.answers)


def watch_row(watch: Watch) -> Row:
    """Return the row of a watch."""
    kept: dict[str, object] = {
        "night": watch.night,
        "gathered": watch.gathered,
        "cases": watch.cases,
        "rate": watch.rate,
        "evidence": list(watch.evidence.by_ratio),
        "nights": watch.nights,
    }
    if watch.alarm is not None:
        alarm = watch.alarm
        agreed = {role.value: person for role, person in alarm.agreed.items()}
        kept["alarm"] = {
            "since_s": alarm.since_s,
            "value": alarm.value,
            "rate": alarm.rate,
            "agreed": agreed,
        }
    return {"kind": watch.kind.value, "kept": json.dumps(kept)}


def watch_of(row: Any) -> Watch:  # noqa: ANN401 -- a row of SQLAlchemy
    """Return the watch of a row.

    Raises:
        ValueError, KeyError, TypeError: it cannot be read.
    """
    kept: dict[str, Any] = json.loads(row.kept)
    alarm = None
    if "alarm" in kept:
        told = kept["alarm"]
        agreed = {Role(role): str(person) for role, person in told["agreed"].items()}
        alarm = Alarm(float(told["since_s"]), float(told["value"]), float(told["rate"]), agreed)
    return Watch(
        HarmKind(row.kind),
        night=int(kept["night"]),
        gathered=int(kept["gathered"]),
        cases=int(kept["cases"]),
        rate=float(kept["rate"]),
        evidence=Evidence(tuple(map(float, kept["evidence"]))),
        nights=int(kept["nights"]),
        alarm=alarm,
    )


def judged_row(judged: JudgedNight) -> Row:
    """Return the row of a judged night."""
    told = asdict(judged)
    return {"night": told.pop("night"), "kind": told.pop("kind"), "kept": json.dumps(told)}


def judged_of(row: Any) -> JudgedNight:  # noqa: ANN401 -- a row of SQLAlchemy
    """Return the judged night of a row.

    Raises:
        ValueError, KeyError, TypeError: it cannot be read.
    """
    return JudgedNight(row.night, row.kind, **json.loads(row.kept))


class SurveillanceRows:
    """Gathers the rows of surveillance; for one engine."""

    def __init__(self, insert: Callable[[sa.Table], Any]) -> None:
        """insert: the engine's own INSERT, which has ON CONFLICT."""
        self.subjects: Final[tuple[tuple[str, Callable[[GatheredRows, Any], None]], ...]] = (
            ("night_counts", _keeping(insert, _COUNTS, count_row)),
            ("watches", _keeping(insert, tables.watches, watch_row)),
            ("judged_nights", _keeping(insert, _JUDGED, judged_row)),
        )
        """The fields of a transaction, and what gathers their rows."""


def _keeping(
    insert: Callable[[sa.Table], Any], table: sa.Table, row: Callable[[Any], Row]
) -> Callable[[GatheredRows, Any], None]:
    """Keep each value as its row, in the place of the one of the same key."""
    new = insert(table)
    rest = {column.name: new.excluded[column.name] for column in table.columns if not column.primary_key}
    keep = new.on_conflict_do_update(index_elements=list(table.primary_key.columns.keys()), set_=rest)
    return lambda rows, values: rows.gather(table.name, keep, [row(one) for one in values])


def drop_old_nights(rows: GatheredRows, folded_s: float) -> None:
    """Drop the nights that are kept no longer at this time."""
    before = int(folded_s // DAY_S) - NIGHTS_KEPT
    for table, drop in zip((_COUNTS, _JUDGED), _DROP_OLD, strict=True):
        rows.gather(table.name, drop, [{"before": before}])
