"""The rule `berth` in virtual time: rounds of daemons that are killed in the midst, and broken on purpose."""

import random
from dataclasses import replace

import pytest

from depth import LONG
from dreamd.core.exchange.course import RoundState
from dreamd.simulation.faults.round_acts import begin_round
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.world import World
from sim.sites import daemon_of

SEEDS = 200 if LONG else 4


def after_a_round(seed: int) -> World:
    """A world in which a round has been drawn, and daemons were killed at times that the seed chooses."""
    world, lot = World(seed, 1), random.Random(f"kills {seed}")
    world.checker.calm = False
    begin_round(world, world.pods[0], 6.0, lot)
    for _ in range(2):
        world.run(lot.uniform(0.2, 7.0))
        daemon_of(world).kill()
        world.run(lot.uniform(0.1, 1.0))
        world.start_daemon()
    world.run(20.0)
    return world


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_death_of_a_daemon_costs_a_berth_or_gives_one_twice(seed: int) -> None:
    """Each cleared round verifies, is written, and tells each sleeper the berth that its file gives."""
    world = after_a_round(seed)
    assert [str(one) for one in world.checker.violations] == []
    [shown] = daemon_of(world).app.exchange.list_rounds(OPERATOR)
    assert shown.round.state is RoundState.CLEARED
    assert world.checker.grants.rounds.judged > 0


def test_a_round_that_is_cleared_before_that_is_written_violates_berth() -> None:
    """A storage that does not have the result is found by the checker."""
    world = after_a_round(0)
    assert world.checker.grants.rounds.given > 0
    (name, kept), *_ = world.storage.rounds_by_id.items()
    world.storage.rounds_by_id[name] = replace(kept, round=replace(kept.round, state=RoundState.DRAWN))
    world.checker.grants.rounds.judge(daemon_of(world))
    assert [(one.rule, one.subject) for one in world.checker.violations] == [("berth", name)]
