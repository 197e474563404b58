"""A planned handover: no pod is released, and the next owner begins from what the last one stated."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.app.dreamscapes.drivers.handed_slots import HandedSlots
from dreamd.core.access.caller import SIGNALLED
from dreamd.core.dreamscapes.views import BreakerState, Plan
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.core.house_orders import HouseOrder
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.ledger.handovers import HandedSlot, Handover
from dreamwire.messages import Assign, PodEventKind, Release, StoredSever
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import Puppet, Stage


def dreaming() -> Stage:
    """Six dream, merged."""
    stage = Stage(6, MemoryLedger())
    stage.appear()
    stage.dream(seats_max=8)
    stage.hop(8)
    assert all(stage.coupling(pod.name) for pod in stage.pods)
    return stage


def end(stage: Stage) -> int:
    """The owner hands the house over; return the term of its zeros."""
    stage.app.shutdown(SIGNALLED, hands_over=True)
    zero = stage.link.collectives[-1]
    assert not zero.coupling.any(), "zero before anything is written"
    for pod in stage.pods:
        pod.severed = StoredSever("night", zero.term, zero.tick, "daemon")
    stage.hop(2)
    assert stage.app.settled, "frames at zero confirm it"
    stage.app.close()
    return zero.term


def begin(stage: Stage, *, direct: bool = True) -> None:
    """The next owner starts, and every pod reports."""
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.succeeds = direct
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()


def breakers(stage: Stage) -> list[BreakerState]:
    """Of the pods, by name."""
    return [pod.breaker for pod in sorted(stage.app.pods.list(), key=lambda pod: pod.pod)]


def test_a_handover_releases_no_pod() -> None:
    """The zeros of a handover are followed by no order; the pods keep the assignments that they hold."""
    stage = dreaming()
    held = [pod.assign for pod in stage.pods]
    before = len(stage.link.commands)
    end(stage)
    assert not [command for command in stage.link.commands[before:] if isinstance(command.what, Release)]
    assert [pod.assign for pod in stage.pods] == held


def test_the_next_owner_merges_within_a_second_and_a_half() -> None:
    """The next owner assigns over the old assignment, under a higher term, and grants to all at once."""
    stage = dreaming()
    term = end(stage)
    begin(stage)
    assert breakers(stage) == [BreakerState.CLOSED] * 6
    stage.hop(5)
    assert all(stage.coupling(pod.name) for pod in stage.pods)
    assert {pod.assign.term > term for pod in stage.pods if pod.assign} == {True}
    assert not [one for one in stage.link.commands if isinstance(one.what, Release)]


def test_without_a_handover_the_same_start_scores_every_frame() -> None:
    """After a kill the pods keep their assignments too, and each breaker begins HALF_OPEN."""
    stage = dreaming()
    begin(stage)
    assert breakers(stage) == [BreakerState.HALF_OPEN] * 6
    stage.hop(5)
    assert not any(stage.coupling(pod.name) for pod in stage.pods)


def test_a_handover_to_another_owner_excuses_the_zero_and_scores_the_frames() -> None:
    """Where another owner came between, or it is long ago, the zero is no trip, and nobody starts CLOSED."""
    stage = dreaming()
    end(stage)
    begin(stage, direct=False)
    assert breakers(stage) == [BreakerState.HALF_OPEN] * 6


@pytest.mark.parametrize(
    ("order", "left"),
    [
        (HouseOrder("o1", "OrderSever", "pod", "bed-1"), {"bed-1"}),
        (HouseOrder("o1", "WithdrawConsent", sleeper="sleeper-2"), {"bed-2"}),
        (HouseOrder("o1", "OrderSever", "fleet"), {f"bed-{n}" for n in range(1, 7)}),
    ],
    ids=["a bed severed", "a consent withdrawn", "all severed"],
)
def test_a_way_out_in_the_gap_wins_over_the_handover(order: HouseOrder, left: set[str]) -> None:
    """An order that a daemon keeps while no owner lives is carried out before anyone is taken on trust."""
    stage = dreaming()
    end(stage)
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.storage.house_orders[order.id] = order
    begin(stage)
    stage.hop(8)
    seats = stage.app.dreamscapes.get("night").seats
    assert {seat.pod for seat in seats if seat.granted > 0.0} == {pod.name for pod in stage.pods} - left
    assert stage.ledger.storage.carried_out["o1"].outcome == "done"


def severed(pod: Puppet, cause: str = "daemon", **changes: object) -> None:
    """The pod reports another stored sever."""
    assert pod.severed is not None
    pod.severed = replace(pod.severed, cause=cause, **changes)


def rebooted(pod: Puppet) -> None:
    """The pod's agent has started anew: it holds no assignment."""
    pod.incarnation, pod.assign, pod.severed = 1001, None, None


