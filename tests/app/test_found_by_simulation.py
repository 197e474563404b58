"""What seeds have found in the daemon, each as a story of its own on the stage."""

from dataclasses import replace

import numpy as np

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, SeatState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEventKind, Release, StoredSever
from fakes.callers import OPERATOR
from fakes.stage import Stage


def dreaming(pods: int = 5) -> Stage:
    """Everybody dreams."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    return stage


def sentences(stage: Stage) -> list[str]:
    """The journal."""
    return [event.sentence for event in stage.app.journal._events]


def test_a_zero_in_between_holds_nobodys_state() -> None:
    """The broadcast of a sever names no frame and carries no sum: who just tripped has no weight in it."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    zero = stage.link.collectives[-1]
    assert not zero.coupling.any()
    assert not zero.answered.any()
    assert (zero.weight, zero.sum.any()) == (0.0, np.False_)
    stage.hop(1)
    assert stage.link.collectives[-1].answered.any(), "the next tick scores them again"


def test_a_quorum_lost_in_the_tick_of_a_trip_excludes_whoever_tripped_in_that_message() -> None:
    """Two NaN frames of four cost the quorum; no message after them holds either."""
    stage = dreaming(pods=4)
    for sick in stage.pods[:2]:
        sick.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    before = len(stage.link.collectives)
    stage.hop(1)
    slots = [pod.assign.slot for pod in stage.pods[:2] if pod.assign]
    later = stage.link.collectives[before:]
    assert later
    assert not any(message.answered[slot] or message.coupling[slot] for message in later for slot in slots)


def test_a_malfunction_told_after_the_seat_was_left_keeps_the_pod_away() -> None:
    """A sever told late, when its pod has no seat, still opens the breaker: checked in anew, it waits."""
    stage = dreaming()
    pod = stage.pods[0]
    stage.app.pods.check_out(OPERATOR, "bed-1")
    pod.event(PodEventKind.SEVERED, "railed")
    assert stage.app.pods.get("bed-1").breaker is BreakerState.OPEN
    stage.app.pods.check_in(OPERATOR, "bed-1", "sleeper-1")
    stage.hop(8)
    seat = next(seat for seat in stage.app.dreamscapes.get("night").seats if seat.pod == "bed-1")
    assert (seat.state, seat.refusal_code) == (SeatState.WAITING, "BREAKER_OPEN")
    stage.hop(4 * 21)
    assert pod.assign is None, "24 s at least are waited"
    while pod.assign is None:
        stage.hop(1)
    stage.hop(28)
    assert stage.coupling("bed-1") == 0, "and 7.5 s scored"
    stage.hop(8)
    assert stage.coupling("bed-1") > 0


def test_a_stored_sever_is_open_to_a_daemon_that_knows_nothing_of_the_pod() -> None:
    """A pod that was never seated here, and says it was severed for a fault, is OPEN at its first status."""
    stage = Stage(pods=4)
    stage.pods[0].severed = StoredSever("night", 5, 6, "flat")
    stage.pods[1].severed = StoredSever("night", 5, 6, "daemon")
    stage.appear()
    assert stage.app.pods.get("bed-1").breaker is BreakerState.OPEN
    assert stage.app.pods.get("bed-2").breaker is BreakerState.CLOSED, (
        "the daemon's own zero is nobody's fault"
    )


def test_a_stored_sever_of_a_seated_pod_leaves_no_weight_behind() -> None:
    """Told by a status, then by its event, a seated pod's fault is weight zero in the next message."""
    stage = dreaming()
    pod = stage.pods[0]
    pod.severed = StoredSever("night", 5, 6, "actuator")
    pod.status()
    pod.event(PodEventKind.MALFUNCTION, "actuator")
    stage.hop(1)
    assert pod.assign is not None
    newest = stage.link.collectives[-1]
    assert (newest.answered[pod.assign.slot], newest.coupling[pod.assign.slot]) == (0, 0)


def test_a_late_joiner_is_in_the_books_before_being_assigned() -> None:
    """Who joined after Start is no stray to the daemon that comes back."""
    stage = dreaming()
    stage.app.pods.check_out(OPERATOR, "bed-5")
    stage.hop(4)
    stage.app.pods.check_in(OPERATOR, "bed-5", "sleeper-5")
    stage.hop(8)
    assert stage.coupling("bed-5") > 0
    stage.restart()
    stage.link.commands.clear()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(2)
    assert not [c for c in stage.link.commands if isinstance(c.what, Release)]
    assert {seat.pod for seat in stage.app.dreamscapes.get("night").seats} >= {"bed-5"}


