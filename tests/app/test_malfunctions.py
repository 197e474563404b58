"""Malfunctions in a pod's frames: each opens that pod's breaker, and excluded means excluded."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dreamd.core.dreamscapes.views import BreakerState, SeatState
from dreamd.core.refusals import Code, Refusal
from dreamwire.messages import Frame, StoredSever
from fakes.callers import OPERATOR
from fakes.stage import Puppet, Stage, included

Bend = Callable[[Frame], Frame]


def dreaming(pods: int = 6) -> Stage:
    """A Dreamscape with grants to all for a while."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(16)
    return stage


def breaker(stage: Stage, pod: Puppet) -> tuple[BreakerState, str]:
    """State and cause of a pod's breaker."""
    view = stage.app.pods.get(pod.name)
    return view.breaker, view.breaker_cause


def stuck() -> Bend:
    """A device with the same values for ever."""
    kept: list[np.ndarray] = []

    def bend(frame: Frame) -> Frame:
        kept.append(frame.features)
        return replace(frame, features=kept[0])

    return bend


def out_of_range(frame: Frame) -> Frame:
    """Features beyond any device's range."""
    return replace(frame, features=np.full_like(frame.features, 201.0))


def half_lost() -> Bend:
    """Every other number is skipped: half of the frames are lost."""
    skipped = [0]

    def bend(frame: Frame) -> Frame:
        skipped[0] += 1
        return replace(frame, seq=frame.seq + skipped[0])

    return bend


@pytest.mark.parametrize(
    ("bend", "hops", "cause"),
    [
        (lambda f: replace(f, features=np.full_like(f.features, np.nan)), 1, "nonfinite"),
        (out_of_range, 1, "range"),
        (lambda f: replace(f, quality=1.5), 1, "range"),
        (lambda f: replace(f, applied=-0.5), 1, "range"),
        (stuck(), 3, "frozen"),
        (lambda f: replace(f, seq=f.seq - 40), 1, "replayed"),
        (lambda f: replace(f, instant=f.instant - 3), 1, "replayed"),
        (lambda f: replace(f, instant=f.instant + 30), 1, "clock"),
        (lambda f: replace(f, schema=7), 1, "misfit"),
        (lambda f: replace(f, quality=0.2), 5, "quality"),
        (lambda f: replace(f, applied=0.2), 2, "actuator"),
        (half_lost(), 40, "lost"),
    ],
    ids=[
        "nonfinite", "range", "quality-range", "share-range", "frozen", "number-back", "instant-back",
        "clock", "misfit", "quality", "actuator", "lost",
    ],
)  # fmt: skip
def test_each_malfunction_opens_its_own_sleepers_breaker(bend: Bend, hops: int, cause: str) -> None:
    """Each malfunction opens its pod's breaker in time, by its cause, with evidence; the others dream on."""
    stage = dreaming()
    sick = stage.pods[2]
    sick.bend = bend
    stage.hop(hops)
    assert breaker(stage, sick) == (BreakerState.OPEN, cause)
    assert stage.coupling(sick.name) == 0
    told = [event for event in stage.app.journal._events if event.kind == "breaker-tripped"]
    assert [(event.pod, event.cause) for event in told] == [(sick.name, cause)]
    assert told[0].sentence.endswith(")"), "what was seen stands in the sentence"
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods if pod is not sick)


def test_frames_that_stop_open_the_breaker_as_stale() -> None:
    """No frame for more than three hops opens the breaker by the transport cause `stale`."""
    stage = dreaming()
    stage.pods[0].sends = False
    stage.hop(4)
    assert breaker(stage, stage.pods[0]) == (BreakerState.OPEN, "stale")


def test_a_frame_for_another_pod_is_refused() -> None:
    """A frame with another pod's assignment id is refused by its topic and accuses no pod."""
    stage = dreaming()
    liar, victim = stage.pods[0], stage.pods[1]
    assert victim.assign is not None
    liar.bend = lambda f: replace(f, assignment=victim.assign.assignment, features=f.features * np.nan)
    stage.hop(1)
    assert stage.meters.counts["refused:wrong-sender"] == 1
    assert breaker(stage, victim)[0] is BreakerState.CLOSED
    assert stage.coupling(victim.name) > 0


def test_a_half_open_pod_has_weight_zero_and_coupling_zero() -> None:
    """A HALF_OPEN pod's frames are in no sum, not answered and not granted, until 30 are good."""
    stage = dreaming()
    sick = stage.pods[0]
    sick.bend = lambda f: replace(f, features=np.full_like(f.features, np.nan))
    stage.hop(1)
    sick.bend = lambda f: f
    while breaker(stage, sick)[0] is BreakerState.OPEN:
        stage.hop(1)
    stage.hop(12)
    assert breaker(stage, sick)[0] is BreakerState.HALF_OPEN
    assert sick.assign is not None
    newest = stage.link.collectives[-1]
    slot = sick.assign.slot
    assert (int(newest.coupling[slot]), int(newest.answered[slot])) == (0, 0)
    others = [pod.assign.slot for pod in stage.pods[1:] if pod.assign is not None]
    assert all(newest.answered[other] for other in others)
    assert newest.weight <= len(others), "no weight is more than one"
    stage.hop(40)
    assert breaker(stage, sick)[0] is BreakerState.CLOSED
    assert stage.coupling(sick.name) > 0


