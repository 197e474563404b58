"""The bars to a start or a resume: a wake order, a moratorium, too few healthy sleepers."""

from dreamd.app.dependencies import Dependencies
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.admission import OF_EMPTY_BEDS
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.quorum import quorum


def is_person(record: PodRecord) -> bool:
    """Whether a person lies in this bed, or may; an empty bed calibrates by a replay or a simulation."""
    return record.status is None or record.status.calibration.source not in OF_EMPTY_BEDS


def barred(dependencies: Dependencies, plan: Plan, holding: list[Seat]) -> Refusal | None:
    """Return what bars this Dreamscape from a start or a resume. holding: its seats with a slot."""
    order = dependencies.wakes.over(plan.dreamscape, plan.site)
    if order is not None:
        sentence = f"wake order {order.id} by {order.issuer} reaches {plan.dreamscape}"
        return Refusal(Code.WAKE_ORDER_ACTIVE, sentence, {"order": order.id})
    found = dependencies.moratoria.barring(plan.site, person=False)
    records = (dependencies.fleet.get(seat.pod) for seat in holding)
    for record in records:
        if found is None and record is not None:
            found = dependencies.moratoria.barring(record.presence.site, person=is_person(record))
    return found


def below_quorum(dependencies: Dependencies, own: tuple[int, int, int], plan: Plan) -> Refusal | None:
    """Return why too few of the assigned are healthy. own: assigned, healthy, away in this house."""
    assigned, healthy, _ = dependencies.shared.whole(plan.dreamscape, own, dependencies.clock.now_s())
    verdict = quorum(assigned, healthy, plan.intimate, alone=plan.kind.alone)
    if verdict.holds:
        return None
    return Refusal(Code.BELOW_QUORUM, f"{healthy} of {assigned} assigned are healthy: {verdict.value}")


def sites_of_people(dependencies: Dependencies, holding: list[Seat]) -> set[str]:
    """Return the sites in which a person lies in one of these seats' beds."""
    records = (dependencies.fleet.get(seat.pod) for seat in holding)
    return {record.presence.site for record in records if record is not None and is_person(record)}
