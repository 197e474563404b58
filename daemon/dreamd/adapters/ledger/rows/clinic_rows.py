"""The clinic's rows: cases without evidence and notes, and the nights with a fault of a sleeper's device.

Of an erased sleeper the case stays as numbers that name nobody. While it has not ended it keeps the mark of
the name, by which it still holds; the row of fault nights goes.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.subject_column import Naming
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows, Row
from dreamd.core.clinic.course import Case, CaseKind, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import Level

GatherRows = Callable[[GatheredRows, Any], None]

_CASES: Final = tables.cases.c
_NAMELESS: Final = (
    tables.cases.update()
    .where(_CASES.sleeper == sa.bindparam("of"), _CASES.ended_s == 0.0)
    .values(sleeper="", mark=sa.bindparam("as"))
)
_NAMELESS_ENDED: Final = tables.cases.update().where(_CASES.sleeper == sa.bindparam("of")).values(sleeper="")
_DROP_NIGHTS: Final = tables.fault_nights.delete().where(tables.fault_nights.c.sleeper == sa.bindparam("of"))


class ClinicRows:
    """Gathers the clinic's rows; for one engine."""

    def __init__(self, keep: Callable[[sa.Table], Any], naming: Naming) -> None:
        """keep: the engine's INSERT that replaces a row of the same key. naming: of people."""
        self._naming = naming
        self._keep_case, self._keep_nights = keep(tables.cases), keep(tables.fault_nights)
        self.subjects: Final[tuple[tuple[str, GatherRows], ...]] = (
            ("cases", self._cases),
            ("fault_nights", self._nights),
        )

    def _cases(self, rows: GatheredRows, cases: Sequence[KeptCase]) -> None:
        rows.gather("cases", self._keep_case, [case_row(one) for one in cases])

    def _nights(self, rows: GatheredRows, nights: Sequence[tuple[str, int, int]]) -> None:
        named = [{"sleeper": one[0], "night": one[1], "running": one[2]} for one in nights]
        rows.gather("fault_nights", self._keep_nights, named)

    def gather_forgotten(self, rows: GatheredRows, forgotten: Sequence[tuple[str, float]]) -> None:
        """Add the changes that leave the cases of these sleepers without a name."""
        for sleeper, _ in forgotten:
            mark = self._naming.keys.mark_of(sleeper)
            rows.gather("cases", _NAMELESS, [{"of": sleeper, "as": mark}])
            rows.gather("cases", _NAMELESS_ENDED, [{"of": sleeper}])
            rows.gather("fault_nights", _DROP_NIGHTS, [{"of": sleeper}])


def case_row(kept: KeptCase) -> Row:
    """Return the row of a case."""
    case = kept.case
    named = {"id": case.id, "sleeper": case.person, "mark": kept.mark}
    return named | {"opened_s": case.opened_s, "ended_s": case.ended_s, "kept": case_text(kept)}


def case_text(kept: KeptCase) -> str:
    """Return the JSON of a case without its person, evidence and notes."""
    case = asdict(kept.case)
    for own in ("id", "person", "opened_s", "ended_s"):
        del case[own]
    case |= {"state": kept.case.state.value, "kind": kept.case.kind.value, "level": int(kept.case.level)}
    case["answer_by_s"] = case["answer_by_s"] if kept.case.answer_by_s < float("inf") else None
    body = {
        "case": case,
        "night": kept.night,
        "dreamscape": kept.dreamscape,
        "causes": list(kept.causes),
        "related": kept.related,
        "expected": kept.expected,
    }
    return json.dumps(body, allow_nan=False)


def case_of(row: Any) -> KeptCase:  # noqa: ANN401 -- a row of SQLAlchemy
    """Build a case without evidence and notes.

    Raises:
        ValueError, KeyError, TypeError: the row is not a case's.
    """
    body = json.loads(row.kept)
    told = body["case"]
    by_s = told.pop("answer_by_s")
    case = Case(
        id=row.id,
        person=row.sleeper,
        opened_s=row.opened_s,
        ended_s=row.ended_s,
        answer_by_s=float("inf") if by_s is None else float(by_s),
        **told
        | {
            "state": CaseState(told["state"]),
            "kind": CaseKind(told["kind"]),
            "level": Level(told["level"]),
        },
    )
    return KeptCase(
        case,
        int(body["night"]),
        str(body["dreamscape"]),
        tuple(body["causes"]),
        related=body["related"],
        expected=body["expected"],
        mark=bytes(row.mark),
    )
