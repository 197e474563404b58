"""A round that has not ended: its offers, its asks, the sleepers they are of, and the berths they hold.

Rules
- An ask that leaves the line holds no berth from that moment on. Its berth is given on once the ledger has
  that it has left, in the order in which they left.
- An ask of which no sleeper is known any more leaves the line: it would keep a berth from everybody.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from math import inf
from types import MappingProxyType
from typing import Final

from dreamd.core.exchange.book import Ask, Book, Offer, checked
from dreamd.core.exchange.clearing import Clearing
from dreamd.core.exchange.course import REVEAL_S, Round, RoundState, Side
from dreamd.core.exchange.explanation import standing
from dreamd.core.exchange.given_on import Gift, Holding, WaitingLine
from dreamd.core.exchange.kept_round import KeptAsk, KeptBook, KeptRound
from dreamd.core.exchange.nights import night_over_s
from dreamd.core.exchange.views import AskState, OwnAsk, ShownRound, hidden_nonces

NO_BOOK: Final = KeptBook()
NO_SLEEPERS: Final[Mapping[str, str]] = MappingProxyType({})


class LivingRound:
    """One round; one thread uses it.

    offers, asks: by id. leaving: the asks that have left the line, with their numbers. sleeper_of: by ask.
    ask_of: by sleeper. publishing: no offer is taken any more. frozen: no ask is. writing: offers and
    asks on their way to the ledger. stepping: a step is. book, clearing: the result; None: there is none yet.
    """

    def __init__(
        self, kept: KeptRound, book: KeptBook = NO_BOOK, sleepers: Mapping[str, str] = NO_SLEEPERS
    ) -> None:
        """sleepers: by ask, of those that are known."""
        self.kept = kept
        self.offers = {one.id: one for one in book.offers}
        self.asks = {one.ask.id: one.ask for one in book.asks}
        self.berths = sum(one.count for one in book.offers)
        self.sleeper_of = {ask: sleeper for ask, sleeper in sleepers.items() if ask in self.asks}
        self.ask_of = {sleeper: ask for ask, sleeper in self.sleeper_of.items()}
        left = sorted((one for one in book.asks if one.left), key=lambda one: one.left)
        self.leaving = {one.ask.id: one.left for one in left}
        self._written = set(self.leaving)
        self._uncounted = list(self.leaving)
        self.frozen = kept.round.state not in (RoundState.PLANNED, RoundState.OPEN)
        self._sorted: tuple[Offer, ...] | None = None
        self.publishing = False
        self.writing = 0
        self.stepping = False
        self.book: Book | None = None
        self.clearing: Clearing | None = None
        self._line: WaitingLine | None = None
        self.holding = Holding({})

    @property
    def round(self) -> Round:
        """The round, in its course."""
        return self.kept.round

    def due_s(self, zone: tzinfo) -> float:
        """When time moves it next, unix seconds; infinity: never. zone: of the house."""
        match self.round.state:
            case RoundState.DRAWN:
                return 0.0
            case RoundState.CLOSED:
                return self.round.closed_s + REVEAL_S
            case RoundState.CLEARED:
                return max(night_over_s(one.night, zone) for one in self.offers.values())
            case _:
                return inf

    def whole_book(self) -> Book:
        """The book of all offers and asks.

        Raises:
            BookError: it is none.
        """
        return checked(self.round.id, self.round.terms, self.offers.values(), self.asks.values())

    def kept_ask(self, ask_id: str) -> KeptAsk:
        """An ask as it is kept."""
        return KeptAsk(self.round.id, self.asks[ask_id], self.leaving.get(ask_id, 0))

    def kept_book(self) -> KeptBook:
        """Offers and asks as the line counts them: one that is not yet written as left still stands."""
        counted = {ask: n for n, ask in enumerate(self.holding.cancelled, 1)}
        asks = (KeptAsk(self.round.id, self.asks[one], counted.get(one, 0)) for one in sorted(self.asks))
        return KeptBook(self._in_order(), tuple(asks))

    def _in_order(self) -> tuple[Offer, ...]:
        if self._sorted is None:
            self._sorted = tuple(self.offers[one] for one in sorted(self.offers))
        return self._sorted

    # -- offers and asks --------------------------------------------------------------------------------

    def put_offer(self, offer: Offer) -> None:
        """Add an offer, or replace the one of this id."""
        before = self.offers.get(offer.id)
        self.berths += offer.count - (before.count if before is not None else 0)
        self.offers[offer.id] = offer
        self._sorted = None

    def put_ask(self, ask: Ask, sleeper: str) -> None:
        """Add the ask of a sleeper, or replace it."""
        self.asks[ask.id] = ask
        self.sleeper_of[ask.id], self.ask_of[sleeper] = sleeper, ask.id

    def drop_ask(self, ask_id: str) -> None:
        """Remove an ask from the book, which is not frozen."""
        self.asks.pop(ask_id, None)
        self.drop_name(ask_id)

    def drop_name(self, ask_id: str) -> None:
        """The ask is of no known sleeper any more."""
        sleeper = self.sleeper_of.pop(ask_id, "")
        if self.ask_of.get(sleeper) == ask_id:
            del self.ask_of[sleeper]

    def thaw(self) -> list[str]:
        """Take asks again after a close that failed; return those that have left since, which are dropped."""
        self.frozen, gone = False, list(self.leaving)
        self.leaving.clear()
        self._uncounted.clear()
        for one in gone:
            self.drop_ask(one)
        return gone

    def leave_line(self, ask_id: str) -> None:
        """Let an ask leave: it holds no berth from now on."""
        if ask_id not in self.leaving:
            self.leaving[ask_id] = max(self.leaving.values(), default=0) + 1
            self._uncounted.append(ask_id)

    def nameless(self) -> list[str]:
        """The asks of no known sleeper that have not left."""
        return [one for one in self.asks if one not in self.sleeper_of and one not in self.leaving]

    # -- the result -------------------------------------------------------------------------------------

    def take_result(self, book: Book, clearing: Clearing) -> tuple[Gift, ...]:
        """Take the result in; return the gifts that follow from the asks that have left before."""
        self.book, self.clearing = book, clearing
        self._line = WaitingLine(book, clearing)
        self.holding = self._line.holding()
        return self._give_on()

    def note_left(self, ask_id: str) -> tuple[Gift, ...]:
        """The ledger has that this ask has left: return the gifts that follow."""
        self._written.add(ask_id)
        return self._give_on()

    def _give_on(self) -> tuple[Gift, ...]:
        if self._line is None:
            return ()
        gifts = list[Gift]()
        while self._uncounted and self._uncounted[0] in self._written:
            gifts += self._line.leave_line(self._uncounted.pop(0))
        self.holding = self._line.holding()
        return tuple(gifts)

    def berth_of(self, ask_id: str) -> Offer | None:
        """The offer of which an ask holds a berth now."""
        held = "" if ask_id in self.leaving else self.holding.holds.get(ask_id, "")
        return self.offers[held] if held else None

    def holders(self) -> Iterator[tuple[str, Offer]]:
        """Each known sleeper with a berth."""
        for ask, offer in self.holding.holds.items():
            if ask not in self.leaving and ask in self.sleeper_of:
                yield self.sleeper_of[ask], self.offers[offer]

    # -- as it is shown -----------------------------------------------------------------------------------

    def public_view(self) -> ShownRound:
        """The round for every caller."""
        sides = ((Side.SITE, self.round.site), (Side.ADVOCATE, self.round.advocate))
        revealed = tuple(side for side, part in sides if part is not None and part.nonce)
        return ShownRound(
            hidden_nonces(self.round),
            self._in_order(),
            len(self.asks),
            sum(one not in self.leaving for one in self.holding.holds),
            revealed,
        )

    def own(self, ask_id: str) -> OwnAsk:
        """An ask for its sleeper; its explanation is left out once there is a result."""
        ask, berth = self.asks[ask_id], self.berth_of(ask_id)
        if ask_id in self.leaving:
            state = AskState.CANCELLED
        elif berth is not None:
            state = AskState.HELD
        elif self.clearing is not None or self.kept.ended:
            state = AskState.UNPLACED
        else:
            state = AskState.PLACED
        told = () if self.clearing is not None else standing(ask, self.round.state)
        return OwnAsk(self.round.id, ask, state, berth, told)
