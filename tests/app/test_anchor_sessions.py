"""Anchor sessions in the daemon: one seat, its own account of minutes, the breakers of every Dreamscape."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.adapters.exposure import UNDER_AN_ANCHOR_MARK_MIN
from dreamd.core.clinic.levels import Level
from dreamd.core.consent.grant import Scope
from dreamd.core.dreamscapes.admission import validate_plan
from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, DreamscapeView, Plan, SeatState
from dreamd.core.limits import ANCHOR_CEILING, HOP_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.ledger.exposure import Account
from dreamwire import blend
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR
from fakes.stage import START_S, Stage

ANCHOR = Plan("alone", 1, 1, pods=("bed-1",), ceiling=ANCHOR_CEILING, ramp_s=10.0, kind=DreamscapeKind.ANCHOR)
MINUTE = round(60.0 / HOP_S)


def begun(**changes: object) -> Stage:
    """A stage of two beds; the sleeper of the first is in an anchor session and has granted merge alone."""
    stage = Stage(2)
    stage.appear(scopes=frozenset({Scope.MERGE}), artist_share=0.0)
    created(stage, ANCHOR, **changes)
    return stage


def created(stage: Stage, plan: Plan, **changes: object) -> None:
    """Create, gather and start it."""
    answer = stage.app.dreamscapes.create(OPERATOR, replace(plan, **changes))
    assert not isinstance(answer, Refusal), answer
    stage.hop(4)
    started = stage.app.dreamscapes.start(OPERATOR, plan.dreamscape)
    assert not isinstance(started, Refusal), started
    stage.hop(4)


def follow(stage: Stage, hops: int) -> None:
    """Let hops pass; the pod renders what it is granted."""
    for _ in range(hops):
        stage.hop()
        pod = stage.pod("bed-1")
        if pod.assign is not None:
            pod.applied = min(stage.coupling("bed-1") / 255, 0.10)


def minutes(stage: Stage, account: Account) -> float:
    """The minutes of the first sleeper that the ledger has in this account."""
    return sum(stage.ledger.exposure_buckets(0.0, account).get("sleeper-1", {}).values())


def shown(stage: Stage) -> DreamscapeView:
    """The anchor session as the API shows it."""
    view = stage.app.dreamscapes.get("alone")
    assert isinstance(view, DreamscapeView)
    return view


def test_one_sleeper_is_coupled_to_their_own_template_by_their_own_pod() -> None:
    """One pod is enough: its assign says so, and it is granted no more than the ceiling of the kind.

    The sleeper has granted merge and not `intimate`: no other person is there.
    """
    stage = begun()
    assign = stage.pod("bed-1").assign
    assert assign is not None
    assert assign.anchor
    assert assign.ceiling <= ANCHOR_CEILING
    assert 0 < stage.coupling("bed-1") <= 255 * ANCHOR_CEILING
    assert blend.ANCHOR_CEILING == ANCHOR_CEILING


def test_other_dreamscapes_have_no_anchor_in_their_assigns() -> None:
    """An assign of a shared Dreamscape is none of an anchor session."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    assert [pod.assign is not None and pod.assign.anchor for pod in stage.pods] == [False] * 4


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seats_min": 0}, "plan.seats_min"),
        ({"seats_max": 2}, "plan.seats_max"),
        ({"pods": ()}, "plan.pods"),
        ({"pods": ("bed-1", "bed-2")}, "plan.pods"),
        ({"intimate": True}, "plan.intimate"),
        ({"record": True}, "plan.record"),
        ({"artist_share": 0.1}, "plan.artist_share"),
        ({"ceiling": 0.11}, "plan.ceiling"),
        ({"ceiling": float("nan")}, "plan.ceiling"),
    ],
)
def test_nothing_of_another_is_in_the_plan_of_an_anchor_session(
    changes: dict[str, object], field: str
) -> None:
    """One seat, one named pod, no artist, no recording, at most .10; each is refused by its field."""
    fault = validate_plan(replace(ANCHOR, **changes), START_S)  # type: ignore[arg-type]
    assert fault is not None
    assert (fault.code, fault.metadata["field"]) == (Code.INVALID_ARGUMENT, field)
    assert validate_plan(ANCHOR, START_S) is None
    assert validate_plan(replace(ANCHOR, ceiling=0.0), START_S) is None


def test_a_sitting_alone_couples_nothing() -> None:
    """With a ceiling of 0 the session is a sitting: it starts, and nothing is ever granted."""
    stage = begun(ceiling=0.0)
    follow(stage, 20)
    assert shown(stage).seats[0].state is SeatState.ASSIGNED
    assert not any(np.any(one.coupling) for one in stage.link.collectives)
    stage.app.dreamscapes.end(OPERATOR, "alone", "over")
    stage.hop(8)
    assert minutes(stage, Account.ANCHOR) == 0.0


