"""The Rest Exchange, as the adapters see it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from dreamd.core.access.caller import Caller, Role
from dreamd.core.exchange.accounts import Account
from dreamd.core.exchange.book import Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import RoundState
from dreamd.core.exchange.views import Attestation, OwnAsk, ShownRound
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred

Shown = ShownRound | Refusal | Deferred[ShownRound]
Own = OwnAsk | Refusal | Deferred[OwnAsk]
Document = Mapping[str, object]


class ExchangeApi(Protocol):
    """Rounds of berths: planned, published, closed, drawn, cleared, explained.

    A refusal of a round that is not there is ROUND_UNKNOWN, of a sleeper without an ask ASK_UNKNOWN. A nonce
    that comes too late finds the round void: WRONG_STATE names the side that withheld.
    """

    def list_rounds(self, caller: Caller, states: Iterable[RoundState] = ()) -> tuple[ShownRound, ...]:
        """Every round in these states, the newest first; empty: in any."""
        ...

    def get_round(self, caller: Caller, round_id: str) -> Shown:
        """One round."""
        ...

    def public_file(self, caller: Caller, round_id: str) -> Document | Refusal | Deferred[Document]:
        """The public file as an object for JSON: of a cleared round all of it (`published.published`).

        Before, from the close on: the members book and book_sha256. A round that was not closed has none.
        """
        ...

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
        """Plan a round under the guidelines in force.

        price_most_cents: the largest price of a berth. closes_s: unix seconds from which it may be closed.
        pool_cents: set aside from the house's pool for this round; None: all that is free. paid_in_cents:
        money that is brought into the pool before. request_id: the same one from the same person is one plan.
        """
        ...

    def add_offer(self, caller: Caller, round_id: str, offer: Offer) -> Shown:
        """Add an offer to a planned round, or replace the one of this id: by an operator of its site."""
        ...

    def commit(self, caller: Caller, round_id: str, sha256: str, role: Role | None = None) -> Shown:
        """Commit to a nonce: an operator for the site, an advocate for the sleepers.

        role: one of the caller's own; None: the role it acts in. Without access control it is taken as told.
        """
        ...

    def publish_round(self, caller: Caller, round_id: str) -> Shown:
        """Open a planned round for asks; its offers are frozen."""
        ...

    def close_round(self, caller: Caller, round_id: str) -> Shown:
        """Close the book and publish its digest; no ask is taken any more."""
        ...

    def reveal(self, caller: Caller, round_id: str, nonce: str, role: Role | None = None) -> Shown:
        """Reveal a nonce; the second one draws and clears the round. role: as of `commit`."""
        ...

    def void_round(self, caller: Caller, round_id: str, reason: str) -> Shown:
        """Give up a round that is planned or open."""
        ...

    def account(self, caller: Caller, round_id: str) -> Account | Refusal | Deferred[Account]:
        """The account of a cleared round; `accounts.rows` makes the rows of its CSV."""
        ...

    def attest(
        self, caller: Caller, sleeper: str, ask_class: AskClass
    ) -> Attestation | Refusal | Deferred[Attestation]:
        """Give one's word for 14 days: for crisis as a clinician, for community as an operator too."""
        ...

    def place_ask(
        self, caller: Caller, round_id: str, sleeper: str, ask_class: AskClass | None, offers: Sequence[str]
    ) -> Own:
        """Ask for a berth in an open round, or replace one's ask.

        ask_class: None, the one in greatest need that is attested. offers: their ids, best first.
        """
        ...

    def withdraw_ask(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """Take an ask back while the round is open; done in the call. From the close on it is `cancel`."""
        ...

    def explain(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """The ask of a sleeper, and what came of it in sentences."""
        ...

    def cancel(self, caller: Caller, round_id: str, sleeper: str) -> Own:
        """Give up one's berth, or one's place in line; done in the call. The berth is given on."""
        ...
