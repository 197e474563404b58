"""A house with a lease and a standby, in virtual time: it moves within lease and two seconds, or not at all.

Each way in which an owner fails is a row. A broken guard of the lease is found by a rule of the checker.
"""

from collections.abc import Callable

import pytest

from depth import LONG
from dreamd.core.fleet.lease import OwnLease, Patience
from dreamd.core.limits import HOUSE_LEASE_S
from dreamd.ports.commit import LedgerError, LedgerHeldError
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.faults.process_faults import cut_owner
from dreamd.simulation.machines.house.house_row import HouseRow
from dreamd.simulation.machines.memory_ledger import MemoryLedger
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.world import World
from dreamwire import topics
from dreamwire.messages import Command, Release, WakePod

PODS = 4
STEP_S = 0.05
ALONE_WITHIN_S = 1.5
TAKEN_WITHIN_S = HOUSE_LEASE_S + 2.0
CUT_ALONE_WITHIN_S = HOUSE_LEASE_S + ALONE_WITHIN_S
MERGED_WITHIN_S = 40.0
"""Of an owner that was cut off the beds keep its zero, so their breakers open for half a minute first."""


def dreaming(seed: int = 5, *, leased: bool = True) -> tuple[World, DaemonProcess]:
    """A world in which all are merged, and the owner of its house; the standby has waited for a lease."""
    world = World(seed, PODS, leased=leased)
    assert world.gather() == ""
    world.run(16.0)
    assert merged(world) == PODS
    world.checker.calm = False
    return world, owner(world)


def owner(world: World) -> DaemonProcess:
    """The daemon that owns the house."""
    assert world.daemon is not None
    return world.daemon


def merged(world: World) -> int:
    """How many render a share of the others."""
    return sum(pod.share() > 0.0 for pod in world.pods)


def wait(world: World, true: Callable[[], bool], within_s: float) -> float:
    """Let time pass until the condition holds; returns how long that took."""
    began_s = world.schedule.now_s
    while not true():
        assert world.schedule.now_s - began_s <= within_s
        world.run(STEP_S)
    return world.schedule.now_s - began_s


def unbroken(world: World) -> None:
    """No rule was broken."""
    assert [str(violation) for violation in world.checker.violations] == []


FAILURES: dict[str, tuple[Callable[[World, DaemonProcess], None], float]] = {
    "killed": (lambda _, old: old.kill(), ALONE_WITHIN_S),
    "frozen": (lambda _, old: old.freeze(), ALONE_WITHIN_S),
    "cut off from the database": (lambda world, old: cut_owner(world, old, 20.0), CUT_ALONE_WITHIN_S),
    "ended": (lambda _, old: old.stop(), ALONE_WITHIN_S),
}
"""How the owner fails, and within which time all are alone."""


@pytest.mark.parametrize("how", FAILURES if LONG else ("frozen", "cut off from the database"))
def test_a_house_moves_within_its_lease_and_two_seconds(how: str) -> None:
    """All are alone in time, the standby takes over under a higher term, and all merge; an old owner ends."""
    world, old = dreaming()
    fail, alone_within_s = FAILURES[how]
    fail(world, old)
    alone_s = wait(world, lambda: merged(world) == 0, alone_within_s)
    taken_s = alone_s + wait(world, lambda: world.daemon not in (old, None), TAKEN_WITHIN_S - alone_s)
    new = owner(world)
    assert new.lease.term > old.lease.term
    assert new.machine != old.machine
    merged_s = taken_s + wait(world, lambda: merged(world) == PODS, MERGED_WITHIN_S)
    print(f"\n{how}: alone {alone_s:.2f} s, taken over {taken_s:.2f} s, merged again {merged_s:.1f} s")
    old.thaw()
    old.ledger.broken = ""
    wait(world, lambda: not old.alive, HOUSE_LEASE_S)
    world.run(2.0)
    assert merged(world) == PODS, "an old owner takes no bed from the new one"
    unbroken(world)


def test_a_database_that_is_away_moves_no_house() -> None:
    """All are at zero within seven seconds; on its return the owner renews and the standby takes nothing."""
    world, old = dreaming()
    world.storage.away = "the server is away"
    wait(world, lambda: merged(world) == 0, 7.0)
    world.run(2.0 * HOUSE_LEASE_S)
    assert not old.ledger.owned
    with pytest.raises(LedgerError, match="away"):
        world.start_daemon(machine=2)
    world.storage.away = ""
    wait(world, lambda: merged(world) == PODS, MERGED_WITHIN_S)
    assert owner(world) is old
    unbroken(world)


