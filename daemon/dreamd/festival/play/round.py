"""The evening's round: offers of the sites, asks by class, a draw of two nonces, and berths given on.

Sleepers have numbers from 1; each asks once, and lists the sites in an order that is drawn, some but one of
them. A berth tells the site at which its sleeper will lie in the night of the acts.
"""

import hashlib
from collections.abc import Mapping
from random import Random
from typing import Final

from dreamd.adapters.documents.canonical import digest
from dreamd.app.api.people.exchange_protocol import Document
from dreamd.core.access.caller import Caller, Role
from dreamd.core.exchange.accounts import Account, rows
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.published import verify
from dreamd.core.exchange.tickets import commitment
from dreamd.core.exchange.views import AskState, Attestation, OwnAsk, ShownRound
from dreamd.core.refusals import Refusal
from dreamd.festival.facts import Round
from dreamd.festival.play.house import (
    ADVOCATE,
    CLINICIAN,
    OPERATOR,
    SLEEPER,
    FestivalStoppedError,
    HouseOfFestival,
)
from dreamd.festival.scenario.plan import RoundPlan
from dreamd.festival.timeline import HappeningKind
from dreamd.simulation.checks.rendered_exposure import number_of

OPEN_S: Final = 3600.0
"""How long the round takes asks."""
CLEARED_S: Final = 3.0
ONE_SITE: Final = 0.25
"""The share of asks that list one site alone."""
SIDES: Final[tuple[tuple[Caller, Role, str], ...]] = (
    (OPERATOR, Role.OPERATOR, "site"),
    (ADVOCATE, Role.ADVOCATE, "advocate"),
)
ATTESTED_BY: Final[Mapping[AskClass, Caller]] = {
    AskClass.CRISIS: CLINICIAN,
    AskClass.COMMUNITY: OPERATOR,
}


