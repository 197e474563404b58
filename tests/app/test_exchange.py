"""The exchange in the application: a round from its plan to its settlement, and what can come between."""

import json
from dataclasses import replace

import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.app.exchange.computations import AT_ONCE
from dreamd.app.exchange.exchange_book import ROUNDS_A_DAY, ROUNDS_MOST
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.exchange.accounts import rows
from dreamd.core.exchange.book import checked
from dreamd.core.exchange.classes import ATTESTED_S, AskClass
from dreamd.core.exchange.course import REVEAL_S, RoundState, Side
from dreamd.core.exchange.published import verify
from dreamd.core.exchange.views import AskState
from dreamd.ports.ledger.transaction import Transaction
from fakes.callers import named
from fakes.ledger import MemoryLedger, Taken
from fakes.people import granted
from fakes.rounds import ADA, CLINICIAN, HOUR_S, NONCES, OLGA, SLEEPER, House, QueuedWorker, code_of, good
from fakes.stage import Stage


@pytest.fixture
def house() -> House:
    """Four beds of the site north, in which nobody lies."""
    stage = Stage(4)
    for pod in stage.pods:
        pod.site = "north"
    stage.appear(sleepers=False)
    return House(stage)


def kinds(house: House) -> list[str]:
    """The events of rounds, in order."""
    events = house.stage.app.journal._events
    return [one.kind for one in events if one.kind.startswith(("round", "berth"))]


def test_a_round_goes_from_its_plan_to_a_public_file_that_verifies(house: House) -> None:
    """Each step in its order, each with its event; the file holds no sleeper, and follows from its book."""
    house.open({"a": 1, "b": 1})
    for sleeper in ("ash", "birch", "cedar"):
        own = house.ask(sleeper, ["a", "b"])
        assert (own.state, own.ask.ask_class) == (AskState.PLACED, AskClass.OPEN)
    closed = house.close()
    assert closed.round.state is RoundState.CLOSED
    early = good(house.exchange.public_file(OLGA, house.name))
    assert digest(early["book"]) == early["book_sha256"] == closed.round.book_sha256
    shown = house.reveal()
    assert (shown.asks, shown.held, shown.round.berths) == (3, 2, 2)
    whole = json.loads(json.dumps(good(house.exchange.public_file(OLGA, house.name))))
    assert verify(whole, digest) == ()
    assert not any(name in json.dumps(whole) for name in ("ash", "birch", "cedar"))
    states = [house.own(sleeper).state for sleeper in ("ash", "birch", "cedar")]
    assert sorted(one.value for one in states) == ["held", "held", "unplaced"]
    table = rows(good(house.exchange.account(OLGA, house.name)))
    assert len(table) == 3
    assert kinds(house) == ["round-open", "round-closed", "round-cleared"]
    assert house.stage.meters.counts["rounds"] == 1


def test_a_nonce_stays_hidden_until_the_other_one_is_there(house: House) -> None:
    """The side that reveals late knows no seed; it sees that the other one has revealed."""
    house.open({"a": 1})
    house.close()
    shown = good(house.exchange.reveal(ADA, house.name, NONCES[1], Role.ADVOCATE))
    assert shown.revealed == (Side.ADVOCATE,)
    assert shown.round.advocate is not None
    assert shown.round.advocate.nonce == ""
    shown = good(house.exchange.reveal(OLGA, house.name, NONCES[0], Role.OPERATOR))
    house.stage.hop(2)
    both = house.shown().round
    assert (both.site and both.site.nonce, both.advocate and both.advocate.nonce) == NONCES


