"""The rules `free-always` and `barred` can fail: each is broken in the product, and the checker finds it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.api.check_ins import CheckIns
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.core.access import admission
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.access.rates import RATES, Rate
from dreamd.core.access.rules import Effect, Rule
from dreamd.core.refusals import Code, Refusal
from dreamd.simulation.checks.free_always import LEFT_NS, RULE
from dreamd.simulation.faults import access_faults, ways_out
from dreamd.simulation.machines.operators import ADMIN, FREEING
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.scenario import UNSENT
from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import World
from dreamwire.buggify import installed
from sim.sites import daemon_of, dreaming, zero_s

Patch = pytest.MonkeyPatch


def expires_at_once(patch: Patch) -> None:
    """An expired credential frees nothing."""
    patch.setattr(Credential, "frees", Credential.alive)


def has_a_rate(patch: Patch) -> None:
    """Ways out have a rate."""
    patch.setitem(RATES, Effect.FREES, Rate(0.001, 1.0))


def pauses(patch: Patch) -> None:
    """A paused principal frees nothing."""
    real = admission.refused_credential

    def strict(rule: Rule, principal: Principal, *rest: object) -> Refusal | None:
        rule = replace(rule, effect=Effect.BINDS) if principal.paused else rule
        return real(rule, principal, *rest)  # type: ignore[arg-type]

    patch.setattr(admission, "refused_credential", strict)


def is_bound_to_a_site(patch: Patch) -> None:
    """A clinician frees in the own sites alone."""
    patch.setattr(admission, "UNBOUND", frozenset())


def needs_a_ledger(patch: Patch) -> None:
    """A check-out is refused while the ledger fails."""
    no = Refusal(Code.LEDGER_UNAVAILABLE, "the ledger could not keep the check-out")
    patch.setattr(CheckIns, "check_out", lambda _self, _record: no)


def releases_none(patch: Patch) -> None:
    """A release is answered, and nothing follows."""

    def idle(self: DreamscapeRegistry, _record: object, _reason: str) -> object:
        return self._deps.tickets.issue(())

    patch.setattr(DreamscapeRegistry, "release_pod", idle)


BROKEN = (releases_none, expires_at_once, has_a_rate, pauses, is_bound_to_a_site, needs_a_ledger)
"""The first needs sleepers that dream; the others are refused whatever state the beds are in."""


@pytest.fixture(scope="module")
def three() -> World:
    """Three that dream."""
    return dreaming(pods=3, site=False)


def each_caller(world: World, checked_out: Pod) -> set[str]:
    """Release one bed by every caller, and check another out; return the rules that were violated."""
    world.checker.violations.clear()
    for _ in FREEING:
        ways_out.release(world, daemon_of(world), world.pods[0])
    ways_out.check_out(world, daemon_of(world), checked_out)
    world.run(2.0)
    return {violation.rule for violation in world.checker.violations}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_way_out_that_is_refused_or_frees_none_is_found(
    broken: Callable[[Patch], None], three: World, monkeypatch: Patch
) -> None:
    """Each of six breakages violates `free-always`; unbroken, the same calls violate nothing."""
    broken(monkeypatch)
    assert each_caller(three, three.pods[1]) == {RULE}
    monkeypatch.undo()
    assert each_caller(three, three.pods[2]) == set()


def test_an_order_whose_first_sending_fails_is_held_to_the_lease() -> None:
    """Resent after 500 ms it frees within the lease, and violates nothing."""
    world = dreaming(pods=3, site=False)
    rule = world.checker.free_always

    def fails(point: str) -> bool:
        if point == UNSENT:
            rule.order_unsent()
        return point == UNSENT

    with installed(fails):
        ways_out.release(world, daemon_of(world), world.pods[0])
    assert 0.5 < zero_s(world, world.pods[0]) < LEFT_NS / SECOND_NS
    world.run(2.0)
    assert world.checker.violations == []


def test_a_bed_that_is_bound_although_it_is_revoked_is_found(monkeypatch: Patch) -> None:
    """A daemon that forgets a revocation at the next check-in violates `barred`."""
    world = dreaming(pods=3)
    daemon, pod = daemon_of(world), world.pods[0]
    access_faults.revoke(daemon, pod.name)
    monkeypatch.setattr(PrincipalTable, "barred", lambda _self, _bed: None)
    daemon.app.pods.check_out(ADMIN, pod.name)
    world.run(1.0)
    world.broker.accounts = None
    pod.connect()
    world.run(3.0)
    daemon.app.pods.check_in(ADMIN, pod.name, "sleeper-1")
    world.run(8.0)
    assert "barred" in {violation.rule for violation in world.checker.violations}
