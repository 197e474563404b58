"""The rule `held` in virtual time, with real pods: over a restart, and broken on purpose."""

from dreamd.core.clinic.levels import Level
from dreamd.core.refusals import Refusal
from dreamd.simulation.faults.clinic_acts import CLINICIAN
from dreamd.simulation.world import World
from sim.sites import daemon_of, dreaming, events

SLEEPER = "sleeper-1"


def held(world: World) -> None:
    """A clinician holds the first sleeper, who merges."""
    assert world.pods[0].share() > 0.0
    told = daemon_of(world).app.clinic.open_case(CLINICIAN, SLEEPER, Level.NOW, "cries")
    assert not isinstance(told, Refusal)
    assert events(world, "case-held")
    world.run(0.5)
    assert world.pods[0].share() == 0.0


def test_a_held_sleeper_is_alone_within_half_a_second_and_after_a_restart() -> None:
    """The seat is given back in the call; a daemon that is killed and started anew holds the same person."""
    world = dreaming(pods=4, site=False)
    held(world)
    world.run(2.0)
    daemon_of(world).kill()
    world.start_daemon()
    world.run(20.0)
    assert world.pods[0].share() == 0.0
    assert world.checker.holds.ever == {SLEEPER}
    assert world.checker.holds.judged > 0
    assert not world.checker.violations


def test_a_daemon_that_lost_a_case_violates_held() -> None:
    """A book that knows nothing of a hold which was told goes on to couple, and the checker finds it."""
    world = dreaming(pods=4, site=False)
    daemon = daemon_of(world)
    world.checker.holds._of[daemon.number].held.add("sleeper-2")
    assert daemon.app._deps.clinic.refusal("sleeper-2") is None, "the book knows of no case"
    world.run(1.0)
    assert {violation.rule for violation in world.checker.violations} == {"held"}
