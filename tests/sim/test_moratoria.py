"""Moratoria in virtual time, with real pods: in the midst of a night, over a restart, over a lost ledger."""

import pytest

from depth import LONG
from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope
from dreamd.core.refusals import Code, Refusal
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.world import World
from sim.sites import code_of, daemon_of, dreaming, events, zero_s

ASH = Caller("ash", Role.ADVOCATE, Channel.GRPC)
DAY_S = 24 * 3600.0


def called(world: World, lasts_s: float = DAY_S) -> Moratorium:
    """The moratorium of the fleet that an advocate has called."""
    daemon = daemon_of(world)
    ends_s = daemon.now_s() + lasts_s
    told = daemon.app.moratoria.call_moratorium(ASH, MoratoriumScope.FLEET, "", 0.0, ends_s, "three cases")
    assert isinstance(told, Called), told
    world.checker.grants.moratoria.called(daemon, told.moratorium)
    return told.moratorium


def state_of(world: World) -> DreamscapeState:
    """The state of the Dreamscape."""
    view = daemon_of(world).app.dreamscapes.get(world.dreamscape)
    assert not isinstance(view, Refusal)
    return view.state


def alone(world: World, seconds: float) -> bool:
    """Whether no pod renders a share in all this time."""
    for _ in range(round(seconds / 0.1)):
        world.run(0.1)
        if max(pod.share() for pod in world.pods) > 0.0:
            return False
    return True


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a few seconds")
def test_all_are_at_zero_within_half_a_second_and_dream_on_after_its_end() -> None:
    """Every pod is at zero in 0.5 s, none is latched; after the end a person resumes, and all merge again."""
    world = dreaming(pods=4, site=False)
    one = called(world, lasts_s=4.0)
    assert max(zero_s(world, pod) for pod in world.pods) <= 0.5
    assert not any(pod.disk.latched for pod in world.pods)
    assert alone(world, 2.5)
    refused = daemon_of(world).app.dreamscapes.resume(OPERATOR, world.dreamscape)
    assert code_of(refused) == Code.MORATORIUM.value
    world.run(1.5)
    assert events(world, "moratorium-lapsed")
    assert alone(world, 1.0), "its end merges no sleeper"
    for _ in range(20):
        world.run(0.5)
        if not code_of(daemon_of(world).app.dreamscapes.resume(OPERATOR, world.dreamscape)):
            break
    world.run(1.5)
    assert min(pod.share() for pod in world.pods) > 0.0
    assert one.id not in {kept.id for kept in daemon_of(world).app.moratoria.list_moratoria(acting=True)}
    assert not world.checker.violations


@pytest.mark.parametrize("lost", [False, True] if LONG else [True])
def test_it_holds_over_a_restart_and_over_a_ledger_that_has_lost_it(*, lost: bool) -> None:
    """A daemon that starts grants nothing; of an older ledger the retained place has the moratorium."""
    world = dreaming(pods=4, site=False)
    one = called(world)
    world.run(1.0)
    daemon_of(world).kill()
    if lost:
        del world.storage.moratoria_by_id[one.id]
    world.start_daemon()
    assert alone(world, 3.0)
    [found] = daemon_of(world).app.moratoria.list_moratoria()
    assert (found.id, found.by, found.ends_s) == (one.id, "ash", one.ends_s)
    assert one.id in world.storage.moratoria_by_id, "it is written again"
    assert bool([said for said in events(world, "moratorium-called") if "not in the ledger" in said]) is lost
    assert not world.checker.violations


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: five seconds")
def test_the_checker_sees_a_coupling_that_a_moratorium_forbids() -> None:
    """With a book that forgets what acts, the rule `paused` is violated: the check can fail."""
    world = dreaming(pods=4, site=False)
    one = called(world)
    world.run(0.5)
    book = daemon_of(world).app._deps.moratoria
    book._of.clear()
    book._sort()
    for _ in range(12):
        world.run(0.5)
        daemon_of(world).app.dreamscapes.resume(OPERATOR, world.dreamscape)
    book._place.show_moratoria((), book._newest + 1, publish=True)
    world.run(20.0)
    daemon_of(world).app.dreamscapes.resume(OPERATOR, world.dreamscape)
    world.run(20.0)
    assert {violation.rule for violation in world.checker.violations} == {"paused"}, one.id