def test_each_step_is_refused_out_of_its_order(house: House) -> None:
    """Asks before the opening, offers after it, a close before its time, an account before the result."""
    house.plan({"a": 1})
    ask = (SLEEPER, house.name, "ash", None, ["a"])
    assert code_of(house.exchange.place_ask(*ask)) == "WRONG_STATE"
    good(house.exchange.publish_round(OLGA, house.name))
    assert code_of(house.exchange.add_offer(OLGA, house.name, house.offer("b"))) == "WRONG_STATE"
    assert code_of(house.exchange.close_round(OLGA, house.name)) == "TOO_EARLY"
    assert code_of(house.exchange.account(OLGA, house.name)) == "WRONG_STATE"
    assert code_of(house.exchange.public_file(OLGA, house.name)) == "WRONG_STATE"
    good(house.exchange.place_ask(*ask))
    house.close()
    assert code_of(house.exchange.place_ask(SLEEPER, house.name, "birch", None, ["a"])) == "WRONG_STATE"
    assert code_of(house.exchange.void_round(OLGA, house.name, "no")) == "WRONG_STATE"
    assert code_of(house.exchange.get_round(OLGA, "r9")) == "ROUND_UNKNOWN"
    assert code_of(house.exchange.explain(SLEEPER, house.name, "birch")) == "ASK_UNKNOWN"
    assert code_of(house.exchange.cancel(SLEEPER, "r9", "ash")) == "ROUND_UNKNOWN"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"count": 0}, "offer.count"),
        ({"price_cents": 1001}, "offer.price_cents"),
        ({"features": ("coupling",)}, "offer.features"),
        ({"night": "2027-02-30"}, "offer.night"),
        ({"night": "2027-01-13"}, "offer.night"),
    ],
)
def test_an_offer_out_of_its_bounds_is_refused_by_its_field(
    house: House, change: dict[str, object], field: str
) -> None:
    """So is one of a night that is over before the draw. An offer of the same id replaces the one before."""
    house.plan({"a": 1})
    wrong = house.exchange.add_offer(OLGA, house.name, replace(house.offer("b"), **change))
    assert code_of(wrong) == "INVALID_ARGUMENT"
    assert wrong.metadata["field"] == field  # type: ignore[union-attr]
    good(house.exchange.add_offer(OLGA, house.name, house.offer("a", 3)))
    assert [one.count for one in house.shown().offers] == [3]


def test_a_class_is_attested_by_its_people_and_for_14_days(house: House) -> None:
    """Without a word an ask is open; a word of the house puts it into the class in greatest need."""
    house.stage.ledger.write(
        Transaction(
            principals=(
                Principal("cleo", Kind.PERSON, (Grant(Role.CLINICIAN, frozenset({"north"})),)),
                Principal(
                    "olga",
                    Kind.PERSON,
                    (Grant(Role.OPERATOR, frozenset({"north"})), Grant(Role.SLEEPER, sleeper="oak")),
                ),
            )
        )
    )
    house.stage.restart()
    attest = house.exchange.attest
    assert code_of(attest(OLGA, "ash", AskClass.CRISIS)) == "WRONG_ROLE"
    assert code_of(attest(OLGA, "oak", AskClass.COMMUNITY)) == "SAME_PERSON"
    assert code_of(attest(CLINICIAN, "ash", AskClass.OPEN)) == "INVALID_ARGUMENT"
    good(attest(OLGA, "ash", AskClass.COMMUNITY))
    house.open({"a": 4})
    refused = house.exchange.place_ask(SLEEPER, house.name, "ash", AskClass.CRISIS, ["a"])
    assert "dreamd exchange attest" in refused.sentence  # type: ignore[union-attr]
    assert house.ask("ash", ["a"]).ask.ask_class is AskClass.COMMUNITY
    good(attest(CLINICIAN, "ash", AskClass.CRISIS))
    house.stage.restart()
    assert house.ask("ash", ["a"]).ask.ask_class is AskClass.CRISIS
    assert house.ask("ash", ["a"], AskClass.OPEN).ask.ask_class is AskClass.OPEN
    house.later(ATTESTED_S + 1.0)
    assert code_of(house.exchange.place_ask(SLEEPER, house.name, "ash", AskClass.CRISIS, ["a"])) != ""


def test_berths_of_a_site_are_offered_by_its_operator(house: House) -> None:
    """An operator of another site is refused; and a side commits in a role that it has."""
    south = Principal("sam", Kind.PERSON, (Grant(Role.OPERATOR, frozenset({"south"})),))
    house.stage.ledger.write(Transaction(principals=(south,)))
    house.stage.restart()
    house.plan({"a": 1})
    sam = named("sam")
    assert code_of(house.exchange.add_offer(sam, house.name, house.offer("b"))) == "NOT_YOUR_SITE"
    good(house.exchange.add_offer(sam, house.name, house.offer("b", site="south")))
    assert code_of(house.exchange.commit(sam, house.name, "ab" * 32, Role.ADVOCATE)) == "WRONG_ROLE"


