"""Guests of intimate Dreamscapes: seated by acceptances that cover everyone, and out in the call."""

import pytest

from dreamd.core.dreamscapes.views import DreamscapeState, Plan, SeatState
from dreamd.core.invitations.course import Answer, Invitation
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.machines.grants import SLEEPER
from dreamd.simulation.machines.guests import all_come
from fakes.callers import OPERATOR
from fakes.people import granted
from fakes.stage import Stage

DUET = Plan("duet", 2, 4, ramp_s=10.0, ceiling=0.1, intimate=True)
ASH, BIRCH, CEDAR = "sleeper-1", "sleeper-2", "sleeper-3"


def gathering(pods: int = 3, plan: Plan = DUET) -> Stage:
    """Pods with sleepers, and an intimate Dreamscape without guests."""
    stage = Stage(pods)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, plan)
    return stage


def invite(stage: Stage, *sleepers: str) -> Invitation:
    """Invite these."""
    listed = stage.app.invitations.invite_guests(OPERATOR, "duet", sleepers)
    assert isinstance(listed, Invitation)
    return listed


def accept(stage: Stage, *sleepers: str) -> None:
    """These guests accept the list as it is."""
    for sleeper in sleepers:
        revision = listed(stage).revision
        told = stage.app.invitations.accept_invitation(SLEEPER, sleeper, "duet", revision)
        assert isinstance(told, Invitation)


def listed(stage: Stage) -> Invitation:
    """The list."""
    found = stage.app.invitations.guests_of(OPERATOR, "duet")
    assert isinstance(found, Invitation)
    return found


def dreaming(stage: Stage, *sleepers: str) -> None:
    """These are invited, accept and dream."""
    invite(stage, *sleepers)
    accept(stage, *sleepers)
    stage.hop(4)
    started = stage.app.dreamscapes.start(OPERATOR, "duet")
    assert not isinstance(started, Refusal), started
    stage.hop(8)
    assert coupled(stage) == {f"bed-{sleeper[-1]}" for sleeper in sleepers}


def coupled(stage: Stage) -> set[str]:
    """The pods with a coupling in the newest broadcast."""
    newest = stage.link.collectives[-1]
    seated = (pod for pod in stage.pods if pod.assign is not None)
    return {pod.name for pod in seated if pod.assign is not None and newest.coupling[pod.assign.slot]}


def waits(stage: Stage, pod: str) -> str:
    """The sentence of the failed check `invitation` of this pod; empty: it passes."""
    checks = stage.app.dreamscapes.explain("duet", pod)
    assert isinstance(checks, tuple)
    (found,) = (check for check in checks if check.name == "invitation")
    assert found.passed or found.code == Code.NOT_INVITED.value
    return found.sentence


def test_a_seat_waits_until_each_acceptance_covers_everyone_seated() -> None:
    """No guest, no answer, one answer of two: none is coupled; with both they dream."""
    stage = gathering()
    stage.hop(4)
    started = stage.app.dreamscapes.start(OPERATOR, "duet")
    assert isinstance(started, Refusal)
    assert "not on the list" in started.sentence
    invite(stage, ASH, BIRCH)
    accept(stage, ASH)
    stage.hop(4)
    assert "has not accepted" in waits(stage, "bed-2")
    assert waits(stage, "bed-1") == ""
    assert isinstance(stage.app.dreamscapes.start(OPERATOR, "duet"), Refusal)
    accept(stage, BIRCH)
    stage.hop(4)
    stage.app.dreamscapes.start(OPERATOR, "duet")
    stage.hop(8)
    assert coupled(stage) == {"bed-1", "bed-2"}


def test_a_sleeper_of_no_list_takes_no_seat_from_a_guest() -> None:
    """With as many seats as guests, and others in the first beds, the guests have the seats."""
    stage = gathering(5, Plan("duet", 2, 2, ramp_s=10.0, ceiling=0.1, intimate=True))
    stage.hop(8)
    dreaming(stage, "sleeper-4", "sleeper-5")


