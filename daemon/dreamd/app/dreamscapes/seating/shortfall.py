"""Why a Dreamscape cannot start: the first failed check of each bed that its plan asks for.

The first BEDS_NAMED are looked at and named: a start costs no look at a whole fleet.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from dreamd.core.dreamscapes.admission import first_refusal
from dreamd.core.dreamscapes.views import SeatState
from dreamd.core.refusals import Code, Refusal

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape
    from dreamd.app.fleet.registry import PodRegistry

BEDS_NAMED: Final = 5


def below_minimum(session: "Dreamscape", fleet: "PodRegistry", admitted: int) -> Refusal:
    """Return the refusal of a start with so many admitted."""
    plan = session.plan
    admitted_pods = {seat.pod for seat in session.seats if seat.state is SeatState.ADMITTED}
    missing = (pod for pod in _asked(session, fleet) if pod not in admitted_pods)
    named = [f"{pod}: {_why(session, fleet, pod)}" for pod in islice(missing, BEDS_NAMED)]
    if next(missing, None) is not None:
        named.append("and others")
    why = f" ({'; '.join(named)})" if named else " (no pod has connected)"
    return Refusal(
        Code.BELOW_MINIMUM,
        f"{admitted} of {plan.seats_min} admitted{why}",
        {"admitted": str(admitted), "minimum": str(plan.seats_min)},
    )


def _asked(session: "Dreamscape", fleet: "PodRegistry") -> Iterator[str]:
    """The pods of the plan, by name: those invited, else those of the site."""
    plan = session.plan
    if plan.pods:
        return iter(plan.pods)
    return (record.pod for record in fleet.after("") if plan.site in ("", record.presence.site))


def _why(session: "Dreamscape", fleet: "PodRegistry", pod: str) -> str:
    record = fleet.get(pod)
    if record is None:
        return "has never connected"
    refusal = first_refusal(session.explain(record))
    # The name of the pod stands in front already.
    return "waits to be seated" if refusal is None else refusal.sentence.replace(f"pod {pod}", "it")