def test_below_five_included_everyone_has_the_lower_ceiling() -> None:
    """With .15 in the plan six sleepers are granted .15, and four .10."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream(ceiling=0.15)
    stage.hop(8)
    assert stage.coupling("bed-6") == int(0.15 * 255)
    stage.app.pods.release(OPERATOR, "bed-1", "asked")
    stage.app.pods.release(OPERATOR, "bed-2", "asked")
    stage.hop(2)
    assert stage.coupling("bed-6") == int(0.10 * 255)


def test_below_three_included_the_coupling_is_zero() -> None:
    """With two of four countable frames the coupling is zero in that very tick: each could read the other."""
    stage = dreaming(pods=4)
    for pod in stage.pods[:2]:
        pod.bend = lambda f: replace(f, quality=0.2)
    stage.hop(1)
    assert not stage.link.collectives[-1].coupling.any()


def test_resume_below_quorum_is_refused() -> None:
    """Resume is refused with four of six breakers OPEN."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    for pod in stage.pods[:4]:
        pod.bend = lambda f: replace(f, features=np.full_like(f.features, np.nan))
    stage.hop(2)
    refusal = stage.app.dreamscapes.resume(OPERATOR, "night")
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.BELOW_QUORUM


def test_a_late_will_changes_nothing() -> None:
    """The will of a replaced process leaves the pod online and its sleeper merged."""
    stage = dreaming()
    pod = stage.pods[0]
    pod.incarnation -= 1
    pod.presence(online=False)
    pod.incarnation += 1
    stage.hop(4)
    assert stage.app.pods.get(pod.name).online
    assert stage.coupling(pod.name) > 0


def test_a_status_of_another_start_says_nothing() -> None:
    """A status left over from an earlier process neither latches nor vacates."""
    stage = dreaming()
    pod = stage.pods[0]
    pod.incarnation, pod.latched = pod.incarnation - 1, "wake"
    pod.status()
    assert stage.app.pods.get(pod.name).latched == ""
    assert stage.app.dreamscapes.get("night").assigned == 6


def test_one_sleeper_lies_in_one_pod() -> None:
    """A sleeper checked in at one pod cannot be checked in at another."""
    stage = Stage(pods=2)
    stage.appear(sleepers=False)
    stage.app.pods.check_in(OPERATOR, "bed-1", "heron")
    refusal = stage.app.pods.check_in(OPERATOR, "bed-2", "heron")
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.SLEEPER_ELSEWHERE
    assert stage.app.pods.get("bed-2").sleeper == ""


def test_a_stored_sever_reported_to_a_new_daemon_is_open() -> None:
    """A stored sever reported to a new daemon is OPEN for the whole thirty seconds."""
    stage = dreaming()
    sick = stage.pods[0]
    assert sick.assign is not None
    sick.severed = StoredSever("night", sick.assign.term, 5, "railed")
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.hop(8)
    assert breaker(stage, sick) == (BreakerState.OPEN, "railed")
    assert breaker(stage, stage.pods[1])[0] is BreakerState.HALF_OPEN


def test_a_released_pod_is_in_no_sum_of_the_next_message() -> None:
    """A released pod's fresh frame has no weight, answer or coupling in the next message."""
    stage = dreaming()
    leaver = stage.pods[0]
    assert leaver.assign is not None
    slot = leaver.assign.slot
    stage.link.cut = True
    stage.app.pods.release(OPERATOR, leaver.name, "asked")
    stage.hop(1)
    newest = stage.link.collectives[-1]
    assert (int(newest.coupling[slot]), int(newest.answered[slot])) == (0, 0)
    assert newest.weight <= 5.0, "no weight is more than one"
    assert stage.coupling("bed-2") > 0


def test_a_latched_sleeper_leaves_the_seat_at_the_first_word_of_it() -> None:
    """A status with a latch ends the seat in that call; the next message has nothing for its slot."""
    stage = dreaming()
    latched = stage.pods[0]
    assert latched.assign is not None
    slot, latched.assign, latched.latched = latched.assign.slot, None, "distress"
    latched.status()
    seat = next(seat for seat in stage.app.dreamscapes.get("night").seats if seat.pod == latched.name)
    assert (seat.state, seat.cause) == (SeatState.LEFT, "distress")
    stage.hop(1)
    assert (stage.link.collectives[-1].coupling[slot], stage.link.collectives[-1].answered[slot]) == (0, 0)


def test_while_severed_every_tick_says_zero() -> None:
    """Between Sever and Resume frames are scored, and every coupling is zero."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    before = len(stage.link.collectives)
    stage.hop(8)
    ticks = stage.link.collectives[before:]
    assert len(ticks) == 8
    assert not any(message.coupling.any() for message in ticks)
    assert included(stage) == len(stage.pods)
