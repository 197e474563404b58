"""Every restart is a row of one table (`restarts`): alone, merged again, nothing forgotten."""

from collections.abc import Callable

import pytest

from depth import LONG
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock
from dreamd.simulation.machines.grants import SLEEPER
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.processes.daemons import START_S
from dreamd.simulation.world import DREAMSCAPE, World
from dreamwire.messages import WakeScope
from fakes.callers import OPERATOR, named
from sim.restarts import ALONE_WITHIN_S, NEVER, ONE_WAY_MS, ROWS, Row

WELL = ("bed-1", "bed-2", "bed-3", "bed-4")
LOCKED, WITHDRAWN, WOKEN = "bed-5", "bed-6", "bed-7"
STEP_S = 0.02


def world_with_a_past(one_way_ms: int) -> World:
    """Four dream; a fifth is locked, a sixth has withdrawn and cleared the latch, the seventh is woken."""
    line_s = one_way_ms / 2000
    world = World(7, 7, NetworkConditions(delay_s=(line_s, line_s)))
    assert world.daemon is not None
    world.daemon.kill()
    world.storage.locks[LOCKED] = Lock(LOCKED, Cause.NONFINITE, START_S, "a second time")
    world.start_daemon()
    assert world.gather() == ""
    daemon = world.daemon
    assert daemon is not None
    daemon.app.wake_orders.order(named("an advocate"), WakeScope.POD, WOKEN, "asked")
    world.pods[5].press("withdraw")
    world.run(2.0)
    world.pods[5].unlatch()
    world.run(8.0)
    assert merged(world) == set(WELL)
    return world


def merged(world: World) -> set[str]:
    """The pods with a rendered share."""
    return {pod.name for pod in world.pods if pod.share() > 0.0}


def wait(world: World, true: Callable[[], bool], within_s: float) -> float:
    """Let time pass until the condition holds; returns how long that took."""
    began_s = world.schedule.now_s
    while not true() and world.schedule.now_s - began_s < within_s:
        world.run(STEP_S)
    return world.schedule.now_s - began_s


@pytest.mark.parametrize("one_way_ms", ONE_WAY_MS if LONG else ONE_WAY_MS[::2])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.what}-{row.how.split()[0].strip(':,')}")
def test_a_restart_leaves_everyone_alone_brings_them_back_and_forgets_nothing(
    row: Row, one_way_ms: int
) -> None:
    """Each restart keeps the table's limits, over links of 0, 60 and 150 ms one way."""
    world = world_with_a_past(one_way_ms)
    exposed_min, world.checker.calm = dict(world.storage.exposed_min), False
    concerned = set(WELL if row.beds == "all" else WELL[:1])
    row.act(world)
    since_s = world.schedule.now_s  # a restore may forget, so it comes first
    alone_s = wait(world, lambda: not merged(world) & concerned, 5.0)
    assert alone_s <= ALONE_WITHIN_S + STEP_S
    if row.merged_s == NEVER:
        world.run(40.0)
        assert merged(world) == set()
        assert world.storage.beds == {}
    else:
        again_s = wait(world, lambda: merged(world) == set(WELL), row.merged_s + 1.0)
        told = f"alone {alone_s:.2f} s, merged again {alone_s + again_s:.1f} s"
        print(f"\n{row.what} {row.how}, {one_way_ms} ms: {told}")
        assert merged(world) == set(WELL)
        assert world.schedule.now_s - since_s <= row.merged_s
    assert_nothing_is_forgotten(world, exposed_min)
    assert [str(violation) for violation in world.checker.violations] == []


def assert_nothing_is_forgotten(world: World, exposed_min: dict[tuple[str, int], float]) -> None:
    """Lock, withdrawal, wake order, exposure, name and state of the night are kept."""
    daemon = world.daemon
    assert daemon is not None
    lock = daemon.app.pods.get(LOCKED)
    assert getattr(lock, "breaker", None) is BreakerState.LOCKED
    assert world.pods[5].share() == 0.0
    gone = daemon.app.consents.consent_of(SLEEPER, WITHDRAWN.replace("bed", "sleeper"))
    assert getattr(gone, "state", None) is ConsentState.WITHDRAWN
    assert [order.target for order in daemon.app.wake_orders.list() if order.stands] == [WOKEN]
    assert all(world.storage.exposed_min[key] >= lived for key, lived in exposed_min.items())
    again = daemon.app.dreamscapes.create(OPERATOR, Plan(DREAMSCAPE, seats_min=3, seats_max=8))
    assert isinstance(again, Refusal)
    assert again.code is Code.DREAMSCAPE_EXISTS
    assert getattr(daemon.app.dreamscapes.get(DREAMSCAPE), "state", None) is DreamscapeState.DREAMING
