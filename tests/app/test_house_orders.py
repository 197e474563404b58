"""Orders of a house: carried out by a living owner, and by the next one before it grants anything."""

from dataclasses import replace

import pytest

from dreamd.core.access.caller import SIGNALLED
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import DreamscapeState, PodView, SeatState
from dreamd.core.house_orders import METHODS, HouseOrder
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import StoredSever
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

VIA = "10.0.0.2:50051"
BEDS = tuple(f"bed-{n}" for n in range(1, 9))
TRIAL_HOPS = 60
"""A restored bed is scored for 30 ticks, and asked again within a few more."""


class House(Stage):
    """Eight beds dream in `night`: 1 to 5 stand in the north, 6 to 8 in the south."""

    def __init__(self) -> None:
        super().__init__(8, MemoryLedger())
        for number, pod in enumerate(self.pods, 1):
            pod.site = "north" if number <= 5 else "south"
        self.appear()
        self.dream()
        self.hop(TRIAL_HOPS)
        assert self.merged() == set(BEDS)

    def keep(self, method: str, scope: str = "", target: str = "", sleeper: str = "", **more: str) -> str:
        """Another daemon keeps this order; returns its id."""
        orders = self.ledger.storage.house_orders
        order = HouseOrder(f"o{len(orders)}", method, scope, target, sleeper, told="mira", via=VIA, **more)
        orders[order.id] = order
        return order.id

    def outcome(self, order: str) -> str:
        """The end of an order; empty while it waits."""
        end = self.ledger.storage.carried_out.get(order)
        return end.outcome if end is not None else ""

    def succeed(self, *, hops: int = TRIAL_HOPS) -> None:
        """The owner is killed, and the next one begins; its beds report after it has."""
        self.restart()
        before = len(self.link.collectives)
        self.hop(2, statuses=False)
        assert not any(one.coupling.any() for one in self.link.collectives[before:])
        for pod in self.pods:
            pod.presence()
        self.hop(hops)

    def merged(self) -> set[str]:
        """The beds that the newest tick grants a coupling."""
        return {seat.pod for seat in self.app.dreamscapes.get("night").seats if seat.granted > 0.0}

    def bed(self, pod: str) -> PodView:
        """A bed as the API shows it."""
        found = self.app.pods.get(pod)
        assert isinstance(found, PodView)
        return found

    @property
    def state(self) -> DreamscapeState:
        """Of `night`."""
        return self.app.dreamscapes.get("night").state


@pytest.fixture
def house() -> House:
    """Eight dream."""
    return House()


def test_a_living_owner_carries_out_an_order_within_a_tick(house: House) -> None:
    """An order that another daemon keeps severs as the call would, and its end names what was zeroed."""
    order = house.keep("OrderSever", "pod", "bed-2")
    house.hop(1)
    assert house.merged() == set(BEDS) - {"bed-2"}
    house.hop(8)
    end = house.ledger.storage.carried_out[order]
    assert (end.zeroed, end.confirmed, end.unconfirmed, end.outcome) == (1, 1, (), "done")


def test_the_next_owner_begins_with_the_severed_alone(house: House) -> None:
    """One bed, one sleeper and one withdrawal that no owner has heard of are alone after a takeover."""
    house.keep("OrderSever", "pod", "bed-1")
    house.keep("OrderSever", "sleeper", sleeper="sleeper-2")
    house.keep("WithdrawConsent", sleeper="sleeper-3")
    house.keep("ReleasePod", target="bed-4")
    house.succeed()
    assert house.merged() == {"bed-5", "bed-6", "bed-7", "bed-8"}
    assert house.app.consents.consent_of(None, "sleeper-3").state is ConsentState.WITHDRAWN
    assert all(house.pod(f"bed-{n}").assign is None for n in range(1, 5))
    house.hop(TRIAL_HOPS)
    assert house.merged() == {"bed-5", "bed-6", "bed-7", "bed-8"}


def test_orders_are_carried_out_before_the_first_tick(house: House) -> None:
    """Once the application is open they are: no tick and no message of a bed comes before."""
    order = house.keep("OrderSever", "pod", "bed-1")
    house.keep("SeverDreamscape", target="night")
    house.restart()
    left = {seat.pod for seat in house.app.dreamscapes.get("night").seats if seat.state is SeatState.LEFT}
    assert left == {"bed-1"}
    assert house.state is DreamscapeState.SEVERED
    assert house.outcome(order) == "", "its end is written with the next tick"


