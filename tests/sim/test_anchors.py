"""Anchor sessions in virtual time: beside a group, through faults, and without a daemon."""

import pytest

from depth import LONG
from dreamd.core.limits import ANCHOR_CEILING
from dreamd.simulation.anchored import ANCHORED, begin_session, without
from dreamd.simulation.nights import Night
from dreamd.simulation.scenario import run_scenario
from dreamd.simulation.world import World


def test_one_is_drawn_to_their_own_template_beside_a_group_and_outlives_the_daemon() -> None:
    """Five merge, the sixth is in an anchor session; without the daemon all are alone within 1.5 s.

    After a restart the sixth is in the session again. Its minutes are in their own account.
    """
    world = World(1, 6)
    alone = world.pods[-1]
    assert world.gather(**without(world, alone)) == ""
    begin_session(world, alone)
    world.run(13.0)
    assert 0.09 < alone.share() <= ANCHOR_CEILING
    assert min(pod.share() for pod in world.pods[:-1]) > ANCHOR_CEILING
    daemon = world.daemon
    assert daemon is not None
    world.checker.calm = False
    daemon.kill()
    world.run(1.5)
    assert [pod.share() for pod in world.pods] == [0.0] * 6
    world.start_daemon()
    world.run(32.0)
    assert 0.09 < alone.share() <= ANCHOR_CEILING
    assert world.storage.records[ANCHORED].plan.kind.alone
    charged_min = sum(lived for (who, _), lived in world.storage.anchored_min.items() if who == "sleeper-6")
    assert charged_min > 1.0
    assert not [who for who, _ in world.storage.exposed_min if who == "sleeper-6"]
    world.checker.check_exposure()
    assert world.checker.violations == []


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: forty nights")
@pytest.mark.parametrize("seed", range(40))
def test_a_night_with_an_anchor_session_violates_nothing(seed: int) -> None:
    """Faults of every kind meet the group and the session beside it; no invariant is violated."""
    account = run_scenario(seed, 6, 90.0, night=Night(anchored=True))
    assert account.violations == ()
    assert account.checks > 0