def test_minutes_are_counted_apart_and_whole() -> None:
    """Half a minute at .10 is half a minute of anchor sessions, no merge-minute, and no planned dose.

    The night of the sleeper has it, and no time in which they were merged.
    """
    stage = begun()
    follow(stage, MINUTE // 2)
    stage.pod("bed-1").event(PodEventKind.MERGED)
    stage.app.dreamscapes.end(OPERATOR, "alone", "over")
    stage.hop(8)
    night = stage.app._deps.nights.present("sleeper-1")
    assert night is not None
    assert (night.spans, night.lived_min, night.planned_min) == ((), 0.0, 0.0)
    assert night.anchored_min == minutes(stage, Account.ANCHOR)
    assert minutes(stage, Account.ANCHOR) == pytest.approx(0.5, abs=0.08)
    assert minutes(stage, Account.MERGING) == 0.0
    assert stage.ledger.planned_doses("alone") == {}
    assert {**stage.ledger.merging(), **stage.ledger.merging(Account.ANCHOR)} == {}


def test_the_minutes_of_the_clause_are_the_most_of_a_day() -> None:
    """At the limit of clause 9.4 the pod is released; its seat waits, and names the clause.

    The dose of merge-minutes is untouched by it: the same sleeper may merge with others.
    """
    stage = begun()
    account = stage.app._deps.anchors.exposures
    account.kept(account.closing({"sleeper-1": 59.8}, stage.clock.at_s))
    account.kept(account.opening(("sleeper-1",), stage.clock.at_s))
    follow(stage, MINUTE // 2)
    seat = shown(stage).seats[0]
    assert (seat.state, seat.refusal_code) == (SeatState.WAITING, Code.EXPOSURE_REACHED.value)
    assert "limit of clause G-9.4, 60 minutes of anchor sessions in 24 hours" in seat.refusal
    assert stage.pod("bed-1").assign is None
    assert stage.app._deps.doses.dose("sleeper-1", stage.clock.at_s).charged_min == 0.0


def test_a_crash_charges_the_most_that_was_possible() -> None:
    """A daemon that dies under a mark has its sleeper charged for the whole time that the mark holds."""
    stage = begun()
    follow(stage, 8)
    assert set(stage.ledger.merging(Account.ANCHOR)) == {"sleeper-1"}
    before = minutes(stage, Account.ANCHOR)
    stage.restart()
    assert minutes(stage, Account.ANCHOR) - before == pytest.approx(UNDER_AN_ANCHOR_MARK_MIN)
    assert minutes(stage, Account.MERGING) == 0.0


def test_a_breaker_takes_the_sleeper_out_and_brings_them_back() -> None:
    """A bad signal trips the bed's breaker: zero; no quorum severs the session, and it ramps again."""
    stage = begun()
    pod = stage.pod("bed-1")
    pod.quality = 0.1
    stage.hop(12)
    assert stage.coupling("bed-1") == 0
    assert shown(stage).seats[0].breaker is BreakerState.OPEN
    assert shown(stage).state is DreamscapeState.DREAMING
    pod.quality = 0.9
    stage.hop(round(50.0 / HOP_S))
    assert stage.coupling("bed-1") > 0


def test_no_sign_of_a_group_severs_one_sleeper() -> None:
    """A sleeper that moves far from their own calibration is no runaway of a group: there is none."""
    stage = begun()
    pod = stage.pod("bed-1")
    calm = pod.profile.copy()
    for far, hops in ((0.0, 60), (4.0, 100)):
        pod.profile = calm + far
        stage.hop(hops)
    assert shown(stage).state is DreamscapeState.DREAMING
    assert stage.coupling("bed-1") > 0


def test_a_sever_zeroes_at_once_and_a_resume_needs_no_second_sleeper() -> None:
    """A sever is zero in the very call; one healthy sleeper is enough to resume."""
    stage = begun()
    stage.app.dreamscapes.sever(OPERATOR, "alone", "test")
    assert stage.coupling("bed-1") == 0
    resumed = stage.app.dreamscapes.resume(OPERATOR, "alone")
    assert not isinstance(resumed, Refusal), resumed
    stage.hop(2)
    assert stage.coupling("bed-1") > 0


def test_a_restart_restores_an_anchor_session_as_one() -> None:
    """The kind is in the ledger: after a restart the new assign is of an anchor session again."""
    stage = begun()
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(round(40.0 / HOP_S))
    assign = stage.pod("bed-1").assign
    assert assign is not None
    assert assign.anchor
    assert shown(stage).plan.kind is DreamscapeKind.ANCHOR
    assert stage.coupling("bed-1") > 0


def test_the_kind_of_a_dreamscape_never_changes() -> None:
    """An update that names another kind is refused by that field."""
    stage = Stage(2)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, ANCHOR)
    other = replace(ANCHOR, kind=DreamscapeKind.SHARED, seats_min=3, seats_max=3, pods=())
    refused = stage.app.dreamscapes.update(OPERATOR, other)
    assert isinstance(refused, Refusal)
    assert refused.metadata["field"] == "plan.kind"


def test_a_held_sleeper_may_have_an_anchor_session_and_no_merge() -> None:
    """A case of level 1 holds its person from the others: a group's seat waits, an anchor session runs."""
    stage = Stage(4)
    stage.appear()
    stage.app._deps.clinic.add_evidence("sleeper-1", Level.NOW, "distress", "severed in distress")
    created(stage, ANCHOR)
    assert stage.coupling("bed-1") > 0
    stage.app.dreamscapes.end(OPERATOR, "alone", "over")
    stage.hop(8)
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 4, ramp_s=10.0, ceiling=0.1))
    stage.hop(4)
    view = stage.app.dreamscapes.get("night")
    assert isinstance(view, DreamscapeView)
    refusals = {seat.pod: seat.refusal_code for seat in view.seats}
    assert refusals == {"bed-1": Code.ON_HOLD.value, "bed-2": "", "bed-3": "", "bed-4": ""}