def test_a_second_daemon_is_refused_by_a_file_as_by_a_lease() -> None:
    """While an owner lives no second one starts; one killed on the same machine is waited for no more."""
    for leased in (False, True):
        world, old = World(5, PODS, leased=leased), 1
        with pytest.raises(LedgerHeldError):
            world.start_daemon()
        world.daemons[0].kill()
        if leased:
            with pytest.raises(LedgerHeldError):
                world.start_daemon(machine=2)
        assert world.start_daemon().lease.term > world.daemons[old - 1].lease.term


def test_an_owner_before_writes_nothing() -> None:
    """The fence is the term of the house: a ledger under an older term refuses each write."""
    world, old = dreaming()
    old.freeze()
    wait(world, lambda: owner(world) is not old, TAKEN_WITHIN_S)
    with pytest.raises(LedgerError, match="another dreamd has taken"):
        old.ledger.write(Transaction(check_ins=(("bed-1", ""),)))
    assert "bed-1" in world.storage.beds


def test_only_the_owner_takes_beds_and_lets_them_go() -> None:
    """An owner that is cut off sends no release and no assign, though it lives; a wake order leaves."""
    world, old = dreaming()
    cut_owner(world, old, 60.0)
    world.run(HOUSE_LEASE_S + 0.1)
    sent: list[str] = []
    world.broker.hand = lambda _pod, topic, *_, **__: sent.append(topic)  # type: ignore[method-assign]
    for pod, what in (("bed-1", Release("not ours")), ("bed-2", WakePod("asked", "an advocate"))):
        old.command(Command(pod, 1 << 60, 1, 0, what))
    world.run(0.01)
    assert [topic for topic in sent if "command" in topic] == [topics.pod_topic("bed-2", "command")]


def test_an_owner_counts_its_lease_from_the_question() -> None:
    """However late the answer is, the lease ends its length after the question; once lost, never again."""
    own = OwnLease(6.0, 100.0)
    assert own.left_s(105.0) == 1.0
    own.renewal_answered(renewed=True, asked_s=104.0)
    assert own.left_s(109.5) == 0.5
    assert own.left_s(110.0) == own.left_s(200.0) == 0.0
    own.renewal_answered(renewed=False, asked_s=111.0)
    own.renewal_answered(renewed=True, asked_s=112.0)
    assert own.lost
    assert own.left_s(112.0) == 0.0


# -- a broken guard is found ----------------------------------------------------------------------------


def rules(world: World) -> set[str]:
    """The rules that were broken."""
    return {violation.rule for violation in world.checker.violations}


def test_an_owner_that_trusts_a_lease_that_ran_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner that counts no lease and asks for no term couples after the takeover: `one-owner`."""
    monkeypatch.setattr(OwnLease, "left_s", lambda own, _now_s: 0.0 if own.lost else 1.0)
    monkeypatch.setattr("dreamd.app.durability.fencing.TERM_UNCONFIRMED_S", 1e9)
    world, old = dreaming()
    cut_owner(world, old, 20.0)
    world.run(TAKEN_WITHIN_S + 2.0)
    assert "one-owner" in rules(world)


def test_an_impatient_standby_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A standby that claims as soon as the database answers takes the house from a living owner: `moved`."""
    monkeypatch.setattr(
        Patience, "is_over", lambda _self, _now_s, *, given_up, living: given_up or not living
    )
    world, _ = dreaming()
    world.storage.away = "the server is away"
    world.run(2.0 * HOUSE_LEASE_S)
    world.storage.away = ""
    world.run(5.0)
    assert "moved" in rules(world)


def test_a_standby_that_sleeps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A standby that never claims leaves the house free: `takeover`."""
    world, old = dreaming()
    monkeypatch.setattr(Patience, "is_over", lambda _self, _now_s, *, given_up, living: False)
    old.kill()
    world.run(2.0 * TAKEN_WITHIN_S)
    assert "takeover" in rules(world)


def test_a_term_that_does_not_rise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim under the owner's own term violates `terms`."""
    world, old = dreaming(leased=False)
    monkeypatch.setattr(HouseRow, "claim", lambda row, *_, **__: row.term)
    old.kill()
    world.start_daemon()
    assert "terms" in rules(world)


def test_a_ledger_without_a_fence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the term in each write an owner that thaws writes over the next one's rows: `fence`."""
    world, old = dreaming()
    monkeypatch.setattr(MemoryLedger, "trouble", property(lambda ledger: ledger.broken))
    old.freeze()
    wait(world, lambda: owner(world) is not old, TAKEN_WITHIN_S)
    old.thaw()
    world.run(3.0)
    assert "fence" in rules(world)
