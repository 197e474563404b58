"""Books of the Rest Exchange: the design's, and random ones."""

import random
from collections.abc import Iterable, Mapping, Sequence

from dreamd.core.exchange.book import Ask, Book, Offer, Terms, checked
from dreamd.core.exchange.classes import AskClass

FUNDED = Terms(1000, 1_000_000, 0.15, 0.3, 0.2)
GOLDEN_SEED = "golden"
CLASSES = {"crisis": AskClass.CRISIS, "community": AskClass.COMMUNITY, "open": AskClass.OPEN}


def book_of(
    asks: Mapping[str, tuple[str, Sequence[int]]], counts: Sequence[int] = (1, 1, 1), terms: Terms = FUNDED
) -> Book:
    """Return a book. asks: class and listed offers by id. counts: the berths of the offers k0, k1, ..."""
    offers = [
        Offer(f"k{n}", "north", "2026-11-30", ("quiet",), many, terms.price_most_cents)
        for n, many in enumerate(counts)
    ]
    made = [Ask(name, CLASSES[of], tuple(f"k{n}" for n in will)) for name, (of, will) in asks.items()]
    return checked("round-1", terms, offers, made)


def golden() -> Book:
    """Return the golden book of the design: three berths, five asks."""
    return book_of(
        {
            "a": ("open", (0, 1)),
            "b": ("open", (0,)),
            "c": ("community", (1, 2)),
            "d": ("open", (1,)),
            "e": ("crisis", (0, 2)),
        }
    )


def random_book(seed: int, asks: int = 9, terms: Terms = FUNDED) -> Book:
    """Return a small random book: offers of one to three berths, popular ones among them, odd prices."""
    lot = random.Random(seed)
    kinds = lot.randint(2, 6)
    offers = [
        Offer(
            f"k{n}", lot.choice(("north", "south")), "2026-11-30", (), lot.choice((1, 1, 1, 2, 3)),
            lot.randint(0, terms.price_most_cents),
        )
        for n in range(kinds)
    ]  # fmt: skip
    made = []
    for n in range(lot.randint(1, asks)):
        will = dict.fromkeys(f"k{int(kinds * lot.random() ** 2)}" for _ in range(lot.randint(1, kinds)))
        made.append(Ask(f"ask-{n}", lot.choice(tuple(AskClass)), tuple(will)))
    return checked("round-1", terms, offers, made)


def with_list(book: Book, ask_id: str, offers: Iterable[str]) -> Book:
    """Return the book in which this ask lists other offers."""
    changed = [Ask(one.id, one.ask_class, tuple(offers)) if one.id == ask_id else one for one in book.asks]
    return checked(book.round, book.terms, book.offers, changed)
