"""Quorum: absent and HALF_OPEN pods count on neither side, so returning pods sever no Dreamscape."""

import pytest

from dreamd.core.dreamscapes.views import DreamscapeState
from dreamwire.messages import PodEventKind, StoredSever
from fakes.callers import OPERATOR, named
from fakes.stage import Stage


def state(stage: Stage) -> DreamscapeState:
    """The Dreamscape's state."""
    return stage.app.dreamscapes.get("night").state


def eight() -> Stage:
    """Eight dream."""
    stage = Stage(pods=8)
    stage.appear()
    stage.dream()
    stage.hop(16)
    return stage


def five_fail_and_lie_down_again() -> Stage:
    """Five report a fault, one after another, leave, and are checked in anew."""
    stage = eight()
    for pod in stage.pods[:5]:
        pod.event(PodEventKind.MALFUNCTION, "railed")
        stage.app.pods.check_out(OPERATOR, pod.name)
        stage.hop(60)
    for number in range(1, 6):
        stage.app.pods.check_in(OPERATOR, f"bed-{number}", f"sleeper-{number}")
    return stage


def test_of_fewer_than_may_merge_the_rest_are_waited_for() -> None:
    """Seven of eight cut off and the eighth failed: no sever, and all return by themselves."""
    stage = eight()
    for pod in stage.pods[:7]:
        pod.sends = False
        pod.presence(online=False)
    stage.pods[7].event(PodEventKind.MALFUNCTION, "railed")
    stage.hop(4 * 35)
    assert state(stage) is DreamscapeState.DREAMING
    assert not stage.link.collectives[-1].coupling.any()
    for pod in stage.pods[:7]:
        pod.back()
    stage.hop(40)
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods[:7])


def test_returning_half_open_pods_sever_no_dreamscape() -> None:
    """Five failed pods that return HALF_OPEN are scored while the other three go on."""
    stage = five_fail_and_lie_down_again()
    for _ in range(4 * 40):
        stage.hop()
        assert state(stage) is DreamscapeState.DREAMING
        assert stage.coupling("bed-8") > 0
    assert all(stage.coupling(pod.name) > 0 for pod in stage.pods)


def test_a_half_open_pod_that_fails_counts_as_failed() -> None:
    """Frames scored in a HALF_OPEN seat count: five of eight failed."""
    stage = five_fail_and_lie_down_again()
    while any(pod.assign is None for pod in stage.pods):
        stage.hop()
    for pod in stage.pods[:5]:
        pod.event(PodEventKind.MALFUNCTION, "railed")
    stage.hop()
    assert state(stage) is DreamscapeState.SEVERED


@pytest.mark.parametrize(("cause", "after"), [("daemon", "DREAMING"), ("railed", "SEVERED")])
def test_a_zero_from_before_a_crash_is_no_failure(cause: str, after: str) -> None:
    """Zeros from before a crash are no failure: three dream on when five severed pods return."""
    stage = eight()
    stage.restart()
    back, late = stage.pods[:3], stage.pods[3:]
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
    for pod in late:
        pod.sends, pod.severed = False, StoredSever("night", 5, 6, cause)
    stage.hop(40)
    assert all(stage.coupling(pod.name) > 0 for pod in back)
    for pod in late:
        pod.sends = True
        pod.status()
    stage.hop(8)
    assert state(stage) is DreamscapeState[after]


def test_a_pod_tripped_by_a_person_counts_as_failed() -> None:
    """Five of eight tripped by hand are a majority failed."""
    stage = eight()
    for number in range(1, 6):
        stage.app.breakers.trip(named("mira"), f"pods/bed-{number}", "restless")
    stage.hop()
    assert state(stage) is DreamscapeState.SEVERED
