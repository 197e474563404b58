"""The WakeOrders service: each method checks its input, asks the application, translates the answer.

An order is given in the first synchronous stretch of its handler, before anything is awaited. Its request id
goes to the application, not to `replays`: an answer from memory would leave somebody merged.
"""
# ruff: noqa: N802 - methods are named by the proto

from functools import partial
from typing import Final

from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.wake_pb2_grpc import WakeOrdersServicer
from dreamd.adapters.grpc import inputs, translate
from dreamd.adapters.grpc.calls import Context
from dreamd.adapters.grpc.errors import granted
from dreamd.adapters.grpc.pages import page
from dreamd.adapters.grpc.watching import confirmed, kept
from dreamd.app.coordination import Coordination
from dreamd.app.listing import place_of_order
from dreamwire.messages import WakeScope

SCOPES: Final = {number: scope for scope, number in translate.WAKE_SCOPES.items()}


class WakeOrders(WakeOrdersServicer):
    """Serves dreamapi.v1.WakeOrders."""

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination

    async def OrderWake(self, request: waking.OrderWakeRequest, context: Context) -> waking.OrderWakeResponse:
        """Wake everyone in this scope, now."""
        scope, target = self._reach(request)
        issuer, reason = inputs.reason(request.issuer), inputs.reason(request.reason)
        asked = inputs.request_id_if_fit(request.request_id)
        ordered = granted(self._coordination.waking.order(scope, target, issuer, reason, asked))
        return waking.OrderWakeResponse(
            order=translate.wake_order(ordered.order),
            outcome=translate.outcome(await confirmed(ordered.ticket, context)),
        )

    def _reach(self, request: waking.OrderWakeRequest) -> tuple[WakeScope, str]:
        """How far the order reaches; that of one sleeper is given to the bed they lie in."""
        if request.scope == waking.WakeOrder.SCOPE_SLEEPER:
            sleeper = inputs.sleeper_id(request.target, "target")
            return WakeScope.POD, granted(self._coordination.bed_of(sleeper))
        scope = SCOPES.get(request.scope, WakeScope.UNSPECIFIED)
        return scope, inputs.wake_target(scope, request.target)

    async def LiftWakeOrder(
        self, request: waking.LiftWakeOrderRequest, _context: Context
    ) -> waking.WakeOrder:
        """The order stands no longer."""
        order_id, by = inputs.wake_order_id(request.name), inputs.reason(request.by)
        lifted = self._coordination.waking.lift(order_id, by, inputs.reason(request.reason))
        return translate.wake_order(await kept(lifted))

    async def ListWakeOrders(
        self, request: waking.ListWakeOrdersRequest, _context: Context
    ) -> waking.ListWakeOrdersResponse:
        """Newest first, in pages."""
        listed = partial(self._coordination.waking.list, standing=request.standing)
        shown, token = page(
            listed, place_of_order, translate.wake_order, request.page_size, request.page_token
        )
        return waking.ListWakeOrdersResponse(orders=shown, next_page_token=token)
