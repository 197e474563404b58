"""Faults of access in virtual time: a revoked bed, a code shown by two, rights of the broker that drift."""

import pytest

from depth import LONG
from dreamd.core.access.principals import Kind
from dreamd.core.refusals import Code
from dreamd.simulation.faults.access_faults import drift, enrol_again, guess, race, release_by_bed, revoke
from dreamd.simulation.faults.ledger_faults import create
from dreamd.simulation.faults.ways_out import release
from dreamd.simulation.machines.operators import ADA, ADMIN, OLGA, token_of_person
from dreamd.simulation.world import World
from sim.sites import code_of, daemon_of, dreaming, events, zero_s


def code(world: World, bed: str) -> str:
    """A code of this bed."""
    asked = daemon_of(world).app.access.enrol(ADMIN, bed, Kind.BED, ())
    return str(getattr(world.answered(asked), "text", ""))


def test_a_revoked_bed_is_at_zero_at_once_and_the_others_dream_on() -> None:
    """Revoked as it dreams: zero in 500 ms, no account in 2 s, no message after; the others lose no lease."""
    world = dreaming()
    daemon, pod = daemon_of(world), world.pods[1]
    severs = dict(world.checker.severs)
    revoke(daemon, pod.name)
    assert code_of(release_by_bed(daemon, pod)) == Code.CREDENTIAL_REVOKED.value
    assert zero_s(world, pod) <= 0.5
    world.run(2.0)
    accounts = world.broker.accounts
    assert accounts is not None
    assert pod.name not in accounts.clients
    pod.press("wake")
    world.run(6.0)
    assert pod.disk.latched, "its button needs no account"
    assert pod.share() == 0.0
    assert min(other.share() for other in world.pods if other is not pod) > 0.05
    grown = {cause: count - severs.get(cause, 0) for cause, count in world.checker.severs.items()}
    assert set(grown) <= {"release", "wake"}, grown
    assert not world.checker.violations
    pod.unlatch()
    enrol_again(world, pod)
    world.run(25.0)
    assert pod.share() > 0.0
    assert not world.checker.violations


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")
def test_a_bed_that_is_revoked_out_of_reach_is_freed_by_its_tether() -> None:
    """Its link is cut as it is revoked: the lease ends, and no daemon that starts later seats it."""
    world = dreaming()
    pod = world.pods[1]
    pod.link.cut()
    pod.watch_link()
    revoke(daemon_of(world), pod.name)
    assert zero_s(world, pod) <= 1.6
    daemon_of(world).kill()
    world.start_daemon()
    pod.link.heal()
    world.run(20.0)
    assert pod.share() == 0.0
    assert min(other.share() for other in world.pods if other is not pod) > 0.0
    assert not world.checker.violations


def test_a_revoked_person_keeps_no_watch_and_others_keep_theirs() -> None:
    """Two watches of one principal end with CREDENTIAL_REVOKED in the call; another's stays open."""
    daemon = daemon_of(dreaming(pods=3))
    mine = [daemon.desk.hold_watch(token_of_person(OLGA)) for _ in range(2)]
    other = daemon.desk.hold_watch(token_of_person(ADA))
    assert all(watch.open for watch in (*mine, other))
    revoke(daemon, OLGA)
    assert [watch.refusal.code if watch.refusal else None for watch in mine] == [Code.CREDENTIAL_REVOKED] * 2
    assert other.open
    assert not daemon.desk.hold_watch(token_of_person(OLGA)).open


@pytest.mark.parametrize("after_s", [0.0, 3.0] if LONG else [0.0])
def test_a_code_of_two_beds_gives_one_credential_and_merges_none(after_s: float) -> None:
    """Shown at once, or later: one credential, `code-reused`, the bed at zero, and no sleeper bound in it."""
    world = dreaming()
    daemon, pod = daemon_of(world), world.pods[2]
    before = {one.id for one in world.storage.credentials.values()}
    race(world, daemon, pod, code(world, pod.name), after_s)
    world.run(after_s)
    assert zero_s(world, pod) <= 0.6
    world.run(5.0)
    made = [one for key, one in world.storage.credentials.items() if key not in before]
    assert [one.principal for one in made] == [pod.name]
    assert world.storage.principals[pod.name].paused
    assert len(events(world, "code-reused")) == 1
    daemon.app.pods.check_out(ADMIN, pod.name)
    world.run(1.0)
    anew = world.answered(daemon.app.pods.check_in(ADMIN, pod.name, f"sleeper-{pod.number}"))
    assert code_of(anew) == Code.PRINCIPAL_PAUSED.value
    world.run(4.0)
    assert pod.share() == 0.0
    assert min(other.share() for other in world.pods if other is not pod) > 0.05
    assert not world.checker.violations


def test_a_guessed_code_gives_nothing_and_disturbs_no_bed() -> None:
    """Ten wrong secrets end a code, also for the right one; its bed dreams on."""
    world = dreaming(pods=3)
    severs = dict(world.checker.severs)
    guess(world, daemon_of(world), code(world, "bed-1"))
    world.run(1.0)
    assert dict(world.checker.severs) == severs
    assert not world.checker.violations


def test_drifted_rights_stop_what_binds_until_they_are_mended_and_no_lease_lapses() -> None:
    """A stranger, an open canary, an open default, a group, a wide role: told, mended one a second."""
    world = dreaming(pods=5)
    daemon, accounts = daemon_of(world), world.broker.keep_accounts()
    for kind in ("stranger", "canary", "default", "role", "group"):
        drift(world, world.pods[0], kind)
    assert [accounts.is_right(pod.name) for pod in world.pods] == [False, True, True, True, True]
    severs = dict(world.checker.severs)
    assert daemon.keeper is not None
    daemon.keeper.look_soon()
    world.run(0.2)
    assert len(events(world, "rights-drifted")) == 5 + 1, "the stranger has a role, too"
    assert code_of(create(world, daemon)) == Code.BROKER_OPEN.value
    release(world, daemon, world.pods[4])
    assert zero_s(world, world.pods[4]) <= 0.5
    world.run(1.0)
    assert len(accounts.groups) == 1, "one change a second while anybody dreams"
    world.run(12.0)
    listed = accounts.listed()
    assert not accounts.open_to()
    assert (listed.groups, listed.closed) == ((), True)
    assert not any(name.startswith("stranger") for name in (*listed.accounts, *listed.roles))
    assert code_of(create(world, daemon)) == ""
    grown = {cause for cause, count in world.checker.severs.items() if count > severs.get(cause, 0)}
    assert grown == {"release"}
    assert min(pod.share() for pod in world.pods[:4]) > 0.05
    drift(world, world.pods[0], "group")
    daemon.keeper.look_soon()
    world.run(0.2)
    assert len(events(world, "rights-drifted")) == 7, "told again where it comes again"
    assert not world.checker.violations


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a minute")
def test_an_account_that_is_lost_is_told_and_costs_its_own_bed_alone() -> None:
    """Its bed is alone by its lease; what binds waits until it has enrolled anew, and it dreams again."""
    world = dreaming()
    daemon, pod = daemon_of(world), world.pods[0]
    drift(world, pod, "missing")
    assert daemon.keeper is not None
    daemon.keeper.look_soon()
    world.run(2.0)
    assert [sentence for sentence in events(world, "rights-drifted") if pod.name in sentence]
    assert code_of(create(world, daemon)) == Code.BROKER_OPEN.value
    assert pod.share() == 0.0
    enrol_again(world, pod)
    world.run(25.0)
    assert pod.share() > 0.0
    assert code_of(create(world, daemon)) == ""
    assert not world.checker.violations
