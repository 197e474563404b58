"""The book of a round: its terms, the offers with posted prices, and the asks. It is public.

Theory of operation. An offer is a kind of berth: so many alike, at one site in one night, at one price. An
ask lists the offers that will do, best first. An offer of which the price is too high is not listed, so an
ask needs no other word for money. An ask is named by a random id; the book holds no pseudonym.

Rules
- The vocabulary is closed: each object has exactly its members, and a feature is one of FEATURES. So no book
  has a word for a reward, or for anything that a sleeper does in a Dreamscape (clause 1.2).
- Money is whole cents. A price is at most the round's largest price.
- A fault is one sentence with its path, such as `asks[3].offers[0]`.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from re import fullmatch
from typing import Final

from dreamd.core.exchange.classes import AskClass
from dreamd.core.refusals import GOT_MAX

FEATURES: Final = frozenset(
    {"cool", "dark", "ground-floor", "near-bath", "quiet", "shared-room", "single-room", "step-free", "warm"}
)
"""The features that an offer can name."""
ID_FORM: Final = "[a-z0-9][a-z0-9._-]{0,63}"
NIGHT_FORM: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
OFFERS_MOST: Final = 20_000
ASKS_MOST: Final = 50_000
LISTED_MOST: Final = 200
"""Offers that one ask lists."""
BERTHS_MOST: Final = 20_000
"""Berths of one offer, and of a round."""
CENTS_MOST: Final = 1_000_000_000


class BookError(ValueError):
    """A book is refused. at: the path of the wrong value. expected: in words."""

    def __init__(self, at: str, found: object, expected: str) -> None:
        """found: the wrong value."""
        super().__init__(f"{at}: found {shorten(found)}, expected {expected}")
        self.at, self.expected = at, expected


def shorten(found: object) -> str:
    """Return a wrong value as a sentence shows it, at most GOT_MAX characters."""
    shown = repr(found)
    return shown if len(shown) <= GOT_MAX else f"{shown[: GOT_MAX - 1]}…"


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits of a round: shares 0 to 1 by clauses 7.1 to 7.3, money in whole cents.

    price_most_cents: the largest price of a berth. pool_cents: of the pool when the round is published.
    """

    price_most_cents: int
    pool_cents: int
    reserve_crisis: float
    reserve_community: float
    levy: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of berth. night: the date of its evening, such as 2026-11-30."""

    id: str
    site: str
    night: str
    features: tuple[str, ...]
    count: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class Ask:
    """The ask of one sleeper. offers: the ids of those that will do, best first."""

    id: str
    ask_class: AskClass
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A checked book."""

    round: str
    terms: Terms
    offers: tuple[Offer, ...]
    asks: tuple[Ask, ...]

    @property
    def berths(self) -> int:
        """How many berths are offered."""
        return sum(offer.count for offer in self.offers)

    def document(self) -> dict[str, object]:
        """The document whose canonical form (RFC 8785) names the book by its SHA-256."""
        terms = {name: getattr(self.terms, name) for name in Terms.__slots__}
        return {
            "round": self.round,
            "terms": terms,
            "offers": [_offer_document(offer) for offer in self.offers],
            "asks": [
                {"id": ask.id, "class": ask.ask_class.value, "offers": list(ask.offers)} for ask in self.asks
            ],
        }


def _offer_document(offer: Offer) -> dict[str, object]:
    members = {name: getattr(offer, name) for name in Offer.__slots__}
    return members | {"features": list(offer.features)}


def checked(round_id: str, terms: Terms, offers: Iterable[Offer], asks: Iterable[Ask]) -> Book:
    """Return the book, offers and asks in the order of their ids.

    Raises:
        BookError: a value is outside its bounds, an id is there twice, an ask lists an unknown offer.
    """
    book = Book(
        round_id,
        terms,
        tuple(sorted(offers, key=lambda one: one.id)),
        tuple(sorted(asks, key=lambda one: one.id)),
    )
    _form(round_id, "round", ID_FORM, "an id of lower-case letters, digits, dots and dashes")
    check_terms(terms)
    _check_offers(book)
    _check_asks(book)
    return book


