"""The consent that a plan asks of each sleeper: merge, and what else the Dreamscape does."""

from dreamd.core.consent.grant import Asked, needed
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import INTIMATE_BELOW


def asked_by(plan: Plan) -> Asked:
    """Return the scopes and the artist's share of this plan; below five seats it is intimate.

    An anchor session asks merge alone: its sleeper meets no other person.
    """
    intimate = not plan.kind.alone and (plan.intimate or not plan.seats_max >= INTIMATE_BELOW)
    return needed(intimate=intimate, artist_share=plan.artist_share, record=plan.record)
