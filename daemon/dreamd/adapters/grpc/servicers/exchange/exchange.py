"""The Exchange service: rounds planned, opened, closed and drawn; asks placed, explained and cancelled.

An ask that is taken back and a berth that is cancelled act in the first synchronous stretch of the handler.
Without access control a caller may act as any sleeper, and for either side of a draw.
"""
# ruff: noqa: N802 - methods are named by the proto

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol

from dreamapi.v1 import exchange_pb2 as exchange
from dreamapi.v1.exchange_pb2_grpc import ExchangeServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache, Write
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import kept
from dreamd.adapters.grpc.servicers.exchange import rounds
from dreamd.adapters.grpc.servicers.exchange.pieces import pieces
from dreamd.adapters.grpc.servicers.exchange.rounds import round_id, told_ask, told_offer, told_round
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.app.api.people.exchange_protocol import Document, ExchangeApi, Own, Shown
from dreamd.core.access.caller import Caller
from dreamd.core.exchange.accounts import Account, rows
from dreamd.core.exchange.book import CENTS_MOST, Offer
from dreamd.core.exchange.views import ShownRound
from dreamd.core.limits import REASON_MAX
from dreamd.core.refusals import Figure


class _Signed(Protocol):
    """A request that may name its person."""

    by: str


