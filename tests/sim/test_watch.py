"""The invariant checker itself: each of its rules is violated once on purpose and reported."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from depth import LONG
from dreamd.app import application
from dreamd.app.collective.exposure_meter import ExposureMeter
from dreamd.app.collective.slot_table import SlotTable
from dreamd.app.durability.ledger_witness import LedgerWitness
from dreamd.app.people.consent_book import ConsentBook
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.limits import COHORT_SLOTS
from dreamd.core.safety.breaker import Breaker, Trip, step
from dreamd.core.safety.causes import Cause
from dreamd.ports.pod_link import CohortKey
from dreamd.simulation.checks.violations import lie_once
from dreamd.simulation.machines.sleepers import SimulatedFault
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World
from dreamedge.core.merging.dose import Dose
from dreamedge.core.merging.tether import Tether
from dreamwire.messages import Collective


def merged(seed: int = 1) -> World:
    """Five pods, merged."""
    world = World(seed, 5)
    assert world.gather() == ""
    world.run(6.0)
    assert min(pod.share() for pod in world.pods) > 0.0
    assert not world.checker.violations
    return world


def rules(world: World) -> set[str]:
    """The rules violated so far."""
    return {violation.rule for violation in world.checker.violations}


def test_a_tether_that_does_not_expire_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods that go on without a daemon violate `tether`."""
    world = merged()
    monkeypatch.setattr(Tether, "living", lambda self, _now_ns: self._permission)
    daemon = world.daemon
    assert daemon is not None
    daemon.kill()
    world.run(3.0)
    assert "tether" in rules(world)


def test_a_latch_that_does_not_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A button that does not stop the coupling violates `latch`."""
    world = merged()
    monkeypatch.setattr(Pod, "press", lambda _self, _button: None)
    world.checker.on_latched(world.pods[0])
    world.pods[0].press("distress")
    world.run(1.0)
    assert "latch" in rules(world)


def test_a_malfunction_that_is_not_seen_is_found() -> None:
    """A railed implant that the pod does not notice violates `bound`."""
    world = merged()
    pod = world.pods[2]
    world.checker.touched.add(pod.name)
    world.checker.on_fault(pod, "railed", pod.local_ns())
    world.run(1.0)
    assert rules(world) == {"bound"}


def test_a_healthy_sleeper_severed_for_nothing_is_found() -> None:
    """A pod severed for a fault that was not injected violates `nothing`."""
    world = merged()
    world.pods[1].inject_fault(SimulatedFault("flat", world.pods[1].local_ns()))
    world.run(1.0)
    assert rules(world) == {"nothing"}


def bent(change: Callable[[Collective], Collective], *, in_the_clear: bool = False) -> World:
    """A world with a daemon that publishes wrong broadcasts, or right ones without a key."""
    world = merged()
    daemon = world.daemon
    assert daemon is not None
    publish = daemon.publish

    def bend(collective: Collective, key: CohortKey | None = None) -> None:
        publish(change(collective), None if in_the_clear else key)

    daemon.app._deps.link.publish = bend  # type: ignore[method-assign]
    world.run(1.0)
    return world


def test_a_grant_in_an_unused_slot_is_found() -> None:
    """A coupling for a slot that was never given violates `slot`."""

    def change(collective: Collective) -> Collective:
        coupling = np.zeros(COHORT_SLOTS, dtype=np.uint8)
        coupling[: collective.coupling.size] = collective.coupling
        coupling[200] = 9
        answered = np.zeros(COHORT_SLOTS, dtype=np.uint16)
        answered[: collective.answered.size] = collective.answered
        return replace(collective, coupling=coupling, answered=answered)

    assert rules(bent(change)) == {"slot"}


def test_a_coupling_in_the_clear_is_found() -> None:
    """A grant that is broadcast without the cohort's key violates `clear`, and couples no sleeper."""
    world = bent(lambda collective: collective, in_the_clear=True)
    assert "clear" in rules(world)
    world.run(1.0)
    assert max(pod.share() for pod in world.pods) == 0.0


def test_a_severed_dreamscape_that_goes_on_is_found() -> None:
    """Couplings above zero after an operator's sever violate `excluded`."""
    world = merged()
    daemon = world.daemon
    assert daemon is not None
    world.checker.set_silenced(daemon, "night", silenced=True)
    world.run(1.0)
    assert rules(world) == {"excluded"}


def test_weight_of_the_excluded_is_found() -> None:
    """A tripped pod that keeps its weight violates `excluded`."""
    world = merged()
    daemon = world.daemon
    assert daemon is not None
    record = daemon.app._deps.fleet.get("bed-1")
    assert record is not None
    world.checker.touched.add("bed-1")
    runtime = daemon.app.registry["night"]
    seat = runtime.dreamscape.seats.of("bed-1")
    assert seat is not None
    runtime.dreamscape.log.write_breaker(seat, _transition())
    world.run(0.5)
    assert rules(world) == {"excluded"}


def _transition() -> object:
    from dreamd.core.dreamscapes.views import BreakerState  # noqa: PLC0415
    from dreamd.core.safety.breaker import Transition  # noqa: PLC0415
    from dreamd.core.safety.causes import Cause  # noqa: PLC0415

    return Transition(0.0, BreakerState.CLOSED, BreakerState.OPEN, Cause.RAILED, "for the test")