def test_orders_hold_over_a_planned_handover(house: House) -> None:
    """A bed that the handover names as well keeps no slot where an order has come in between."""
    house.app.shutdown(SIGNALLED, hands_over=True)
    zero = house.link.collectives[-1]
    for pod in house.pods:
        pod.severed = StoredSever("night", zero.term, zero.tick, "daemon")
    house.hop(2)
    house.app.close()
    house.keep("OrderSever", "pod", "bed-1")
    house.keep("WithdrawConsent", sleeper="sleeper-2")
    house.ledger.succeeds = True
    house.restart()
    for pod in house.pods:
        pod.presence()
        pod.status()
    for _ in range(TRIAL_HOPS):
        house.hop(1)
        assert not house.merged() & {"bed-1", "bed-2"}
    assert house.merged() == set(BEDS) - {"bed-1", "bed-2"}
    assert [house.pod(name).assign for name in BEDS[:2]] == [None, None]


def test_the_next_owner_begins_with_a_dreamscape_severed(house: House) -> None:
    """A Dreamscape whose sever waited is SEVERED from the first message on; Resume is possible."""
    house.keep("SeverDreamscape", target="night")
    house.succeed()
    assert house.state is DreamscapeState.SEVERED
    assert house.merged() == set()


@pytest.mark.parametrize("scope", ["dreamscape", "fleet"])
def test_the_next_owner_severs_a_scope(house: House, scope: str) -> None:
    """The same by scope, as OrderSever has it."""
    order = house.keep("OrderSever", scope, "night" if scope == "dreamscape" else "")
    house.succeed()
    assert house.state is DreamscapeState.SEVERED
    assert house.outcome(order) == "done"


def test_the_next_owner_wakes_whom_an_order_reaches(house: House) -> None:
    """A wake order for a bed that has not connected yet stands: the bed is woken as it reports."""
    house.keep("OrderWake", "pod", "bed-1")
    house.keep("OrderWake", "pod", sleeper="sleeper-2")
    house.succeed()
    assert house.merged() == set(BEDS) - {"bed-1", "bed-2"}
    assert [house.pod(name).latched for name in BEDS[:3]] == ["wake", "wake", ""]
    standing = [order for order in house.app.wake_orders.list() if order.stands]
    assert {order.target for order in standing} == {"bed-1", "bed-2"}


def test_the_next_owner_wakes_and_ends_dreamscapes(house: House) -> None:
    """WakeDreamscape and EndDreamscape that waited send everyone home."""
    house.keep("WakeDreamscape", target="night")
    house.succeed()
    assert house.state is DreamscapeState.ENDED
    assert all(pod.latched == "wake" for pod in house.pods)


def test_an_order_for_a_site_reaches_each_bed_as_it_reports(house: House) -> None:
    """The site of a bed is known once it connects: those of the site are alone, the others dream on."""
    order = house.keep("OrderSever", "site", "north")
    house.restart()
    late = house.pod("bed-1")
    late.sends = False
    for pod in house.pods[1:]:
        pod.presence()
    house.hop(TRIAL_HOPS)
    assert house.merged() == {"bed-6", "bed-7", "bed-8"}
    assert house.outcome(order) == ""
    late.back()
    house.hop(TRIAL_HOPS)
    assert house.merged() == {"bed-6", "bed-7", "bed-8"}
    assert house.outcome(order) == "done"


def test_an_order_that_awaits_a_bed_outlives_another_takeover(house: House) -> None:
    """While a bed of the site has not reported, the order waits for the next owner too."""
    house.keep("OrderSever", "site", "north")
    house.restart()
    house.hop(4, statuses=False)
    house.succeed()
    assert house.merged() == {"bed-6", "bed-7", "bed-8"}


