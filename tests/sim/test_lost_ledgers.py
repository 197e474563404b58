"""A ledger that is gone, or slow, in virtual time: ways out go on, nothing is bound, and no act is lost."""

from collections.abc import Callable

import pytest

from depth import LONG
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code
from dreamd.simulation.faults import ways_out
from dreamd.simulation.faults.ledger_faults import GONE, METHOD_PODS, create, leave
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.machines.sleepers import SimulatedFault
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.world import World
from sim.sites import code_of, daemon_of, dreaming, zero_s


def gone(daemon: DaemonProcess) -> None:
    """Every write fails."""
    daemon.ledger.broken = GONE


def slow(daemon: DaemonProcess) -> None:
    """Each write takes eight seconds."""
    daemon.fsync_least_s = 8.0


def back(daemon: DaemonProcess) -> None:
    """The ledger is as ever."""
    daemon.ledger.broken, daemon.fsync_least_s = "", 0.0


@pytest.mark.parametrize("trouble", [gone, slow] if LONG else [gone])
def test_each_way_out_goes_on_and_is_in_the_ledger_after_its_return(
    trouble: Callable[[DaemonProcess], None],
) -> None:
    """One bed leaves in each way, in 500 ms; no tick is skipped; after the return none is brought back."""
    world = dreaming(pods=9, site=False)
    daemon = daemon_of(world)
    skipped = daemon.metrics.counts["skipped"]
    trouble(daemon)
    for number, method in enumerate(METHOD_PODS):
        leave(world, daemon, world.pods[number], method, world.rng, again=False)
        assert zero_s(world, world.pods[number]) <= 0.5, method
        world.run(0.3)
        assert len(daemon.app._deps.commits.waiting) <= 2 * len(world.pods)
    check_in = daemon.app.pods.check_in(OPERATOR, "bed-1", "sleeper-1")
    for asked in (create(world, daemon), check_in):
        assert code_of(world.answered(asked)) == Code.LEDGER_UNAVAILABLE.value
    world.run(4.0)
    assert daemon.metrics.counts["skipped"] == skipped
    others = [pod.share() for pod in world.pods[6:]]
    if trouble is slow:
        assert min(others) > 0.05, "a slow ledger ends no merge"
    else:
        assert max(others) == 0.0, "a term that cannot be confirmed is given up"
    assert not world.checker.violations
    back(daemon)
    world.run(10.0)
    assert "bed-1" not in world.storage.beds
    assert world.storage.consents["sleeper-6"].state is ConsentState.WITHDRAWN
    assert [order.target for order in world.storage.wake_orders.values() if order.stands] == ["bed-3"]
    daemon.kill(durable=False)
    world.start_daemon()
    world.run(12.0)
    assert {pod.name for pod in world.pods if pod.share() > 0.0} <= {"bed-4", "bed-7", "bed-8", "bed-9"}
    assert trouble is gone or min(pod.share() for pod in world.pods[6:]) > 0.0
    assert not world.checker.violations


@pytest.mark.parametrize("act", [ways_out.sever, ways_out.wake, ways_out.end] if LONG else [ways_out.wake])
def test_all_leave_at_once_without_a_ledger(act: Callable[[World, DaemonProcess, str], object]) -> None:
    """Sever, wake and end of the whole: zero in 500 ms, and no crash after the return takes it back."""
    world = dreaming(pods=4, site=False)
    daemon = daemon_of(world)
    gone(daemon)
    act(world, daemon, "enough")
    world.checker.set_silenced(daemon, world.dreamscape, silenced=True)
    world.run(0.5)
    assert not any(pod.share() for pod in world.pods)
    world.run(3.0)
    back(daemon)
    world.run(3.0)
    daemon.kill(durable=False)
    world.start_daemon()
    world.run(10.0)
    state = getattr(daemon_of(world).app.dreamscapes.get(world.dreamscape), "state", None)
    assert state is (DreamscapeState.SEVERED if act is ways_out.sever else DreamscapeState.ENDED)
    assert not any(pod.share() for pod in world.pods)
    assert not world.checker.violations


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two minutes")
def test_nothing_binds_and_a_locked_breaker_stays_locked() -> None:
    """Without a ledger Create and CheckIn are refused with its reason; a lock outlives it and a crash."""
    world = dreaming(pods=3, site=False)
    daemon, pod = daemon_of(world), world.pods[0]
    world.checker.touched.add(pod.name)
    gone(daemon)
    for _ in range(2):
        pod.inject_fault(SimulatedFault("nonfinite", pod.local_ns()))
        world.run(2.0)
        pod.inject_fault(None)
        world.run(46.0)
    ways_out.check_out(world, daemon, world.pods[1])
    refused = world.answered(daemon.app.pods.check_in(OPERATOR, "bed-2", "sleeper-2"))
    assert code_of(refused) == Code.LEDGER_UNAVAILABLE.value
    assert GONE in str(getattr(refused, "sentence", ""))
    assert getattr(daemon.app.pods.get(pod.name), "breaker", None) is BreakerState.LOCKED
    back(daemon)
    world.run(3.0)
    daemon.kill(durable=False)
    again = world.start_daemon()
    world.run(3.0)
    assert getattr(again.app.pods.get(pod.name), "breaker", None) is BreakerState.LOCKED
    assert not world.checker.violations
