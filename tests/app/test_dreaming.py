"""A Dreamscape on the stage: gathering, dreaming, severing, and what must never happen meanwhile."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.core.access.caller import SIGNALLED
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, Plan, SeatState
from dreamd.core.refusals import Code, Refusal
from dreamwire.messages import Assign, PodEventKind, Release, WakePod
from fakes.callers import OPERATOR, named
from fakes.stage import Stage


def state(stage: Stage) -> DreamscapeState:
    """The Dreamscape's state."""
    return stage.app.dreamscapes.get("night").state


def events(stage: Stage) -> list[str]:
    """All sentences of the journal."""
    journal = stage.app.journal
    return [event.sentence for event in journal._events]


def test_four_sleepers_gather_and_are_granted() -> None:
    """Healthy checked-in sleepers are assigned at Start and granted the ceiling within a second."""
    stage = Stage()
    stage.appear()
    stage.dream()
    assert state(stage) is DreamscapeState.DREAMING
    assert {stage.coupling(pod.name) for pod in stage.pods} == {25}


def test_start_below_minimum_is_refused_with_the_reasons() -> None:
    """Start with too few admitted is refused with the reasons of the others."""
    stage = Stage()
    stage.appear()
    stage.pods[0].quality = stage.pods[1].quality = 0.3
    stage.app.dreamscapes.create(OPERATOR, Plan("night", seats_min=3, seats_max=4, ramp_s=10, ceiling=0.1))
    stage.hop(8)
    refusal = stage.app.dreamscapes.start(OPERATOR, "night")
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.BELOW_MINIMUM
    assert "bed-1" in refusal.sentence


def test_a_silent_pod_is_excluded_and_the_rest_dream_on() -> None:
    """A pod without frames is at zero within three hops; the others keep their couplings."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.hop(16)
    stage.pods[0].sends = False
    stage.hop(3)
    assert stage.coupling("bed-1") == 0
    assert stage.coupling("bed-2") > 0
    stage.hop(3)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.OPEN


def test_a_nonfinite_frame_is_zero_in_the_very_next_message() -> None:
    """One NaN feature trips the breaker at once: weight and coupling are zero in the next broadcast."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    sick = stage.pods[2]
    sick.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    stage.hop(1)
    assert stage.coupling(sick.name) == 0
    newest = stage.link.collectives[-1]
    assert newest.answered[sick.assign.slot] == 0
    assert np.isfinite(newest.sum).all()


def test_sever_zeroes_in_the_call_and_resume_dreams_on() -> None:
    """Sever publishes zeros before it returns; Resume brings couplings back with the next tick."""
    stage = Stage()
    stage.appear()
    stage.dream()
    before = len(stage.link.collectives)
    ticket = stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert len(stage.link.collectives) == before + 1
    assert not stage.link.collectives[-1].coupling.any()
    assert state(stage) is DreamscapeState.SEVERED
    stage.hop(1)
    assert ticket.outcome().confirmed == 4
    stage.app.dreamscapes.resume(OPERATOR, "night")
    stage.hop(1)
    assert stage.coupling("bed-1") > 0


def test_wake_is_obeyed_everywhere_and_ends_when_all_are_home() -> None:
    """Wake zeroes first, then orders; the Dreamscape ends when every pod has latched."""
    stage = Stage()
    stage.appear()
    stage.dream()
    stage.app.dreamscapes.wake(named("an operator"), "night", "morning")
    woken = [c for c in stage.link.commands if isinstance(c.what, WakePod)]
    assert len(woken) == 4
    stage.hop(4)
    assert state(stage) is DreamscapeState.ENDED
    assert all(seat.state is SeatState.LEFT for seat in stage.app.dreamscapes.get("night").seats)