def test_a_sleeper_in_two_beds_is_found() -> None:
    """One pseudonym in two pods violates `one-pod`."""
    world = merged()
    daemon = world.daemon
    assert daemon is not None
    fleet = daemon.app._deps.fleet
    for name in ("bed-1", "bed-2"):
        record = fleet.get(name)
        assert record is not None
        fleet.lay(record, "same", 0.0)
    lie_once(daemon, world.checker.violated)
    assert rules(world) == {"one-pod"}


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: four minutes of a night")
def test_uncharged_exposure_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that stands still violates `exposure`; one that is kept does not."""
    world = merged()
    world.run(30.0)
    world.checker.check_exposure()
    assert not world.checker.violations
    monkeypatch.setattr(SlotTable, "live", lambda _self, _seconds: None)
    world.run(240.0)  # an open mark lasts 180 s
    world.checker.check_exposure()
    assert "exposure" in rules(world)


def test_a_withdrawal_that_is_not_heeded_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that seats a withdrawn sleeper again after the unlatch violates `withdrawn`."""
    monkeypatch.setattr(ConsentBook, "withdraw", lambda _self, _sleeper: None)
    world = merged()
    pod = world.pods[1]
    world.checker.touched.add(pod.name)
    world.checker.on_latched(pod)
    pod.press("withdraw")
    world.run(2.0)
    world.checker.on_unlatched(pod)
    pod.unlatch()
    world.run(10.0)
    assert "withdrawn" in rules(world)


def limited(monkeypatch: pytest.MonkeyPatch) -> World:
    """Five pods merge, one of them with a limit that the daemon does not apply."""
    monkeypatch.setattr(ExposureMeter, "overexposed", lambda _self: [])
    world = World(1, 5, limits_min={"sleeper-2": 0.06})
    assert world.gather() == ""
    world.run(90.0)
    return world


def test_a_dose_is_held_by_the_pod_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the daemon forgets a limit the pod severs itself at it and is released."""
    world = limited(monkeypatch)
    assert not world.checker.violations
    assert world.checker.severs["exposure"] == 1
    daemon = world.daemon
    assert daemon is not None
    seat = daemon.app.registry["night"].dreamscape.seats.of("bed-2")
    assert seat is None or seat.slot is None


def test_an_unapplied_dose_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the pod does not count either, `dose` is violated."""
    monkeypatch.setattr(Dose, "live", lambda _self, _share, _now_ns: None)
    assert "dose" in rules(limited(monkeypatch))


def on_a_copy() -> World:
    """Five dream; then a daemon starts on a copy of the ledger."""
    world = merged()
    backup = world.storage.copy()
    world.run(6.0)
    assert world.daemon is not None
    world.daemon.kill()
    world.storage.known += 1
    world.storage.restore(backup)
    world.checker.ledger_restored(backup)
    world.checker.calm = False
    world.start_daemon()
    world.run(20.0)
    return world


def test_a_copy_of_the_ledger_merges_no_pod() -> None:
    """On a copy no slot is given, and all are alone."""
    world = on_a_copy()
    assert not world.checker.violations
    assert not any(pod.share() for pod in world.pods)


def test_a_copy_that_is_taken_for_the_ledger_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that takes a copy for the ledger violates `excluded`."""
    monkeypatch.setattr(application, "start_new_generation", lambda _ledger, _journal, _now_s: False)
    monkeypatch.setattr(LedgerWitness, "newer", lambda _self, _writes: False)
    assert "excluded" in rules(on_a_copy())


def test_a_sever_for_returning_pods_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of five were touched: severing for three zeroed before a crash violates `nothing`."""
    world = merged()
    daemon = world.daemon
    assert daemon is not None
    world.checker.calm = False
    world.checker.touched.update(pod.name for pod in world.pods[:2])
    monkeypatch.setattr(Breaker, "away", property(lambda breaker: breaker.cause is Cause.STALE))
    for pod in world.pods[:3]:
        breaker = step(Breaker(), Trip(Cause.DAEMON, "a zero", ""), daemon.now_s())[0]
        daemon.app._deps.fleet.get(pod.name).breaker = breaker  # type: ignore[union-attr]
        seat = daemon.app.registry["night"].dreamscape.seats.of(pod.name)
        daemon.app.registry["night"].dreamscape.cohorts.moved(seat.slot, breaker)  # type: ignore[union-attr, arg-type]
    world.run(1.0)
    assert "nothing" in rules(world)


@pytest.mark.parametrize("seed", [1, 2, 3, 4] if LONG else [1])
def test_a_daemon_that_dies_at_a_lock_resets_none(seed: int) -> None:
    """A daemon killed in the call of a lock, before it is written: the next daemon has it locked."""
    world = World(seed, 5)
    assert world.gather() == ""
    world.run(15.0)
    pod, daemon = world.pods[2], world.daemon
    assert daemon is not None
    world.checker.touched.add(pod.name)
    world.checker.calm = False
    daemon.dies_at_a_lock = True
    for _ in range(2):
        pod.inject_fault(SimulatedFault("railed", pod.local_ns()))
        world.run(2.0)
        pod.inject_fault(None)
        world.run(50.0 if daemon.alive else 2.0)
    assert not daemon.alive
    assert not world.storage.locks, "it died before it was written"
    after = world.start_daemon()
    world.run(60.0)
    assert after.app.pods.get(pod.name).breaker is BreakerState.LOCKED  # type: ignore[union-attr]
    assert pod.share() == 0.0
    assert min(other.share() for other in world.pods if other is not pod) > 0.0
    assert not world.checker.violations
