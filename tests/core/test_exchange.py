"""The clearing of the Rest Exchange: the design's golden book, its properties, and scipy as a judge."""

import ast
import itertools
import random
from collections import Counter
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.exchange.book import FEATURES, Ask, Book, Offer, Terms, checked
from dreamd.core.exchange.classes import ATTESTED_S, AskClass, attestation_holds, part_of
from dreamd.core.exchange.clearing import Clearing, clear, quotas
from dreamd.core.exchange.tickets import drawn
from fakes.books import FUNDED, GOLDEN_SEED, book_of, golden, random_book, with_list

EXAMPLES = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 10_000_000)
POOR = Terms(1000, 2500, 0.15, 0.3, 0.2)
ROOM = Path(__file__).resolve().parents[2] / "daemon/dreamd/core/exchange"


def line(clearing: Clearing) -> str:
    """The line of asks with one letter."""
    return "".join(turn.ask for turn in clearing.line)


def most(book: Book, classes: tuple[AskClass, ...] = tuple(AskClass)) -> int:
    """How many asks of these classes any sharing could place: by scipy."""
    optimize = pytest.importorskip("scipy.optimize")
    asks = [ask for ask in book.asks if ask.ask_class in classes]
    berths = [offer.id for offer in book.offers for _ in range(offer.count)]
    gains = [[float(berth in ask.offers) for berth in berths] for ask in asks]
    if not gains:
        return 0
    rows, columns = optimize.linear_sum_assignment(gains, maximize=True)
    return round(sum(gains[row][column] for row, column in zip(rows, columns, strict=True)))


def test_the_golden_book_has_the_golden_line_and_result() -> None:
    """Line e c a b d; a has 0, c has 1, e has 2 and was moved for a; b and d are left."""
    found = clear(golden(), GOLDEN_SEED)
    assert quotas(golden())[:2] == (1, 1)
    assert line(found) == "ecabd"
    assert dict(found.holds) == {"a": "k0", "c": "k1", "e": "k2"}
    assert [(one.ask, one.left, one.took, one.made_for) for one in found.moves] == [("e", "k0", "k2", "a")]
    assert [turn.phase for turn in found.line] == [1, 2, 3, 3, 3]


def test_without_reserves_the_line_is_the_order_of_the_tickets() -> None:
    """Reserves of nothing leave one phase, in which the classes do not count."""
    terms = replace(FUNDED, reserve_crisis=0.0, reserve_community=0.0)
    asks = {name: (of, (0,)) for name, of in zip("abcde", ("open", "crisis", "open") * 2, strict=False)}
    found = clear(book_of(asks, terms=terms), GOLDEN_SEED)
    assert line(found) == "".join(drawn(GOLDEN_SEED, "abcde")) == "ecabd"
    assert {turn.phase for turn in found.line} == {3}


@pytest.mark.parametrize(
    ("share", "whole", "part"), [(0.15, 20, 3), (0.07, 100, 7), (0.3, 1, 1), (0.0, 9, 0)]
)
def test_a_share_is_exact_and_rounded_up(share: float, whole: int, part: int) -> None:
    """A reserve is a guarantee: a part of a berth is a berth, and .07 of 100 is 7, not 8."""
    assert part_of(share, whole) == part


@given(SEEDS)
@EXAMPLES
def test_as_many_are_placed_as_any_sharing_could_place(seed: int) -> None:
    """The number of placed asks is scipy's; so every berth is used that anyone without one has listed."""
    book = random_book(seed)
    found = clear(book, str(seed))
    assert len(found.holds) == most(book)
    used = Counter(found.holds.values())
    assert all(used[offer.id] <= offer.count for offer in book.offers)
    free = {offer.id for offer in book.offers if used[offer.id] < offer.count}
    assert not [ask for ask in book.asks if ask.id not in found.holds and free & set(ask.offers)]


@given(SEEDS)
@EXAMPLES
def test_reserves_are_met_as_far_as_the_asks_allow(seed: int) -> None:
    """Crisis has min(reserve, possible) berths at least; crisis and community both reserves together."""
    book = random_book(seed, asks=14)
    found = clear(book, str(seed))
    first, second, _ = quotas(book)
    classes = Counter(ask.ask_class for ask in book.asks if ask.id in found.holds)
    crisis = classes[AskClass.CRISIS]
    assert crisis >= min(first, most(book, (AskClass.CRISIS,)))
    both = most(book, (AskClass.CRISIS, AskClass.COMMUNITY))
    placed_first = min(first, most(book, (AskClass.CRISIS,)))
    assert crisis + classes[AskClass.COMMUNITY] >= min(placed_first + second, both)


@given(SEEDS, st.sampled_from((FUNDED, POOR)))
@EXAMPLES
def test_no_other_list_of_true_wishes_places_an_ask_that_has_no_berth(seed: int, terms: Terms) -> None:
    """An ask without a berth has none with any shorter or reordered list, whatever the pool holds."""
    book, drawing = random_book(seed, terms=terms), str(seed)
    truth = clear(book, drawing)
    lot = random.Random(seed)
    for ask in book.asks:
        if ask.id not in truth.holds:
            lists = [
                one
                for many in range(1, len(ask.offers) + 1)
                for one in itertools.permutations(ask.offers, many)
            ]
            for offers in lot.sample(lists, min(len(lists), 8)):
                other = clear(with_list(book, ask.id, offers), drawing)
                assert ask.id not in other.holds
                assert other.holds == truth.holds


