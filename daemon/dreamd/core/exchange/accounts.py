"""The account of a round: sleepers, pool and sites, to the cent.

A site gets the posted price of each berth. Of an open berth the levy goes to the pool, rounded up. A sleeper
pays nothing, half (rounded down) or all, by class; the pool pays the rest.

Rules
- Of each berth and of the whole: paid + from_pool = to_site + levy.
- The pool never falls below zero: each subsidised placement has set the largest price aside before.
- A round whose pool cannot set aside the largest price for each reserved berth is refused before it opens: a
  reserve without money is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dreamd.core.exchange.book import Book, Terms
from dreamd.core.exchange.classes import AskClass, part_of
from dreamd.core.refusals import Code, Refusal

COLUMNS = ("ask", "offer", "site", "class", "price", "paid", "from_pool", "levy", "to_site")


@dataclass(frozen=True, slots=True)
class Charge:
    """The money of one berth, whole cents."""

    ask: str
    offer: str
    site: str
    ask_class: AskClass
    price: int
    paid: int
    from_pool: int
    levy: int

    @property
    def to_site(self) -> int:
        """The price less the levy."""
        return self.price - self.levy


@dataclass(frozen=True, slots=True)
class Account:
    """The money of a round, whole cents. charges: in the order of the asks' ids."""

    charges: tuple[Charge, ...]
    pool_before: int
    pool_after: int

    @property
    def by_site(self) -> dict[str, int]:
        """The sum that each site gets, by its name."""
        found = dict[str, int]()
        for one in sorted(self.charges, key=lambda one: one.site):
            found[one.site] = found.get(one.site, 0) + one.to_site
        return found


def account(book: Book, holds: Mapping[str, str]) -> Account:
    """Return the account of a round. holds: the offer of each ask that has a berth."""
    offers = {offer.id: offer for offer in book.offers}
    charges = list[Charge]()
    for ask in book.asks:
        if ask.id in holds:
            offer, price = offers[holds[ask.id]], offers[holds[ask.id]].price_cents
            paid = ask.ask_class.pays(price)
            levy = 0 if ask.ask_class.subsidised else part_of(book.terms.levy, price)
            charges.append(
                Charge(ask.id, offer.id, offer.site, ask.ask_class, price, paid, price - paid, levy)
            )
    change = sum(one.levy - one.from_pool for one in charges)
    return Account(tuple(charges), book.terms.pool_cents, book.terms.pool_cents + change)


def rows(found: Account) -> list[tuple[str, ...]]:
    """Return an account as a table of texts, COLUMNS first; money such as 12.50. No field needs quotes."""
    table: list[tuple[str, ...]] = [COLUMNS]
    for one in found.charges:
        money = (one.price, one.paid, one.from_pool, one.levy, one.to_site)
        table.append((one.ask, one.offer, one.site, one.ask_class.value, *map(money_text, money)))
    return table


def money_text(cents: int) -> str:
    """Return whole cents as money, such as 12.50."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"


def reserve_fault(terms: Terms, berths: int) -> Refusal | None:
    """Return RESERVE_UNFUNDED where the pool cannot pay the largest price for each reserved berth."""
    crisis = min(part_of(terms.reserve_crisis, berths), berths)
    reserved = crisis + min(part_of(terms.reserve_community, berths), berths - crisis)
    needed = reserved * terms.price_most_cents
    if terms.pool_cents >= needed:
        return None
    sentence = (
        f"{reserved} of {berths} berths are reserved, at {money_text(terms.price_most_cents)} each: that is "
        f"{money_text(needed)}, and the pool holds {money_text(terms.pool_cents)}"
    )
    figures = {"reserved": str(reserved), "needed_cents": str(needed), "pool_cents": str(terms.pool_cents)}
    return Refusal(Code.RESERVE_UNFUNDED, sentence, figures)
