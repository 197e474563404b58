"""A plan that is changed before its Dreamscape starts.

Until then no pod holds a slot, so nothing that is granted depends on the plan. The new plan is in the ledger
before it counts. A seat stays where the plan still asks for its pod; the others are left, the highest numbers
first where there are too many.
"""

from collections.abc import Callable
from dataclasses import replace

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import NOT_STARTED, Dreamscape
from dreamd.app.dreamscapes.seating.seat_commits import Started
from dreamd.core.dreamscapes.admission import selects, validate_plan
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import DreamscapeView, Plan, SeatState
from dreamd.core.guidelines.plans import against_plan, judged_by
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.ledger.transaction import Transaction


def amend(
    dreamscape: Dreamscape, dependencies: Dependencies, plan: Plan, view: Callable[[], DreamscapeView]
) -> Started:
    """Put this plan in the place of the one there is, once the ledger has it; view: makes the answer."""
    refusal = refused(dreamscape, plan, dependencies)
    if refusal is not None:
        return refusal
    plan = judged_by(plan, dependencies.guidelines.in_force.bundle)
    if dreamscape.seat_commits.start_waits:
        return Refusal(Code.LEDGER_UNAVAILABLE, f"the start of {plan.dreamscape} waits for the ledger")

    def amended() -> DreamscapeView | Refusal:
        """The ledger has the plan; a Dreamscape that has begun meanwhile keeps the old one."""
        late = refused(dreamscape, plan, dependencies)
        if late is not None:
            dreamscape.records.save()
            return late
        for seat in misplaced(dreamscape, plan, dependencies):
            dreamscape.assignment.leave(seat, "plan")
        dreamscape.adopt_plan(plan, changed(dreamscape.plan, plan))
        return view()

    return dependencies.commits.ask(
        Transaction(dreamscapes=(replace(dreamscape.record(), plan=plan),)),
        "the plan",
        lambda _terms: amended(),
        undo=dreamscape.records.save,
    )


def refused(dreamscape: Dreamscape, plan: Plan, dependencies: Dependencies) -> Refusal | None:
    """Return why this plan cannot take the place of the one there is, or None."""
    before = dreamscape.plan
    if dreamscape.state not in NOT_STARTED:
        sentence = (
            f"{before.dreamscape} is {dreamscape.state.value}: its plan is changed before the start alone"
        )
        return Refusal(Code.WRONG_STATE, sentence, {"state": dreamscape.state.value})
    if plan.kind is not before.kind:
        return bad_field("plan.kind", f"{before.kind.value}: a Dreamscape keeps its kind", plan.kind.value)
    # A start whose time has come and that waits for sleepers is no fault of the new plan.
    start_at_s = 0.0 if plan.start_at_s == before.start_at_s else plan.start_at_s
    fault = validate_plan(replace(plan, start_at_s=start_at_s), dependencies.clock.now_s())
    return fault or against_plan(plan, dependencies.guidelines.in_force.bundle)


def misplaced(dreamscape: Dreamscape, plan: Plan, dependencies: Dependencies) -> list[Seat]:
    """Return the seats this plan has no place for."""
    taken = [seat for seat in dreamscape.seats if seat.state is not SeatState.LEFT]
    if plan.schema != dreamscape.plan.schema:
        return taken
    kept = []
    for seat in taken:
        record = dependencies.fleet.get(seat.pod)
        asked = selects(plan, seat.pod, record.presence.site if record is not None else "")
        if asked and dependencies.invitations.may_wait(plan, seat.sleeper):
            kept.append(seat.number)
    fit = set(kept[: plan.seats_max])
    return [seat for seat in taken if seat.number not in fit]


def changed(before: Plan, after: Plan) -> str:
    """Return the names of what differs, for the journal."""
    names = (name for name in Plan.__slots__ if getattr(before, name) != getattr(after, name))
    return ", ".join(names) or "nothing"