def test_one_more_guest_waits_for_everyone_and_disturbs_nobody() -> None:
    """The seated dream on as the list grows; the new guest is seated once all have accepted anew."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH)
    invite(stage, CEDAR)
    accept(stage, CEDAR)
    stage.hop(8)
    assert coupled(stage) == {"bed-1", "bed-2"}
    assert "2 of 2 seated guests have not accepted" in waits(stage, "bed-3")
    accept(stage, BIRCH)
    stage.hop(4)
    assert "1 of 2 seated guests" in waits(stage, "bed-3")
    accept(stage, ASH)
    stage.hop(12)
    assert coupled(stage) == {"bed-1", "bed-2", "bed-3"}


@pytest.mark.parametrize("way", ["declines", "is taken off", "withdraws"])
def test_a_guest_that_leaves_is_at_zero_in_the_next_message(way: str) -> None:
    """The seat is released in the call and the others dream on; the acceptance counts no more."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH, CEDAR)
    match way:
        case "declines":
            ticket = stage.app.invitations.decline_invitation(SLEEPER, CEDAR, "duet")
            assert ticket.outcome().zeroed == 1
        case "is taken off":
            stage.app.invitations.uninvite_guests(OPERATOR, "duet", [CEDAR])
        case _:
            stage.app.consents.withdraw(SLEEPER, CEDAR)
    assert stage.pod("bed-3").assign is None
    stage.hop(1)
    assert coupled(stage) == {"bed-1", "bed-2"}
    granted(stage.app, CEDAR)
    stage.app.pods.check_out(OPERATOR, "bed-3")
    stage.app.pods.check_in(OPERATOR, "bed-3", CEDAR)
    stage.hop(8)
    assert coupled(stage) == {"bed-1", "bed-2"}
    assert waits(stage, "bed-3")


def test_the_last_but_one_guest_that_declines_ends_the_merge_of_both() -> None:
    """Of two one declines: one person is no group, and the Dreamscape is severed."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH)
    stage.app.invitations.decline_invitation(SLEEPER, BIRCH, "duet")
    stage.hop(1)
    assert coupled(stage) == set()
    view = stage.app.dreamscapes.get("duet")
    assert not isinstance(view, Refusal)
    assert view.state is DreamscapeState.SEVERED


def test_an_acceptance_counts_once_the_ledger_has_it_and_a_no_at_once() -> None:
    """While the ledger is slow an acceptance changes nothing; a no that comes meanwhile overtakes it."""
    stage = gathering()
    invite(stage, ASH, BIRCH)
    stage.ledger.held = True
    slow = stage.app.invitations.accept_invitation(SLEEPER, ASH, "duet", 1)
    again = stage.app.invitations.accept_invitation(SLEEPER, ASH, "duet", 1)
    assert isinstance(slow, Deferred)
    assert isinstance(again, Refusal)
    assert "has not accepted" in waits(stage, "bed-1")
    ticket = stage.app.invitations.decline_invitation(SLEEPER, ASH, "duet")
    assert not ticket.settled
    stage.ledger.release()
    stage.hop(1)
    assert ticket.settled
    assert isinstance(slow.answer(), Refusal)
    assert "declined" in waits(stage, "bed-1")
    stage.restart()
    assert [listed(stage).answer_of(one) for one in listed(stage).guests] == [Answer.DECLINED, Answer.ASKED]


def test_what_the_ledger_could_not_keep_is_not_so_and_a_no_is_kept_later() -> None:
    """With a full disk no guest is invited and none accepts; a no is written once the disk has room."""
    stage = gathering()
    invite(stage, ASH, BIRCH)
    accept(stage, ASH)
    stage.ledger.broken = "the disk is full"
    for no in (
        stage.app.invitations.invite_guests(OPERATOR, "duet", [CEDAR]),
        stage.app.invitations.accept_invitation(SLEEPER, BIRCH, "duet", 1),
    ):
        assert isinstance(no, Refusal)
        assert no.code is Code.LEDGER_UNAVAILABLE
    stage.app.invitations.decline_invitation(SLEEPER, ASH, "duet")
    assert [guest.accepted for guest in listed(stage).guests] == [0, 0]
    stage.ledger.broken = ""
    stage.hop(8)
    stage.restart()
    assert [listed(stage).answer_of(one) for one in listed(stage).guests] == [Answer.DECLINED, Answer.ASKED]


def test_guests_and_answers_outlive_a_restart() -> None:
    """After a restart the same guests dream on, from zero, and one that was taken off is not back."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH, CEDAR)
    stage.app.invitations.uninvite_guests(OPERATOR, "duet", [CEDAR])
    stage.hop(4)
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.hop(40)
    assert coupled(stage) == {"bed-1", "bed-2"}
    assert [guest.sleeper for guest in listed(stage).guests] == [ASH, BIRCH]


