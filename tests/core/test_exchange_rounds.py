"""Rounds of the Rest Exchange: their course, books, money, berths given on, explanations, published files."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.adapters.documents.canonical import digest
from dreamd.core.access.caller import Role
from dreamd.core.exchange.accounts import COLUMNS, account, money_text, reserve_fault, rows
from dreamd.core.exchange.book import BookError, Terms
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.clearing import clear, fundable
from dreamd.core.exchange.course import (
    REVEAL_S,
    TAKES,
    Clears,
    Closes,
    Commits,
    Publishes,
    RevealDue,
    Reveals,
    Round,
    RoundEvent,
    RoundState,
    Settles,
    Voids,
    step,
)
from dreamd.core.exchange.explanation import explain
from dreamd.core.exchange.given_on import given_on
from dreamd.core.exchange.published import Draw, published, verify
from dreamd.core.exchange.reading import read_book
from dreamd.core.exchange.tickets import commitment, seed_of
from dreamd.core.refusals import Code, Refusal
from fakes.books import FUNDED, GOLDEN_SEED, book_of, golden, random_book

SEEDS = st.integers(0, 10_000_000)
POOR = Terms(1000, 2500, 0.15, 0.3, 0.2)
SITE, ADVOCATE, BOOK = "11" * 32, "22" * 32, "33" * 32
DRAW = Draw((commitment(SITE), commitment(ADVOCATE)), (SITE, ADVOCATE))
PLANNED = Round("round-1", FUNDED, closes_s=100.0)
COURSE: tuple[tuple[RoundEvent, float], ...] = (
    (Commits("olga", Role.OPERATOR, commitment(SITE)), 1.0),
    (Commits("ada", Role.ADVOCATE, commitment(ADVOCATE)), 2.0),
    (Publishes(10), 3.0),
    (Closes(BOOK), 100.0),
    (Reveals("ada", Role.ADVOCATE, ADVOCATE), 101.0),
    (Reveals("olga", Role.OPERATOR, SITE), 102.0),
    (Clears(), 103.0),
    (Settles(), 104.0),
)


def after(steps: int) -> Round:
    """The round after so many steps of its course."""
    found = PLANNED
    for event, now_s in COURSE[:steps]:
        taken = step(found, event, now_s)
        assert isinstance(taken, Round), taken
        found = taken
    return found


def refused(found: Round, event: RoundEvent, now_s: float = 100.0) -> Code:
    """The code by which this event is refused."""
    taken = step(found, event, now_s)
    assert isinstance(taken, Refusal), taken
    return taken.code


def test_a_round_goes_its_course_and_its_seed_is_of_both_nonces_and_the_book() -> None:
    """Two commitments, open, closed, two reveals, drawn, cleared, settled."""
    states = [after(steps).state.value for steps in range(len(COURSE) + 1)]
    assert states == ["planned"] * 3 + ["open", "closed", "closed", "drawn", "cleared", "settled"]
    assert after(8).seed == seed_of(SITE, ADVOCATE, BOOK)


def test_each_event_is_taken_in_its_states_and_refused_in_each_other() -> None:
    """The table is held whole: every pair of state and event that is not in it is WRONG_STATE."""
    events = {type(event): event for event, _ in COURSE} | {Voids: Voids("no bed is free")}
    for state, (kind, event) in product(RoundState, events.items()):
        found = replace(after(6), state=state, closed_s=100.0)
        answer = step(found, event, 101.0)
        wrong = isinstance(answer, Refusal) and answer.code is Code.WRONG_STATE and state.value in str(answer)
        committed = kind is Commits and state is RoundState.PLANNED
        assert committed or wrong is (state not in TAKES[kind]), (state, kind)


def test_two_people_of_two_sides_commit_and_none_changes_a_commitment() -> None:
    """One person is not both sides, other roles are none, a copied or changed commitment is refused."""
    found = after(1)
    assert refused(found, Commits("olga", Role.ADVOCATE, commitment(ADVOCATE))) is Code.SAME_PERSON
    assert refused(found, Commits("carl", Role.CLINICIAN, commitment(ADVOCATE))) is Code.WRONG_ROLE
    assert refused(found, Commits("ada", Role.ADVOCATE, commitment(SITE))) is Code.INVALID_ARGUMENT
    assert refused(found, Commits("ada", Role.ADVOCATE, SITE.upper() + "g")) is Code.INVALID_ARGUMENT
    assert refused(found, Commits("olga", Role.OPERATOR, commitment(BOOK))) is Code.WRONG_STATE
    assert step(found, COURSE[0][0], 1.0) == found
    assert refused(found, Publishes(10)) is Code.WRONG_STATE


def test_the_person_that_committed_reveals_and_reveals_that_nonce() -> None:
    """Another person, or another nonce, opens no commitment."""
    found = after(4)
    assert refused(found, Reveals("eve", Role.ADVOCATE, ADVOCATE)) is Code.WRONG_ROLE
    assert refused(found, Reveals("ada", Role.ADVOCATE, SITE)) is Code.INVALID_ARGUMENT
    assert refused(found, Reveals("ada", Role.ADVOCATE, "aa")) is Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("steps", "withheld"), [(4, "site and of the advocate"), (5, "site")], ids=["both", "one"]
)
def test_a_withheld_nonce_voids_the_round_and_names_the_side(steps: int, withheld: str) -> None:
    """An hour after the close the round is void, to the second, and a late nonce is refused."""
    found = after(steps)
    assert step(found, RevealDue(), 100.0 + REVEAL_S - 1.0) == found
    void = step(found, RevealDue(), 100.0 + REVEAL_S)
    assert isinstance(void, Round)
    assert void.state is RoundState.VOID
    assert void.void_reason == f"the nonce of the {withheld} was not revealed in time".replace(
        "the the", "the"
    )
    late = step(found, COURSE[5][0], 100.0 + REVEAL_S)
    assert isinstance(late, Refusal)
    assert "was not revealed" in late.sentence


def test_no_person_voids_a_round_once_its_book_is_closed() -> None:
    """A result that is not liked cannot be avoided; before the close a reason voids it."""
    assert all(refused(after(steps), Voids("unlucky")) is Code.WRONG_STATE for steps in (4, 5, 6, 7, 8))
    void = step(after(3), Voids(" fire alarm "), 5.0)
    assert isinstance(void, Round)
    assert (void.state, void.void_reason) == (RoundState.VOID, "fire alarm")
    assert refused(after(3), Voids(" ")) is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("now_s", [99.9, float("nan")])
def test_a_book_is_not_closed_before_its_time(now_s: float) -> None:
    """Asks are taken until the time that was announced; a time that is none is too early."""
    assert refused(after(3), Closes(BOOK), now_s) is Code.TOO_EARLY


@pytest.mark.parametrize(("pool", "funded"), [(4999, False), (5000, True), (0, False)])
def test_a_reserve_without_money_opens_no_round(pool: int, funded: bool) -> None:
    """Of 10 berths 2 and 3 are reserved, 5 of at most 10.00: below 50.00 in the pool the round is refused."""
    fault = reserve_fault(replace(FUNDED, pool_cents=pool), 10)
    assert (fault is None) is funded
    assert fault is None or (fault.code is Code.RESERVE_UNFUNDED and "50.00" in fault.sentence)
    planned = replace(after(2), terms=replace(FUNDED, pool_cents=pool))
    assert isinstance(step(planned, Publishes(10), 3.0), Round) is funded


@given(SEEDS, st.sampled_from((FUNDED, POOR, replace(POOR, levy=1.0), replace(FUNDED, levy=0.0))))
@settings(max_examples=80, deadline=None)
def test_money_adds_up_to_the_cent_and_the_pool_is_never_below_zero(seed: int, terms: Terms) -> None:
    """Of each berth and of the round: paid and from the pool is what site and levy get."""
    book = random_book(seed, asks=14, terms=terms)
    found = account(book, clear(book, str(seed)).holds)
    for one in found.charges:
        assert one.paid + one.from_pool == one.to_site + one.levy == one.price
        assert min(one.paid, one.from_pool, one.levy, one.to_site) >= 0
    change = sum(one.levy - one.from_pool for one in found.charges)
    assert found.pool_after == found.pool_before + change >= 0
    paid = sum(one.paid for one in found.charges)
    assert paid == sum(found.by_site.values()) + found.pool_after - found.pool_before


@pytest.mark.parametrize(
    ("of", "price", "money"),
    [
        ("crisis", 999, ("9.99", "0.00", "9.99", "0.00", "9.99")),
        ("community", 999, ("9.99", "4.99", "5.00", "0.00", "9.99")),
        ("open", 999, ("9.99", "9.99", "0.00", "2.00", "7.99")),
        ("open", 0, ("0.00", "0.00", "0.00", "0.00", "0.00")),
    ],
)
def test_posted_prices_are_paid_by_class(of: str, price: int, money: tuple[str, ...]) -> None:
    """Crisis pays nothing, community half rounded down, open all of it less nothing; the levy rounds up."""
    book = book_of({"a": (of, (0,))}, (1,), replace(FUNDED, price_most_cents=price))
    assert rows(account(book, {"a": "k0"})) == [COLUMNS, ("a", "k0", "north", of, *money)]


def test_money_is_written_with_two_digits() -> None:
    """Whole cents are written as money."""
    assert [money_text(cents) for cents in (0, 5, 1250, -1)] == ["0.00", "0.05", "12.50", "-0.01"]


def test_a_cancelled_berth_goes_to_the_first_in_line_it_will_do_for() -> None:
    """The berth of a goes to b, the first left that listed it; that of c to d; that of e stays empty.

    Where b has left the line before, without a berth, that of a stays empty.
    """
    book = golden()
    found = given_on(book, clear(book, GOLDEN_SEED), ["a", "c", "e"])
    assert [(gift.by, gift.to, gift.offer) for gift in found.gifts] == [("a", "b", "k0"), ("c", "d", "k1")]
    assert dict(found.holds) == {"b": "k0", "d": "k1"}
    with pytest.raises(ValueError, match="ask a cancels twice"):
        given_on(book, clear(book, GOLDEN_SEED), ["a", "a"])
    with pytest.raises(ValueError, match="ask x cancels, and the book has no such ask"):
        given_on(book, clear(book, GOLDEN_SEED), ["x"])
    found = given_on(book, clear(book, GOLDEN_SEED), ["b", "a", "c"])
    assert [(gift.by, gift.to, gift.offer) for gift in found.gifts] == [("c", "d", "k1")]


def test_a_cancelled_subsidised_berth_frees_its_part_of_the_pool_for_another_offer() -> None:
    """The pool pays for e alone. Once e has cancelled, c has its berth, and a another, paid by the pool."""
    terms = replace(POOR, pool_cents=1000, reserve_crisis=0.0, reserve_community=0.0)
    book = book_of({"e": ("crisis", (0,)), "c": ("open", (0,)), "a": ("crisis", (1,))}, terms=terms)
    clearing = clear(book, GOLDEN_SEED)
    assert (dict(clearing.holds), set(clearing.unfunded)) == ({"e": "k0"}, {"a"})
    assert dict(given_on(book, clearing, ["e"]).holds) == {"c": "k0", "a": "k1"}


@given(SEEDS, st.sampled_from((FUNDED, POOR)), st.lists(st.integers(0, 20), max_size=6))
@settings(max_examples=60, deadline=None)
def test_every_berth_is_used_or_given_on(seed: int, terms: Terms, draws: list[int]) -> None:
    """After any cancellations no berth is free that a waiting ask listed and the pool can pay for."""
    book = random_book(seed, asks=14, terms=terms)
    clearing = clear(book, str(seed))
    cancelled = list[str]()
    for draw in draws:
        holders = given_on(book, clearing, cancelled).holds
        of = holders if draw % 2 else [ask.id for ask in book.asks if ask.id not in (*holders, *cancelled)]
        cancelled += sorted(of)[draw % len(of) :][:1] if of else []
    found = given_on(book, clearing, cancelled)
    used, asks = Counter(found.holds.values()), {ask.id: ask for ask in book.asks}
    free = {offer.id for offer in book.offers if used[offer.id] < offer.count}
    assert all(used[offer.id] <= offer.count for offer in book.offers)
    funds = fundable(book) - sum(asks[one].ask_class.subsidised for one in found.holds)
    waiting = [
        ask for ask in book.asks
        if ask.id not in found.holds and ask.id not in cancelled
        and (funds > 0 or not ask.ask_class.subsidised)
    ]  # fmt: skip
    assert funds >= 0
    assert not [ask for ask in waiting if free & set(ask.offers)]
    assert not set(cancelled) & set(found.holds)
    assert account(book, found.holds).pool_after >= 0


def told(ask: str, cancelled: tuple[str, ...] = ()) -> str:
    """The explanation of one ask of the golden book."""
    book = golden()
    clearing = clear(book, GOLDEN_SEED)
    return " ".join(explain(book, clearing, given_on(book, clearing, cancelled), ask))


def test_a_result_is_explained_to_the_person_it_concerns() -> None:
    """Place, full offers and when they filled, moves and the reason, the choice and the money."""
    assert told("a") == (
        "Your place in line is 3 of 5. Your turn came in phase 3, which served every ask. "
        "Offer k0 (site north, night 2026-11-30, 10.00) was full at your turn: place 1 in line took its last "
        "berth. Offer k1 (site north, night 2026-11-30, 10.00) was full at your turn: place 2 in line took "
        "its last berth. Room was made for you: place 1 moved from offer k0 to offer k2. You were given "
        "offer k0 (site north, night 2026-11-30, 10.00). You have a berth of offer k0, number 1 of the 2 "
        "that you listed. You pay 10.00."
    )
    assert "You were moved from offer k0 to offer k2" in told("e")
    assert "make room for place 3 in line. You have a berth of offer k2, number 2 of the 2" in told("e")
    assert "You pay 0.00; the pool pays 10.00." in told("e")
    assert "no chain of moves" in told("b")
    assert told("b").endswith("You have no berth in this round.")
    assert "Place 3 cancelled, and you were the first in line for offer k0" in told("b", ("a",))
    assert told("a", ("a",)).endswith("You cancelled. You have no berth in this round.")


def test_an_ask_that_the_pool_could_not_pay_for_is_told_so() -> None:
    """The explanation names the pool and the sum, and no offer that was free is called full."""
    book = book_of({"a": ("crisis", (0,)), "b": ("crisis", (1,))}, terms=replace(POOR, pool_cents=1500))
    clearing = clear(book, GOLDEN_SEED)
    (left,) = clearing.unfunded
    sentences = " ".join(explain(book, clearing, given_on(book, clearing, ()), left))
    assert "The pool pays a part of your berth. It could not set 10.00 aside" in sentences
    assert "full" not in sentences
    assert "chain" not in sentences


@given(SEEDS, st.sampled_from((FUNDED, POOR)))
@settings(max_examples=40, deadline=None)
def test_every_ask_of_every_round_is_explained(seed: int, terms: Terms) -> None:
    """Each explanation ends with the berth that is held, or with none; places in it are in the line."""
    book = random_book(seed, asks=14, terms=terms)
    clearing = clear(book, str(seed))
    holding = given_on(book, clearing, sorted(clearing.holds)[:2])
    for ask in book.asks:
        *_, end = sentences = explain(book, clearing, holding, ask.id)
        held = holding.holds.get(ask.id)
        assert end.startswith("You have no berth" if held is None else f"You have a berth of offer {held},")
        listed = [one for one in sentences if "was full" in one]
        assert len(listed) <= len(ask.offers)
    with pytest.raises(KeyError):
        explain(book, clearing, holding, "unknown")


def file_of(cancelled: tuple[str, ...] = ("a",)) -> dict[str, Any]:
    """The published file of the golden book, as it is read back from JSON."""
    read: dict[str, Any] = json.loads(json.dumps(published(golden(), DRAW, cancelled, digest)))
    return read


@given(SEEDS, st.sampled_from((FUNDED, POOR)))
@settings(max_examples=25, deadline=None)
def test_a_published_round_is_verified_from_its_file_alone(seed: int, terms: Terms) -> None:
    """Book, nonces and cancellations give all the rest again, after a way through JSON."""
    book = random_book(seed, terms=terms)
    whole = json.loads(json.dumps(published(book, DRAW, (), digest)))
    assert verify(whole, digest) == ()
    assert read_book(whole["book"]) == book


def _swap_line(whole: dict[str, Any]) -> None:
    whole["line"][0], whole["line"][1] = whole["line"][1], whole["line"][0]


def _take_a_berth(whole: dict[str, Any]) -> None:
    left = min(set(whole["line"]) - set(whole["berths"]))
    whole["berths"][left] = whole["berths"].pop(min(whole["berths"]))


def _late_ask(whole: dict[str, Any]) -> None:
    whole["book"]["asks"].append({"id": "z", "class": "crisis", "offers": ["k0"]})


TAMPERED: tuple[tuple[str, Callable[[dict[str, Any]], object]], ...] = (
    ("line[0]", _swap_line),
    ("berths.", _take_a_berth),
    ("book_sha256", _late_ask),
    ("seed", lambda whole: whole.update(seed="00" * 32)),
    ("pool_cents", lambda whole: whole.update(pool_cents=7)),
    ("account[1]", lambda whole: whole["account"][1].__setitem__(5, "9.00")),
    ("moves", lambda whole: whole["moves"].append({})),
    ("held", lambda whole: whole["held"].pop(min(whole["held"]))),
    ("unfunded", lambda whole: whole["unfunded"].append("a")),
    ("nonce of the site does not open", lambda whole: whole["nonces"].update(site="44" * 32)),
    ("commitment", lambda whole: whole["commitments"].update(advocate=BOOK)),
    ("commitments.site", lambda whole: whole["commitments"].update(site="44")),
    ("ask d cancels", lambda whole: whole.update(cancelled=["d", "d", "d"])),
    ("round.extra", lambda whole: whole.update(extra=1)),
    ("round.line", lambda whole: whole.pop("line")),
    ("round.format", lambda whole: whole.update(format="other")),
)


@pytest.mark.parametrize(("named", "change"), TAMPERED, ids=[name for name, _ in TAMPERED])
def test_each_change_of_a_published_round_is_found(named: str, change: Callable[[Any], object]) -> None:
    """A changed member is named with what it holds and what follows from the book."""
    whole = file_of(())
    assert verify(whole, digest) == ()
    change(whole)
    assert any(named in sentence for sentence in verify(whole, digest)), verify(whole, digest)


def test_a_copied_commitment_does_not_verify() -> None:
    """Two equal nonces are one side's choice."""
    same = Draw((commitment(SITE),) * 2, (SITE,) * 2)
    (fault,) = verify(published(golden(), same, (), digest), digest)
    assert "one side chose the seed alone" in fault


