"""Whether a Dreamscape may be recorded: its plan says that everyone seated has agreed, and the daemon can.

Until a check-in carries a consent of its own to it, the plan's flag is the agreement: the caller that plans
declares it for each person that will be seated, those who join late included.
"""

from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.recordings import Recordings


def recording_refused(plan: Plan, recordings: Recordings) -> Refusal | None:
    """Return why a Dreamscape of this plan cannot be recorded; None where it can, or need not be."""
    missing = recordings.missing() if plan.record else ""
    if not missing:
        return None
    sentence = (
        f"plan.record: {plan.dreamscape} cannot be recorded, {missing}; "
        "a recording also needs the agreement of everyone seated, which this flag declares"
    )
    return Refusal(Code.RECORDING_UNAVAILABLE, sentence, {"field": "plan.record"})
