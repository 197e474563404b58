"""Slow links, full queues and floods in virtual time: no personal cause, and all return by themselves."""

import multiprocessing
import os
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from depth import LONG
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.safety.causes import Kind, cause_named, kind_of
from dreamd.simulation.faults.congestion import LEAST_S, MOST_S, Delay, Flood, drawn_delay, lag
from dreamd.simulation.nights import Night
from dreamd.simulation.scenario import NightAccount, run_scenario
from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World

NETWORK_SEEDS = tuple(range(200)) if LONG else (13, 15)
WAYS = {"out": (1, 0), "back": (0, 1), "both": (1, 1)}
SOME = ((0.9, "both"), (1.9, "out"), (1.9, "back"), (10.0, "both"))
DELAYS = [
    pytest.param(seconds, WAYS[way], id=f"{way}-{seconds:g}")
    for seconds in (0.9, 1.9, 10.0)
    for way in WAYS
    if LONG or (seconds, way) in SOME
]
HELD_BACK = (60, 640.0) if LONG else (8, 110.0)
"""Pods, and seconds: ten minutes of delay between the merge and the stretch in which all must be back."""


def _network(seed: int) -> NightAccount:
    return run_scenario(seed, 4 + seed % 5, 115.0, night=Night(network=True))


def test_network_faults_alone_give_no_hard_cause() -> None:
    """Nights of cuts, blackholes, storms, delays, floods: no hard cause, no lock, no Dreamscape severed."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        told = list(pool.map(_network, NETWORK_SEEDS))
    broken = [f"dreamd simulate --network --seed {a.seed} --pods {a.pods}" for a in told if a.violations]
    assert not broken, [str(a.violations[0]) for a in told if a.violations]
    assert {kind for account in told for kind in account.faults} >= {"delay", "delay-all", "flood"}
    assert any(account.severs.get("lease", 0) for account in told)


def test_minutes_of_delay_give_no_hard_cause() -> None:
    """All pods' messages 3.5 s late: 0 hard causes, 0 locks, 0 above grants, all back at the end."""
    pods, seconds = HELD_BACK
    account = run_scenario(1, pods, seconds, night=Night(held_back_s=3.5))
    assert not account.violations, account.violations[0]
    accusing = {cause for cause in account.severs if kind_of(cause_named(cause)) in (Kind.HARD, Kind.SOFT)}
    assert accusing == set()
    assert account.severs.get("lease", 0) + account.severs.get("daemon", 0) >= pods, "the delay was felt"


def merged(pods: int = 5) -> World:
    """Whether all are merged."""
    world = World(1, pods)
    assert world.gather() == ""
    world.run(12.0)
    assert min(pod.share() for pod in world.pods) > 0.0
    world.checker.calm = False
    return world


def breakers(world: World) -> set[BreakerState]:
    """The states of all breakers."""
    assert world.daemon is not None
    return {view.breaker for view in world.daemon.app.pods.list()}


@pytest.mark.parametrize(("seconds", "way"), DELAYS)
def test_a_constant_delay_of_any_length_and_direction_gives_no_cause(
    seconds: float, way: tuple[int, int]
) -> None:
    """Delays of one bed and of all others: alone as needed, no cause, and merged again 20 s later."""
    world = merged()
    for some in (world.pods[:1], world.pods[1:]):
        slow = Delay((seconds * way[0],) * 2, (seconds * way[1],) * 2)
        ends = [lag(pod.link, slow) for pod in some]
        world.run(12.0)
        for end in ends:
            end()
        world.run(seconds + 20.0)
    assert not world.checker.violations
    assert breakers(world) == {BreakerState.CLOSED}
    assert min(pod.share() for pod in world.pods) > 0.0


def test_a_flood_by_one_sender_counts_against_no_pod() -> None:
    """With a queue of 6 s and half of the frames dropped they are alone, then back, without a cause."""
    world = merged()
    assert world.daemon is not None
    end = lag(world.daemon.link, Flood(world.schedule.now_s, 1.0, 6.0, 0.5))
    world.run(20.0)
    assert not any(pod.share() for pod in world.pods)
    end()
    world.run(30.0)
    assert not world.checker.violations
    assert breakers(world) == {BreakerState.CLOSED}
    assert min(pod.share() for pod in world.pods) > 0.0


def test_a_device_that_sticks_behind_a_delay_is_found_when_its_frames_are_young_again() -> None:
    """Behind 3.5 s only the pod's own guard finds a stuck device.

    The daemon does by its second young frame.
    """
    world = merged()
    pod, daemon = world.pods[0], world.daemon
    assert daemon is not None
    world.checker.touched.add(pod.name)
    end = lag(pod.link, Delay((3.5, 3.5), (0.0, 0.0)))
    world.run(6.0)
    pod.bend = lambda frame: (replace(frame, applied=0.4),)
    world.run(6.0)
    assert daemon.metrics.counts["above-granted"] == 0
    end()
    world.run(3.5 + 1.0)
    assert daemon.metrics.counts["above-granted"] >= 2
    assert daemon.app.pods.get(pod.name).breaker_cause == "actuator"
    assert not world.checker.violations


def test_a_lag_keeps_the_order_it_promises() -> None:
    """A delay with order kept delivers later messages behind earlier ones; a flood as well."""
    world = World(1, 3)
    line, seen = world.pods[0].link, []
    end = lag(line, Delay((3.0, 3.0), (0.0, 0.0)))
    for number in range(4):
        line.carry(line.out, lambda number=number: seen.append((number, world.schedule.now_s)), qos=0)  # type: ignore[misc]
        world.run(0.5)
    end()
    line.carry(line.out, lambda: seen.append((4, world.schedule.now_s)), qos=0)
    world.run(5.0)
    assert [number for number, _ in seen] == [0, 1, 2, 3, 4]
    gaps = [late - early for (_, early), (_, late) in pairwise(seen[:4])]
    assert gaps == pytest.approx([0.5] * 3, abs=0.02), "at its own rate"


def test_delays_are_drawn_from_a_fifth_of_a_second_to_ten() -> None:
    """Delays cover each direction, constant or not, order kept or not, up to ten seconds."""
    rng = random.Random(1)
    drawn = [drawn_delay(rng) for _ in range(400)]
    longest = [max(what.out_s[1], what.back_s[1]) for what in drawn]
    assert LEAST_S <= min(longest) < 1.0
    assert 8.0 < max(longest) <= MOST_S
    assert {(what.out_s[1] > 0, what.back_s[1] > 0) for what in drawn} == {
        (True, False),
        (False, True),
        (True, True),
    }
    assert (
        {what.reorders for what in drawn}
        == {what.out_s[0] == what.out_s[1] for what in drawn}
        == {True, False}
    )


def test_a_network_that_accuses_is_found() -> None:
    """The checker of an innocent night reports a severed Dreamscape, and a metric that is not zero."""
    world = merged()
    world.checker.innocent = True
    daemon = world.daemon
    assert daemon is not None
    daemon.metrics.above_granted = 1
    world.checker.metrics_updated(daemon)
    runtime = daemon.app.registry["night"]
    runtime.dreamscape.log.append_event(
        "state", "night is severed: 3 of 5 failed within 10 s", DreamscapeState.SEVERED.value
    )
    assert {violation.rule for violation in world.checker.violations} == {"metrics", "nothing"}
    assert world.schedule.now_ns > SECOND_NS