def test_a_sleeper_has_one_ask_in_a_round_and_one_in_a_night(house: House) -> None:
    """Asked again, the new list replaces the one before; another round of the same night is refused."""
    first = house.open({"a": 1, "b": 1})
    own = house.ask("ash", ["a"])
    again = house.ask("ash", ["b", "a"])
    assert again.ask == replace(own.ask, offers=("b", "a"))
    assert house.shown().asks == 1
    second = house.open({"c": 1})
    elsewhere = house.exchange.place_ask(SLEEPER, second, "ash", None, ["c"])
    assert first in elsewhere.sentence  # type: ignore[union-attr]
    good(house.exchange.withdraw_ask(SLEEPER, first, "ash"))
    assert house.ask("ash", ["c"]).ask.id != own.ask.id


def test_a_cancelled_berth_is_given_on_once_that_is_written(house: House) -> None:
    """The holder has none in the call; the first in line has it after. An ask that left gets none."""
    house.open({"a": 1})
    for sleeper in ("ash", "birch", "cedar"):
        house.ask(sleeper, ["a"])
    house.clear()
    line = good(house.exchange.public_file(OLGA, house.name))["line"]
    people = {house.own(one).ask.id: one for one in ("ash", "birch", "cedar")}
    first, second, third = (people[ask] for ask in line)  # type: ignore[attr-defined]
    assert house.own(first).state is AskState.HELD
    left = house.cancel(second)
    assert (left.state, house.own(second).sentences[-2:]) == (
        AskState.CANCELLED,
        ("You left the line.", "You have no berth in this round."),
    )
    assert house.cancel(first).berth is None
    assert house.own(third).state is AskState.HELD
    assert house.cancel(first) == replace(house.own(first), sentences=())
    assert "berth-given-on" in kinds(house)
    whole = json.loads(json.dumps(good(house.exchange.public_file(OLGA, house.name))))
    assert len(whole["cancelled"]) == 2
    assert verify(whole, digest) == ()


def test_to_leave_waits_for_no_ledger(house: House) -> None:
    """With a ledger that takes nothing, a withdrawal and a cancellation act; the berth is given on later."""
    house.open({"a": 1})
    for sleeper in ("ash", "birch", "cedar"):
        house.ask(sleeper, ["a"])
    ledger = house.stage.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger.broken = "the disk is full"
    asked = house.exchange.withdraw_ask(SLEEPER, house.name, "cedar")
    house.stage.hop(30)
    assert good(asked).state is AskState.WITHDRAWN
    assert house.shown().asks == 2
    ledger.broken = ""
    house.stage.hop(8)
    house.clear()
    holder, other = sorted(("ash", "birch"), key=lambda one: house.own(one).state.value)
    ledger.broken = "the disk is full"
    asked = house.exchange.cancel(SLEEPER, house.name, holder)
    assert house.own(holder).berth is None
    house.stage.hop(30)
    assert good(asked).state is AskState.CANCELLED
    assert house.own(other).berth is None
    ledger.broken = ""
    house.stage.hop(8)
    assert house.own(other).state is AskState.HELD


def test_berths_are_given_on_in_the_order_of_leaving_and_once_each_is_written(house: House) -> None:
    """The second leaves when the ledger is back: nothing is given on before the first one is written too."""
    house.open({"a": 2})
    people = ("ash", "birch", "cedar", "dill")
    for sleeper in people:
        house.ask(sleeper, ["a"])
    house.clear()
    first, second = (one for one in people if house.own(one).state is AskState.HELD)
    ledger = house.stage.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger.broken = "the disk is full"
    house.cancel(first)
    ledger.broken = ""
    house.cancel(second)
    assert good(house.exchange.public_file(OLGA, house.name))["cancelled"] == []
    assert house.shown().held == 0
    house.stage.hop(2)
    order = [house.own(one).ask.id for one in (first, second)]
    assert good(house.exchange.public_file(OLGA, house.name))["cancelled"] == order
    assert house.shown().held == 2


