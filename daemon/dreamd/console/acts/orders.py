"""The acts of a page, each carried out with the viewer's credential on a connection of its own.

A connection that watches may hang, and a way out must not wait for it. At the daemon Sever, Wake and Release
take the lane of ways out, as from every other client. A way out acts where its target can be recognised
(`order_bodies`), and also where the daemon answers late: it is not withdrawn with its page. A resume is,
because one that takes effect a minute later would be a surprise.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import dreamapi
from dreamapi.v1.severing_pb2 import SeverOutcome
from dreamd.console.acts.order_bodies import (
    Asked,
    Order,
    UnfitOrderError,
    read_order,
    read_scoped,
    read_way_out,
)
from dreamd.core.safety.scopes import SeverScope

ORDER_S: Final = 4.0
"""Deadline of an order: longer than pods may take to confirm, shorter than the page waits."""
LATE_S: Final = 60.0
"""Deadline of a way out whose page was told that the daemon does not answer."""
LATE_MAX: Final = 16
"""Ways out under way at once that may be late; any number of others is carried out within ORDER_S."""
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


async def _withdraw(api: dreamapi.Api, asked: Asked) -> SeverOutcome:
    """End a sleeper's consent; the name is the pseudonym."""
    order = read_way_out(asked)
    return await api.consents.withdraw(order.name, issuer=order.issuer, reason=order.reason)


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
    "/console/withdraw-consent": Act("WithdrawConsent", frees=True, carry_out=_withdraw),
    "/console/resume": Act("ResumeDreamscape", frees=False, carry_out=_resume),
}
"""By the path of the POST."""


class LateOrder(Exception):  # noqa: N818 - the name says it
    """The daemon has not answered a way out yet; the order stands."""


class OrderRunner:
    """Carries out acts, each in a task of the group and on a connection of its own."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._under_way: set[asyncio.Task[SeverOutcome | Exception | None]] = set()

    async def run_order(self, act: Act, asked: Asked, server: dreamapi.Server) -> SeverOutcome | None:
        """The outcome of an act; None of a resume.

        Raises:
            LateOrder: a way out is not answered within ORDER_S.
            UnfitOrderError, ApiError: of the act.
        """
        within_s = LATE_S if act.frees and len(self._under_way) < LATE_MAX else ORDER_S
        task = self._group.create_task(_outcome(act, asked, server, within_s), name=act.method)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait((task,), timeout=ORDER_S + 1.0 if within_s == ORDER_S else ORDER_S)
        if not task.done():
            raise LateOrder
        told = task.result()
        if isinstance(told, Exception):
            raise told
        return told

    def cancel_orders(self) -> None:
        """Give up what is late: the console ends."""
        for task in self._under_way:
            task.cancel()


async def _outcome(
    act: Act, asked: Asked, server: dreamapi.Server, within_s: float
) -> SeverOutcome | Exception | None:
    try:
        async with dreamapi.connect(
            server, connect_s=ORDER_S, deadline_s=within_s, user_agent="dreamd-console"
        ) as api:
            return await act.carry_out(api, asked)
    except Exception as error:  # noqa: BLE001 -- raised again where the page is answered
        return error
