"""Faults that seeds found in the daemon, each as its own story on the stage."""

from dataclasses import replace

import numpy as np

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, SeatState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEventKind, Release, StoredSever
from fakes.callers import OPERATOR
from fakes.stage import Stage, included


def dreaming(pods: int = 5) -> Stage:
    """All pods dream."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    return stage


def sentences(stage: Stage) -> list[str]:
    """The journal."""
    return [event.sentence for event in stage.app.journal._events]


def test_the_broadcast_of_a_sever_holds_no_state() -> None:
    """The broadcast of a sever answers no frame and carries no sum, so a tripped pod has no weight in it."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    zero = stage.link.collectives[-1]
    assert not zero.coupling.any()
    assert not zero.answered.any()
    assert (zero.weight, zero.sum.any()) == (0.0, np.False_)
    stage.hop(1)
    assert included(stage) == len(stage.pods), "the next tick scores them again"


def test_a_quorum_lost_in_the_tick_of_a_trip_excludes_the_tripped() -> None:
    """Two NaN frames of four cost the quorum; no later message holds either."""
    stage = dreaming(pods=4)
    for sick in stage.pods[:2]:
        sick.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    before = len(stage.link.collectives)
    stage.hop(1)
    slots = [pod.assign.slot for pod in stage.pods[:2] if pod.assign]
    later = stage.link.collectives[before:]
    assert later
    assert not any(message.answered[slot] or message.coupling[slot] for message in later for slot in slots)


def test_a_malfunction_reported_after_leaving_the_seat_keeps_the_pod_away() -> None:
    """A sever reported after the seat was left opens the breaker: the pod waits after its next check-in."""
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
    """A pod unknown to the daemon that stored a fault is OPEN at its first status."""
    stage = Stage(pods=4)
    stage.pods[0].severed = StoredSever("night", 5, 6, "flat")
    stage.pods[1].severed = StoredSever("night", 5, 6, "daemon")
    stage.appear()
    assert stage.app.pods.get("bed-1").breaker is BreakerState.OPEN
    assert stage.app.pods.get("bed-2").breaker is BreakerState.CLOSED, (
        "the daemon's own zero is nobody's fault"
    )


def test_a_stored_sever_of_a_seated_pod_leaves_no_weight_behind() -> None:
    """A seated pod's fault, reported by status and event, has weight zero in the next message."""
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
    """A pod that joined after Start is in the ledger and is known after a restart."""
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


def test_a_left_seat_is_not_waited_for_after_a_restart() -> None:
    """A left seat is left in the ledger too, so a restart does not wait for it."""
    stage = dreaming()
    stage.pods[0].latched = "wake"
    stage.pods[0].event(PodEventKind.LATCHED, "wake")
    stage.hop(1)
    stage.restart()
    seats = {seat.pod: seat.state for seat in stage.app.dreamscapes.get("night").seats}
    assert seats.get("bed-1", SeatState.LEFT) is SeatState.LEFT


def test_an_actuator_that_does_not_obey_is_severed_after_two_frames() -> None:
    """Two frames that render more than granted open the breaker, with both numbers in the evidence."""
    stage = dreaming()
    stage.hop(8)
    stage.pods[0].applied = 0.5
    stage.hop(1)
    assert stage.coupling("bed-1") > 0, "one frame is not enough"
    stage.hop(1)
    assert stage.coupling("bed-1") == 0
    assert any("actuator" in s and "renders 0.500, granted 0.098" in s for s in sentences(stage))


def test_a_grant_excuses_rendering_for_a_lease_and_a_fade() -> None:
    """After a zero a pod may fade for lease plus fade, and no longer."""
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
    """Three of eight failures by their own causes within 10 s are a mass failure; two are not."""
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


def test_frames_lost_in_an_uplink_failure_trip_no_pod() -> None:
    """Frames lost during a broker outage of 5 s trip no pod."""
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
    """A second actuator fault while the breaker is open still leads to a new assign in the end."""
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
    """On a HALF_OPEN pod frames three hops old are not scored and never trip it for quality."""
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
    """Every trip's journal event has its evidence."""
    stage = dreaming(pods=8)
    stage.hop(12)
    stage.pods[0].sends = False
    stage.pods[1].quality = 0.1
    stage.pods[2].bend = lambda frame: replace(frame, seq=frame.seq - 1)
    stage.hop(12)
    tripped = {
        event.pod: event.sentence for event in stage.app.journal._events if event.kind == "breaker-tripped"
    }
    assert "no data for 1.0 s" in tripped["bed-1"]
    assert "quality 0.10" in tripped["bed-2"]
    assert "a frame: number" in tripped["bed-3"]
