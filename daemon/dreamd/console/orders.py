"""The acts of a page, each carried out with the viewer's credential on a connection of its own.

A connection that watches may hang, and a way out must not wait for it. Bodies are read as the daemon's own
console reads them: a way out acts where its target can be recognised.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import dreamapi
from dreamapi.v1.severing_pb2 import SeverOutcome
from dreamd.adapters.http.order_bodies import (
    Order,
    UnfitOrderError,
    read_order,
    read_scoped,
    read_way_out,
)
from dreamd.adapters.http.server import Asked
from dreamd.core.safety.scopes import SeverScope

ORDER_S: Final = 4.0
"""Deadline of an order: longer than pods may take to confirm, shorter than the page waits."""
NAMELESS: Final = "the console"


@dataclass(frozen=True, slots=True)
class Act:
    """An order of the page. method: of the API. frees: a way out, which no idle session is refused."""

    method: str
    frees: bool
    carry_out: Callable[[dreamapi.Api, Asked], Awaitable[SeverOutcome | None]]


async def _sever(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    order = read_way_out(asked)
    return await api.dreamscapes.sever(order.name, reason=order.reason or NAMELESS)


async def _wake(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    order = read_way_out(asked)
    return await api.dreamscapes.wake(
        order.name, issuer=order.issuer or NAMELESS, reason=order.reason or NAMELESS
    )


async def _release(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    order = read_way_out(asked)
    return await api.pods.release(order.name, reason=order.reason or NAMELESS)


async def _sever_scope(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    scope, order = read_scoped(asked)
    number = getattr(dreamapi.OrderSeverRequest, f"SCOPE_{scope.name}")
    return await api.severs.order(
        number, order.name, issuer=order.issuer or NAMELESS, reason=order.reason or NAMELESS
    )


async def _wake_scope(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    """Give a wake order, which stands until a named person lifts it."""
    scope, order = read_scoped(asked)
    if scope is SeverScope.SLEEPER:
        raise UnfitOrderError("scope: expected pod, dreamscape, site or fleet")
    number = getattr(dreamapi.WakeOrder, f"SCOPE_{scope.name}")
    told = await api.wake.order(
        number, order.name, issuer=order.issuer or NAMELESS, reason=order.reason or NAMELESS
    )
    return told.outcome


async def _resume(api: dreamapi.Api, asked: Asked) -> None:
    order: Order = read_order(asked)
    if not order.etag:
        raise UnfitOrderError("etag is required to resume")
    await api.dreamscapes.resume(order.name, etag=order.etag)


ACTS: Final[Mapping[str, Act]] = {
    "/console/sever": Act("SeverDreamscape", frees=True, carry_out=_sever),
    "/console/wake": Act("WakeDreamscape", frees=True, carry_out=_wake),
    "/console/release": Act("ReleasePod", frees=True, carry_out=_release),
    "/console/sever-scope": Act("OrderSever", frees=True, carry_out=_sever_scope),
    "/console/wake-scope": Act("OrderWake", frees=True, carry_out=_wake_scope),
    "/console/resume": Act("ResumeDreamscape", frees=False, carry_out=_resume),
}
"""By the path of the POST."""
