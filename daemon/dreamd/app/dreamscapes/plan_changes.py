"""A plan that is changed before its Dreamscape starts.

Until then no pod holds a slot, so nothing that is granted depends on the plan. The new plan is in the ledger
before it counts. A seat stays where the plan still asks for its pod; the others are left, the highest numbers
first where there are too many. Everything that was made for the plan is made anew.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from dreamd.core.dreamscapes.admission import selects, validate_plan
from dreamd.core.dreamscapes.views import DreamscapeState, Plan, SeatState
from dreamd.core.refusals import Code, Refusal

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
    from dreamd.app.fleet.registry import PodRegistry
    from dreamd.core.dreamscapes.seats import Seat

AMENDABLE = (DreamscapeState.PLANNED, DreamscapeState.GATHERING)


def refused(runtime: "DreamscapeRuntime", plan: Plan, now_s: float) -> Refusal | None:
    """Return why this plan cannot take the place of the one there is, or None."""
    before = runtime.plan
    if runtime.state not in AMENDABLE:
        sentence = f"{before.dreamscape} is {runtime.state.value}: its plan is changed before the start alone"
        return Refusal(Code.WRONG_STATE, sentence, {"state": runtime.state.value})
    # A start whose time has come and that waits for sleepers is no fault of the new plan.
    start_at_s = 0.0 if plan.start_at_s == before.start_at_s else plan.start_at_s
    return validate_plan(replace(plan, start_at_s=start_at_s), now_s)


def misplaced(runtime: "DreamscapeRuntime", plan: Plan, fleet: "PodRegistry") -> list["Seat"]:
    """Return the seats this plan has no place for."""
    taken = [seat for seat in runtime.seats if seat.state is not SeatState.LEFT]
    if plan.schema != runtime.plan.schema:
        return taken
    kept = [seat for seat in taken if selects(plan, seat.pod, _site_of(seat, fleet))]
    fit = {seat.number for seat in kept[: plan.seats_max]}
    return [seat for seat in taken if seat.number not in fit]


def _site_of(seat: "Seat", fleet: "PodRegistry") -> str:
    record = fleet.get(seat.pod)
    return record.presence.site if record is not None else ""


def changed(before: Plan, after: Plan) -> str:
    """Return the names of what differs, for the journal."""
    names = (name for name in Plan.__slots__ if getattr(before, name) != getattr(after, name))
    return ", ".join(names) or "nothing"
