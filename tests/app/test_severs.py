"""Severing by scope: three Dreamscapes in different states, and every way out."""

import pytest

from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import Release
from fakes.callers import OPERATOR, named
from fakes.stage import Stage

S = DreamscapeState


class House(Stage):
    """Nine beds: d1 (beds 1 to 3, north) and d2 (4 to 6, of both sites) dream, d3 (7 to 9) gathers."""

    def __init__(self) -> None:
        super().__init__(9)
        for number, pod in enumerate(self.pods, 1):
            pod.site = "north" if number <= 4 else "south"
        self.appear()
        for name, beds in (("d1", (1, 2, 3)), ("d2", (4, 5, 6)), ("d3", (7, 8, 9))):
            invited = tuple(f"bed-{n}" for n in beds)
            plan = Plan(name, 3, 8, pods=invited, ramp_s=10.0, ceiling=0.1, intimate=False)
            assert not isinstance(self.app.dreamscapes.create(OPERATOR, plan), Refusal)
        self.hop(8)
        for name in ("d1", "d2"):
            assert not isinstance(self.app.dreamscapes.start(OPERATOR, name), Refusal)
        self.hop(6)

    def states(self) -> list[DreamscapeState]:
        """The states of d1, d2, d3."""
        return [self.app.dreamscapes.get(name).state for name in ("d1", "d2", "d3")]

    def granted(self) -> set[int]:
        """The beds granted a coupling by the newest broadcasts."""
        newest = {c.dreamscape: c for c in self.link.collectives}
        held = ((n, pod.assign) for n, pod in enumerate(self.pods, 1))
        return {n for n, at in held if at is not None and newest[at.dreamscape].coupling[at.slot] > 0}

    def sever(self, scope: SeverScope, target: str = "") -> tuple[int, int, tuple[str, ...]]:
        """The call's counts: zeroed, confirmed, unconfirmed."""
        ticket = self.app.severs.order(named("mira"), scope, target, "smoke")
        assert not isinstance(ticket, Refusal), ticket
        told = ticket.outcome()
        return told.zeroed, told.confirmed, told.unconfirmed


@pytest.fixture
def house() -> House:
    """Six dream in two Dreamscapes, three more have gathered."""
    one = House()
    assert one.states() == [S.DREAMING, S.DREAMING, S.GATHERING]
    assert one.granted() == {1, 2, 3, 4, 5, 6}
    return one


def test_the_fleet_is_every_dreamscape(house: House) -> None:
    """A fleet sever zeroes both dreaming Dreamscapes in the call and names all six; resume is possible."""
    zeroed, _, _ = house.sever(SeverScope.FLEET)
    assert zeroed == 6
    assert house.granted() == set()
    assert house.states() == [S.SEVERED, S.SEVERED, S.GATHERING]
    assert house.app.dreamscapes.get("d1").state_cause == "operator: mira: smoke"
    house.hop(8)
    assert house.granted() == set()
    assert not isinstance(house.app.dreamscapes.resume(OPERATOR, "d1"), Refusal)
    house.hop(4)
    assert house.granted() == {1, 2, 3}


def test_every_zero_leaves_before_anything_is_written(house: House) -> None:
    """With a broken or slow ledger all zeros leave before the first write."""
    seen: list[set[int]] = []
    keep, wait = house.ledger.submit, house.ledger.write

    def submit(transaction: Transaction) -> Commit[Terms]:
        seen.append(house.granted())
        return keep(transaction)

    def write(transaction: Transaction) -> Terms:
        seen.append(house.granted())
        return wait(transaction)

    house.ledger.submit, house.ledger.write = submit, write
    house.sever(SeverScope.FLEET)
    house.hop(1)
    assert seen[0] == set()
    house.ledger.broken = "disk is full"
    house.app.dreamscapes.resume(OPERATOR, "d1")
    assert house.sever(SeverScope.FLEET)[0] == 6


def test_one_that_fails_keeps_no_other_from_being_cut(house: House) -> None:
    """If one Dreamscape's sever raises, the second is severed all the same, and the bug is reported."""
    house.app.registry["d1"].dreamscape.cohorts.drop_fused = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        house.app.severs.order(OPERATOR, SeverScope.FLEET, "", "")
    assert house.granted() == {1, 2, 3}, "the one that is broken"
    assert house.states()[1] is S.SEVERED


def test_a_fleet_sever_releases_a_pod_of_an_unknown_dreamscape(house: House) -> None:
    """A pod with a slot of an unknown Dreamscape is released, and its confirmation awaited."""
    stray = house.pods[8]
    stray.assign = house.pods[0].assign
    stray.status()
    house.link.cut = True
    zeroed, _, unconfirmed = house.sever(SeverScope.FLEET)
    assert zeroed == 7
    assert "bed-9" in unconfirmed
    released = [c.pod for c in house.link.commands if isinstance(c.what, Release)]
    assert "bed-9" in released


