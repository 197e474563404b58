"""The routes of the exchange's page: rounds, a result with its picture, one's own ask, the account.

Rounds are planned, opened, drawn and closed on the command line, where a nonce is kept in a file of its side.
In a site the sleeper is the one of the viewer's own credential; without one the page names a pseudonym, as on
the page of consent. To take an ask back or to cancel a berth is never refused for idleness.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from re import fullmatch
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamapi.names import OWN
from dreamapi.v1 import exchange_pb2 as exchange
from dreamd.adapters.documents.canonical import digest
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.people.consent_shapes import sleeper_of
from dreamd.console.people.consent_wishes import Told, read_sleeper, read_told
from dreamd.console.people.exchange_shapes import (
    account_shape,
    ask_shape,
    offer_shape,
    result_shape,
    round_shape,
)
from dreamd.console.sessions import Session
from dreamd.core.exchange.book import ID_FORM
from dreamd.core.exchange.published import verify

ROUNDS_MOST: Final = 100
LISTED_MOST: Final = 64
"""Offers in one ask of the page."""
VERIFIED_MOST: Final = 2_000
"""Asks of a round that the console computes again by itself."""
BODY_MOST: Final = 8 << 10

Acting = Callable[[dreamapi.Api, Told, str, str], Awaitable[exchange.Ask]]


class BerthExchange:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def exchange_routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/rounds", doors.reads(self._rounds)),
            Route("/console/round", doors.reads(self._round)),
            Route("/console/round/result", doors.reads(self._result)),
            Route("/console/round/account", doors.reads(self._account)),
            *(
                Route(
                    f"/console/round/{act}",
                    doors.writes(self._acting(work), when_idle=frees, most=BODY_MOST),
                    methods=["POST"],
                )
                for act, (work, frees) in _ACTS.items()
            ),
        ]

    async def _rounds(self, api: dreamapi.Api, request: Request, session: Session) -> Answer:
        in_site = bool(self._doors.api.authority)
        found = await api.exchange.list_rounds()
        return {
            "now_s": self._doors.now_s(),
            "principal": session.principal,
            "in_site": in_site,
            "sleeper": await self._sleeper(api, dict(request.query_params)),
            "may_account": not in_site or "GetAccount" in session.methods,
            "rounds": [round_shape(one) for one in found[:ROUNDS_MOST]],
            "more": max(0, len(found) - ROUNDS_MOST),
        }

    async def _round(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        told: Told = dict(request.query_params)
        name = _named(told.get("round"))
        ask = await self._own_ask(api, told, name)
        return {
            **round_shape(await api.exchange.round_of(name)),
            "kinds": [offer_shape(one) for one in await api.exchange.list_offers(name)],
            "own": None if ask is None else ask_shape(ask),
        }

    async def _result(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        told: Told = dict(request.query_params)
        name = _named(told.get("round"))
        ask = await self._own_ask(api, told, name)
        document = json.loads(await api.exchange.export_round(name))
        if "line" not in document:
            raise UnfitOrderError(f"round: {name} has no result yet")
        shape: Answer = {"faults": None, **result_shape(document, "" if ask is None else ask.id)}
        if len(document["line"]) <= VERIFIED_MOST:
            shape["faults"] = list(await asyncio.to_thread(verify, document, digest))
        return shape

    async def _account(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        return account_shape(await api.exchange.account(_named(request.query_params.get("round"))))

    def _acting(self, work: Acting) -> Callable[[dreamapi.Api, Asked, Session], Awaitable[Answer]]:
        async def answer(api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
            told = read_told(asked)
            return ask_shape(await work(api, told, _named(told.get("round")), self._asker(told)))

        return answer

    def _asker(self, told: Told) -> str:
        """The sleeper that acts: of the credential, else the one that the page names."""
        if self._doors.api.authority:
            return OWN
        sleeper = read_sleeper(told)
        if not sleeper:
            raise UnfitOrderError("sleeper: expected a pseudonym")
        return sleeper

    async def _sleeper(self, api: dreamapi.Api, told: Told) -> str:
        if self._doors.api.authority:
            return sleeper_of(await api.access.caller())
        return read_sleeper(told)

    async def _own_ask(self, api: dreamapi.Api, told: Told, name: str) -> exchange.Ask | None:
        """One's own ask in a round; None where there is none, or the viewer is no sleeper."""
        sleeper = await self._sleeper(api, told)
        if not sleeper:
            return None
        try:
            return await api.exchange.explain_ask(name, sleeper)
        except dreamapi.AskUnknown:
            return None


async def _ask(api: dreamapi.Api, told: Told, name: str, sleeper: str) -> exchange.Ask:
    value: Any = told.get("offers")
    offers = value if isinstance(value, list) else []
    if not 0 < len(offers) <= LISTED_MOST or not all(map(_is_id, offers)):
        raise UnfitOrderError(f"offers: expected a list of 1 to {LISTED_MOST} offers, best first")
    return await api.exchange.place_ask(name, offers, sleeper=sleeper)


async def _withdraw(api: dreamapi.Api, _told: Told, name: str, sleeper: str) -> exchange.Ask:
    return await api.exchange.withdraw_ask(name, sleeper)


async def _cancel(api: dreamapi.Api, _told: Told, name: str, sleeper: str) -> exchange.Ask:
    return await api.exchange.cancel_berth(name, sleeper)


_ACTS: Final[dict[str, tuple[Acting, bool]]] = {
    "ask": (_ask, False),
    "withdraw": (_withdraw, True),
    "cancel": (_cancel, True),
}
"""Each act of a sleeper, and whether it is a way out."""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and fullmatch(ID_FORM, value) is not None


def _named(value: object) -> str:
    if not isinstance(value, str) or not _is_id(value):
        raise UnfitOrderError("round: expected the id of a round")
    return value