class EveningRound:
    """One round of the exchange. asks: the sleeper of each ask."""

    def __init__(self, house: HouseOfFestival, plan: RoundPlan) -> None:
        self._house, self._plan = house, plan
        self._rng = Random(f"round {house.plan.seed}")  # noqa: S311 - one seed, one story
        self._name = ""
        self._pool_before = 0
        self.asks: dict[str, str] = {}

    def play(self) -> dict[int, str]:
        """Play it from its plan to its draw and the cancellations; return the site of each sleeper placed."""
        house = self._house
        self._open()
        self._ask()
        house.leap_until(house.now_s + OPEN_S)
        self._draw()
        self._cancel()
        return self._sites()

    def _nonce(self, side: str) -> str:
        return hashlib.sha256(f"nonce {self._house.plan.seed} {side}".encode()).hexdigest()

    def _open(self) -> None:
        house, exchange, plan = self._house, self._house.app.exchange, self._plan
        closes_s = house.now_s + OPEN_S - 60.0
        planned: ShownRound = house.must(
            "the plan of a round",
            exchange.plan_round(OPERATOR, plan.price_most_cents, closes_s, paid_in_cents=plan.pool_cents),
        )
        self._name, self._pool_before = planned.round.id, planned.round.terms.pool_cents
        for site in house.plan.sites:
            offer = Offer(
                *(site.name, site.name, house.plan.night(), tuple(sorted(site.features))),
                *(site.beds, site.price_cents),
            )
            _: ShownRound = house.must("an offer", exchange.add_offer(OPERATOR, self._name, offer))
        for caller, role, side in SIDES:
            answer = exchange.commit(caller, self._name, commitment(self._nonce(side)), role)
            _ = house.must(f"the commitment of the {side}", answer)
        _ = house.must("the opening of a round", exchange.publish_round(OPERATOR, self._name))
        berths = sum(site.beds for site in house.plan.sites)
        words = f"a round of the exchange opens: {berths} berths, {plan.asks} asks"
        house.announce(HappeningKind.ROUND, words, berths=berths, asks=plan.asks)

    def _ask(self) -> None:
        house, exchange = self._house, self._house.app.exchange
        numbers = list(range(1, self._plan.asks + 1))
        self._rng.shuffle(numbers)
        of_class = dict.fromkeys(numbers, AskClass.OPEN)
        crisis, both = self._plan.crisis, self._plan.crisis + self._plan.community
        of_class |= dict.fromkeys(numbers[:crisis], AskClass.CRISIS)
        of_class |= dict.fromkeys(numbers[crisis:both], AskClass.COMMUNITY)
        for number in sorted(numbers):
            sleeper, found = house.sleeper(number), of_class[number]
            if found in ATTESTED_BY:
                word = exchange.attest(ATTESTED_BY[found], sleeper, found)
                _: Attestation = house.must(f"the word for {sleeper}", word)
            answer = exchange.place_ask(SLEEPER, self._name, sleeper, found, self._wanted())
            own: OwnAsk = house.must(f"the ask of {sleeper}", answer)
            self.asks[own.ask.id] = sleeper

    def _wanted(self) -> tuple[str, ...]:
        sites = [site.name for site in self._house.plan.sites]
        self._rng.shuffle(sites)
        return tuple(sites[:1] if self._rng.random() < ONE_SITE else sites)

    def _draw(self) -> None:
        house, exchange = self._house, self._house.app.exchange
        shown: ShownRound = house.must("the close of a round", exchange.close_round(OPERATOR, self._name))
        for caller, role, side in reversed(SIDES):
            answer = exchange.reveal(caller, self._name, self._nonce(side), role)
            shown = house.must(f"the nonce of the {side}", answer)
        house.let_pass(CLEARED_S)
        shown = house.must("the round", exchange.get_round(OPERATOR, self._name))
        if shown.round.state is not RoundState.CLEARED:
            raise FestivalStoppedError(
                f"round {self._name} is {shown.round.state.value}, and was to be cleared"
            )
        words = f"the round is drawn and cleared: {shown.held} of {shown.asks} asks have a berth"
        house.announce(HappeningKind.ROUND, words, held=shown.held, asks=shown.asks)

    def _own(self, sleeper: str) -> OwnAsk:
        answer = self._house.app.exchange.explain(SLEEPER, self._name, sleeper)
        own: OwnAsk = self._house.must(f"the explanation for {sleeper}", answer)
        return own

    def _cancel(self) -> None:
        """Some give their berth up; each goes to the first in line that it will do for."""
        house, exchange = self._house, self._house.app.exchange
        held = [one for one in sorted(self.asks.values(), key=number_of) if self._own(one).berth is not None]
        for sleeper in self._rng.sample(held, min(self._plan.cancelled, len(held))):
            answer = exchange.cancel(SLEEPER, self._name, sleeper)
            own: OwnAsk = house.must(f"the cancellation of {sleeper}", answer)
            assert own.state is AskState.CANCELLED
        house.let_pass(CLEARED_S)
        if self._plan.cancelled:
            words = f"{self._plan.cancelled} berths are cancelled, and given on"
            house.announce(HappeningKind.ROUND, words, cancelled=self._plan.cancelled)

    def _sites(self) -> dict[int, str]:
        found = {}
        for sleeper in sorted(self.asks.values(), key=number_of):
            berth = self._own(sleeper).berth
            if berth is not None:
                found[number_of(sleeper)] = berth.site
        return found

    def fact(self) -> Round:
        """The round as it stands, with its public file verified and its account as the house gives it."""
        house, exchange = self._house, self._house.app.exchange
        document: Document | Refusal = house.answer_of(
            "the public file", exchange.public_file(OPERATOR, self._name)
        )
        money: Account | Refusal = house.answer_of("the account", exchange.account(OPERATOR, self._name))
        if isinstance(document, Refusal) or isinstance(money, Refusal):
            return Round(self._name, {}, ("it has no public file or no account",), {}, (), 0, 0)
        return self._fact(dict(document), money)

    def _fact(self, document: dict[str, object], money: Account) -> Round:
        return Round(
            id=self._name,
            document=document,
            faults=verify(document, digest),
            holders=dict(self.asks),
            told_rows=tuple(rows(money)),
            pool_before=self._pool_before,
            pool_after=money.pool_after,
        )