def test_who_left_by_themselves_is_not_waited_for_after_a_restart() -> None:
    """A seat that was left is left in the books too."""
    stage = dreaming()
    stage.pods[0].latched = "wake"
    stage.pods[0].event(PodEventKind.LATCHED, "wake")
    stage.hop(1)
    stage.restart()
    seats = {seat.pod: seat.state for seat in stage.app.dreamscapes.get("night").seats}
    assert seats.get("bed-1", SeatState.LEFT) is SeatState.LEFT


def test_an_actuator_that_does_not_obey_is_severed_after_two_frames() -> None:
    """Two frames that say more is rendered than was granted open the breaker, with both numbers told."""
    stage = dreaming()
    stage.hop(8)
    stage.pods[0].applied = 0.5
    stage.hop(1)
    assert stage.coupling("bed-1") > 0, "one frame is not enough"
    stage.hop(1)
    assert stage.coupling("bed-1") == 0
    assert any("actuator" in s and "renders 0.500, granted 0.098" in s for s in sentences(stage))


def test_what_was_granted_a_lease_and_a_fade_ago_excuses_what_is_rendered() -> None:
    """After a zero a pod may still fade for a while; for longer than lease and fade it may not."""
    stage = dreaming()
    stage.hop(8)
    for pod in stage.pods:
        pod.applied = 0.09
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(6)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.CLOSED
    stage.hop(6)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.OPEN


def test_three_failures_within_ten_seconds_sever_the_dreamscape() -> None:
    """Three of eight that fail for causes of their own are a mass failure; two are not."""
    stage = dreaming(pods=8)
    for pod in stage.pods[:2]:
        pod.event(PodEventKind.MALFUNCTION, "flat")
    stage.hop(1)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    stage.pods[2].event(PodEventKind.MALFUNCTION, "railed")
    stage.hop(1)
    view = stage.app.dreamscapes.get("night")
    assert (view.state, view.state_cause) == (DreamscapeState.SEVERED, "mass: 3 of 8 failed within 10 s")
    assert Cause.MASS.value == "mass"


def test_what_was_lost_while_our_own_way_was_broken_is_held_against_nobody() -> None:
    """After a broker was gone for 5 s, nobody is tripped for the frames they had sent into it."""
    stage = dreaming()
    stage.hop(12)
    for pod in stage.pods:
        pod.bend = lambda _frame: None
    stage.hop(20)
    for pod in stage.pods:
        pod.bend = lambda frame: frame
    stage.hop(20)
    assert not [event for event in stage.app.journal._events if event.kind == "breaker-tripped"]
    assert {stage.coupling(pod.name) for pod in stage.pods} == {25}


def test_a_second_fault_of_an_actuator_under_an_open_breaker_brings_a_fresh_slot_too() -> None:
    """Told while the breaker is open for it, an actuator's fault still brings a new assign in the end."""
    stage = dreaming()
    pod = stage.pods[0]
    pod.severed = StoredSever("night", 1, 1, "actuator")
    stage.restart()
    for one in stage.pods:
        one.presence()
        one.status()
    stage.hop(4)
    assert pod.assign is not None
    before = pod.assign.assignment
    pod.event(PodEventKind.MALFUNCTION, "actuator")
    stage.hop(4 * 50)
    assert pod.assign.assignment != before
    assert stage.coupling("bed-1") > 0


def test_frames_that_are_a_little_too_old_are_no_fault_of_a_person() -> None:
    """A pod on trial whose frames are three hops old is not scored, and never tripped for its quality."""
    stage = dreaming()
    pod = stage.pods[0]
    pod.event(PodEventKind.MALFUNCTION, "clock")
    pod.bend = lambda frame: replace(frame, instant=frame.instant - 3)
    stage.hop(4 * 70)
    causes = {event.cause for event in stage.app.journal._events if event.pod == "bed-1" and event.cause}
    assert "quality" not in causes
    assert stage.app.pods.get("bed-1").breaker is not BreakerState.LOCKED
    pod.bend = lambda frame: frame
    stage.hop(4 * 12)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.CLOSED


def test_every_trip_tells_its_evidence() -> None:
    """Whatever opens a breaker, the journal says what was seen."""
    stage = dreaming(pods=8)
    stage.hop(12)
    stage.pods[0].sends = False
    stage.pods[1].quality = 0.1
    stage.pods[2].bend = lambda frame: replace(frame, seq=frame.seq - 1)
    stage.hop(12)
    tripped = {
        event.pod: event.sentence for event in stage.app.journal._events if event.kind == "breaker-tripped"
    }
    assert "the newest frame is 4 hops old" in tripped["bed-1"]
    assert "quality 0.10" in tripped["bed-2"]
    assert "a frame: number" in tripped["bed-3"]
