"""The Rest Exchange: rounds are planned, drawn in public and cleared; sleepers ask, and give berths back.

Rules
- People act, by the principal of their credential. Without access control no principal is known: then a
  caller with a name may act in each role, and the two sides of a draw still have two names.
- An offer is added by an operator of its site. A class is attested by another person than the sleeper:
  crisis by a clinician, community by a clinician or an operator.
- The shares of a round are those of the guidelines in force when it is planned.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Final

from dreamd.app.api.people.exchange_parts import ExchangeParts
from dreamd.app.api.people.exchange_protocol import Document, Own, Shown
from dreamd.app.dependencies import Dependencies
from dreamd.app.exchange.living_round import LivingRound
from dreamd.core.access.caller import Caller, Role
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.exchange.accounts import Account
from dreamd.core.exchange.book import (
    BERTHS_MOST,
    CENTS_MOST,
    OFFERS_MOST,
    BookError,
    Offer,
    Terms,
    check_offer,
    check_terms,
)
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import REVEAL_S, Commits, Publishes, Reveals, Round, RoundState, Voids
from dreamd.core.exchange.kept_round import KeptRound
from dreamd.core.exchange.nights import night_over_s
from dreamd.core.exchange.views import Attestation, ShownRound
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.core.safety.wake_orders import next_revision
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms as DrawnTerms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.topics import is_name

ROUND_S: Final = 366 * 86_400.0
"""A round closes within a year."""
ATTESTING: Final = {
    AskClass.CRISIS: (Role.CLINICIAN,),
    AskClass.COMMUNITY: (Role.CLINICIAN, Role.OPERATOR),
}
"""The roles whose word puts an ask into a class; everybody asks in the class open."""


class ExchangeCommands:
    """Implements `ExchangeApi`."""

    def __init__(self, dependencies: Dependencies, parts: ExchangeParts) -> None:
        self._deps = dependencies
        self._book, self._reader = parts.book, parts.reader
        self._asks, self._closings, self._attestations = parts.asks, parts.closings, parts.attestations
        self._place = parts.place
        self._newest = 0

    # -- reading --------------------------------------------------------------------------------------

    def list_rounds(self, caller: Caller, states: Iterable[RoundState] = ()) -> tuple[ShownRound, ...]:
        """Every round in these states, the newest first; empty: in any."""
        wanted = frozenset(states) or frozenset(RoundState)
        return tuple(self._book.view_of(one) for one in self._book.every_round() if one.round.state in wanted)

    def get_round(self, caller: Caller, round_id: str) -> Shown:
        """One round."""
        kept = self._book.kept_round(round_id)
        return kept if isinstance(kept, Refusal) else self._reader.whole(kept)

    def public_file(self, caller: Caller, round_id: str) -> Document | Refusal | Deferred[Document]:
        """The public file of a closed or cleared round."""
        kept = self._book.kept_round(round_id)
        return kept if isinstance(kept, Refusal) else self._reader.public_file(kept)

    def account(self, caller: Caller, round_id: str) -> Account | Refusal | Deferred[Account]:
        """The account of a cleared round."""
        kept = self._book.kept_round(round_id)
        return kept if isinstance(kept, Refusal) else self._reader.account_of(kept)

    # -- the course -----------------------------------------------------------------------------------

    def plan_round(
        self,
        caller: Caller,
        price_most_cents: int,
        closes_s: float,
        *,
        pool_cents: int | None = None,
        paid_in_cents: int = 0,
        request_id: str = "",
    ) -> Shown:
        """Plan a round under the guidelines in force."""
        by, now_s = caller.name.strip(), self._deps.clock.now_s()
        if not by:
            return Refusal(Code.PERSON_NEEDED, "a round is planned by a person with a name")
        before = self._book.asked_before(request_id, by)
        if before is not None:
            return self._book.view_of(before)
        if not (isfinite(closes_s) and now_s < closes_s <= now_s + ROUND_S):
            got = Figure(f"{closes_s - now_s:g} s")
            return bad_field("close_time", "a time from now on, within a year", got)
        terms = self._terms(price_most_cents, pool_cents, paid_in_cents)
        if isinstance(terms, Refusal):
            return terms
        planned = Round(f"r{self._new_number(now_s):x}", terms, closes_s)
        return self._book.plan(KeptRound(planned, by, now_s, paid_in_cents, request_id=request_id))

    def _terms(self, price_most_cents: int, pool_cents: int | None, paid_in_cents: int) -> Terms | Refusal:
        if not 0 <= paid_in_cents <= CENTS_MOST:
            return bad_field("paid_in_cents", f"0 to {CENTS_MOST}", Figure(str(paid_in_cents)))
        free = min(self._book.free_cents + paid_in_cents, CENTS_MOST)
        wanted = free if pool_cents is None else pool_cents
        if not 0 <= wanted <= free:
            return bad_field("pool_cents", f"0 to {free}, which the pool has free", Figure(str(wanted)))
        number = self._deps.guidelines.in_force.bundle.number
        shares = (number(key) for key in ("reserve_crisis", "reserve_community", "levy"))
        terms = Terms(price_most_cents, wanted, *shares)
        try:
            check_terms(terms)
        except BookError as error:
            return _faulty(error, "terms.")
        return terms

    def _new_number(self, now_s: float) -> int:
        newest = (int(one.round.id[1:], 16) for one in self._book.every_round())
        self._newest = next_revision(max(self._newest, *newest, 0), now_s)
        return self._newest

    def add_offer(self, caller: Caller, round_id: str, offer: Offer) -> Shown:
        """Add an offer to a planned round, or replace the one of this id."""
        living = self._living(round_id)
        if isinstance(living, Refusal):
            return living
        refusal = self._offer_fault(caller, living, offer)
        if refusal is not None:
            return refusal
        if living.offers.get(offer.id) == offer:
            return living.public_view()
        undo = partial(self._book.late.note_offer, round_id, offer.id)
        living.writing += 1

        def over(_commit: Commit[DrawnTerms]) -> None:
            living.writing -= 1

        def done(_terms: DrawnTerms) -> ShownRound | Refusal:
            if living.round.state is not RoundState.PLANNED or living.publishing:
                undo()
                return _not_planned(living)
            living.put_offer(offer)
            return living.public_view()

        change = Transaction(round_offers=((round_id, offer),))
        return self._deps.commits.ask(change, "an offer of berths", done, over=over, undo=undo)

    def _offer_fault(self, caller: Caller, living: LivingRound, offer: Offer) -> Refusal | None:
        now = living.round
        if now.state is not RoundState.PLANNED or living.publishing:
            return _not_planned(living)
        try:
            check_offer(offer, "offer", now.terms.price_most_cents)
        except BookError as error:
            return _faulty(error)
        if not self._acts_as(caller, (Role.OPERATOR,), offer.site):
            sentence = f"berths of the site {offer.site} are offered by an operator of it"
            return Refusal(Code.NOT_YOUR_SITE, sentence, {"site": offer.site})
        if not night_over_s(offer.night, self._place.zone) > now.closes_s + REVEAL_S:
            return bad_field("offer.night", "a night that ends after the draw of the round", offer.night)
        return _too_many(living, offer)

    def commit(self, caller: Caller, round_id: str, sha256: str, role: Role | None = None) -> Shown:
        """Commit to a nonce."""
        found = self._side(caller, round_id, role)
        if isinstance(found, Refusal):
            return found
        living, acting = found
        return self._book.take_step(living, Commits(caller.name, acting, sha256), "a commitment")

    def reveal(self, caller: Caller, round_id: str, nonce: str, role: Role | None = None) -> Shown:
        """Reveal a nonce; the second one draws the round, which is cleared at once or soon."""
        found = self._side(caller, round_id, role)
        if isinstance(found, Refusal):
            return found
        living, acting = found
        return self._book.take_step(living, Reveals(caller.name, acting, nonce), "a nonce")

    def _side(self, caller: Caller, round_id: str, role: Role | None) -> tuple[LivingRound, Role] | Refusal:
        acting = role or caller.role
        if not caller.name.strip():
            return Refusal(Code.PERSON_NEEDED, "a nonce is of a person with a name")
        if not self._acts_as(caller, (acting,)):
            return Refusal(Code.WRONG_ROLE, f"{caller.name} has not the role {acting.value}")
        living = self._living(round_id)
        return living if isinstance(living, Refusal) else (living, acting)

    def publish_round(self, caller: Caller, round_id: str) -> Shown:
        """Open a planned round for asks."""
        living = self._living(round_id)
        if isinstance(living, Refusal):
            return living

        def thaw() -> None:
            living.publishing = False

        living.publishing = True
        answer = self._book.take_step(living, Publishes(living.berths), "the opening of a round", thaw)
        if isinstance(answer, Refusal):
            thaw()
        return answer

    def close_round(self, caller: Caller, round_id: str) -> Shown:
        """Close the book of a round."""
        living = self._living(round_id)
        return living if isinstance(living, Refusal) else self._closings.close(living)

    def void_round(self, caller: Caller, round_id: str, reason: str) -> Shown:
        """Give up a round that is planned or open."""
        living = self._living(round_id)
        if isinstance(living, Refusal):
            return living
        return self._book.take_step(living, Voids(reason), "that a round is void")

    # -- sleepers ---------------------------------------------------------------------------------------

    def attest(
        self, caller: Caller, sleeper: str, ask_class: AskClass
    ) -> Attestation | Refusal | Deferred[Attestation]:
        """Give one's word for the class of a sleeper's asks."""
        if not is_name(sleeper):
            return bad_field("sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        roles = ATTESTING.get(ask_class)
        if roles is None:
            return bad_field(
                "ask_class", "crisis or community; the class open needs no word", ask_class.value
            )
        if not caller.name.strip():
            return Refusal(Code.PERSON_NEEDED, "a class is attested by a person with a name")
        if not self._acts_as(caller, roles):
            named = " or ".join(role.value for role in roles)
            return Refusal(Code.WRONG_ROLE, f"the class {ask_class.value} is attested by a {named}")
        principal = self._deps.principals.principal(caller.name)
        if principal is not None and any(one.sleeper == sleeper for one in principal.grants):
            return Refusal(Code.SAME_PERSON, "a class is attested by another person than the sleeper")
        return self._attestations.keep_word(
            Attestation(sleeper, ask_class, caller.name, self._deps.clock.now_s())
        )

    def place_ask(
        self, caller: Caller, round_id: str, sleeper: str, ask_class: AskClass | None, offers: Sequence[str]
    ) -> Own:
        """Ask for a berth in an open round, or replace one's ask."""
        if not is_name(sleeper):
            return bad_field("sleeper", f"a pseudonym of {NAME_RULE}", Figure("something else"))
        living = self._living(round_id)
        if isinstance(living, Refusal):
            return living
        classes = self._attestations.classes_of(sleeper)
        if ask_class is not None and ask_class not in classes:
            expected = "open, or a class that was attested in the last 14 days (dreamd exchange attest)"
            return bad_field("ask_class", expected, ask_class.value)
        return self._asks.place(living, sleeper, ask_class or classes[0], tuple(offers))

    def withdraw_ask(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """Take an ask back; done in the call."""
        return self._leave(round_id, sleeper)

    def cancel(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """Give up one's berth, or one's place in line; done in the call."""
        return self._leave(round_id, sleeper)

    def _leave(self, round_id: str, sleeper: str) -> Own:
        """Take an ask out of a book that is open, or out of the line: whichever the round allows."""
        kept = self._book.kept_round(round_id)
        if isinstance(kept, Refusal):
            return kept
        living = self._book.find_round(round_id)
        return self._reader.own(kept, sleeper) if living is None else self._asks.take_back(living, sleeper)

    def explain(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """The ask of a sleeper, and what came of it in sentences."""
        kept = self._book.kept_round(round_id)
        return kept if isinstance(kept, Refusal) else self._reader.own(kept, sleeper)

    # -- rights -----------------------------------------------------------------------------------------

    def _living(self, round_id: str) -> LivingRound | Refusal:
        kept = self._book.kept_round(round_id)
        if isinstance(kept, Refusal):
            return kept
        living = self._book.find_round(round_id)
        if living is not None:
            return living
        sentence = f"round {round_id} is {kept.round.state.value}"
        return Refusal(Code.WRONG_STATE, sentence, {"round": round_id, "state": kept.round.state.value})

    def _acts_as(self, caller: Caller, roles: Iterable[Role], site: str = "") -> bool:
        """Whether the caller has one of these roles, at this site where one is named."""
        principal = self._deps.principals.principal(caller.name)
        return principal is None or any(
            one.role in roles and (not site or one.has_site(site)) for one in principal.grants
        )


def _faulty(error: BookError, prefix: str = "") -> Refusal:
    """The refusal of a wrong value; its path is a field of the request."""
    particulars = {"field": error.at, "expected": error.expected}
    return Refusal(Code.INVALID_ARGUMENT, str(error).removeprefix(prefix), particulars)


def _too_many(living: LivingRound, offer: Offer) -> Refusal | None:
    before = living.offers.get(offer.id)
    berths = living.berths + offer.count - (before.count if before is not None else 0)
    if not berths <= BERTHS_MOST:
        return bad_field("offer.count", f"at most {BERTHS_MOST} berths in a round", Figure(str(berths)))
    if before is None and not len(living.offers) < OFFERS_MOST:
        return bad_field("offer", f"at most {OFFERS_MOST} offers in a round", offer.id)
    return None


def _not_planned(living: LivingRound) -> Refusal:
    state = living.round.state
    told = "being opened" if state is RoundState.PLANNED else state.value
    sentence = f"round {living.round.id} is {told}: its offers are frozen"
    return Refusal(Code.WRONG_STATE, sentence, {"round": living.round.id, "state": state.value})
