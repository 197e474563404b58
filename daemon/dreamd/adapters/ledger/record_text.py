"""The record of a Dreamscape as the text in a ledger's row."""

import json
from dataclasses import asdict, fields
from typing import Any

from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord


def record_text(record: DreamscapeRecord) -> str:
    """Write a record as one line of JSON.

    Raises:
        LedgerError: it holds a number that is not finite.
    """
    try:
        return json.dumps({**asdict(record), "state": record.state.value}, allow_nan=False)
    except ValueError as error:
        raise LedgerError(
            f"the record of {record.plan.dreamscape} holds a number that is not finite"
        ) from error


def record_of(kept: dict[str, Any]) -> DreamscapeRecord:
    """Build a record from the output of `record_text`.

    A field with a default may be missing, an unknown field is dropped. A row that ended before the time of
    the end was recorded counts as ended when it was created.

    Raises:
        ValueError, KeyError, TypeError: it is no record.
    """
    known = {field.name for field in fields(Plan)}
    created_s, state = float(kept["created_s"]), DreamscapeState(kept["state"])
    ended_s = kept.get("ended_s") or (created_s if state is DreamscapeState.ENDED else 0.0)
    plan = {name: value for name, value in kept["plan"].items() if name in known}
    return DreamscapeRecord(
        plan=Plan(**{**plan, "pods": tuple(plan.get("pods", ()))}),
        state=state,
        created_s=created_s,
        seats=tuple((int(seat), str(pod), str(sleeper)) for seat, pod, sleeper in kept["seats"]),
        excused=tuple(map(str, kept["excused"])),
        mu_db=tuple(map(float, kept["mu_db"])),
        sigma_db=tuple(map(float, kept["sigma_db"])),
        ended_s=float(ended_s),
        sever_cause=str(kept.get("sever_cause", "")),
    )
