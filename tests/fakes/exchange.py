"""An exchange in memory: real courses, clearings and published files, for every caller that a test admits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dreamd.adapters.documents.canonical import digest
from dreamd.core.access.caller import Caller, Role
from dreamd.core.exchange.accounts import Account, account
from dreamd.core.exchange.book import Ask, Book, BookError, Offer, Terms, checked
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.clearing import clear
from dreamd.core.exchange.course import (
    Clears,
    Closes,
    Commits,
    Publishes,
    Reveals,
    Round,
    RoundEvent,
    RoundState,
    Side,
    Voids,
    step,
)
from dreamd.core.exchange.explanation import explain
from dreamd.core.exchange.given_on import Holding, given_on
from dreamd.core.exchange.published import Draw, published
from dreamd.core.exchange.tickets import commitment
from dreamd.core.exchange.views import AskState, Attestation, OwnAsk, ShownRound
from dreamd.core.refusals import Code, Refusal, bad_field
from fakes.callers import named
from fakes.views import NOW_S

Value = TypeVar("Value")
CLEARED = (RoundState.CLEARED, RoundState.SETTLED)
CLERK, ADVOCATE = named("olga"), replace(named("adi"), role=Role.ADVOCATE)
NONCES = {CLERK: "11" * 32, ADVOCATE: "22" * 32}


@dataclass
class FakeRound:
    """A round with its book. cancelled: asks by id."""

    round: Round
    offers: dict[str, Offer] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)
    withdrawn: dict[str, Ask] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    @property
    def book(self) -> Book:
        """The book as it stands."""
        return checked(self.round.id, self.round.terms, self.offers.values(), self.asks.values())

    @property
    def holding(self) -> Holding:
        """The berths of a cleared round."""
        return given_on(self.book, clear(self.book, self.round.seed), self.cancelled)

    @property
    def draw(self) -> Draw:
        """Commitments and nonces of a cleared round."""
        site, advocate = self.round.site, self.round.advocate
        assert site is not None
        assert advocate is not None
        return Draw((site.sha256, advocate.sha256), (site.nonce, advocate.nonce))


class FakeExchange:
    """Implements `ExchangeApi`. asked: called with the name of each command, and returns its refusal.

    pool: of the house, cents. now_s: the clock. Without a caller's role the side is told, as in a daemon
    without access control.
    """

    def __init__(self, asked: Callable[..., Refusal | None]) -> None:
        self._asked = asked
        self.pool = 100_000
        self.now_s = NOW_S
        self.rounds: dict[str, FakeRound] = {}
        self.attested: dict[str, AskClass] = {}

    def list_rounds(self, _caller: Caller, states: Iterable[RoundState] = ()) -> tuple[ShownRound, ...]:
        """Newest first."""
        wanted = set(states)
        return tuple(
            self._shown(one)
            for one in reversed(self.rounds.values())
            if not wanted or one.round.state in wanted
        )

    def get_round(self, _caller: Caller, round_id: str) -> ShownRound | Refusal:
        """One round."""
        return self._asked("get_round") or self._with(round_id, self._shown)

    def public_file(self, _caller: Caller, round_id: str) -> Mapping[str, object] | Refusal:
        """The book once it is closed, the whole round once it is cleared."""

        def told(kept: FakeRound) -> Mapping[str, object] | Refusal:
            if kept.round.state in CLEARED:
                return published(kept.book, kept.draw, kept.cancelled, digest)
            if not kept.round.book_sha256:
                return Refusal(Code.WRONG_STATE, f"round {round_id} is {kept.round.state.value}")
            return {"book": kept.book.document(), "book_sha256": kept.round.book_sha256}

        return self._with(round_id, told)

    def plan_round(
        self,
        _caller: Caller,
        price_most_cents: int,
        closes_s: float,
        *,
        pool_cents: int | None = None,
        paid_in_cents: int = 0,
        request_id: str = "",
    ) -> ShownRound | Refusal:
        """Plan a round."""
        no = self._asked("plan_round", request_id)
        if no is not None:
            return no
        self.pool += paid_in_cents
        pool = self.pool if pool_cents is None else pool_cents
        name = f"r{len(self.rounds) + 1}"
        terms = Terms(price_most_cents, pool, 0.15, 0.3, 0.2)
        return self._shown(self.rounds.setdefault(name, FakeRound(Round(name, terms, closes_s))))

    def add_offer(self, _caller: Caller, round_id: str, offer: Offer) -> ShownRound | Refusal:
        """Add an offer."""

        def added(kept: FakeRound) -> ShownRound | Refusal:
            if kept.round.state is not RoundState.PLANNED:
                return Refusal(Code.WRONG_STATE, f"round {round_id} is {kept.round.state.value}")
            try:
                checked(round_id, kept.round.terms, [*kept.offers.values(), offer], ())
            except BookError as fault:
                return bad_field(f"offer.{fault.at.partition('.')[2]}", "another value", str(fault))
            kept.offers[offer.id] = offer
            return self._shown(kept)

        return self._asked("add_offer") or self._with(round_id, added)

    def commit(
        self, caller: Caller, round_id: str, sha256: str, role: Role | None = None
    ) -> ShownRound | Refusal:
        """Commit to a nonce."""
        side = role or caller.role
        event = Commits(caller.name or side.value, side, sha256)
        return self._asked("commit") or self._with(round_id, lambda kept: self._step(kept, event))

    def publish_round(self, _caller: Caller, round_id: str) -> ShownRound | Refusal:
        """Open it."""
        return self._asked("publish_round") or self._with(
            round_id,
            lambda kept: self._step(kept, Publishes(sum(one.count for one in kept.offers.values()))),
        )

    def close_round(self, _caller: Caller, round_id: str) -> ShownRound | Refusal:
        """Close the book."""
        return self._asked("close_round") or self._with(
            round_id, lambda kept: self._step(kept, Closes(digest(kept.book.document())))
        )

    def reveal(
        self, caller: Caller, round_id: str, nonce: str, role: Role | None = None
    ) -> ShownRound | Refusal:
        """Reveal a nonce, as the person that has committed; the second one clears the round."""
        side = role or caller.role

        def revealed(kept: FakeRound) -> ShownRound | Refusal:
            part = kept.round.site if side is Role.OPERATOR else kept.round.advocate
            after = self._step(kept, Reveals(part.person if part else "", side, nonce))
            if kept.round.state is RoundState.DRAWN:
                return self._step(kept, Clears())
            return after

        return self._asked("reveal") or self._with(round_id, revealed)

    def void_round(self, _caller: Caller, round_id: str, reason: str) -> ShownRound | Refusal:
        """Give it up."""
        return self._asked("void_round") or self._with(round_id, lambda kept: self._step(kept, Voids(reason)))

    def account(self, _caller: Caller, round_id: str) -> Account | Refusal:
        """The money of a cleared round."""
        return self._with(
            round_id,
            lambda kept: (
                account(kept.book, kept.holding.holds)
                if kept.round.state in CLEARED
                else Refusal(Code.WRONG_STATE, f"round {round_id} is {kept.round.state.value}")
            ),
        )

    def attest(self, caller: Caller, sleeper: str, ask_class: AskClass) -> Attestation | Refusal:
        """Give one's word."""
        no = self._asked("attest")
        if no is not None:
            return no
        self.attested[sleeper] = ask_class
        return Attestation(sleeper, ask_class, caller.name, self.now_s)

    def place_ask(
        self,
        _caller: Caller,
        round_id: str,
        sleeper: str,
        ask_class: AskClass | None,
        offers: Sequence[str],
    ) -> OwnAsk | Refusal:
        """Ask, or replace one's ask."""
        found = ask_class or self.attested.get(sleeper, AskClass.OPEN)
        ask = Ask(f"ask-{sleeper}", found, tuple(offers))

        def placed(kept: FakeRound) -> OwnAsk | Refusal:
            if kept.round.state is not RoundState.OPEN:
                return Refusal(Code.WRONG_STATE, f"round {round_id} is {kept.round.state.value}")
            for n, one in enumerate(offers):
                if one not in kept.offers:
                    return bad_field(f"offers[{n}]", "an offer of this round", one)
            kept.asks[sleeper] = ask
            return self._own(kept, sleeper)

        return self._asked("place_ask") or self._with(round_id, placed)

    def withdraw_ask(self, _caller: Caller, round_id: str, sleeper: str) -> OwnAsk | Refusal:
        """Take it back."""

        def withdrawn(kept: FakeRound) -> OwnAsk | Refusal:
            if sleeper not in kept.asks:
                return self._own(kept, sleeper)
            kept.withdrawn[sleeper] = kept.asks.pop(sleeper)
            return OwnAsk(round_id, kept.withdrawn[sleeper], AskState.WITHDRAWN)

        return self._asked("withdraw_ask") or self._with(round_id, withdrawn)

    def explain(self, _caller: Caller, round_id: str, sleeper: str) -> OwnAsk | Refusal:
        """The ask of a sleeper, and its reasons."""
        return self._asked("explain") or self._with(round_id, lambda kept: self._own(kept, sleeper))

    def cancel(self, _caller: Caller, round_id: str, sleeper: str) -> OwnAsk | Refusal:
        """Give the berth on."""

        def cancelled(kept: FakeRound) -> OwnAsk | Refusal:
            if sleeper in kept.asks and kept.asks[sleeper].id in kept.holding.holds:
                kept.cancelled.append(kept.asks[sleeper].id)
            return self._own(kept, sleeper)

        return self._asked("cancel") or self._with(round_id, cancelled)

    def stand(self) -> None:
        """One round in each state that a command takes: planned, ready, open, closed, cleared."""
        for name in ("planned", "ready", "open", "closed", "cleared"):
            self.bring(name, name)

    def bring(self, name: str, state: str) -> FakeRound:
        """Bring a round of two berths to a state, with asks of ada, ben and cy once it is open."""
        asked, self._asked = self._asked, lambda *_words: None  # a test counts its own calls alone
        try:
            return self._brought(name, state)
        finally:
            self._asked = asked

    def _brought(self, name: str, state: str) -> FakeRound:
        terms = Terms(4000, self.pool, 0.15, 0.3, 0.2)
        kept = self.rounds.setdefault(name, FakeRound(Round(name, terms, self.now_s)))
        for offer, features, price in (("garden", ("quiet",), 3000), ("loft", (), 2000)):
            kept.offers[offer] = Offer(offer, "north", "2026-11-30", features, 1, price)
        if state == "planned":
            return kept
        for person, nonce in NONCES.items():
            self.commit(person, name, commitment(nonce))
        if state == "ready":
            return kept
        self.publish_round(CLERK, name)
        for sleeper, will in (("ada", ("garden", "loft")), ("ben", ("garden",)), ("cy", ("loft", "garden"))):
            self.place_ask(CLERK, name, sleeper, None, will)
        if state == "open":
            return kept
        self.close_round(CLERK, name)
        if state == "cleared":
            for person, nonce in NONCES.items():
                self.reveal(person, name, nonce)
        assert kept.round.state.value == state, kept.round
        return kept

    def _with(self, round_id: str, told: Callable[[FakeRound], Value | Refusal]) -> Value | Refusal:
        kept = self.rounds.get(round_id)
        if kept is None:
            return Refusal(Code.ROUND_UNKNOWN, f"there is no round {round_id}", {"round": round_id})
        return told(kept)

    def _step(self, kept: FakeRound, event: RoundEvent) -> ShownRound | Refusal:
        after = step(kept.round, event, self.now_s)
        if isinstance(after, Refusal):
            return after
        kept.round = after
        return self._shown(kept)

    def _shown(self, kept: FakeRound) -> ShownRound:
        parts = ((Side.SITE, kept.round.site), (Side.ADVOCATE, kept.round.advocate))
        revealed = tuple(side for side, part in parts if part is not None and part.nonce)
        one = kept.round
        if len(revealed) < len(parts):
            one = replace(
                one,
                site=one.site and replace(one.site, nonce=""),
                advocate=one.advocate and replace(one.advocate, nonce=""),
            )
        held = len(kept.holding.holds) if one.state in CLEARED else 0
        return ShownRound(one, tuple(kept.offers.values()), len(kept.asks), held, revealed)

    def _own(self, kept: FakeRound, sleeper: str) -> OwnAsk | Refusal:
        if sleeper not in kept.asks:
            return Refusal(Code.ASK_UNKNOWN, f"this sleeper has no ask in round {kept.round.id}")
        ask = kept.asks[sleeper]
        if kept.round.state not in CLEARED:
            return OwnAsk(kept.round.id, ask, AskState.PLACED)
        holding = kept.holding
        held = kept.offers.get(holding.holds.get(ask.id, ""))
        state = AskState.HELD if held else AskState.UNPLACED
        state = AskState.CANCELLED if ask.id in kept.cancelled else state
        sentences = explain(kept.book, clear(kept.book, kept.round.seed), holding, ask.id)
        return OwnAsk(kept.round.id, ask, state, held, sentences)