class Exchange(ExchangeServicer):
    """Serves dreamapi.v1.Exchange."""

    def __init__(self, commands: ExchangeApi, replays: IdempotencyCache) -> None:
        self._commands = commands
        self._replays = replays

    async def PlanRound(self, request: exchange.PlanRoundRequest, context: Context) -> exchange.Round:
        """Plan a round."""
        caller = _by(request, context)
        closes_s = request_fields.moment(request.close_time, "close_time")
        if not closes_s > 0.0:
            raise bad_input("close_time", "the time from which on the book may be closed", "nothing")
        most = _cents(request.price_most_cents, "price_most_cents")
        paid_in = _cents(request.paid_in_cents, "paid_in_cents")
        pool = _cents(request.pool_cents, "pool_cents") if request.HasField("pool_cents") else None
        asked = request_fields.request_id(request.request_id)
        return await self._shown(
            request,
            context,
            lambda: self._commands.plan_round(
                caller, most, closes_s, pool_cents=pool, paid_in_cents=paid_in, request_id=asked
            ),
        )

    async def AddOffer(self, request: exchange.AddOfferRequest, context: Context) -> exchange.Round:
        """Add berths of one kind to a planned round."""
        name, offer, caller = round_id(request.name), rounds.offer_of(request.offer), caller_of(context)
        return await self._shown(request, context, lambda: self._commands.add_offer(caller, name, offer))

    async def CommitNonce(self, request: exchange.CommitNonceRequest, context: Context) -> exchange.Round:
        """Promise a nonce."""
        name, role, caller = round_id(request.name), rounds.side_of(request.role), _by(request, context)
        return await self._shown(
            request, context, lambda: self._commands.commit(caller, name, request.sha256, role)
        )

    async def PublishRound(self, request: exchange.PublishRoundRequest, context: Context) -> exchange.Round:
        """Open a round for asks."""
        name, caller = round_id(request.name), caller_of(context)
        return await self._shown(request, context, lambda: self._commands.publish_round(caller, name))

    async def CloseRound(self, request: exchange.CloseRoundRequest, context: Context) -> exchange.Round:
        """Close the book."""
        name, caller = round_id(request.name), caller_of(context)
        return await self._shown(request, context, lambda: self._commands.close_round(caller, name))

    async def RevealNonce(self, request: exchange.RevealNonceRequest, context: Context) -> exchange.Round:
        """Reveal a nonce."""
        name, role, caller = round_id(request.name), rounds.side_of(request.role), _by(request, context)
        return await self._shown(
            request, context, lambda: self._commands.reveal(caller, name, request.nonce, role)
        )

    async def VoidRound(self, request: exchange.VoidRoundRequest, context: Context) -> exchange.Round:
        """Give a round up."""
        name, caller, reason = round_id(request.name), caller_of(context), request.reason.strip()
        if not 0 < len(reason) <= REASON_MAX:
            raise bad_input("reason", f"1 to {REASON_MAX} characters", Figure(len(reason)))
        return await self._shown(request, context, lambda: self._commands.void_round(caller, name, reason))

    async def GetRound(self, request: exchange.GetRoundRequest, context: Context) -> exchange.Round:
        """One round."""
        return told_round(await self._round(request.name, context))

    async def ListRounds(
        self, request: exchange.ListRoundsRequest, context: Context
    ) -> exchange.ListRoundsResponse:
        """Every round, newest first."""
        states = [rounds.state_of(number) for number in request.states]
        found = self._commands.list_rounds(caller_of(context), states)

        def listed(after: str) -> Iterator[ShownRound]:
            return _after([one.round.id for one in found], found, after)

        shown, token = page(
            listed, lambda one: one.round.id, told_round, request.page_size, request.page_token
        )
        return exchange.ListRoundsResponse(rounds=shown, next_page_token=token)

    async def ListOffers(
        self, request: exchange.ListOffersRequest, context: Context
    ) -> exchange.ListOffersResponse:
        """The offers of a round, by their ids."""
        found = (await self._round(request.name, context)).offers

        def listed(after: str) -> Iterator[Offer]:
            return (one for one in found if one.id > after)

        shown, token = page(listed, lambda one: one.id, told_offer, request.page_size, request.page_token)
        return exchange.ListOffersResponse(offers=shown, next_page_token=token)

    async def ExportRound(
        self, request: exchange.ExportRoundRequest, context: Context
    ) -> AsyncIterator[exchange.ExportRoundResponse]:
        """The public file of a round, in pieces."""
        asked = self._commands.public_file(caller_of(context), round_id(request.name))
        document: Document = await kept(asked)
        for content, last in pieces(document):
            yield exchange.ExportRoundResponse(content=content, last=last)

    async def AttestSleeper(
        self, request: exchange.AttestSleeperRequest, context: Context
    ) -> exchange.Attestation:
        """Put a sleeper into a class by one's word."""
        sleeper = request_fields.of_sleeper(request.name, "attestation")
        ask_class, caller = rounds.attested_class_of(request.ask_class), _by(request, context)
        return await self._replays.bound(
            principal_of(context),
            request,
            exchange.Attestation,
            lambda: self._commands.attest(caller, sleeper, ask_class),
            rounds.told_attestation,
        )

    async def PlaceAsk(self, request: exchange.PlaceAskRequest, context: Context) -> exchange.Ask:
        """Ask for a berth, or replace one's ask."""
        sleeper, caller = sleeper_of(request.name, context, "ask"), acting(context)
        name, ask_class = round_id(request.round, "round"), rounds.class_of(request.ask_class)
        offers = rounds.listed_of(list(request.offers))
        return await self._own(
            request, context, lambda: self._commands.place_ask(caller, name, sleeper, ask_class, offers)
        )

    async def WithdrawAsk(self, request: exchange.WithdrawAskRequest, context: Context) -> exchange.Ask:
        """Take one's ask back."""
        sleeper, caller = sleeper_of(request.name, context, "ask"), acting(context)
        name = round_id(request.round, "round")
        return await self._own(request, context, lambda: self._commands.withdraw_ask(caller, name, sleeper))

    async def ExplainAsk(self, request: exchange.ExplainAskRequest, context: Context) -> exchange.Ask:
        """One's own ask, and the reasons of its result."""
        sleeper, name = sleeper_of(request.name, context, "ask"), round_id(request.round, "round")
        return told_ask(await kept(self._commands.explain(acting(context), name, sleeper)))

    async def CancelBerth(self, request: exchange.CancelBerthRequest, context: Context) -> exchange.Ask:
        """Give one's berth back."""
        sleeper, caller = sleeper_of(request.name, context, "ask"), acting(context)
        name = round_id(request.round, "round")
        return await self._own(request, context, lambda: self._commands.cancel(caller, name, sleeper))

    async def GetAccount(
        self, request: exchange.GetAccountRequest, context: Context
    ) -> exchange.RoundAccount:
        """The money of a cleared round."""
        asked = self._commands.account(caller_of(context), round_id(request.name))
        found: Account = await kept(asked)
        text = io.StringIO()
        csv.writer(text).writerows(rows(found))
        return exchange.RoundAccount(
            csv=text.getvalue().encode(),
            pool_before_cents=found.pool_before,
            pool_after_cents=found.pool_after,
        )

    async def _round(self, name: str, context: Context) -> ShownRound:
        return await kept(self._commands.get_round(caller_of(context), round_id(name)))

    async def _shown(self, request: Write, context: Context, ask: Callable[[], Shown]) -> exchange.Round:
        """Decide, once for each request id."""
        return await self._replays.bound(principal_of(context), request, exchange.Round, ask, told_round)

    async def _own(self, request: Write, context: Context, ask: Callable[[], Own]) -> exchange.Ask:
        """Answer a sleeper, once for each request id."""
        return await self._replays.bound(principal_of(context), request, exchange.Ask, ask, told_ask)


def _by(request: _Signed, context: Context) -> Caller:
    """The person of a request; without access control the one that it names."""
    return caller_of(context, request_fields.reason(request.by))


def _cents(number: int, field: str) -> int:
    if not 0 <= number <= CENTS_MOST:
        raise bad_input(field, f"whole cents from 0 to {CENTS_MOST}", Figure(number))
    return number


def _after(ids: Sequence[str], found: Sequence[ShownRound], after: str) -> Iterator[ShownRound]:
    """Those behind the round of this id; ValueError where there is no such round."""
    return iter(found[ids.index(after) + 1 :] if after else found)
