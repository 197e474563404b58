"""The explanation of a result, for the person that it concerns: sentences, each true of the public book."""

from dreamd.core.exchange.accounts import money_text
from dreamd.core.exchange.book import Ask, Book, Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.clearing import Clearing, Turn
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.given_on import Holding

_SERVED = {
    1: "served asks in crisis until the reserve for crisis was placed",
    2: "served asks in crisis and of the community until the reserve for the community was placed",
    3: "served every ask",
}


def explain(book: Book, clearing: Clearing, holding: Holding, ask_id: str) -> tuple[str, ...]:
    """Return the sentences for one ask: the line, the turn, each full offer, the moves, the end.

    Raises:
        KeyError: the book has no such ask.
    """
    teller = _Teller(book, clearing, holding)
    return tuple(teller.sentences(teller.asks[ask_id]))


class _Teller:
    """The facts that the sentences of one round need."""

    def __init__(self, book: Book, clearing: Clearing, holding: Holding) -> None:
        self.asks = {ask.id: ask for ask in book.asks}
        self._offers = {offer.id: offer for offer in book.offers}
        self._most = book.terms.price_most_cents
        self._clearing, self._holding = clearing, holding
        self._turns = {turn.ask: turn for turn in clearing.line}
        self._by_moment = {turn.moment: turn.place for turn in clearing.line}
        self._for_room = {at: self._turns[one].place for one, at in clearing.room.items()}

    def sentences(self, ask: Ask) -> list[str]:
        turn = self._turns[ask.id]
        found = [
            f"Your place in line is {turn.place} of {len(self._turns)}.",
            f"Your turn came in phase {turn.phase}, which {_SERVED[turn.phase]}.",
        ]
        if self._clearing.unfunded.get(ask.id) != turn.moment:
            found += self._at_turn(ask, turn)
        if ask.id in self._clearing.unfunded:
            found.append(self._unfunded())
        found += self._moved(ask)
        return [*found, *self._afterwards(ask), self._end(ask)]

    def _unfunded(self) -> str:
        return (
            f"The pool pays a part of your berth. It could not set {money_text(self._most)} aside for it, "
            "the largest price of this round, because other asks had used what was there."
        )

    def _at_turn(self, ask: Ask, turn: Turn) -> list[str]:
        filled, first = self._clearing.filled, self._first_held(ask)
        found = list[str]()
        for listed in ask.offers:
            name = self._name(listed).replace("offer", "Offer", 1)
            if filled.get(listed, turn.moment) < turn.moment:
                found.append(f"{name} was full at your turn: {self._filled_by(filled[listed])}.")
            elif listed == first:
                found.append(f"{name} was the best that was left, and it was given to you.")
                break
        if ask.id in self._clearing.room:
            found.append(self._room(ask, first))
        elif not first and ask.id not in self._clearing.unfunded:
            found.append("Room could not be made: no chain of moves within other lists would free a berth.")
        return found

    def _first_held(self, ask: Ask) -> str:
        """Return the offer that it was given first, before any move; empty: none."""
        moves = (move.left for move in self._clearing.moves if move.ask == ask.id)
        return next(moves, self._clearing.holds.get(ask.id, ""))

    def _filled_by(self, moment: int) -> str:
        if moment in self._by_moment:
            return f"place {self._by_moment[moment]} in line took its last berth"
        return f"its last berth was taken when room was made for place {self._for_room[moment]} in line"

    def _room(self, ask: Ask, given: str) -> str:
        chain = [move for move in self._clearing.moves if move.made_for == ask.id]
        steps = [
            f"place {self._turns[move.ask].place} moved from {self._short(move.left)} to "
            f"{self._short(move.took)}"
            for move in chain
        ]
        return f"Room was made for you: {', then '.join(steps)}. You were given {self._name(given)}."

    def _moved(self, ask: Ask) -> list[str]:
        return [
            f"You were moved from {self._short(move.left)} to {self._name(move.took)}, which you had listed, "
            f"to make room for place {self._turns[move.made_for].place} in line."
            for move in self._clearing.moves
            if move.ask == ask.id
        ]

    def _afterwards(self, ask: Ask) -> list[str]:
        gifts = (gift for gift in self._holding.gifts if gift.to == ask.id)
        found = [
            f"Place {self._turns[gift.by].place} cancelled, and you were the first in line for "
            f"{self._name(gift.offer)}."
            for gift in gifts
        ]
        if ask.id not in self._holding.cancelled:
            return found
        had = found or ask.id in self._clearing.holds
        return [*found, "You cancelled." if had else "You left the line."]

    def _end(self, ask: Ask) -> str:
        held = self._holding.holds.get(ask.id)
        if held is None:
            return "You have no berth in this round."
        offer = self._offers[held]
        paid = ask.ask_class.pays(offer.price_cents)
        choice = ask.offers.index(held) + 1
        rest = offer.price_cents - paid
        pool = f"; the pool pays {money_text(rest)}" if ask.ask_class is not AskClass.OPEN else ""
        return (
            f"You have a berth of {self._short(held)}, number {choice} of the {len(ask.offers)} that you "
            f"listed. You pay {money_text(paid)}{pool}."
        )

    def _name(self, offer_id: str) -> str:
        offer: Offer = self._offers[offer_id]
        price = money_text(offer.price_cents)
        return f"{self._short(offer_id)} (site {offer.site}, night {offer.night}, {price})"

    def _short(self, offer_id: str) -> str:
        return f"offer {offer_id}"


def standing(ask: Ask, state: RoundState) -> tuple[str, ...]:
    """Return the sentences for an ask whose round has no result yet, or never will have one."""
    lists = f"Your ask is in the class {ask.ask_class.value} and lists {len(ask.offers)} offers."
    return lists, _AWAITS[state]


_AWAITS = {
    RoundState.PLANNED: "The round is not open yet.",
    RoundState.OPEN: "The round is open: you may replace or withdraw your ask until it is closed.",
    RoundState.CLOSED: "The book is closed. The line is drawn once both nonces are revealed.",
    RoundState.DRAWN: "The line is drawn, and the result is being written.",
    RoundState.VOID: "The round is void: it gives no berth. You may ask in another one.",
}
