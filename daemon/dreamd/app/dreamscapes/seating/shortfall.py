"""Why a Dreamscape cannot start: the first failed check of each bed that its plan asks for.

The first BEDS_NAMED beds are checked and named, so a start costs no pass over the fleet.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.fleet.registry import PodRegistry
from dreamd.core.dreamscapes.admission import first_refusal
from dreamd.core.dreamscapes.seats import Seats
from dreamd.core.dreamscapes.views import Plan, SeatState
from dreamd.core.refusals import Code, Refusal

BEDS_NAMED: Final = 5


def below_minimum(
    plan: Plan, seats: Seats, admission: Admission, fleet: PodRegistry, admitted: int
) -> Refusal:
    """Return the refusal of a start with so many admitted."""
    admitted_pods = {seat.pod for seat in seats if seat.state is SeatState.ADMITTED}
    missing = (pod for pod in _asked(plan, fleet) if pod not in admitted_pods)
    named = [f"{pod}: {_why(pod, admission, fleet)}" for pod in islice(missing, BEDS_NAMED)]
    if next(missing, None) is not None:
        named.append("and others")
    why = f" ({'; '.join(named)})" if named else " (no pod has connected)"
    return Refusal(
        Code.BELOW_MINIMUM,
        f"{admitted} of {plan.seats_min} admitted{why}",
        {"admitted": str(admitted), "minimum": str(plan.seats_min)},
    )


def _asked(plan: Plan, fleet: PodRegistry) -> Iterator[str]:
    """The pods of the plan, by name: those invited, else those of the site."""
    if plan.pods:
        return iter(plan.pods)
    return (record.pod for record in fleet.records_after("") if plan.site in ("", record.presence.site))


def _why(pod: str, admission: Admission, fleet: PodRegistry) -> str:
    record = fleet.get(pod)
    if record is None:
        return "has never connected"
    refusal = first_refusal(admission.explain(record, started=False))
    # The name of the pod stands in front already.
    return "waits to be seated" if refusal is None else refusal.sentence.replace(f"pod {pod}", "it")
