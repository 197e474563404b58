"""The answer to a clock probe names the newest frame that the daemon has of the pod."""

from dataclasses import replace

from dreamwire.messages import ClockProbe
from fakes.stage import Stage


def told(stage: Stage, pod: str) -> int:
    """The newest frame of a pod, as a clock answer names it."""
    stage.app.inbound.on_clock_probe(pod, ClockProbe(5, 10), stage.clock.at_s)
    name, answer = stage.link.answers[-1]
    assert (name, answer.nonce, answer.t0_us) == (pod, 5, 10)
    return answer.frame_instant


def test_a_clock_answer_names_the_newest_frame() -> None:
    """It is the instant of the newest frame taken in; a sleeper that is at zero is told as well."""
    stage = Stage()
    stage.appear()
    assert told(stage, "bed-1") == 0
    stage.dream()
    stage.hop(40)
    newest = told(stage, "bed-1")
    assert newest == told(stage, "bed-2")
    stage.pods[0].sends = False
    stage.hop(4)
    assert told(stage, "bed-1") == newest
    assert told(stage, "bed-2") == newest + 4
    stage.pods[1].bend = lambda frame: replace(frame, quality=0.0)
    stage.hop(20)
    assert told(stage, "bed-2") == newest + 24


def test_a_slot_that_waits_for_its_first_frame_tells_since_when() -> None:
    """A pod that sends nothing is told the instant at which its slot was given, and a stranger nothing."""
    stage = Stage()
    stage.appear()
    for pod in stage.pods:
        pod.bend = lambda _frame: None
    stage.dream()
    given = told(stage, "bed-1")
    stage.hop(8)
    assert given > 0
    assert told(stage, "bed-1") == given
    assert told(stage, "bed-99") == 0


def test_a_daemon_that_is_behind_tells_no_newest_frame() -> None:
    """For five seconds after it dropped frames unread: else beds would leave their gateways and send more."""
    stage = Stage()
    stage.appear()
    stage.dream()
    stage.hop(8)
    assert told(stage, "bed-1") > 0
    stage.app.inbound.on_behind(30)
    assert told(stage, "bed-1") == 0
    stage.hop(19)
    assert told(stage, "bed-1") == 0
    stage.hop(2)
    assert told(stage, "bed-1") > 0
