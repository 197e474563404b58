"""A planned stop: the message to each pod, and the next daemon's reading of their stored zeros."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.core.access.caller import SIGNALLED
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import PodEventKind, Release, StoredSever
from fakes.ledger import MemoryLedger
from fakes.stage import Stage


def stopped(stage: Stage) -> dict[str, Release]:
    """Stop the daemon; returns the message to each pod."""
    before = len(stage.link.commands)
    stage.app.shutdown(SIGNALLED)
    told = {c.pod: c.what for c in stage.link.commands[before:] if isinstance(c.what, Release)}
    stage.app.close()
    return told


def dreaming() -> Stage:
    """Six dream."""
    stage = Stage(6, MemoryLedger())
    stage.appear()
    stage.dream(seats_max=8)
    stage.hop(8)
    return stage


def test_each_healthy_pod_gets_the_first_zero_of_the_stop() -> None:
    """Each healthy pod gets term and tick of the zero message, which left before the releases."""
    stage = dreaming()
    told = stopped(stage)
    zero = stage.link.collectives[-1]
    assert not zero.coupling.any()
    assert set(told.values()) == {Release("shutdown", zero.term, zero.tick)}
    assert len(told) == 6


def test_a_pod_with_evidence_against_it_gets_no_zero() -> None:
    """A pod with evidence against it gets no zero to excuse, even if trip and stop are one message."""
    stage = dreaming()
    ill = stage.pods[0]
    ill.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    stage.hop(1)
    ill.event(PodEventKind.MALFUNCTION, "nonfinite")
    told = stopped(stage)
    assert told[ill.name] == Release("shutdown")
    assert told["bed-2"].term > 0


@pytest.mark.parametrize(
    ("cause", "expected"),
    [("shutdown", BreakerState.HALF_OPEN), ("daemon", BreakerState.OPEN), ("railed", BreakerState.OPEN)],
)
def test_the_next_daemon_scores_pods_zeroed_by_the_stop_at_once(cause: str, expected: BreakerState) -> None:
    """A stored planned stop reads like a lapsed lease; another daemon zero like a trip."""
    stage = dreaming()
    stage.app.shutdown(SIGNALLED)
    zero = stage.link.collectives[-1]
    stage.app.close()
    stage.restart()
    for pod in stage.pods:
        pod.severed = StoredSever("night", zero.term, zero.tick, cause)
        pod.presence()
        pod.status()
    assert {pod.breaker for pod in stage.app.pods.list()} == {expected}


def test_a_pod_without_a_seat_that_stored_a_stop_is_free() -> None:
    """A stored stop of an unknown Dreamscape holds nothing against the pod."""
    stage = Stage(5)
    stage.appear()
    for pod in stage.pods:
        pod.severed = StoredSever("another", 5, 5, "shutdown")
        pod.status()
    assert {pod.breaker for pod in stage.app.pods.list()} == {BreakerState.CLOSED}


def test_a_word_about_the_way_does_not_hide_what_a_pod_has_stored() -> None:
    """A clock jump reported before the first status does not hide the stored sever."""
    stage = dreaming()
    stage.app.close()
    stage.restart()
    ill = stage.pods[0]
    ill.severed = StoredSever("night", 1, 1, "railed")
    ill.presence()
    ill.event(PodEventKind.MALFUNCTION, "clock")
    ill.status()
    breaker = stage.app._deps.fleet.get(ill.name).breaker
    assert breaker.state is BreakerState.OPEN
    assert breaker.cause is Cause.RAILED


def test_an_earlier_trip_counts_on_over_a_planned_stop() -> None:
    """A trip before the stop counts after it: the second within half an hour locks."""
    stage = dreaming()
    ill = stage.pods[0]
    ill.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    stage.hop(1)
    ill.bend = lambda frame: frame
    stage.app.shutdown(SIGNALLED)
    stage.app.close()
    stage.restart()
    for pod in stage.pods:
        pod.severed = StoredSever("night", 1, 1, "shutdown")
        pod.presence()
        pod.status()
    ill.event(PodEventKind.MALFUNCTION, "nonfinite")
    assert stage.app.pods.get(ill.name).breaker is BreakerState.LOCKED
