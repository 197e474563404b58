"""Berths given on: a cancelled berth goes to the first in line that it will do for.

Rules
- After a cancellation the line is served once more from its front, each ask by the best that is left. A
  cancelled subsidised berth also frees its part of the pool, so an ask that the pool could not pay for is
  served too.
- Nobody is moved: the placed ones have been told. An ask that cancelled is out of the line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dreamd.core.exchange.book import Book
from dreamd.core.exchange.clearing import Clearing, fundable


@dataclass(frozen=True, slots=True)
class Gift:
    """A berth given on. by: the ask that cancelled; to: the one that has it now, `offer`."""

    by: str
    to: str
    offer: str


@dataclass(frozen=True, slots=True)
class Holding:
    """The offer that each ask holds after cancellations. cancelled: in their order. gifts: in theirs."""

    holds: Mapping[str, str]
    cancelled: tuple[str, ...] = ()
    gifts: tuple[Gift, ...] = ()


def given_on(book: Book, clearing: Clearing, cancelled: Iterable[str]) -> Holding:
    """Return what each ask holds after these asks have cancelled, one by one.

    Raises:
        ValueError: an ask cancels that holds no berth then.
    """
    asks = {ask.id: ask for ask in book.asks}
    holds = dict(clearing.holds)
    left = {offer.id: offer.count for offer in book.offers}
    for offer in holds.values():
        left[offer] -= 1
    funds = fundable(book) - sum(asks[one].ask_class.subsidised for one in holds)
    out, gifts = dict[str, None](), list[Gift]()
    for by in cancelled:
        if by not in holds:
            raise ValueError(f"ask {by} cancels, but it holds no berth")
        left[holds.pop(by)] += 1
        funds += asks[by].ask_class.subsidised
        out[by] = None
        for turn in clearing.line:
            ask = asks[turn.ask]
            if ask.id in holds or ask.id in out or (ask.ask_class.subsidised and not funds > 0):
                continue
            offer = next((one for one in ask.offers if left[one]), "")
            if offer:
                holds[ask.id] = offer
                left[offer] -= 1
                funds -= ask.ask_class.subsidised
                gifts.append(Gift(by, ask.id, offer))
    return Holding(holds, tuple(out), tuple(gifts))