def test_a_round_goes_on_over_a_restart_in_each_state(house: House) -> None:
    """Planned, open, closed, cleared, with a cancellation: nothing is lost, and the file is the same."""
    house.plan({"a": 1, "b": 1})
    house.stage.restart()
    good(house.exchange.publish_round(OLGA, house.name))
    for sleeper in ("ash", "birch", "cedar"):
        house.ask(sleeper, ["a", "b"])
    house.stage.restart()
    assert house.shown().asks == 3
    house.close()
    house.stage.restart()
    house.reveal()
    holder = next(one for one in ("ash", "birch", "cedar") if house.own(one).state is AskState.HELD)
    house.cancel(holder)
    before = [house.own(one) for one in ("ash", "birch", "cedar")]
    file = good(house.exchange.public_file(OLGA, house.name))
    house.stage.restart()
    assert [house.own(one) for one in ("ash", "birch", "cedar")] == before
    assert good(house.exchange.public_file(OLGA, house.name)) == file
    house.later(86_400.0)
    assert house.shown().round.state is RoundState.SETTLED
    house.stage.restart()
    assert [house.own(one) for one in ("ash", "birch", "cedar")] == before, "read from the ledger"
    assert good(house.exchange.public_file(OLGA, house.name)) == file
    listed, whole = house.exchange.list_rounds(OLGA)[0], house.shown()
    assert (listed.offered, listed.asks, listed.held) == (whole.offered, whole.asks, whole.held) == (2, 3, 2)


def test_a_withheld_nonce_voids_the_round_and_names_the_side(house: House) -> None:
    """An hour after the close, by time alone; its part of the pool is free again."""
    house.open({"a": 1})
    own = house.ask("ash", ["a"])
    house.close()
    good(house.exchange.reveal(ADA, house.name, NONCES[1], Role.ADVOCATE))
    house.later(REVEAL_S)
    shown = house.exchange.list_rounds(OLGA)[0].round
    assert (shown.state, "of the site" in shown.void_reason) == (RoundState.VOID, True)
    assert kinds(house)[-1] == "round-void"
    assert house.own("ash").ask == own.ask
    assert (
        good(house.exchange.plan_round(OLGA, 1, house.stage.clock.at_s + 9.0)).round.terms.pool_cents
        == 100_000
    )


def test_the_pool_is_kept_over_rounds_to_the_cent(house: House) -> None:
    """A round under way has set its part aside. Its account comes back at the noon after its last night."""
    good(house.exchange.attest(CLINICIAN, "ash", AskClass.CRISIS))
    house.open({"a": 3}, pool_cents=60_000)
    later = house.stage.clock.at_s + HOUR_S
    asked = house.exchange.plan_round(OLGA, 1000, later, pool_cents=40_001)
    assert "0 to 40000" in asked.sentence  # type: ignore[union-attr]
    house.ask("ash", ["a"])
    house.ask("birch", ["a"])
    house.clear()
    account = good(house.exchange.account(OLGA, house.name))
    assert account.pool_after == 60_000 - 1000 + 200
    house.later(86_400.0)
    later = house.stage.clock.at_s + HOUR_S
    assert good(house.exchange.plan_round(OLGA, 1000, later)).round.terms.pool_cents == 99_200


def test_an_unfunded_reserve_is_refused_and_one_plan_is_one_round(house: House) -> None:
    """Without money no round opens; the same request id of the same person is the same round."""
    house.plan({"a": 4}, paid_in=0, request_id="q1")
    assert code_of(house.exchange.publish_round(OLGA, house.name)) == "RESERVE_UNFUNDED"
    now_s = house.stage.clock.at_s
    again = house.exchange.plan_round(OLGA, 1, now_s + 9.0, request_id="q1")
    assert good(again).round.id == house.name
    assert good(house.exchange.plan_round(ADA, 1, now_s + 9.0, request_id="q1")).round.id != house.name
    good(house.exchange.void_round(OLGA, house.name, "no money"))
    assert code_of(house.exchange.publish_round(OLGA, house.name)) == "WRONG_STATE"


def test_few_rounds_are_under_way_and_few_are_planned_in_a_day(house: House) -> None:
    """The 33rd beside 32 is refused until one is over; void ones count for the day, which has 100."""
    later = house.stage.clock.at_s + HOUR_S
    names = [good(house.exchange.plan_round(OLGA, 1, later)).round.id for _ in range(ROUNDS_MOST)]
    assert code_of(house.exchange.plan_round(OLGA, 1, later)) == "WRONG_STATE"
    for n in range(ROUNDS_A_DAY - ROUNDS_MOST):
        good(house.exchange.void_round(OLGA, names[n], "no"))
        house.stage.hop(2)
        names.append(good(house.exchange.plan_round(OLGA, 1, later)).round.id)
    good(house.exchange.void_round(OLGA, names[-1], "no"))
    house.stage.hop(2)
    refused = house.exchange.plan_round(OLGA, 1, later)
    assert (code_of(refused), float(refused.metadata["retry_s"]) > 86_000.0) == ("RATE_EXCEEDED", True)  # type: ignore[union-attr]
    house.later(86_400.0)
    good(house.exchange.plan_round(OLGA, 1, house.stage.clock.at_s + HOUR_S))


