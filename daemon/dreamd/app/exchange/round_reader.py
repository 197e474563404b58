"""Answers on one round: its public file, its account, and the explanation of one ask.

The book of a round that has ended is read from the ledger. Each answer follows from the book, the seed and
the asks that have left, and is computed beside the thread of the ticks where the book is large.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from dreamd.app.exchange.computations import Computations
from dreamd.app.exchange.exchange_book import ExchangeBook
from dreamd.app.exchange.living_round import LivingRound
from dreamd.core.exchange.accounts import Account, account
from dreamd.core.exchange.book import Ask, Book, checked
from dreamd.core.exchange.clearing import Clearing, clear
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.explanation import explain, standing
from dreamd.core.exchange.given_on import Holding, given_on
from dreamd.core.exchange.kept_round import KeptBook, KeptRound
from dreamd.core.exchange.published import Draw, published
from dreamd.core.exchange.views import AskState, OwnAsk, ShownRound
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exchange import ExchangeLedger, ask_kind
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow

T = TypeVar("T")
Document = Mapping[str, object]
Digest = Callable[[Document], str]
RESULTS: Final = frozenset({RoundState.CLEARED, RoundState.SETTLED})
"""The states of a round that has a result."""


class RoundReader:
    """Answers of one round at a time; one thread uses it."""

    def __init__(
        self,
        book: ExchangeBook,
        ledger: ExchangeLedger,
        people: PersonalLedger,
        computations: Computations,
        digest: Digest,
    ) -> None:
        self._book, self._ledger, self._people = book, ledger, people
        self._computations, self._digest = computations, digest
        self._newest_file: tuple[object, Document] | None = None

    def whole(self, kept: KeptRound) -> ShownRound | Refusal | Deferred[ShownRound]:
        """A round with its offers."""
        if self._book.find_round(kept.round.id) is not None:
            return self._book.view_of(kept)
        return self._read(
            kept, lambda found, later: later.settle(replace(self._book.view_of(kept), offers=found.offers))
        )

    def public_file(self, kept: KeptRound) -> Document | Refusal | Deferred[Document]:
        """The public file."""
        if not kept.round.book_sha256:
            sentence = f"round {kept.round.id} has no public file: it was not closed"
            return Refusal(Code.WRONG_STATE, sentence, _told(kept))

        def made(found: KeptBook) -> Document:
            book, now = _book_of(kept, found), kept.round
            if now.state not in RESULTS or now.site is None or now.advocate is None:
                return {"book": book.document(), "book_sha256": now.book_sha256}
            draw = Draw((now.site.sha256, now.advocate.sha256), (now.site.nonce, now.advocate.nonce))
            return published(book, draw, _left(found), self._digest)

        living = self._book.find_round(kept.round.id)
        key = kept.round, None if living is None else living.holding.cancelled
        if self._newest_file is not None and self._newest_file[0] == key:
            return self._newest_file[1]

        def keep(file: Document) -> Document:
            self._newest_file = key, file
            return file

        return self._computed(kept, made, keep)

    def account_of(self, kept: KeptRound) -> Account | Refusal | Deferred[Account]:
        """The account of a cleared round."""
        if kept.round.state not in RESULTS:
            sentence = f"round {kept.round.id} is {kept.round.state.value}: its account follows its result"
            return Refusal(Code.WRONG_STATE, sentence, _told(kept))

        def made(found: KeptBook) -> Account:
            book = _book_of(kept, found)
            return account(book, given_on(book, clear(book, kept.round.seed), _left(found)).holds)

        return self._computed(kept, made)

    def own(self, kept: KeptRound, sleeper: str) -> OwnAsk | Refusal | Deferred[OwnAsk]:
        """The ask of a sleeper with its explanation."""
        living = self._book.find_round(kept.round.id)
        if living is not None:
            ask = living.ask_of.get(sleeper)
            return no_ask(kept.round.id) if ask is None else self._explained(living, ask)
        later = Deferred[OwnAsk]()

        def tied(commit: Commit[tuple[PersonalRow, ...]]) -> None:
            if not commit.done:
                later.settle(_unread(commit.failure))
            elif not commit.value:
                later.settle(no_ask(kept.round.id))
            else:
                ask = commit.value[-1].body.decode()
                self._read(kept, lambda found, out: self._tell_own(kept, found, ask, out), later)

        self._people.read_personal(sleeper, ask_kind(kept.round.id)).then(tied)
        return later

    def _explained(self, living: LivingRound, ask: str) -> OwnAsk | Deferred[OwnAsk]:
        own, book, clearing, holding = living.own(ask), living.book, living.clearing, living.holding
        if book is None or clearing is None:
            return own
        later = Deferred[OwnAsk]()
        left = ask in living.leaving and ask not in holding.cancelled
        seen = replace(holding, cancelled=(*holding.cancelled, ask)) if left else holding

        def work() -> tuple[str, ...]:
            return explain(book, clearing, _without(seen, ask), ask)

        self._computations.compute(
            len(book.asks), work, lambda told: later.settle(replace(own, sentences=told))
        )
        return later.answer() if later.settled else later  # type: ignore[return-value]  # no refusal

    def _tell_own(self, kept: KeptRound, found: KeptBook, ask_id: str, later: Deferred[OwnAsk]) -> None:
        row = next((one for one in found.asks if one.ask.id == ask_id), None)
        if row is None:
            later.settle(no_ask(kept.round.id))
            return

        def made() -> OwnAsk:
            return _own_ended(kept, found, row.ask)

        self._computations.compute(len(found.asks), made, later.settle)

    # -- reading ----------------------------------------------------------------------------------------

    def _computed(
        self, kept: KeptRound, made: Callable[[KeptBook], T], told: Callable[[T], T] = lambda one: one
    ) -> T | Refusal | Deferred[T]:
        """Compute an answer from the book of a round. told: called with it on the thread of the ticks."""
        later = Deferred[T]()

        def use(found: KeptBook, out: Deferred[T]) -> None:
            self._computations.compute(
                len(found.asks), lambda: made(found), lambda one: out.settle(told(one))
            )

        if self._computations.full:
            return Refusal(Code.LANE_FULL, "too many rounds are being computed for other readers")
        living = self._book.find_round(kept.round.id)
        if living is None:
            return self._read(kept, use, later)
        use(living.kept_book(), later)
        return later.answer() if later.settled else later

    def _read(
        self,
        kept: KeptRound,
        use: Callable[[KeptBook, Deferred[T]], None],
        later: Deferred[T] | None = None,
    ) -> Deferred[T]:
        out = Deferred[T]() if later is None else later

        def read(commit: Commit[KeptBook]) -> None:
            if commit.done:
                use(commit.value, out)
            else:
                out.settle(_unread(commit.failure))

        self._ledger.read_round_book(kept.round.id).then(read)
        return out


def no_ask(round_id: str) -> Refusal:
    """Return the refusal of a sleeper without an ask in a round."""
    return Refusal(Code.ASK_UNKNOWN, f"you have no ask in round {round_id}", {"round": round_id})


def _told(kept: KeptRound) -> dict[str, str]:
    return {"round": kept.round.id, "state": kept.round.state.value}


def _unread(failure: str) -> Refusal:
    return Refusal(Code.LEDGER_UNAVAILABLE, f"the round could not be read: {failure}")


def _book_of(kept: KeptRound, found: KeptBook) -> Book:
    return checked(kept.round.id, kept.round.terms, found.offers, (one.ask for one in found.asks))


def _left(found: KeptBook) -> list[str]:
    """The asks that have left, in their order."""
    return [one.ask.id for one in sorted(found.asks, key=lambda one: one.left) if one.left]


def _without(holding: Holding, ask: str) -> Holding:
    """The berths that are held, without that of an ask that has left."""
    if ask not in holding.cancelled:
        return holding
    return replace(holding, holds={one: of for one, of in holding.holds.items() if one != ask})


def _own_ended(kept: KeptRound, found: KeptBook, ask: Ask) -> OwnAsk:
    """The ask of a sleeper in a round that has ended."""
    name, now = kept.round.id, kept.round
    if now.state is not RoundState.SETTLED:
        return OwnAsk(name, ask, AskState.UNPLACED, sentences=standing(ask, now.state))
    book = _book_of(kept, found)
    clearing: Clearing = clear(book, now.seed)
    holding = given_on(book, clearing, _left(found))
    held = holding.holds.get(ask.id, "")
    berth = next((one for one in book.offers if one.id == held), None)
    gone = AskState.CANCELLED if ask.id in holding.cancelled else AskState.UNPLACED
    state = AskState.HELD if berth is not None else gone
    return OwnAsk(name, ask, state, berth, explain(book, clearing, holding, ask.id))
