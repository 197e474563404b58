"""Group findings and the daemon's answers: halving, sever, classification, journal."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dreamd.core.dreamscapes.views import BreakerState, CollectiveView, DreamscapeState, Event
from dreamd.core.limits import HALVED_FOR_S, HOP_S
from dreamd.core.safety.group import CALM_FOR_S, LABEL_AFTER_S
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import Frame
from dreamwire.schema import BANDS6X2
from fakes.callers import OPERATOR
from fakes.stage import Stage

Bend = Callable[[Frame], Frame]
CEILING = coupling_to_byte(0.1)
MINUTE = 240


def dreaming(pods: int = 8, hops: int = 80) -> Stage:
    """A Dreamscape that has been observed for some time."""
    stage = Stage(pods=pods)
    stage.appear()
    stage.dream()
    stage.hop(hops)
    return stage


def louder(db: float) -> Bend:
    """All features higher by this much."""
    return lambda frame: replace(frame, features=frame.features + np.float32(db))


def bend_all(stage: Stage, bend: Bend) -> None:
    """Make all pods send such frames from now on."""
    for pod in stage.pods:
        pod.bend = bend


def plainly(frame: Frame) -> Frame:
    """The frame unchanged."""
    return frame


def told(stage: Stage, kind: str) -> list[Event]:
    """Journal events of this kind."""
    journal = stage.app._deps.journal
    return [event for event in journal._events if event.kind == kind]


def newest(stage: Stage) -> CollectiveView:
    """A watcher's newest view."""
    view = stage.app.registry["night"].newest()
    assert view is not None
    return view


def couplings(stage: Stage) -> set[int]:
    """Every pod's granted coupling."""
    return {stage.coupling(pod.name) for pod in stage.pods}


def until(stage: Stage, true: Callable[[], bool], seconds: float) -> float:
    """Let hops pass until the condition is true; returns how long that took."""
    for hop in range(round(seconds / HOP_S)):
        stage.hop()
        if true():
            return (hop + 1) * HOP_S
    message = f"not true within {seconds} s"
    raise AssertionError(message)


def test_a_runaway_is_halved_then_severed_then_labelled() -> None:
    """A rise of ten own z halves every coupling in seconds; without a fall after ten, all go to zero."""
    stage = dreaming()
    assert couplings(stage) == {CEILING}
    bend_all(stage, louder(10.0))
    assert until(stage, lambda: couplings(stage) == {CEILING >> 1}, 8.0) <= 4.0
    view = newest(stage)
    assert view.crowd.halved_cause == "gain-runaway"
    assert view.crowd.level == pytest.approx(0.05)
    assert view.crowd.runaway.energy > view.crowd.runaway.energy_limit
    after_s = until(stage, lambda: couplings(stage) == {0}, 20.0)
    assert after_s == HALVED_FOR_S
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.SEVERED
    assert [event.cause for event in told(stage, "group-severed")] == ["gain-runaway"]
    assert all(stage.app.pods.get(pod.name).breaker is BreakerState.CLOSED for pod in stage.pods)
    stage.hop(round(LABEL_AFTER_S / HOP_S))
    assert [event.cause for event in told(stage, "cause-classified")] == ["common drive or line noise"]


def test_features_that_fall_after_zero_were_loop_driven() -> None:
    """Features that fall back after zero classify the cause as loop-driven."""
    stage = dreaming()
    bend_all(stage, louder(10.0))
    until(stage, lambda: couplings(stage) == {0}, 30.0)
    bend_all(stage, plainly)
    stage.hop(round(LABEL_AFTER_S / HOP_S))
    assert [event.cause for event in told(stage, "cause-classified")] == ["loop-driven"]


def test_the_event_holds_the_picture_of_the_last_minute() -> None:
    """The event holds energy, limit and the energy of each second before, up to sixty."""
    stage = dreaming(hops=MINUTE + 20)
    bend_all(stage, louder(10.0))
    until(stage, lambda: couplings(stage) == {CEILING >> 1}, 8.0)
    (event,) = told(stage, "coupling-halved")
    assert event.values["energy"] > event.values["energy_limit"]
    course = [event.values[f"energy_t-{k}"] for k in range(59, -1, -1)]
    assert max(course[:50]) < 1.0
    assert course[-1] > 2 * max(course[:50])


def test_couplings_that_fall_in_time_are_whole_after_a_minute_of_calm() -> None:
    """A fall in time keeps the halving for a minute of calm, then couplings are whole, with an event."""
    stage = dreaming()
    bend_all(stage, louder(10.0))
    until(stage, lambda: couplings(stage) == {CEILING >> 1}, 8.0)
    bend_all(stage, plainly)
    after_s = until(stage, lambda: couplings(stage) == {CEILING}, 120.0)
    assert CALM_FOR_S <= after_s <= CALM_FOR_S + 8.0
    assert [event.kind for event in told(stage, "coupling-restored")] == ["coupling-restored"]
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert newest(stage).crowd.halved_cause == ""


def test_a_sleepers_own_ceiling_is_halved_too() -> None:
    """A sleeper's own lower ceiling is halved too: halving applies to the grant."""
    stage = dreaming()
    session = stage.app.registry["night"]
    slot = session.dreamscape.seats.of("bed-2").slot
    session.dreamscape.cohorts.limit(slot, 0.04, 0.04)
    bend_all(stage, louder(10.0))
    until(stage, lambda: stage.coupling("bed-1") == CEILING >> 1, 8.0)
    assert stage.coupling("bed-2") == coupling_to_byte(0.04) >> 1


