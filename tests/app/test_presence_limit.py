"""Presences without a living pod are forgotten; they refuse no real pod and disturb no bed."""

import pytest

from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import GHOST_S, INCARNATION_AHEAD_S, PODS_MAX
from dreamd.core.refusals import Refusal
from dreamwire.messages import Command, WakePod, WakeScope
from fakes.callers import OPERATOR, named
from fakes.stage import START_S, Puppet, Stage

NOW_MS = int(START_S * 1000)


def names(stage: Stage) -> list[str]:
    """The known pods."""
    return [view.pod for view in stage.app.pods.list()]


def ghosts(stage: Stage, count: int, site: str = "nowhere") -> list[Puppet]:
    """Presences without any later message."""
    made = [Puppet(stage, f"ghost-{number}", number) for number in range(count)]
    for one in made:
        one.site = site
        one.presence()
    return made


def later(stage: Stage, seconds: float) -> None:
    """Let time pass in silence."""
    stage.clock.at_s += seconds
    stage.app.run_due()


def kinds(stage: Stage) -> list[str]:
    """Sentences on refused presences."""
    return [event.sentence for event in stage.app.journal._events if event.kind == "malformed"]


def test_a_pod_that_never_gave_an_account_of_itself_is_forgotten() -> None:
    """A pod without a status is forgotten after ten minutes; one with a status is kept."""
    stage = Stage(2)
    stage.appear(sleepers=False)
    ghosts(stage, 3)
    stage.pods[0].presence(online=False)
    later(stage, GHOST_S - 1.0)
    assert len(names(stage)) == 5
    later(stage, 2.0)
    assert names(stage) == ["bed-1", "bed-2"]
    assert stage.meters.now is not None
    assert stage.meters.now.known == 2


def test_a_check_in_or_a_lock_keeps_a_pod_known() -> None:
    """A check-in or a lock keeps a pod known."""
    stage = Stage(1)
    stage.appear()
    lain, locked, gone = ghosts(stage, 3)
    assert not isinstance(stage.app.pods.check_in(OPERATOR, lain.name, "ash"), Refusal)
    for _ in range(2):
        stage.app.breakers.trip(named("mira"), f"pods/{locked.name}", "")
    later(stage, GHOST_S + 1.0)
    assert lain.name in names(stage)
    assert gone.name not in names(stage)


def test_a_full_fleet_forgets_its_oldest_ghost_for_a_new_pod() -> None:
    """Twenty thousand invented names refuse no bed: the oldest is dropped; else the refusal has a reason."""
    stage = Stage(1)
    stage.appear()
    invented = ghosts(stage, PODS_MAX - 1)
    assert len(names(stage)) == PODS_MAX
    real = Puppet(stage, "bed-9", 9)
    real.presence()
    real.status()
    assert "bed-9" in names(stage)
    assert "bed-1" in names(stage)
    assert invented[0].name not in names(stage)
    assert len(names(stage)) == PODS_MAX
    for one in invented[1:]:
        one.status()
    Puppet(stage, "bed-10", 10).presence()
    assert "bed-10" not in names(stage)
    assert "the fleet holds 20000 pods already: run a second daemon" in kinds(stage)[-1]


def test_a_forgotten_pods_pending_orders_are_dropped() -> None:
    """A forgotten pod's pending orders are dropped; when it returns it is woken like any late pod."""
    stage = Stage(1)
    stage.appear()
    [ghost] = ghosts(stage, 1)
    stage.pods.append(ghost)
    stage.link.cut = True
    stage.app.wake_orders.order(named("mira"), WakeScope.FLEET, "", "")

    def woken() -> list[Command]:
        return [c for c in stage.link.commands if c.pod == ghost.name and isinstance(c.what, WakePod)]

    assert len(woken()) == 1
    later(stage, GHOST_S + 1.0)
    assert ghost.name not in names(stage)
    before = len(woken())
    for _ in range(10):
        later(stage, 5.0)
    assert len(woken()) == before
    ghost.presence()
    ghost.status()
    assert len(woken()) == before + 1


@pytest.mark.parametrize("incarnation", [2**64 - 1, NOW_MS + int(INCARNATION_AHEAD_S * 1000) + 60_000])
def test_a_start_in_the_future_takes_no_bed_out(incarnation: int) -> None:
    """A presence with a start in the future is refused and reported; the present bed goes on."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    stage.hop(40)
    forger = Puppet(stage, "bed-1", 1)
    forger.incarnation = incarnation
    forger.presence()
    stage.hop(8)
    assert "its incarnation, a start in Unix milliseconds, lies" in kinds(stage)[-1]
    assert stage.coupling("bed-1") > 0
    assert stage.app._deps.fleet.get("bed-1").incarnation == stage.pods[0].incarnation  # type: ignore[union-attr] -- it is there
    stage.pods[0].incarnation += 1
    stage.pods[0].presence()
    assert stage.app._deps.fleet.get("bed-1").incarnation == stage.pods[0].incarnation  # type: ignore[union-attr] -- it is there


def test_a_bed_with_a_clock_slightly_ahead_is_accepted() -> None:
    """A start up to a day ahead is accepted: a bed's clock is its own."""
    stage = Stage(1)
    stage.pods[0].incarnation = NOW_MS + int(INCARNATION_AHEAD_S * 1000) - 1000
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    assert names(stage) == ["bed-1"]
    assert not kinds(stage)