def test_release_takes_one_bed_and_the_others_keep_their_couplings() -> None:
    """Release sends its order first, and the others keep their couplings."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.app.pods.release(OPERATOR, "bed-1", "asked")
    assert isinstance(stage.link.commands[-1].what, Release)
    stage.hop(1)
    assert stage.coupling("bed-2") > 0
    assert stage.app.dreamscapes.get("night").assigned == 4


def test_a_released_pod_is_not_seated_again_across_restarts() -> None:
    """A released pod stays out of this Dreamscape, restarts included, until a new check-in."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.app.pods.release(OPERATOR, "bed-1", "asked")
    stage.hop(12)
    assert stage.app.dreamscapes.get("night").assigned == 4
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.hop(12)
    assert stage.app.dreamscapes.get("night").assigned == 4
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.lie_down("bed-1", "another")
    stage.hop(12)
    assert stage.app.dreamscapes.get("night").assigned == 5


def test_a_slot_is_never_given_twice_in_a_term() -> None:
    """A rebooted pod gets another slot; no slot is assigned twice in a term."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    pod = stage.pods[0]
    for reboot in range(1, 4):
        pod.assign, pod.incarnation = None, 1000 + reboot
        pod.presence()
        pod.status()
        stage.hop(8)
    assigns = [c for c in stage.link.commands if isinstance(c.what, Assign)]
    slots = [(c.what.term, c.what.cohort, c.what.slot) for c in assigns]
    given = {(c.what.assignment, *slot) for c, slot in zip(assigns, slots, strict=True)}
    assert len(given) == len(set(slots)) == 8, "an assign that renews a key names the slot that its pod holds"


def test_below_quorum_the_dreamscape_is_severed() -> None:
    """Below half of the assigned healthy, the Dreamscape is severed with its cause."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream()
    stage.hop(8)
    for pod in stage.pods[:4]:
        pod.event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)
    stage.hop(1)
    assert state(stage) is DreamscapeState.SEVERED
    assert not stage.link.collectives[-1].coupling.any()


def test_most_frames_missing_is_an_uplink_failure_without_trips() -> None:
    """Most frames missing at once is an uplink failure: no trip, coupling zero, recovery by itself."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.hop(16)
    for pod in stage.pods:
        pod.sends = False
    stage.hop(10)
    assert not stage.link.collectives[-1].coupling.any()
    assert all(view.breaker is BreakerState.CLOSED for view in stage.app.pods.list())
    assert any("the broker or our network is down" in sentence for sentence in events(stage))
    for pod in stage.pods:
        pod.sends = True
    stage.hop(4)
    assert stage.coupling("bed-1") > 0
    assert state(stage) is DreamscapeState.DREAMING


def cut_off(told: int, pods: int = 8, of: int = 5) -> Stage:
    """Cut off so many of so many pods; the broker reports the disconnect of `told` of them."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(16)
    for pod in stage.pods[:of]:
        pod.sends = False
    for pod in stage.pods[:told]:
        pod.presence(online=False)
    stage.hop(8)
    return stage


@pytest.mark.parametrize("told", [0, 3, 5])
def test_most_gone_at_once_is_an_uplink_failure_reported_or_not(told: int) -> None:
    """An uplink failure zeroes everyone without a trip or sever, whether or not disconnects are reported."""
    stage = cut_off(told)
    assert state(stage) is DreamscapeState.DREAMING
    assert any("the broker or our network is down" in sentence for sentence in events(stage))
    assert not stage.link.collectives[-1].coupling.any()
    stage.hop(80)
    assert all(view.breaker is BreakerState.CLOSED for view in stage.app.pods.list())
    for pod in stage.pods[:5]:
        pod.back()
    stage.hop(4)
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)


def test_a_pod_gone_for_half_a_minute_is_out_and_the_rest_dream_on() -> None:
    """A pod gone for half a minute is out by a transport cause.

    On return it is scored without an operator.
    """
    stage = cut_off(5)
    stage.hop(4 * 31)
    breakers = {view.pod: (view.breaker, view.breaker_cause) for view in stage.app.pods.list()}
    assert all(breakers[f"bed-{n}"] == (BreakerState.OPEN, "stale") for n in range(1, 6))
    assert state(stage) is DreamscapeState.DREAMING
    assert all(stage.coupling(f"bed-{n}") > 0 for n in (6, 7, 8))
    for pod in stage.pods[:5]:
        pod.back()
    stage.hop(40)
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)


