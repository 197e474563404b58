"""The record of a Dreamscape as the text in a ledger's row; its seats are rows of their own."""

import json
from dataclasses import asdict, fields
from typing import Any, Final

from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord

Seats = tuple[tuple[int, str, str], ...]
"""Number, pod, sleeper."""
_KEPT: Final = tuple(
    field.name for field in fields(DreamscapeRecord) if field.name not in ("plan", "state", "seats")
)


def record_text(record: DreamscapeRecord) -> str:
    """Write a record, without its seats, as one line of JSON.

    Raises:
        LedgerError: it holds a number that is not finite.
    """
    try:
        kept = {name: getattr(record, name) for name in _KEPT}
        return json.dumps({"plan": asdict(record.plan), "state": record.state.value, **kept}, allow_nan=False)
    except ValueError as error:
        raise LedgerError(
            f"the record of {record.plan.dreamscape} holds a number that is not finite"
        ) from error


def record_of(kept: dict[str, Any], seats: Seats) -> DreamscapeRecord:
    """Build a record from the output of `record_text`, and its seats.

    A field with a default may be missing, an unknown field is dropped. A row that ended before the time of
    the end was recorded counts as ended when it was created.

    Raises:
        ValueError, KeyError, TypeError: it is no record.
    """
    known = {field.name for field in fields(Plan)}
    created_s, state = float(kept["created_s"]), DreamscapeState(kept["state"])
    ended_s = kept.get("ended_s") or (created_s if state is DreamscapeState.ENDED else 0.0)
    plan = {name: value for name, value in kept["plan"].items() if name in known}
    plan |= {"pods": tuple(plan.get("pods", ())), "kind": DreamscapeKind(plan.get("kind", "shared"))}
    return DreamscapeRecord(
        plan=Plan(**plan),
        state=state,
        created_s=created_s,
        seats=seats,
        excused=tuple(map(str, kept["excused"])),
        mu_db=tuple(map(float, kept["mu_db"])),
        sigma_db=tuple(map(float, kept["sigma_db"])),
        ended_s=float(ended_s),
        sever_cause=str(kept.get("sever_cause", "")),
    )
