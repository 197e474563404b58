"""The caller's view of the exchange: rounds, offers, nonces, asks, results and accounts."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import datetime

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, refused
from dreamapi.v1 import exchange_pb2 as exchange
from dreamapi.v1 import rules_pb2
from dreamapi.v1.exchange_pb2_grpc import ExchangeStub

PAGE: int = 500
STATES = {
    names.word(exchange.Round.State, number): number for number in exchange.Round.State.values() if number
}
"""The states of a round by their words: planned, open, closed, drawn, cleared, settled, void."""
CLASSES = {
    "": exchange.ASK_CLASS_UNSPECIFIED,
    "crisis": exchange.ASK_CLASS_CRISIS,
    "community": exchange.ASK_CLASS_COMMUNITY,
    "open": exchange.ASK_CLASS_OPEN,
}
"""The classes of asks by their words; empty: the one in greatest need that is attested."""
SIDES = {
    "": rules_pb2.ROLE_UNSPECIFIED,
    "site": rules_pb2.ROLE_OPERATOR,
    "advocate": rules_pb2.ROLE_ADVOCATE,
}
"""The sides of a draw; empty: the side of the role that the person has."""


class Exchange:
    """Rounds by their id or `rounds/{round}`; sleepers by a pseudonym or `sleepers/{sleeper}`; whole cents.

    by: the person, where callers have no credentials.

    Raises:
        RoundUnknown: there is no such round.
        WrongState: the round is in a state in which this cannot be done.
    """

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = ExchangeStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def plan_round(
        self, price_most: int, closes: datetime, *, pool: int | None = None, paid_in: int = 0, by: str = ""
    ) -> exchange.Round:
        """Plan a round under the guidelines that hold now.

        Args:
            price_most: the largest price of a berth.
            closes: from when on its book may be closed.
            pool: set aside for it of the house's pool; None: all that is free.
            paid_in: money that is brought into the house's pool before.
            by: the person, where callers have no credentials.
        """
        request = asking(
            exchange.PlanRoundRequest,
            price_most_cents=price_most,
            close_time=_stamp(closes),
            pool_cents=pool,
            paid_in_cents=paid_in,
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.PlanRound, request, exchange.Round)

    async def add_offer(
        self,
        round_name: str,
        offer: str,
        *,
        site: str,
        night: str,
        count: int,
        price: int,
        features: Iterable[str] = (),
    ) -> exchange.Round:
        """Add berths of one kind to a planned round, or replace those of this id.

        Args:
            round_name: the round.
            offer: its id in the round.
            site: bare or `sites/{site}`.
            night: the date of its evening, such as 2026-11-30.
            count: berths.
            price: of one.
            features: such as quiet or step-free.
        """
        told = asking(
            exchange.Offer,
            "offer.",
            id=offer,
            site=names.site(site),
            night=night,
            features=list(features),
            count=count,
            price_cents=price,
        )
        request = asking(
            exchange.AddOfferRequest,
            name=names.exchange_round(round_name),
            offer=told,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.AddOffer, request, exchange.Round)

    async def commit_nonce(
        self, round_name: str, sha256: str, *, side: str = "", by: str = ""
    ) -> exchange.Round:
        """Promise a nonce by its SHA-256, 64 hexadecimal digits. side: of SIDES."""
        request = asking(
            exchange.CommitNonceRequest,
            name=names.exchange_round(round_name),
            sha256=sha256,
            role=_side(side),
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.CommitNonce, request, exchange.Round)

    async def publish_round(self, round_name: str) -> exchange.Round:
        """Open a planned round for asks; its offers are frozen.

        Raises:
            ReserveUnfunded: the pool cannot pay the reserves at the largest price.
        """
        request = asking(
            exchange.PublishRoundRequest, name=names.exchange_round(round_name), request_id=new_request_id()
        )
        return await self._line.ask(self._stub.PublishRound, request, exchange.Round)

    async def close_round(self, round_name: str) -> exchange.Round:
        """Close the book.

        Raises:
            TooEarly: its time has not come.
        """
        request = asking(
            exchange.CloseRoundRequest, name=names.exchange_round(round_name), request_id=new_request_id()
        )
        return await self._line.ask(self._stub.CloseRound, request, exchange.Round)

    async def reveal_nonce(
        self, round_name: str, nonce: str, *, side: str = "", by: str = ""
    ) -> exchange.Round:
        """Reveal the nonce that one has committed to; the second one draws and clears the round."""
        request = asking(
            exchange.RevealNonceRequest,
            name=names.exchange_round(round_name),
            nonce=nonce,
            role=_side(side),
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.RevealNonce, request, exchange.Round)

    async def void_round(self, round_name: str, reason: str) -> exchange.Round:
        """Give a round up before its book is closed."""
        request = asking(
            exchange.VoidRoundRequest,
            name=names.exchange_round(round_name),
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.VoidRound, request, exchange.Round)

    async def round_of(self, round_name: str) -> exchange.Round:
        """One round."""
        request = asking(exchange.GetRoundRequest, name=names.exchange_round(round_name))
        return await self._line.ask(self._stub.GetRound, request, exchange.Round)

    async def list_rounds(self, states: Iterable[str] = ()) -> list[exchange.Round]:
        """Rounds, newest first. states: of STATES; none: in any state."""
        found: list[exchange.Round] = []
        numbers = [_state(word) for word in states]
        request = asking(exchange.ListRoundsRequest, states=numbers, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListRounds, request, exchange.ListRoundsResponse)
            found += page.rounds
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def list_offers(self, round_name: str) -> list[exchange.Offer]:
        """The offers of a round, by their ids."""
        found: list[exchange.Offer] = []
        request = asking(exchange.ListOffersRequest, name=names.exchange_round(round_name), page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListOffers, request, exchange.ListOffersResponse)
            found += page.offers
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def export_round(self, round_name: str) -> bytes:
        """The public file of a round, UTF-8 JSON: the closed book, or once it is cleared the whole round."""
        request = asking(exchange.ExportRoundRequest, name=names.exchange_round(round_name))
        pieces = self._line.follow(
            self._stub.ExportRound, lambda: request, exchange.ExportRoundResponse, patience_s=0.0
        )
        content = bytearray()
        async with aclosing(pieces):
            async for piece in pieces:
                content += piece.content
        return bytes(content)

    async def attest(self, sleeper: str, ask_class: str, *, by: str = "") -> exchange.Attestation:
        """Put a sleeper into a class by one's word, for 14 days: crisis or community."""
        request = asking(
            exchange.AttestSleeperRequest,
            name=names.of_sleeper(sleeper, "attestation"),
            ask_class=_class(ask_class),
            by=by,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.AttestSleeper, request, exchange.Attestation)

    async def place_ask(
        self, round_name: str, offers: Sequence[str], *, ask_class: str = "", sleeper: str = names.OWN
    ) -> exchange.Ask:
        """Ask for a berth of an open round, or replace one's ask.

        Args:
            round_name: the round.
            offers: the ids of those that will do, best first.
            ask_class: of CLASSES; empty: the one in greatest need that is attested.
            sleeper: absent, the caller's own.
        """
        request = asking(
            exchange.PlaceAskRequest,
            name=names.of_sleeper(sleeper, "ask"),
            round=names.exchange_round(round_name),
            ask_class=_class(ask_class),
            offers=list(offers),
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.PlaceAsk, request, exchange.Ask)

    async def withdraw_ask(self, round_name: str, sleeper: str = names.OWN) -> exchange.Ask:
        """Take one's ask back while the round is open."""
        request = asking(
            exchange.WithdrawAskRequest,
            name=names.of_sleeper(sleeper, "ask"),
            round=names.exchange_round(round_name),
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.WithdrawAsk, request, exchange.Ask)

    async def explain_ask(self, round_name: str, sleeper: str = names.OWN) -> exchange.Ask:
        """One's own ask, and once the round is cleared the reasons of its result.

        Raises:
            AskUnknown: the sleeper has no ask in this round.
        """
        request = asking(
            exchange.ExplainAskRequest,
            name=names.of_sleeper(sleeper, "ask"),
            round=names.exchange_round(round_name),
        )
        return await self._line.ask(self._stub.ExplainAsk, request, exchange.Ask)

    async def cancel_berth(self, round_name: str, sleeper: str = names.OWN) -> exchange.Ask:
        """Give one's berth back, or one's place in line."""
        request = asking(
            exchange.CancelBerthRequest,
            name=names.of_sleeper(sleeper, "ask"),
            round=names.exchange_round(round_name),
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.CancelBerth, request, exchange.Ask)

    async def account(self, round_name: str) -> exchange.RoundAccount:
        """The account of a cleared round: the CSV of its berths, and the pool before and after."""
        request = asking(exchange.GetAccountRequest, name=names.exchange_round(round_name))
        return await self._line.ask(self._stub.GetAccount, request, exchange.RoundAccount)


def _state(word: str) -> int:
    if word not in STATES:
        raise refused("states", word, f"of {', '.join(STATES)}")
    return STATES[word]


def _class(word: str) -> "exchange.AskClass":
    if word not in CLASSES:
        raise refused("ask_class", word, "crisis, community, open or nothing")
    return CLASSES[word]


def _side(word: str) -> "rules_pb2.Role":
    if word not in SIDES:
        raise refused("role", word, "site, advocate or nothing")
    return SIDES[word]


def _stamp(at: datetime) -> Timestamp:
    if at.tzinfo is None:
        raise refused("close_time", "a time without a time zone", "one with its zone")
    found = Timestamp()
    found.FromDatetime(at)
    return found