def test_a_site_order_ends_once_the_seats_it_awaits_are_left(house: House) -> None:
    """Beds that never come back keep an order no longer than their seats."""
    order = house.keep("OrderSever", "site", "elsewhere")
    house.restart()
    for pod in house.pods[1:]:
        pod.presence()
    house.pod("bed-1").sends = False
    house.hop(48)
    assert house.outcome(order) == ""
    house.keep("OrderSever", "pod", "bed-1")
    house.hop(48)
    assert house.outcome(order) == "done"


def test_an_order_is_carried_out_once(house: House) -> None:
    """A bed that is checked in anew after its sever is merged again, though the ledger has the order."""
    order = house.keep("OrderSever", "pod", "bed-1")
    house.succeed()
    assert house.outcome(order) == "done"
    house.app.pods.check_out(None, "bed-1")
    house.lie_down("bed-1", "sleeper-1")
    house.hop(TRIAL_HOPS)
    assert house.merged() == set(BEDS)
    house.succeed()
    assert house.merged() == set(BEDS)


def test_an_order_of_an_unknown_name_ends_as_refused(house: House) -> None:
    """Its end has the code and the sentence that a call would have got."""
    order = house.keep("OrderSever", "pod", "bed-99")
    house.hop(4)
    assert house.outcome(order).startswith("POD_UNKNOWN ")
    assert house.merged() == set(BEDS)


def test_an_order_of_a_newer_daemon_is_refused(house: House) -> None:
    """A method that this version does not carry out ends as refused, and costs nobody anything."""
    order = house.keep("OrderSomethingElse")
    house.hop(4)
    assert house.outcome(order).startswith("WRONG_STATE ")
    assert house.merged() == set(BEDS)


def test_the_audit_log_names_the_daemon_that_was_called(house: House) -> None:
    """The record is that of the call, with the name of the daemon that kept the order."""
    house.keep("OrderSever", "pod", "bed-2", issuer="ada", role="advocate", reason="smoke")
    house.hop(8)
    line = next(one for one in house.ledger.storage.audit if "OrderSever" in one)
    assert '"ada","mira","OrderSever","pods/bed-2","frees"' in line
    assert f"kept by {VIA}" in line


def test_a_bug_in_one_order_keeps_no_other_waiting(house: House) -> None:
    """An order that raises is not begun again in this process; the others are carried out."""
    house.bugs_are_meant = True
    broken = house.keep("OrderSever", "no such scope", "bed-2")
    other = house.keep("OrderSever", "pod", "bed-3")
    house.hop(TRIAL_HOPS)
    assert house.outcome(other) == "done"
    assert house.outcome(broken) == ""
    assert len(house.failures) == 1
    assert house.pod("bed-3").assign is None


def test_a_bed_that_is_severed_before_its_first_report_loses_its_seat(house: House) -> None:
    """A call in the second after a restart, between a bed's presence and its status, severs for good."""
    house.restart()
    for pod in house.pods:
        pod.presence()
    house.app.pods.release(None, "bed-1", "")
    house.app.severs.order(HouseOrder("", "", told="mira").caller, SeverScope.POD, "bed-2", "smoke")
    house.hop(TRIAL_HOPS)
    assert house.merged() == set(BEDS) - {"bed-1", "bed-2"}
    left = {seat.pod for seat in house.app.dreamscapes.get("night").seats if seat.state is SeatState.LEFT}
    assert {"bed-1", "bed-2"} <= left


def test_every_method_that_frees_in_the_same_words_has_an_execution(house: House) -> None:
    """Each method of METHODS is carried out, so that none is kept that its owner would refuse."""
    assert set(house.app._house_orders._do) == set(METHODS)


def test_a_decline_takes_the_seat_of_that_dreamscape_alone(house: House) -> None:
    """A sleeper who declines another Dreamscape keeps the seat of this one."""
    house.keep("DeclineInvitation", target="day", sleeper="sleeper-1")
    house.keep("DeclineInvitation", target="night", sleeper="sleeper-2")
    house.succeed()
    assert house.merged() == set(BEDS) - {"bed-2"}


def test_the_caller_of_an_order_is_the_principal_or_the_told_name() -> None:
    """With access control the name is the principal's, and a told one is on its behalf."""
    order = HouseOrder("o", "OrderSever", issuer="ada", role="advocate", told="mira")
    assert order.caller.signature == "ada on behalf of mira"
    assert replace(order, issuer="").caller.signature == "mira"