def check_terms(terms: Terms) -> None:
    """Check the limits of a round.

    Raises:
        BookError: a value is outside its bounds.
    """
    _whole(terms.price_most_cents, "terms.price_most_cents", CENTS_MOST)
    _whole(terms.pool_cents, "terms.pool_cents", CENTS_MOST)
    for name in ("reserve_crisis", "reserve_community", "levy"):
        share = getattr(terms, name)
        number = isinstance(share, int | float) and not isinstance(share, bool)
        if not (number and isfinite(share) and 0.0 <= share <= 1.0):
            raise BookError(f"terms.{name}", share, "a share from 0 to 1")


def _check_offers(book: Book) -> None:
    if not 0 < len(book.offers) <= OFFERS_MOST:
        raise BookError("offers", len(book.offers), f"1 to {OFFERS_MOST} offers")
    most = book.terms.price_most_cents
    for n, offer in enumerate(book.offers):
        check_offer(offer, f"offers[{n}]", most)
    _each_once([offer.id for offer in book.offers], "offers")
    if not book.berths <= BERTHS_MOST:
        raise BookError("offers", book.berths, f"at most {BERTHS_MOST} berths in a round")


def check_offer(offer: Offer, at: str, price_most_cents: int) -> None:
    """Check an offer by itself. at: its path.

    Raises:
        BookError: a value is outside its bounds.
    """
    _form(offer.id, f"{at}.id", ID_FORM, "an id of lower-case letters, digits, dots and dashes")
    _form(offer.site, f"{at}.site", ID_FORM, "the name of a site")
    _date(offer.night, f"{at}.night")
    _whole(offer.count, f"{at}.count", BERTHS_MOST, least=1)
    _whole(offer.price_cents, f"{at}.price_cents", price_most_cents)
    for feature in offer.features:
        if feature not in FEATURES:
            raise BookError(f"{at}.features", feature, f"one of {', '.join(sorted(FEATURES))}")
    _each_once(offer.features, f"{at}.features")


def _check_asks(book: Book) -> None:
    if not len(book.asks) <= ASKS_MOST:
        raise BookError("asks", len(book.asks), f"at most {ASKS_MOST} asks")
    known = {offer.id for offer in book.offers}
    for n, ask in enumerate(book.asks):
        at = f"asks[{n}]"
        _form(ask.id, f"{at}.id", ID_FORM, "an id of lower-case letters, digits, dots and dashes")
        check_listed(ask.offers, f"{at}.offers", known)
    _each_once([ask.id for ask in book.asks], "asks")


def check_listed(offers: Sequence[str], at: str, known: Container[str]) -> None:
    """Check the list of an ask. at: its path. known: the ids of all offers.

    Raises:
        BookError: it is empty or too long, an offer is not known or there twice.
    """
    if not 0 < len(offers) <= LISTED_MOST:
        raise BookError(at, len(offers), f"1 to {LISTED_MOST} offers, best first")
    _each_once(offers, at)
    for k, listed in enumerate(offers):
        if listed not in known:
            raise BookError(f"{at}[{k}]", listed, "the id of an offer of this round")


def _form(text: object, at: str, form: str, expected: str) -> None:
    if not (isinstance(text, str) and fullmatch(form, text)):
        raise BookError(at, text, expected)


def _date(text: object, at: str) -> None:
    _form(text, at, NIGHT_FORM, "a date such as 2026-11-30")
    try:
        date.fromisoformat(str(text))
    except ValueError as error:
        raise BookError(at, text, "a day of the calendar") from error


def _whole(number: object, at: str, most: int, least: int = 0) -> None:
    if not (isinstance(number, int) and not isinstance(number, bool) and least <= number <= most):
        raise BookError(at, number, f"a whole number from {least} to {most}")


def _each_once(ids: Iterable[str], at: str) -> None:
    seen = set[str]()
    for one in ids:
        if one in seen:
            raise BookError(at, one, "each once")
        seen.add(one)