def test_a_bed_that_is_owed_to_a_berth_goes_to_no_other(house: House) -> None:
    """Two berths, four beds: two are free to all, then only the holders are checked in, until one cancels."""
    stage, asks = house.stage, ("ash", "birch")
    house.open({"a": 2})
    for sleeper in asks:
        house.ask(sleeper, ["a"])
    house.clear()
    assert good(stage.lie_down("bed-1", "rue")).sleeper == "rue"
    assert good(stage.lie_down("bed-2", "sage")).sleeper == "sage"
    refused = stage.lie_down("bed-3", "thyme")
    assert code_of(refused) == "BERTH_NOT_YOURS"
    assert "ash" not in refused.sentence  # type: ignore[union-attr]
    assert good(stage.lie_down("bed-3", "ash")).sleeper == "ash"
    assert code_of(stage.lie_down("bed-4", "thyme")) == "BERTH_NOT_YOURS"
    good(stage.app.pods.check_out(OLGA, "bed-1"))
    assert good(stage.lie_down("bed-1", "thyme")).sleeper == "thyme", "two beds are free, one is owed"
    house.stage.restart()
    stage.appear(sleepers=False)
    assert code_of(stage.lie_down("bed-4", "vetch")) == "BERTH_NOT_YOURS"
    house.cancel("birch")
    assert good(stage.lie_down("bed-4", "vetch")).sleeper == "vetch"


def test_a_bed_is_owed_in_its_night_and_at_its_site_alone(house: House) -> None:
    """At another site, and after noon, each free bed is free to all."""
    stage = house.stage
    house.plan({"a": 2})
    good(house.exchange.add_offer(OLGA, house.name, house.offer("b", 2, night="2027-01-15")))
    good(house.exchange.publish_round(OLGA, house.name))
    house.ask("ash", ["a"])
    house.clear()
    stage.pods[1].site = "south"
    stage.pods[1].presence()
    for name in ("bed-3", "bed-4"):
        good(stage.lie_down(name, f"rue-{name}"))
    assert code_of(stage.lie_down("bed-1", "thyme")) == "BERTH_NOT_YOURS"
    assert good(stage.lie_down("bed-2", "thyme")).sleeper == "thyme"
    house.later(4 * HOUR_S)
    assert house.tonight == "2027-01-15"
    assert good(stage.lie_down("bed-1", "vetch")).sleeper == "vetch"


def test_an_erased_sleeper_leaves_a_number_and_their_berth_is_given_on(house: House) -> None:
    """In an open book the ask goes; in a cleared round it stays without its person, over a restart too."""
    stage = house.stage
    house.open({"a": 1})
    for sleeper in ("ash", "birch", "cedar"):
        granted(stage.app, sleeper)
        house.ask(sleeper, ["a"])
    erase(house, "cedar")
    assert house.shown().asks == 2
    house.clear()
    holder, other = sorted(("ash", "birch"), key=lambda one: house.own(one).state.value)
    erase(house, holder)
    assert house.own(other).state is AskState.HELD
    assert code_of(house.exchange.explain(SLEEPER, house.name, holder)) == "ASK_UNKNOWN"
    assert house.shown().asks == 2
    stage.restart()
    assert house.own(other).state is AskState.HELD
    assert verify(json.loads(json.dumps(good(house.exchange.public_file(OLGA, house.name)))), digest) == ()


def erase(house: House, sleeper: str) -> None:
    """A sleeper has everything erased."""
    asked = house.stage.app.erasures.erase(SLEEPER, sleeper)
    house.stage.hop(16)
    good(asked)


@pytest.mark.parametrize("at_start", [False, True])
def test_a_round_that_is_not_closed_does_not_outlive_a_restored_ledger(
    house: House, *, at_start: bool
) -> None:
    """Open and planned rounds are void where the ledger is a copy, found at the start or told by the broker.

    A closed one goes on, as its digest fixes its book.
    """
    closed = house.open({"a": 1})
    house.close()
    opened, planned = house.open({"b": 1}), house.plan({"c": 1})
    if at_start:
        assert isinstance(house.stage.ledger, MemoryLedger)
        copy = house.stage.ledger.storage.copy()
        house.plan({"d": 1})  # lost with the copy
        house.stage.ledger.storage.restore(copy)
        house.stage.restart()
    else:
        house.stage.app.inbound.on_count(10**9)
    states = {one.round.id: one.round.state for one in house.exchange.list_rounds(OLGA)}
    assert states == {closed: RoundState.CLOSED, opened: RoundState.VOID, planned: RoundState.VOID}
    house.stage.hop(4)
    house.stage.restart()
    again = {one.round.id: one.round.state for one in house.exchange.list_rounds(OLGA)}
    assert again == states