def reassigned(pod: Puppet) -> None:
    """The pod holds another assignment than its owner has stated."""
    assert pod.assign is not None
    pod.assign = replace(pod.assign, assignment=pod.assign.assignment ^ 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda pod: severed(pod, "railed"), BreakerState.OPEN),
        (lambda pod: severed(pod, "nonfinite"), BreakerState.OPEN),
        (lambda pod: severed(pod, term=1), BreakerState.OPEN),
        (lambda pod: severed(pod, dreamscape="dusk"), BreakerState.OPEN),
        (rebooted, BreakerState.HALF_OPEN),
        (reassigned, BreakerState.HALF_OPEN),
    ],
    ids=["railed", "nonfinite", "a zero of an older term", "of another Dreamscape", "rebooted", "reassigned"],
)
def test_a_pod_that_is_not_as_it_was_left_is_not_taken_on_trust(
    change: "object", expected: BreakerState
) -> None:
    """A fault of its own, another zero, another run or another assignment is judged as after a crash."""
    stage = dreaming()
    end(stage)
    change(stage.pods[2])  # type: ignore[operator]
    begin(stage)
    assert breakers(stage)[2] is expected
    assert breakers(stage)[0] is BreakerState.CLOSED


def test_a_pod_that_tripped_before_the_end_is_not_handed_over() -> None:
    """A pod whose breaker is not CLOSED at the end is left out, although its zero is of the same term."""
    stage = dreaming()
    ill = stage.pods[0]
    ill.bend = lambda frame: replace(frame, features=np.full_like(frame.features, np.nan))
    stage.hop(1)
    ill.bend = lambda frame: frame
    end(stage)
    begin(stage)
    assert breakers(stage) == [BreakerState.OPEN] + [BreakerState.CLOSED] * 5


@pytest.mark.parametrize(
    ("cause", "expected"), [("nonfinite", BreakerState.OPEN), ("clock", BreakerState.HALF_OPEN)]
)
def test_a_fault_in_the_gap_is_held_against_the_pod(cause: str, expected: BreakerState) -> None:
    """A malfunction that the pod reports before its first status opens its breaker, or has it scored."""
    stage = dreaming()
    end(stage)
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.succeeds = True
    stage.restart()
    ill = stage.pods[0]
    ill.presence()
    ill.event(PodEventKind.MALFUNCTION, cause)
    for pod in stage.pods[1:]:
        pod.presence()
    for pod in stage.pods:
        pod.status()
    assert breakers(stage) == [expected] + [BreakerState.CLOSED] * 5


def test_an_earlier_trip_counts_on_over_a_handover() -> None:
    """A trip that has healed before the handover counts after it: the second within half an hour locks."""
    stage = dreaming()
    ill = stage.pods[0]
    ill.event(PodEventKind.MALFUNCTION, "nonfinite")
    stage.hop(4 * 75)
    assert breakers(stage)[0] is BreakerState.CLOSED
    end(stage)
    begin(stage)
    assert breakers(stage)[0] is BreakerState.CLOSED
    ill.event(PodEventKind.MALFUNCTION, "nonfinite")
    assert breakers(stage)[0] is BreakerState.LOCKED


def test_nobody_is_seated_or_started_while_the_house_is_handed_over() -> None:
    """A check-in and a start are refused with the reason, and a caller may try again."""
    stage = dreaming()
    stage.app.shutdown(SIGNALLED, hands_over=True)
    for refused in (
        stage.app.dreamscapes.start(OPERATOR, "night"),
        stage.app.dreamscapes.create(OPERATOR, Plan("dusk", seats_min=3, seats_max=8)),
        stage.app.pods.check_in(OPERATOR, "bed-1", "sleeper-9"),
    ):
        assert isinstance(refused, Refusal)
        assert refused.code is Code.SHUTTING_DOWN
        assert "handing the house over to its standby" in str(refused)