@pytest.mark.parametrize("live", [True, False])
def test_a_restored_ledger_asks_every_guest_anew(live: bool) -> None:
    """Learned while the daemon runs or at its start: no guest is seated before a new yes of each."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH)
    before = listed(stage).revision
    if live:
        stage.app.inbound.on_count(10**6)
    else:
        assert stage.ledger.storage is not None
        stage.ledger.storage.lived_s -= 10_000.0
        stage.restart()
        for pod in stage.pods:
            pod.presence()
    stage.hop(4)
    assert [guest.accepted for guest in listed(stage).guests] == [0, 0]
    assert listed(stage).revision > before
    stale = stage.app.invitations.accept_invitation(SLEEPER, ASH, "duet", before)
    assert isinstance(stale, Refusal)
    for number, sleeper in ((1, ASH), (2, BIRCH)):
        stage.lie_down(f"bed-{number}", sleeper)
    stage.hop(8)
    assert "has not accepted" in waits(stage, "bed-1")


def test_an_erased_guest_is_on_no_list() -> None:
    """The list names the others alone, and another person under the pseudonym is no guest."""
    stage = gathering()
    dreaming(stage, ASH, BIRCH, CEDAR)
    erased = stage.app.erasures.erase(SLEEPER, CEDAR)
    assert not isinstance(erased, Refusal)
    stage.hop(40)
    assert [guest.sleeper for guest in listed(stage).guests] == [ASH, BIRCH]
    assert coupled(stage) == {"bed-1", "bed-2"}
    stage.restart()
    assert [guest.sleeper for guest in listed(stage).guests] == [ASH, BIRCH]


def test_a_list_is_of_an_intimate_dreamscape_that_lives() -> None:
    """Others are refused: not intimate, unknown, ended. With the end the list is gone, in the ledger too."""
    stage = gathering()
    stage.app.dreamscapes.create(OPERATOR, Plan("crowd", 3, 8, ramp_s=10.0, ceiling=0.1))
    refused = {
        name: stage.app.invitations.invite_guests(OPERATOR, name, [ASH]) for name in ("crowd", "nowhere")
    }
    codes = {name: no.code for name, no in refused.items() if isinstance(no, Refusal)}
    assert codes == {"crowd": Code.INVALID_ARGUMENT, "nowhere": Code.DREAMSCAPE_UNKNOWN}
    invite(stage, ASH, BIRCH)
    stage.app.dreamscapes.end(OPERATOR, "duet", "over")
    stage.hop(12)
    no = stage.app.invitations.guests_of(OPERATOR, "duet")
    assert isinstance(no, Refusal)
    assert no.code is Code.WRONG_STATE
    assert stage.app.invitations.invitations_of(SLEEPER, ASH) == ()
    assert stage.ledger.invitations() == ()


def test_a_guest_is_a_sleeper_of_the_house() -> None:
    """A name that the house does not know, and one that is no pseudonym, are refused and not repeated."""
    stage = gathering()
    for wrong in ("nobody-here", "Ada Example"):
        no = stage.app.invitations.invite_guests(OPERATOR, "duet", [ASH, wrong])
        assert isinstance(no, Refusal)
        assert no.metadata["field"] == "sleepers[1]"
        assert wrong not in no.sentence
    assert listed(stage).guests == ()


def test_only_the_guest_accepts() -> None:
    """An operator that accepts for a guest is refused, and no event names a guest."""
    stage = gathering()
    invite(stage, ASH, BIRCH)
    no = stage.app.invitations.accept_invitation(OPERATOR, ASH, "duet", 1)
    assert isinstance(no, Refusal)
    assert no.code is Code.NOT_YOURS
    accept(stage, ASH)
    stage.app.invitations.decline_invitation(OPERATOR, ASH, "duet")
    told = [event.sentence for event in stage.app.journal._events if event.kind.startswith("guest")]
    assert len(told) == 3
    assert not any("sleeper-" in sentence for sentence in told)


def test_a_plan_that_becomes_intimate_asks_for_its_guests() -> None:
    """An update before the start asks as a creation does; the seats of those that are no guests wait."""
    stage = gathering(3, Plan("duet", 3, 4, ramp_s=10.0, ceiling=0.1))
    stage.hop(4)
    stage.app.dreamscapes.update(OPERATOR, DUET)
    stage.hop(4)
    started = stage.app.dreamscapes.start(OPERATOR, "duet")
    assert isinstance(started, Refusal)
    assert all_come(stage.app, "duet", [ASH, BIRCH])
    stage.hop(4)
    stage.app.dreamscapes.start(OPERATOR, "duet")
    stage.hop(8)
    assert coupled(stage) == {"bed-1", "bed-2"}
    view = stage.app.dreamscapes.get("duet")
    assert not isinstance(view, Refusal)
    assert [seat.pod for seat in view.seats if seat.state is not SeatState.LEFT] == ["bed-1", "bed-2"]