# -- writes that are on their way -------------------------------------------------------------------------


@pytest.fixture
def slow(house: House) -> MemoryLedger:
    """The ledger of the house, which a test holds back."""
    assert isinstance(house.stage.ledger, MemoryLedger)
    return house.stage.ledger


def test_an_ask_on_its_way_at_the_close_is_in_the_book(house: House, slow: MemoryLedger) -> None:
    """The close waits for it; one that comes after the close is refused; the digest is of all rows."""
    house.open({"a": 1})
    house.later(HOUR_S)
    slow.held = True
    placed = house.exchange.place_ask(SLEEPER, house.name, "ash", None, ["a"])
    closing = house.exchange.close_round(OLGA, house.name)
    assert house.exchange.close_round(OLGA, house.name) is closing, "one close"
    assert code_of(house.exchange.place_ask(SLEEPER, house.name, "birch", None, ["a"])) == "WRONG_STATE"
    house.stage.hop(2)
    assert not closing.settled  # type: ignore[union-attr]
    release(house, slow)
    assert good(placed).state is AskState.PLACED
    assert good(closing).asks == 1
    rows = slow.round_book(house.name)
    book = checked(house.name, house.shown().round.terms, rows.offers, (one.ask for one in rows.asks))
    assert digest(book.document()) == good(closing).round.book_sha256


def release(house: House, slow: MemoryLedger) -> None:
    """The ledger writes all that waits, as ticks pass."""
    slow.held = False
    for _ in range(4):
        slow.release()
        house.stage.hop()


def test_to_leave_overtakes_an_ask_on_its_way(house: House, slow: MemoryLedger) -> None:
    """A withdrawal that comes before its ask is written wins, over a restart too; it may ask again."""
    house.open({"a": 1})
    slow.held = True
    placed = house.exchange.place_ask(SLEEPER, house.name, "ash", None, ["a"])
    assert good(house.exchange.withdraw_ask(SLEEPER, house.name, "ash")).state is AskState.WITHDRAWN
    release(house, slow)
    assert code_of(placed) == "ASK_UNKNOWN"
    assert house.shown().asks == 0
    house.stage.restart()
    assert house.shown().asks == 0
    assert house.ask("ash", ["a"]).state is AskState.PLACED


def test_two_asks_of_one_sleeper_on_their_way_are_one(house: House, slow: MemoryLedger) -> None:
    """The later list counts, under one id; in a second round the same night is refused already."""
    house.open({"a": 1, "b": 1})
    slow.held = True
    placed = [house.exchange.place_ask(SLEEPER, house.name, "ash", None, [one]) for one in ("a", "b")]
    release(house, slow)
    first, second = (good(one).ask for one in placed)
    assert (first.id, second.offers) == (second.id, ("b",))
    assert house.shown().asks == 1


def test_two_steps_of_a_round_are_written_one_by_one(house: House, slow: MemoryLedger) -> None:
    """Both sides reveal at once: the ledger never has one nonce without the one that was answered before."""
    house.open({"a": 1})
    house.ask("ash", ["a"])
    house.close()
    slow.held = True
    first = house.exchange.reveal(ADA, house.name, NONCES[1], Role.ADVOCATE)
    second = house.exchange.reveal(OLGA, house.name, NONCES[0], Role.OPERATOR)
    slow.release()
    slow.held = True
    house.stage.hop()
    assert good(first).revealed == (Side.ADVOCATE,)
    assert slow.rounds()[-1].round.state is RoundState.CLOSED
    release(house, slow)
    assert good(second).round.state in (RoundState.DRAWN, RoundState.CLEARED)
    assert house.shown().round.state is RoundState.CLEARED


