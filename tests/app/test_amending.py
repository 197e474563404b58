"""Changing a plan before the start: stored, journaled, and followed by seats and lead."""

from dataclasses import replace

import pytest

from dreamd.app.stage.live_lead import LeadStream
from dreamd.core.dreamscapes.views import DreamscapeState, DreamscapeView, Plan, SeatState
from dreamd.core.refusals import Code, Refusal
from fakes.callers import OPERATOR
from fakes.stage import START_S, Stage

PLAN = Plan("night", seats_min=3, seats_max=8, ramp_s=10.0)


def gathering(plan: Plan = PLAN) -> Stage:
    """Four sleepers, and a Dreamscape that gathers them."""
    stage = Stage(4)
    stage.appear()
    stage.hop(4)
    assert not isinstance(stage.app.dreamscapes.create(OPERATOR, plan), Refusal)
    stage.hop(8)
    return stage


def view(stage: Stage) -> DreamscapeView:
    """The Dreamscape now."""
    found = stage.app.dreamscapes.get("night")
    assert not isinstance(found, Refusal)
    return found


def code(answer: object) -> Code:
    """The code of a refusal."""
    assert isinstance(answer, Refusal)
    return answer.code


def seated(stage: Stage) -> list[str]:
    """The pods with a seat that is not left."""
    return [seat.pod for seat in view(stage).seats if seat.state is not SeatState.LEFT]


def test_a_plan_is_changed_before_the_start() -> None:
    """Answer, ledger, journal and start follow the changed plan."""
    stage = gathering(replace(PLAN, seats_min=6))
    assert code(stage.app.dreamscapes.start(OPERATOR, "night")) is Code.BELOW_MINIMUM
    changed = stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_min=3))
    assert not isinstance(changed, Refusal)
    assert (changed.plan.seats_min, changed.state) == (3, DreamscapeState.GATHERING)
    assert stage.ledger.load()[0].plan.seats_min == 3
    told = stage.app.journal.events_after(stage.app.journal.newest - 1, 1)
    assert not isinstance(told, Refusal)
    assert (told[0].kind, told[0].cause) == ("plan-changed", "seats_min")
    started = stage.app.dreamscapes.start(OPERATOR, "night")
    assert not isinstance(started, Refusal)
    assert started.state is DreamscapeState.DREAMING


def test_seats_the_plan_no_longer_asks_for_are_left() -> None:
    """Fewer seats or other pods: excess seats are left and their pods can be seated elsewhere."""
    stage = gathering()
    assert seated(stage) == ["bed-1", "bed-2", "bed-3", "bed-4"]
    stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=3))
    stage.hop(8)
    assert seated(stage) == ["bed-1", "bed-2", "bed-3"]
    stage.app.dreamscapes.update(OPERATOR, replace(PLAN, pods=("bed-2", "bed-3", "bed-4")))
    stage.hop(8)
    assert sorted(seated(stage)) == ["bed-2", "bed-3", "bed-4"]


@pytest.mark.parametrize("act", ["start", "end"])
def test_a_plan_is_fixed_from_the_start_on(act: str) -> None:
    """After the start or the end a change is WRONG_STATE without effect."""
    stage = gathering()
    answer = (
        stage.app.dreamscapes.start(OPERATOR, "night")
        if act == "start"
        else stage.app.dreamscapes.end(OPERATOR, "night", "over")
    )
    assert not isinstance(answer, Refusal)
    stage.hop(8)
    assert code(stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=4))) is Code.WRONG_STATE
    assert view(stage).plan == PLAN


def test_an_edit_of_what_has_changed_since_is_refused() -> None:
    """An old etag is STALE_ETAG; with the newest the change is made, and the etag changes."""
    stage = gathering()
    etag = view(stage).etag
    assert not isinstance(stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=7), etag), Refusal)
    assert code(stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=6), etag)) is Code.STALE_ETAG
    assert not isinstance(
        stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=6), view(stage).etag), Refusal
    )


def test_validation_alone_changes_nothing() -> None:
    """The answer to a validation shows the plan as it would be; nothing changes."""
    stage = gathering()
    shown = stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=5), validate_only=True)
    assert not isinstance(shown, Refusal)
    assert (shown.plan.seats_max, view(stage).plan.seats_max) == (5, 8)
    assert (
        code(stage.app.dreamscapes.update(OPERATOR, replace(PLAN, seats_max=2), validate_only=True))
        is Code.INVALID_ARGUMENT
    )


def test_a_start_that_waits_does_not_forbid_an_edit() -> None:
    """A start that is due with too few sleepers still allows an edit: with a lower minimum it starts."""
    stage = gathering(replace(PLAN, seats_min=6, start_at_s=START_S + 4.0))
    stage.hop(40)
    kept = view(stage).plan
    assert view(stage).state is DreamscapeState.GATHERING
    assert not isinstance(stage.app.dreamscapes.update(OPERATOR, replace(kept, seats_min=3)), Refusal)
    stage.hop(8)
    assert view(stage).state is DreamscapeState.DREAMING


def test_a_lead_ends_with_a_new_plan() -> None:
    """A changed plan ends the lead under the old share: the next vector is refused, a new lead may begin."""
    stage = gathering(replace(PLAN, artist_share=0.3))
    lead = stage.app.dreamscapes.lead(OPERATOR, "night")
    assert isinstance(lead, LeadStream)
    stage.app.dreamscapes.update(OPERATOR, replace(PLAN, artist_share=0.1))
    assert code(lead.offer([0.0] * 12, 0.1)) is Code.WRONG_STATE
    assert isinstance(stage.app.dreamscapes.lead(OPERATOR, "night"), LeadStream)


def test_a_refused_start_names_each_bed() -> None:
    """A refused start names every bed of the plan that is not admitted, with its first failed check."""
    stage = Stage(3)
    stage.appear(sleepers=False)
    stage.hop(4)
    stage.app.dreamscapes.create(OPERATOR, replace(PLAN, pods=("bed-1", "bed-2", "bed-99")))
    refusal = stage.app.dreamscapes.start(OPERATOR, "night")
    assert code(refusal) is Code.BELOW_MINIMUM
    assert "bed-1: no sleeper is checked in to it" in str(refusal)
    assert "bed-99: has never connected" in str(refusal)
    assert "dreamd dreamscapes explain" in str(refusal)
    assert view(stage).unknown_pods == ("bed-99",)


def test_a_crowd_of_beds_is_named_in_part() -> None:
    """Of many such beds the first five are named."""
    stage = Stage(9)
    stage.appear(sleepers=False)
    stage.hop(4)
    stage.app.dreamscapes.create(OPERATOR, PLAN)
    refusal = stage.app.dreamscapes.start(OPERATOR, "night")
    assert isinstance(refusal, Refusal)
    assert refusal.sentence.count("no sleeper is checked in") == 5
    assert "and others" in refusal.sentence