def test_a_person_hands_the_house_over_to_a_standby_that_can_take_it() -> None:
    """The call ends the daemon as a signal does, once; without an heir, or a lease, it is refused."""
    stage = dreaming()
    ended: list[bool] = []
    house = stage.app.house
    house.end_by_plan = lambda: ended.append(True)
    assert isinstance(stage.ledger, MemoryLedger)
    refused = house.hand_over(OPERATOR)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.NO_STANDBY
    able = Waiting("10.0.0.3:50051")
    stage.ledger.house = HouseLease("Nachthaus", "10.0.0.1:50051", 7, 4.0, (able,))
    stage.ledger.leased = lambda: False
    assert isinstance(house.hand_over(OPERATOR), Refusal), "its lease has run out"
    stage.ledger.leased = lambda: True
    assert not ended
    assert house.hand_over(OPERATOR) == able
    assert ended == [True]
    assert house.overview().lease == stage.ledger.house
    stage.app.shutdown(SIGNALLED, hands_over=True)
    again = house.hand_over(OPERATOR)
    assert isinstance(again, Refusal)
    assert again.code is Code.SHUTTING_DOWN


def test_a_ledger_in_doubt_closes_no_breaker() -> None:
    """Where the ledger has turned out to be a copy, what it says of a handover is not taken on trust."""
    stage = dreaming()
    end(stage)
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.succeeds = True
    stage.restart()
    stage.app._deps.locks.doubt(stage.clock.now_s())
    for pod in stage.pods:
        pod.presence()
        pod.status()
    assert breakers(stage) == [BreakerState.HALF_OPEN] * 6


def test_a_fault_of_the_pods_own_is_no_zero_of_its_owner() -> None:
    """Of the severs that a pod may have stored, only a zero of the daemon in that term is excused."""
    stage = dreaming()
    pod = stage.pods[0]
    record, status = stage.app._deps.fleet.get(pod.name), pod.account()
    assert record is not None
    handed = HandedSlots(Handover("night", (HandedSlot(pod.name, 1000, status.assignment, 7),), direct=True))
    zero, fault = StoredSever("night", 7, 3, "daemon"), StoredSever("night", 7, 3, "railed")
    assert handed.trip_of(record, replace(status, severed=zero)) is None
    assert handed.keeps_closed(record, replace(status, severed=zero))
    assert handed.trip_of(record, replace(status, severed=fault)) == fault
    assert not handed.keeps_closed(record, replace(status, severed=fault))
    assert not handed.keeps_closed(record, replace(status, latched="distress"))
    assert not HandedSlots().keeps_closed(record, status)


def test_a_blind_owner_vouches_for_nobody() -> None:
    """An owner whose uplink is lost has not seen the pods, and hands none over as well."""
    stage = dreaming()
    for pod in stage.pods:
        pod.sends = False
    stage.hop(6)
    for pod in stage.pods:
        pod.sends = True
    stage.app.shutdown(SIGNALLED, hands_over=True)
    stage.app.close()
    assert stage.ledger.handed_over() == ()


def test_an_owner_vouches_for_the_pods_of_the_brokers_that_it_reaches() -> None:
    """Where the way by one broker is lost, its pods are left out, and those of the others are handed over."""
    stage = dreaming()
    far = stage.app._deps.fleet.get("bed-2")
    assert far is not None
    far.broker = 1
    ways = stage.app.registry["night"].dreamscape.evaluator.ways
    stage.app.shutdown(SIGNALLED, hands_over=True)
    ways.lost = frozenset({1})
    stage.app.close()
    (handed,) = stage.ledger.handed_over()
    assert {slot.pod for slot in handed.slots} == {pod.name for pod in stage.pods} - {"bed-2"}


def test_a_dreamscape_on_its_way_home_is_not_handed_over() -> None:
    """Pods that were sent home before go home; a handover keeps none of them."""
    stage = dreaming()
    stage.link.cut = True
    stage.app.dreamscapes.end(OPERATOR, "night", "the night is over")
    stage.app.shutdown(SIGNALLED, hands_over=True)
    stage.app.close()
    assert stage.ledger.handed_over() == ()
    assert [command for command in stage.link.commands if isinstance(command.what, Release)]
    assert isinstance(stage.pods[0].assign, Assign)
    stage.link.cut = False
    begin(stage)
    stage.hop(6)
    assert "night" not in stage.app.registry, "it has ended"
    assert {pod.assign for pod in stage.pods} == {None}