def test_an_offer_on_its_way_at_the_opening_is_not_in_the_round(house: House, slow: MemoryLedger) -> None:
    """The number of berths is fixed with the opening; the late offer is refused, and in no ledger."""
    house.plan({"a": 1})
    slow.held = True
    late = house.exchange.add_offer(OLGA, house.name, house.offer("b", 4))
    opened = house.exchange.publish_round(OLGA, house.name)
    assert code_of(house.exchange.add_offer(OLGA, house.name, house.offer("c"))) == "WRONG_STATE"
    release(house, slow)
    assert code_of(late) == "WRONG_STATE"
    assert good(opened).round.berths == 1
    house.stage.restart()
    assert [one.id for one in house.shown().offers] == ["a"]


@pytest.mark.parametrize("kind", [MemoryLedger, Taken])
def test_a_call_that_was_given_up_is_undone(kind: type[MemoryLedger]) -> None:
    """Refused for a slow ledger, and written late or not: before a restart and after it, nothing is there."""
    slow = kind()
    house = House(Stage(1, slow))
    house.open({"a": 1})
    house.plan({"b": 1}, paid_in=0)
    planned, opened = house.exchange.list_rounds(OLGA)
    slow.held = True
    asked = [
        house.exchange.place_ask(SLEEPER, opened.round.id, "ash", None, ["a"]),
        house.exchange.void_round(OLGA, opened.round.id, "no"),
        house.exchange.add_offer(OLGA, house.name, house.offer("b", 9)),
        house.exchange.plan_round(OLGA, 1000, house.stage.clock.at_s + HOUR_S, paid_in_cents=5),
    ]
    house.stage.hop(60)
    assert [code_of(one) for one in asked] == ["LEDGER_UNAVAILABLE"] * 4
    release(house, slow)
    for _ in range(2):
        rounds = {one.round.id: one for one in house.exchange.list_rounds(OLGA)}
        living = [one for one in rounds.values() if one.round.state is not RoundState.VOID]
        assert living == [house.shown(), rounds[opened.round.id]]
        assert (living[0].offers, living[1].asks) == (planned.offers, 0)
        house.stage.restart()
    later = good(house.exchange.plan_round(OLGA, 1000, house.stage.clock.at_s + HOUR_S))
    assert later.round.terms.pool_cents == 0, "the first round has set all of it aside"


def test_a_close_that_the_ledger_does_not_take_opens_the_book_again(house: House, slow: MemoryLedger) -> None:
    """Asks are taken again, and an ask that left meanwhile is gone; the next close holds."""
    house.open({"a": 1})
    for sleeper in ("ash", "birch"):
        house.ask(sleeper, ["a"])
    house.later(HOUR_S)
    slow.held = True
    closing = house.exchange.close_round(OLGA, house.name)
    left = house.exchange.withdraw_ask(SLEEPER, house.name, "ash")
    house.stage.hop(60)
    assert good(left).ask.offers == ("a",)
    assert code_of(closing) == "LEDGER_UNAVAILABLE"
    release(house, slow)
    assert house.ask("cedar", ["a"]).state is AskState.PLACED
    shown = house.close()
    assert (shown.round.state, shown.asks) == (RoundState.CLOSED, 2)
    assert house.clear_on().held == 1


def test_a_large_book_is_computed_beside_the_ticks(house: House) -> None:
    """The worker names the book and clears it; without a free worker it is done after five seconds."""
    aside = QueuedWorker()
    house.stage.app = house.stage.begin(aside)
    house.open({"a": 300}, paid_in=1_000_000)
    for n in range(AT_ONCE + 1):
        house.ask(f"sleeper{n}", ["a"])
    house.later(HOUR_S)
    closing = house.exchange.close_round(OLGA, house.name)
    house.stage.hop()
    assert not closing.settled  # type: ignore[union-attr]
    aside.work_off()
    assert good(closing).asks == AT_ONCE + 1
    for caller, role, nonce in ((ADA, Role.ADVOCATE, NONCES[1]), (OLGA, Role.OPERATOR, NONCES[0])):
        shown = good(house.exchange.reveal(caller, house.name, nonce, role))
    assert shown.round.state is RoundState.DRAWN
    aside.free = False
    house.stage.hop(24)
    aside.work_off()
    house.stage.hop()
    assert house.shown().held == 300
    aside.free = True
    asked = house.exchange.public_file(OLGA, house.name)
    house.stage.hop()
    aside.work_off()
    assert house.exchange.public_file(OLGA, house.name) is good(asked), "it is computed once"
    assert verify(json.loads(json.dumps(good(asked))), digest) == ()
