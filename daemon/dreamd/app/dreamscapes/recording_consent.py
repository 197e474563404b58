"""Whether a Dreamscape can be recorded by this daemon. Each sleeper is asked for `record` at admission."""

from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.recordings import Recordings


def unshared(plan: Plan, *, shared: bool) -> Refusal | None:
    """Return why a Dreamscape of this plan cannot be shared with other houses; None where it can."""
    if not shared or not plan.record:
        return None
    sentence = (
        f"plan.record: {plan.dreamscape} is shared with other houses, so a recording here would hold a part; "
        "make a plan without a recording"
    )
    return Refusal(Code.RECORDING_UNAVAILABLE, sentence, {"field": "plan.record"})


def recording_refused(plan: Plan, recordings: Recordings) -> Refusal | None:
    """Return why a Dreamscape of this plan cannot be recorded; None where it can, or need not be."""
    missing = recordings.missing() if plan.record else ""
    if not missing:
        return None
    sentence = (
        f"plan.record: {plan.dreamscape} cannot be recorded, {missing}; "
        "a recording also asks each sleeper for the scope record"
    )
    return Refusal(Code.RECORDING_UNAVAILABLE, sentence, {"field": "plan.record"})