def test_no_network_severs_those_it_leaves_too_few() -> None:
    """Two of five reachable are at zero, not severed; all dream again when the others return."""
    stage = cut_off(3, pods=5, of=3)
    stage.hop(4 * 40)
    assert state(stage) is DreamscapeState.DREAMING
    assert not stage.link.collectives[-1].coupling.any()
    for pod in stage.pods[:3]:
        pod.back()
    stage.hop(40)
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)


def test_most_reachable_pods_failed_severs_the_dreamscape() -> None:
    """Three real failures among the five reachable of eight sever the Dreamscape, with the reason."""
    stage = Stage(pods=8)
    stage.appear()
    stage.dream()
    stage.hop(16)
    for pod in stage.pods[:3]:
        pod.sends = False
    stage.hop(16)
    assert state(stage) is DreamscapeState.DREAMING
    for pod in stage.pods[3:6]:
        pod.event(PodEventKind.MALFUNCTION, "railed")
        stage.hop(60)
    view = stage.app.dreamscapes.get("night")
    assert view.state is DreamscapeState.SEVERED
    assert "3 away" in view.state_cause


def test_a_device_that_does_not_obey_is_cut_though_most_are_missing() -> None:
    """During an uplink failure a device fault still trips its pod."""
    stage = cut_off(0)
    stage.pods[7].bend = lambda frame: replace(frame, applied=0.4)
    stage.hop(3)
    assert stage.app.pods.get("bed-8").breaker_cause == "actuator"


def test_half_open_deadlines_pause_in_an_uplink_failure() -> None:
    """HALF_OPEN deadlines stand still while pods cannot be heard."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    stage.pods[0].event(PodEventKind.MALFUNCTION, "railed")
    while stage.app.pods.get("bed-1").breaker is not BreakerState.HALF_OPEN:
        stage.hop()
    for pod in stage.pods:
        pod.sends = False
    stage.hop(4 * 70)
    for pod in stage.pods:
        pod.sends = True
    stage.hop(40)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.CLOSED


def test_while_most_are_missing_no_coupling_is_granted() -> None:
    """With five of eight missing the three others are at zero too, and return with them."""
    stage = Stage(pods=8)
    stage.appear()
    stage.dream()
    stage.hop(16)
    for pod in stage.pods[:5]:
        pod.sends = False
    stage.hop(6)
    assert not stage.link.collectives[-1].coupling.any()
    for pod in stage.pods[:5]:
        pod.sends = True
    stage.hop(2)
    assert stage.coupling("bed-8") > 0


def test_a_flood_of_nonsense_does_not_fill_the_journal() -> None:
    """A thousand malformed statuses are one line of the journal."""
    stage = Stage(pods=3)
    before = len(events(stage))
    for _ in range(1000):
        stage.app.inbound.on_malformed("bed-1", "status", "nonsense")
    assert len(events(stage)) == before + 1


def test_a_restarted_daemon_takes_the_dreamscape_up_from_zero() -> None:
    """After a crash pods are assigned under a higher term, scored at zero, then granted again."""
    stage = Stage(pods=4)
    stage.appear()
    stage.dream()
    first_term = stage.link.collectives[-1].term
    stage.clock.at_s += 2.0
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.hop(8)
    newest = stage.link.collectives[-1]
    assert newest.term > first_term
    assert not newest.coupling.any()
    stage.hop(40)
    assert stage.coupling("bed-1") > 0


def test_late_joiners_are_seated_while_dreaming() -> None:
    """A sleeper who checks in after Start gets a seat if late joining is on."""
    stage = Stage(pods=4)
    late = stage.pods.pop()
    stage.appear()
    stage.dream(seats_max=5)
    stage.pods.append(late)
    late.presence()
    late.status()
    stage.lie_down(late.name, "latecomer")
    stage.hop(12)
    assert stage.coupling(late.name) > 0


def test_shutdown_zeroes_everyone_before_anything_else() -> None:
    """A shutdown first sends zero collectives, and settles when pods confirm."""
    stage = Stage()
    stage.appear()
    stage.dream()
    before = len(stage.link.collectives)
    stage.app.shutdown(SIGNALLED)
    assert not stage.link.collectives[before].coupling.any()
    stage.hop(2)
    assert stage.app.settled
    assert not any(c.coupling.any() for c in stage.link.collectives[before:])
