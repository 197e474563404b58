"""The caller's view of wake orders: give, lift, list."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing
from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.wake_pb2_grpc import WakeOrdersStub

PAGE: int = 500
Scope = waking.WakeOrder.Scope

_NAMED = {
    Scope.SCOPE_POD: names.pod,
    Scope.SCOPE_SLEEPER: names.sleeper,
    Scope.SCOPE_DREAMSCAPE: names.dreamscape,
    Scope.SCOPE_SITE: names.site,
}


class WakeOrders:
    """The wake orders."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = WakeOrdersStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def order(
        self,
        scope: "waking.WakeOrder.Scope",
        target: str = "",
        *,
        issuer: str = "",
        reason: str = "",
        request_id: str = "",
    ) -> waking.OrderWakeResponse:
        """Wake everyone in this scope, now; they are not merged again until the order is lifted.

        target: a pod, Dreamscape or site, bare or as a full name; nothing for the fleet.
        """
        named = _NAMED.get(scope)
        request = freeing(
            waking.OrderWakeRequest,
            scope=scope,
            target=named(target) if named else target,
            issuer=issuer,
            reason=reason,
            request_id=request_id or new_request_id(),
        )
        return await self._line.free(self._stub.OrderWake, request, waking.OrderWakeResponse)

    async def lift(self, name: str, *, by: str, reason: str) -> waking.WakeOrder:
        """Lift the order."""
        request = freeing(
            waking.LiftWakeOrderRequest,
            name=names.wake_order(name),
            by=by,
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.LiftWakeOrder, request, waking.WakeOrder)

    async def list(self, *, standing: bool = False) -> list[waking.WakeOrder]:
        """Newest first; with `standing` only those that stand."""
        found: list[waking.WakeOrder] = []
        request = asking(waking.ListWakeOrdersRequest, standing=standing, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListWakeOrders, request, waking.ListWakeOrdersResponse)
            found += page.orders
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token
