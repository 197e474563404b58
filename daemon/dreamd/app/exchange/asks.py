"""The asks of sleepers: placed once the ledger has them, taken back and cancelled in the call.

Rules
- A sleeper has one ask in a round, and no two that list offers of one night.
- To leave overtakes an ask that is still on its way to the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.exchange.exchange_book import ExchangeBook
from dreamd.app.exchange.living_round import LivingRound
from dreamd.app.exchange.round_reader import no_ask
from dreamd.core.exchange.book import ASKS_MOST, Ask, BookError, check_listed
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.kept_round import KeptAsk
from dreamd.core.exchange.views import AskState, OwnAsk
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exchange import ask_kind
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

Own = OwnAsk | Refusal | Deferred[OwnAsk]
ID_BITS: Final = 80


@dataclass(slots=True)
class _Placing:
    """An ask on its way to the ledger. overtaken: its sleeper has taken it back since."""

    ask: Ask
    overtaken: bool = False


class Asks:
    """Places asks and lets them leave; one thread uses it. bits: a text of so many random bits."""

    def __init__(self, book: ExchangeBook, commits: Commits, bits: Callable[[int], str]) -> None:
        self._book, self._commits, self._bits = book, commits, bits
        self._placing: dict[tuple[str, str], _Placing] = {}

    def place(self, living: LivingRound, sleeper: str, ask_class: AskClass, offers: tuple[str, ...]) -> Own:
        """Place an ask in an open round, or replace the sleeper's own."""
        name, key = living.round.id, (living.round.id, sleeper)
        refusal = self._refusal(living, sleeper, offers)
        if refusal is not None:
            return refusal
        before = self._placing.get(key)
        own_id = living.ask_of.get(sleeper) or (before.ask.id if before is not None else "")
        ask = Ask(own_id or f"a{self._bits(ID_BITS)}", ask_class, offers)
        if living.asks.get(ask.id) == ask:
            return living.own(ask.id)
        placing = self._placing[key] = _Placing(ask)
        living.writing += 1

        def over(_commit: Commit[Terms]) -> None:
            living.writing -= 1
            if self._placing.get(key) is placing:
                del self._placing[key]

        def done(_terms: Terms) -> OwnAsk | Refusal:
            if placing.overtaken:
                self._book.late.note_ask(name, ask.id)
                return no_ask(name)
            living.put_ask(ask, sleeper)
            return living.own(ask.id)

        undo = partial(self._book.late.note_ask, name, ask.id)
        row = PersonalRow(sleeper, ask_kind(name), living.kept.planned_s, ask.id.encode())
        change = Transaction(round_asks=(KeptAsk(name, ask),), personal=(row,))
        return self._commits.ask(change, "an ask of the exchange", done, over=over, undo=undo)

    def _refusal(self, living: LivingRound, sleeper: str, offers: tuple[str, ...]) -> Refusal | None:
        name, state = living.round.id, living.round.state
        if state is not RoundState.OPEN or living.frozen:
            told = "being closed" if state is RoundState.OPEN else state.value
            sentence = f"round {name} is {told}, and asks are taken while it is open"
            return Refusal(Code.WRONG_STATE, sentence, {"round": name, "state": state.value})
        try:
            check_listed(offers, "offers", living.offers)
        except BookError as error:
            particulars = {"field": error.at, "expected": error.expected}
            return Refusal(Code.INVALID_ARGUMENT, str(error), particulars)
        if not len(living.asks) < ASKS_MOST:
            sentence = f"round {name} has {ASKS_MOST} asks, the most that a round takes"
            return Refusal(Code.WRONG_STATE, sentence, {"round": name, "state": "full"})
        return self._same_night(living, sleeper, offers)

    def _same_night(self, living: LivingRound, sleeper: str, offers: tuple[str, ...]) -> Refusal | None:
        """Why these nights are taken by another ask of this sleeper; None: they are not."""
        wanted = {living.offers[one].night for one in offers}
        for other in self._book.living_rounds():
            if other is living or other.kept.ended:
                continue
            placing = self._placing.get((other.round.id, sleeper))
            ask = other.asks.get(other.ask_of.get(sleeper, "")) or (placing and placing.ask)
            if not ask or ask.id in other.leaving:
                continue
            berth = other.berth_of(ask.id)
            nights = {berth.night} if berth else {other.offers[one].night for one in ask.offers}
            for night in sorted(nights & wanted):
                expected = (
                    "offers of nights in which you ask for no other berth; cancel or withdraw your ask in "
                    f"round {other.round.id} first"
                )
                return bad_field("offers", expected, night)
        return None

    def take_back(self, living: LivingRound, sleeper: str) -> Own:
        """Let the ask of a sleeper leave, in this call."""
        name = living.round.id
        ask_id, placing = living.ask_of.get(sleeper), self._placing.get((name, sleeper))
        if placing is not None:
            placing.overtaken = True
        if ask_id is None:
            return no_ask(name) if placing is None else OwnAsk(name, placing.ask, AskState.WITHDRAWN)
        if living.kept.ended or ask_id in living.leaving:
            return living.own(ask_id)
        ask, in_line = living.asks[ask_id], living.frozen
        self._book.take_out(living, ask_id)
        own = living.own(ask_id) if in_line else OwnAsk(name, ask, AskState.WITHDRAWN)
        if in_line:
            change = Transaction(round_asks=(living.kept_ask(ask_id),))
        else:
            row = PersonalRow(sleeper, ask_kind(name), living.kept.planned_s, b"")
            change = Transaction(dropped_asks=((name, ask_id),), personal=(row,))

        def done(_terms: Terms) -> OwnAsk:
            if in_line:
                self._book.note_left(living, ask_id)
            return own

        late = partial(self._book.late.note_ask, name, ask_id)
        return self._commits.ask(
            change, "that an ask has left", done, failed=late, undo=late, refused=lambda _no: own
        )