def test_a_severed_dreamscape_is_not_halved() -> None:
    """Without a loop no group finding has an effect."""
    stage = dreaming()
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    bend_all(stage, louder(10.0))
    stage.hop(120)
    assert told(stage, "coupling-halved") == told(stage, "group-severed") == []


def test_a_locked_rhythm_is_halved_then_severed() -> None:
    """One phase in all pods in one band halves after three windows and severs ten seconds later."""
    stage = dreaming(hops=8)
    rng = np.random.default_rng(1)

    def locked(frame: Frame) -> Frame:
        phase = 2 * np.pi * rng.random((2, 5))
        phase[:, 2] = [0.3 * frame.instant, 0.3 * frame.instant + 0.15]
        return replace(frame, phasors=np.stack([np.cos(phase), np.sin(phase)], axis=-1).astype(np.float32))

    bend_all(stage, locked)
    until(stage, lambda: couplings(stage) == {CEILING >> 1}, 50.0)
    assert newest(stage).crowd.halved_cause == "synchrony-runaway"
    assert until(stage, lambda: couplings(stage) == {0}, 20.0) == HALVED_FOR_S
    assert [event.cause for event in told(stage, "group-severed")] == ["synchrony-runaway"]


def test_a_crowd_that_fades_into_one_is_severed() -> None:
    """Nearly identical features of all pods are halved on the way, then severed."""
    stage = dreaming(hops=MINUTE + 60)
    centre = np.mean([pod.profile for pod in stage.pods], axis=0)
    for pod in stage.pods:
        pod.profile = centre + 0.02 * (pod.profile - centre)
    until(stage, lambda: told(stage, "group-severed") != [], 90.0)
    assert set(stage.link.collectives[-1].coupling) == {0}
    assert [event.cause for event in told(stage, "coupling-halved")][:1] == ["homogenise"]
    assert [event.cause for event in told(stage, "group-severed")] == ["homogenise"]
    stage.hop()
    assert newest(stage).crowd.identity.dispersion_ratio < 0.1


def test_identity_loss_halves_and_severs_that_sleeper_alone() -> None:
    """A sleeper who takes on the opposite profile is halved, then severed alone; the others dream on.

    In the message of the tick that trips it, its weight and coupling are zero.
    """
    stage = dreaming(hops=MINUTE + 60)
    one = stage.pods[3]
    one.profile = 2 * np.asarray(BANDS6X2.mu_db) - one.profile
    assert one.assign is not None
    slot = one.assign.slot
    until(stage, lambda: stage.app.pods.get(one.name).breaker is not BreakerState.CLOSED, 90.0)
    assert stage.app.pods.get(one.name).breaker_cause == "identity"
    newest_message = stage.link.collectives[-1]
    assert newest_message.coupling[slot] == 0
    assert newest_message.answered[slot] == 0
    (halved,) = told(stage, "coupling-halved")
    assert (halved.pod, halved.cause) == (one.name, "identity")
    assert halved.values["likeness"] + halved.values["chance"] < 0.5
    assert {stage.coupling(pod.name) for pod in stage.pods if pod is not one} == {CEILING}
    assert newest(stage).crowd.halved_cause == ""


def test_a_seat_shows_its_sleepers_likeness() -> None:
    """A seat shows its sleeper's likeness after a minute; the collective shows the group's axes."""
    stage = dreaming(hops=MINUTE + 60)
    view = newest(stage)
    assert all(seat.identity == pytest.approx(1.0, abs=0.1) for seat in view.seats)
    assert view.crowd.identity.dispersion_ratio == pytest.approx(1.0, abs=0.1)
    assert view.crowd.identity.rank_ratio == pytest.approx(1.0, abs=0.1)
    assert view.crowd.identity.identified == 1.0
    assert view.crowd.level == pytest.approx(0.1)


def test_two_pods_with_one_brain_are_both_severed() -> None:
    """Two pods with the same signal: both breakers open and name each other; six dream on."""
    stage = dreaming(hops=8)
    rng = np.random.default_rng(2)
    sent: dict[int, Frame] = {}

    def alive(frame: Frame) -> Frame:
        phase = 2 * np.pi * rng.random((2, 5))
        phasors = np.stack([np.cos(phase), np.sin(phase)], axis=-1).astype(np.float32)
        return replace(frame, phasors=phasors)

    def first(frame: Frame) -> Frame:
        sent[frame.instant] = alive(frame)
        return sent[frame.instant]

    def copy(frame: Frame) -> Frame:
        other = sent[frame.instant]
        noise = rng.normal(0.0, 0.01, BANDS6X2.size).astype(np.float32)
        return replace(frame, features=other.features + noise, phasors=other.phasors)

    bend_all(stage, alive)
    stage.pods[1].bend, stage.pods[2].bend = first, copy
    until(stage, lambda: stage.app.pods.get("bed-3").breaker is not BreakerState.CLOSED, 20.0)
    for name in ("bed-2", "bed-3"):
        assert stage.app.pods.get(name).breaker_cause == "crosstalk"
        assert stage.coupling(name) == 0
    evidence = stage.app.breakers.get("pods/bed-2").evidence
    assert "one brain with bed-3" in evidence
    assert {stage.coupling(pod.name) for pod in stage.pods if pod.name not in ("bed-2", "bed-3")} == {CEILING}


def test_a_daemon_that_comes_back_begins_to_watch_anew() -> None:
    """A restarted daemon observes anew: no pod is halved for it, and grants return."""
    stage = dreaming()
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(2 * MINUTE)
    assert couplings(stage) == {CEILING}
    assert told(stage, "coupling-halved") == []