WRONG_BOOKS: tuple[tuple[str, Callable[[dict[str, Any]], object]], ...] = (
    ("offers[0].coupling", lambda book: book["offers"][0].update(coupling=0.1)),
    ("asks[1].reward", lambda book: book["asks"][1].update(reward=1)),
    ("asks[4].offers[1]", lambda book: book["asks"][4]["offers"].__setitem__(1, "k9")),
    ("asks[0].offers", lambda book: book["asks"][0].update(offers=[])),
    ("asks[0].offers", lambda book: book["asks"][0].update(offers=["k0", "k0"])),
    ("asks[2].class", lambda book: book["asks"][2].update({"class": "gold"})),
    ("asks", lambda book: book["asks"].append(dict(book["asks"][0]))),
    ("offers[2].price_cents", lambda book: book["offers"][2].update(price_cents=1001)),
    ("offers[2].price_cents", lambda book: book["offers"][2].update(price_cents=9.5)),
    ("offers[0].count", lambda book: book["offers"][0].update(count=0)),
    ("offers[0].count", lambda book: book["offers"][0].update(count=True)),
    ("offers[1].features", lambda book: book["offers"][1].update(features=["coupled"])),
    ("offers[1].night", lambda book: book["offers"][1].update(night="tonight")),
    ("offers", lambda book: book.update(offers=[])),
    ("terms.levy", lambda book: book["terms"].update(levy=float("nan"))),
    ("terms.levy", lambda book: book["terms"].update(levy="1")),
    ("terms.pool_cents", lambda book: book["terms"].update(pool_cents=-1)),
    ("round", lambda book: book.update(round="Round 1")),
    ("book.asks", lambda book: book.pop("asks")),
)


@pytest.mark.parametrize(("at", "change"), WRONG_BOOKS)
def test_a_wrong_book_is_refused_with_its_path(at: str, change: Callable[[Any], object]) -> None:
    """Unknown members, wrong numbers and unknown offers are one sentence that names the place."""
    document = json.loads(json.dumps(golden().document()))
    change(document)
    with pytest.raises(BookError, match=r"found .*, expected ") as fault:
        read_book(document)
    assert fault.value.at == at


def test_the_classes_nest() -> None:
    """Each phase serves its class and those in greater need; a class is served from its phase on."""
    assert [one.phase for one in AskClass] == [1, 2, 3]
    assert all(one.phase < other.phase for one, other in pairwise(AskClass))
    assert [one.subsidised for one in AskClass] == [True, True, False]