def test_a_contrived_book_in_which_a_false_claim_pays() -> None:
    """The design's known weakness: d claims k2, which will not do, and the room made for a moves it to k3."""
    asks = {
        name: ("open", will)
        for name, will in zip("abcde", ((0,), (3,), (3, 2, 1), (3,), (0, 2)), strict=True)
    }
    book = book_of(asks, (1, 1, 1, 1))
    assert "d" not in clear(book, GOLDEN_SEED).holds
    claimed = clear(with_list(book, "d", ("k2", "k3")), GOLDEN_SEED)
    assert claimed.holds["d"] == "k3"
    assert "b" not in claimed.holds


@given(SEEDS, st.sampled_from((FUNDED, POOR)))
@EXAMPLES
def test_a_berth_is_one_that_was_listed_and_is_never_taken_away(seed: int, terms: Terms) -> None:
    """Each move is from and to offers of the mover's own list; a placed ask holds a berth at the end."""
    book = random_book(seed, terms=terms)
    found = clear(book, str(seed))
    wishes = {ask.id: ask.offers for ask in book.asks}
    assert all(offer in wishes[ask] for ask, offer in found.holds.items())
    assert {move.ask for move in found.moves} <= set(found.holds)
    at = dict(found.holds)
    for move in reversed(found.moves):
        assert at[move.ask] == move.took != move.left
        assert move.left in wishes[move.ask]
        at[move.ask] = move.left


@given(SEEDS)
@EXAMPLES
def test_an_ask_without_a_berth_envies_none_of_its_class(seed: int) -> None:
    """All that it listed was full at its turn; a later place holds it only where room was made."""
    book = random_book(seed, asks=14)
    found = clear(book, str(seed))
    turns = {turn.ask: turn for turn in found.line}
    moved = {move.ask for move in found.moves} | set(found.room)
    for ask in book.asks:
        if ask.id not in found.holds:
            turn = turns[ask.id]
            assert all(found.filled[offer] < turn.moment for offer in ask.offers)
            later = {
                one for one, at in found.holds.items() if at in ask.offers and turns[one].place > turn.place
            }
            assert later <= moved


@given(SEEDS)
@EXAMPLES
def test_a_pool_pays_for_as_many_as_it_can_set_aside(seed: int) -> None:
    """2500 sets 1000 aside for two subsidised berths; the rest go to open asks, and none is left without."""
    book = random_book(seed, asks=14, terms=POOR)
    found = clear(book, str(seed))
    subsidised = [ask.id for ask in book.asks if ask.ask_class.subsidised]
    placed = [one for one in subsidised if one in found.holds]
    assert len(placed) <= 2
    assert not set(placed) & set(found.unfunded)
    if found.unfunded:
        assert len(placed) == 2
    assert set(found.unfunded) <= set(subsidised)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_seed_gives_the_same_result(seed: int) -> None:
    """Neither a second run nor the order in which offers and asks came changes the result."""
    book = random_book(seed)
    lot = random.Random(seed)
    offers, asks = list(book.offers), list(book.asks)
    lot.shuffle(offers)
    lot.shuffle(asks)
    again = checked(book.round, book.terms, offers, asks)
    assert clear(again, "x") == clear(book, "x")


def test_a_search_that_fails_closes_no_more_than_it_reached() -> None:
    """No room can be made for a at k0; room is made for b at k1 afterwards, by a move of c to k2."""
    asks = {name: ("open", will) for name, will in (("a", (0,)), ("b", (1,)), ("c", (1, 2)), ("e", (0,)))}
    found = clear(book_of(asks), GOLDEN_SEED)
    assert line(found) == "ecab"
    assert dict(found.holds) == {"e": "k0", "b": "k1", "c": "k2"}


def test_another_seed_draws_another_line() -> None:
    """Over many seeds each of three alike asks gets the one berth about as often as the others."""
    book = book_of(dict.fromkeys("abc", ("open", (0,))), (1,))
    won = Counter(next(iter(clear(book, str(seed)).holds)) for seed in range(300))
    assert all(70 <= won[name] <= 130 for name in "abc")


def test_no_round_is_empty_of_reason() -> None:
    """A book without asks clears to nothing; one free berth for one ask is taken."""
    assert clear(book_of({}), "x") == Clearing((), {}, (), {}, {}, {})
    assert dict(clear(book_of({"a": ("open", (2,))}), "x").holds) == {"a": "k2"}


@pytest.mark.parametrize(
    ("attested_s", "now_s", "holds"),
    [(0.0, 0.0, True), (0.0, ATTESTED_S, True), (0.0, ATTESTED_S + 1, False), (5.0, 4.0, False),
     (nan, 1.0, False), (1.0, nan, False), (-inf, 1.0, False)],
)  # fmt: skip
def test_an_attestation_holds_for_fourteen_days(attested_s: float, now_s: float, holds: bool) -> None:
    """A clinician's word counts 14 days from its time; a time that is none, or in the future, does not."""
    assert attestation_holds(attested_s, now_s) is holds


WORDS = (
    "coupling", "merge", "merged", "consent", "grant", "dose", "ceiling", "exposure", "dreamscape",
    "collective", "artist", "reward",
)  # fmt: skip


def test_nothing_in_the_exchange_can_mention_coupling() -> None:
    """No field, name or feature of it has such a word, and it imports no room that does."""
    names = {*FEATURES, *(name for kind in (Ask, Book, Offer, Terms) for name in kind.__slots__)}
    rooms = set[str]()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names |= {getattr(node, kind, None) or "" for kind in ("id", "attr", "arg", "name")}
            if isinstance(node, ast.ImportFrom):
                rooms.add(node.module or "")
    parts = {part for name in names for part in name.lower().replace("-", "_").split("_")}
    assert not parts & set(WORDS)
    ours = {
        room for room in rooms if room.startswith("dreamd.") and not room.startswith("dreamd.core.exchange")
    }
    assert ours == {"dreamd.core.refusals", "dreamd.core.access.caller"}
