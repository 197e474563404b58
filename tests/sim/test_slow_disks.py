"""Whole nights on slow disks: no sever, and a crash only makes things stricter."""

import pytest

from depth import LONG
from dreamd.core.dreamscapes.views import DreamscapeState, SeatState
from dreamd.core.limits import FSYNC_TAKES_S
from dreamd.ports.deferred import Deferred
from dreamd.simulation.world import DREAMSCAPE, World
from fakes.callers import OPERATOR

STEP_S = 0.1
SLOW_S = 240.0 if LONG else 120.0


def merged(seed: int, pods: int = 5) -> World:
    """A world in which all dream together, without faults of its own."""
    world = World(seed, pods)
    assert world.gather() == ""
    world.run(20.0)
    assert all(pod.share() > 0.0 for pod in world.pods)
    world.checker.calm = False  # severs by daemon or operator are intended here
    return world


def alone(world: World, seconds: float) -> set[str]:
    """The pods at zero at any time of the next so many seconds."""
    found: set[str] = set()
    for _ in range(round(seconds / STEP_S)):
        world.run(STEP_S)
        found.update(pod.name for pod in world.pods if not pod.share() > 0.0)
    return found


@pytest.mark.parametrize("seed", [1, 2] if LONG else [1])
def test_thirty_seconds_per_fsync_sever_no_merged_pod(seed: int) -> None:
    """For minutes of writes of thirty seconds every lease holds, and nothing is under-counted."""
    world = merged(seed)
    assert world.daemon is not None
    world.daemon.fsync_least_s = FSYNC_TAKES_S
    assert alone(world, SLOW_S) == set()
    assert any(event.kind == "ledger-slow" for event in world.daemon.app.journal._events)
    world.daemon.fsync_least_s = 0.0
    world.run(FSYNC_TAKES_S + 5.0)
    world.checker.check_exposure()
    assert world.checker.violations == []
    assert world.daemon.app.ledger_trouble == ""


def test_a_slow_disk_delays_new_grants() -> None:
    """A pod checked out and in again waits without a slot until its seat is on the disk."""
    world = merged(3)
    daemon, pod = world.daemon, world.pods[0]
    assert daemon is not None
    world.answered(daemon.app.pods.check_out(OPERATOR, pod.name))
    world.run(2.0)
    world.answered(daemon.app.pods.check_in(OPERATOR, pod.name, f"sleeper-{pod.number}"))
    daemon.slow_until_s = world.schedule.now_s + 45.0
    world.run(40.0)
    assert pod.share() == 0.0
    assert all(other.share() > 0.0 for other in world.pods[1:])
    world.run(30.0)
    assert pod.share() > 0.0
    assert world.checker.violations == []


@pytest.mark.parametrize("seed", range(6) if LONG else range(2))
def test_a_crash_with_writes_waiting_loses_nothing_that_was_answered(seed: int) -> None:
    """A sever is answered at once and may be lost in a crash; then all are scored before any grant."""
    world = merged(seed)
    daemon = world.daemon
    assert daemon is not None
    daemon.slow_until_s = world.schedule.now_s + 20.0
    world.run(1.0)
    out = daemon.app.pods.check_out(OPERATOR, "bed-1")
    assert isinstance(out, Deferred), "it is not answered before it is durable"
    daemon.app.dreamscapes.sever(OPERATOR, DREAMSCAPE, "a drill")
    world.checker.set_silenced(daemon, DREAMSCAPE, silenced=True)
    world.run(1.0)
    daemon.kill()
    kept_out = "bed-1" not in world.storage.beds
    world.run(1.0)
    again = world.start_daemon()
    world.run(6.0)
    assert all(pod.share() == 0.0 for pod in world.pods), "nobody is granted anything before they are scored"
    view = again.app.dreamscapes.get(DREAMSCAPE)
    state = getattr(view, "state", None)
    assert state in (DreamscapeState.SEVERED, DreamscapeState.DREAMING)
    seats = {seat.pod: seat.state for seat in getattr(view, "seats", ())}
    assert not kept_out or seats.get("bed-1") is not SeatState.ASSIGNED
    world.run(20.0)
    world.checker.check_exposure()
    assert world.checker.violations == []