def test_one_dreamscape_leaves_the_others(house: House) -> None:
    """Severing d1 zeroes its three pods; d2 dreams on."""
    assert house.sever(SeverScope.DREAMSCAPE, "d1")[0] == 3
    assert house.granted() == {4, 5, 6}
    assert house.states() == [S.SEVERED, S.DREAMING, S.GATHERING]


@pytest.mark.parametrize(("scope", "target"), [(SeverScope.POD, "bed-5"), (SeverScope.SLEEPER, "sleeper-5")])
def test_one_sleeper_leaves_the_others_and_comes_back_by_check_in(
    house: House, scope: SeverScope, target: str
) -> None:
    """A severed sleeper's bed leaves its seat, d2's others dream on; a new check-in may be seated again."""
    house.link.cut = True
    assert house.sever(scope, target) == (1, 0, ("bed-5",))
    house.link.cut = False
    house.pods[4].assign = None
    house.hop(4)
    assert house.app.dreamscapes.get("d2").state is S.SEVERED, "two of three are below the minimum"
    assert house.app.pods.get("bed-5").dreamscape == ""
    house.hop(8)
    assert house.app.pods.get("bed-5").dreamscape == "", "not asked again by itself"
    house.app.pods.check_out(OPERATOR, "bed-5")
    house.app.pods.check_in(OPERATOR, "bed-5", "sleeper-5")
    house.hop(8)
    assert house.app.pods.get("bed-5").dreamscape == "d2"


def test_a_site_severs_whole_dreamscapes_and_beds_of_mixed_ones(house: House) -> None:
    """North is d1 and one bed of d2: d1 can be resumed, bed-4 has left, the rest of d2 stays."""
    zeroed, _, _ = house.sever(SeverScope.SITE, "north")
    assert zeroed == 4
    assert house.granted() & {1, 2, 3} == set()
    assert house.states()[0] is S.SEVERED
    assert house.app.pods.get("bed-4").dreamscape == ""
    assert {seat.pod for seat in house.app.dreamscapes.get("d2").seats if seat.state.value != "left"} == {
        "bed-5",
        "bed-6",
    }


def test_a_sever_may_be_sent_again_in_every_state(house: House) -> None:
    """Severed, waking and ended Dreamscapes accept a sever."""
    for _ in range(2):
        house.sever(SeverScope.FLEET)
    house.app.dreamscapes.wake(named("mira"), "d1", "fire")
    house.app.dreamscapes.end(OPERATOR, "d2", "over")
    house.hop(8)
    house.sever(SeverScope.FLEET)
    for name in ("d1", "d2", "d3"):
        house.sever(SeverScope.DREAMSCAPE, name)


@pytest.mark.parametrize(
    ("scope", "target", "code"),
    [
        (SeverScope.POD, "bed-99", Code.POD_UNKNOWN),
        (SeverScope.SLEEPER, "nobody-here", Code.POD_UNKNOWN),
        (SeverScope.DREAMSCAPE, "noon", Code.DREAMSCAPE_UNKNOWN),
        (SeverScope.SITE, "moon", Code.INVALID_ARGUMENT),
    ],
)
def test_a_name_that_nothing_has_is_refused(house: House, scope: SeverScope, target: str, code: Code) -> None:
    """A sever of an unknown name is refused without repeating a pseudonym."""
    refusal = house.app.severs.order(OPERATOR, scope, target, "")
    assert isinstance(refusal, Refusal)
    assert refusal.code is code
    assert (target in refusal.sentence) is (scope is not SeverScope.SLEEPER)
    assert house.granted() == {1, 2, 3, 4, 5, 6}


def test_the_order_stands_in_the_journal(house: House) -> None:
    """The journal has the order once, with scope and reason, without a pseudonym."""
    house.sever(SeverScope.SITE, "north")
    house.sever(SeverScope.SLEEPER, "sleeper-5")
    told = [e.sentence for e in house.app.journal._events if e.kind == "sever-order"]
    assert told == ["sever of site north: mira: smoke", "sever of one sleeper: mira: smoke"]


def test_beds_that_were_severed_alone_stay_so_over_a_restart(house: House) -> None:
    """A bed severed alone is in the ledger within the call and stays out after a restart."""
    house.sever(SeverScope.SITE, "north")
    house.restart()
    for pod in house.pods:
        pod.presence()
        pod.status()
    house.hop(12)
    assert house.app.pods.get("bed-4").dreamscape == ""
