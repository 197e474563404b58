"""Vital parts of statuses at the daemon: they count with the last whole one of their process alone."""

from dreamd.core.dreamscapes.views import PodState
from dreamwire.status_parts import vital_part
from fakes.stage import Stage


def test_a_vital_part_keeps_what_was_known() -> None:
    """Calibration and channels stay as in the last whole status; the latch is the vital part's."""
    stage = Stage(pods=1)
    stage.appear()
    (pod,) = stage.pods
    before = stage.app.pods.get(pod.name)
    pod.latched = "wake"
    stage.app.inbound.on_status(vital_part(pod.account(None)))
    after = stage.app.pods.get(pod.name)
    assert (before.state, after.state) == (PodState.READY, PodState.LATCHED)
    assert (after.calibrated, after.channels) == (before.calibrated, before.channels)


def test_a_vital_part_alone_makes_no_pod_known() -> None:
    """Without a whole status of the same process nothing is known of the pod, whatever it was before."""
    stage = Stage(pods=1)
    (pod,) = stage.pods
    pod.presence()
    stage.app.inbound.on_status(vital_part(pod.account(None)))
    assert stage.app._deps.fleet.get(pod.name).status is None
    pod.status()
    assert stage.app.pods.get(pod.name).calibrated
    pod.incarnation += 1
    pod.presence()
    stage.app.inbound.on_status(vital_part(pod.account(None)))
    assert stage.app._deps.fleet.get(pod.name).status is None
