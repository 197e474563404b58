"""The clauses that a plan is held to, at its creation and at each change."""

from dataclasses import replace

from dreamd.core.dreamscapes.views import Plan
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.forms import Place
from dreamd.core.guidelines.judgement import judge, refusal
from dreamd.core.refusals import Refusal


def judged_by(plan: Plan, bundle: Bundle) -> Plan:
    """Return the plan with the name of the revision that it is judged by."""
    name = "shipped-1" if bundle.revision == 1 else f"revision-{bundle.revision}"
    return plan if plan.guidelines == name else replace(plan, guidelines=name)


def plan_facts(plan: Plan) -> dict[str, float]:
    """Return the facts of a plan that clauses judge. No plan has a field for a reward or an advertisement."""
    return {
        "ceiling": plan.ceiling,
        "ramp_s": plan.ramp_s,
        "artist_share": plan.artist_share,
        "rewards": 0.0,
        "commercial": 0.0,
    }


def against_plan(plan: Plan, bundle: Bundle) -> Refusal | None:
    """Return the first clause of the guidelines that refuses a plan, or None."""
    found = judge(bundle, Place.PLAN, plan_facts(plan))
    return refusal(found[0], bundle.revision) if found else None
