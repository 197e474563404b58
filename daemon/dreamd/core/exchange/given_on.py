"""Berths given on: a cancelled berth goes to the first in line that it will do for.

Rules
- Each ask of the book may leave the line, with a berth or without one, and once. It is never served again.
- After a cancellation the line is served once more from its front, each ask by the best that is left. A
  cancelled subsidised berth also frees its part of the pool, so an ask that the pool could not pay for is
  served too.
- Nobody is moved: the placed ones have been told.
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


class WaitingLine:
    """The line of a cleared round, as asks leave it one by one."""

    def __init__(self, book: Book, clearing: Clearing) -> None:
        """Take up the line as the clearing left it."""
        self._asks = {ask.id: ask for ask in book.asks}
        self._holds = dict(clearing.holds)
        self._left = {offer.id: offer.count for offer in book.offers}
        for offer in self._holds.values():
            self._left[offer] -= 1
        self._funds = fundable(book) - sum(self._asks[one].ask_class.subsidised for one in self._holds)
        self._waiting = [turn.ask for turn in clearing.line if turn.ask not in self._holds]
        self._out = dict[str, None]()
        self._gifts = list[Gift]()

    def leave_line(self, by: str) -> tuple[Gift, ...]:
        """Let an ask leave; return the gifts that follow.

        Raises:
            ValueError: the book has no such ask, or it has left before.
        """
        if by not in self._asks:
            raise ValueError(f"ask {by} cancels, and the book has no such ask")
        if by in self._out:
            raise ValueError(f"ask {by} cancels twice")
        self._out[by] = None
        if by not in self._holds:
            return ()
        offer, was_empty = self._holds.pop(by), not self._funds > 0
        self._left[offer] += 1
        subsidised = self._asks[by].ask_class.subsidised
        self._funds += subsidised
        return self._serve(by, offer, every=subsidised and was_empty)

    def _serve(self, by: str, freed: str, *, every: bool) -> tuple[Gift, ...]:
        """Serve the line. every: the pool can pay again, so more than the freed berth may be given."""
        waiting, found = list[str](), list[Gift]()
        for n, one in enumerate(self._waiting):
            if not (every or self._left[freed]):
                waiting += self._waiting[n:]
                break
            ask = self._asks[one]
            if one in self._out:
                continue
            offer = next((listed for listed in ask.offers if self._left[listed]), "")
            if not offer or (ask.ask_class.subsidised and not self._funds > 0):
                waiting.append(one)
                continue
            self._holds[one] = offer
            self._left[offer] -= 1
            self._funds -= ask.ask_class.subsidised
            found.append(Gift(by, one, offer))
        self._waiting = waiting
        self._gifts += found
        return tuple(found)

    def holding(self) -> Holding:
        """Return what each ask holds now."""
        return Holding(dict(self._holds), tuple(self._out), tuple(self._gifts))


def given_on(book: Book, clearing: Clearing, cancelled: Iterable[str]) -> Holding:
    """Return what each ask holds after these asks have left, one by one.

    Raises:
        ValueError: as `WaitingLine.leave_line`.
    """
    line = WaitingLine(book, clearing)
    for by in cancelled:
        line.leave_line(by)
    return line.holding()
