"""Groups in virtual time: each failure is halved or severed in time, healthy groups never are."""

import pytest

from depth import LONG
from dreamd.simulation.faults.group_faults import CROWDS, QUICK, WARD, answer_s, inject_group_fault
from dreamd.simulation.machines.sleepers import SimulatedFault
from dreamd.simulation.world import World


def merged(pods: int, seconds: float) -> World:
    """A world in which all have been merged for so long."""
    world = World(3, pods, WARD)
    assert world.gather() == ""
    world.run(seconds)
    return world


def share(world: World) -> float:
    """The largest share of any device."""
    return max(pod.share() for pod in world.pods)


@pytest.mark.parametrize("kind", sorted(CROWDS))
def test_each_failure_of_a_crowd_is_answered_within_its_bound(kind: str) -> None:
    """Eight beds: halved, or severed, for the right cause, in time, without any violation."""
    if kind not in QUICK and not LONG:
        pytest.skip("DREAMD_LONG: minutes of 60 s means")
    failing = CROWDS[kind]
    world = merged(8, failing.begins_s)
    assert not world.checker.acts
    full = share(world)
    began_s = world.schedule.now_s
    pods = inject_group_fault(world, kind)
    world.run(failing.bound_s)
    assert answer_s(world, kind, began_s) <= failing.bound_s
    assert max(pod.share() for pod in pods) <= 0.55 * full
    assert not world.checker.violations


def test_gain_ten_in_a_third_is_at_zero_within_twenty_seconds() -> None:
    """Gain ten in a third: halving does not stop it, and all are alone 20 s after the onset."""
    world = merged(8, 15.0)
    inject_group_fault(world, "gain-runaway")
    world.run(20.0)
    assert share(world) == 0.0


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
@pytest.mark.parametrize("kind", ["flicker", "hum"])
def test_a_common_drive_is_classified_as_common(kind: str) -> None:
    """A lamp and mains lock phases like a loop: severed, and then classified by the effect of zero."""
    world = merged(8, 15.0)
    told = []
    world.checker.trace = told.append
    for pod in world.pods:
        world.checker.touched.add(pod.name)
        pod.inject_fault(SimulatedFault(kind, pod.local_ns()))
    world.run(75.0)
    labels = [line for line in told if ": labelled " in line]
    assert labels
    assert "common drive or line noise" in labels[0]


@pytest.mark.parametrize(("pods", "seconds"), [(4, 60.0), (8, 90.0)])
def test_healthy_crowds_are_left_alone(pods: int, seconds: float) -> None:
    """At the shipped ceiling for minutes: no halving, no sever."""
    world = merged(pods, seconds)
    assert not world.checker.acts
    assert not world.checker.violations
    assert share(world) > 0.0


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: minutes")
@pytest.mark.parametrize("pods", [4, 8, 20, 200])
def test_healthy_crowds_are_left_alone_for_an_hour(pods: int) -> None:
    """An hour at the shipped ceiling without one halving."""
    world = merged(pods, 3_600.0)
    assert not world.checker.acts
    assert not world.checker.violations
    assert share(world) > 0.0
