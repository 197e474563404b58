"""The WakeOrders service: each method checks its input, asks the application, translates the answer.

An order is given in the first synchronous stretch of its handler, before anything is awaited. Its request id
goes to the application, not to `replays`: an answer from memory would leave a sleeper merged.
"""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from typing import Final

from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.wake_pb2_grpc import WakeOrdersServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of
from dreamd.adapters.grpc.calls.errors import granted
from dreamd.adapters.grpc.calls.interceptor import Context, sight_of
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import confirmed, kept
from dreamd.adapters.grpc.servicers import responses
from dreamd.app.api.protocols import PodsApi, WakeOrdersApi
from dreamd.core.listing import place_of_order
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope

SCOPES: Final = {number: scope for scope, number in responses.WAKE_SCOPES.items()}


class WakeOrders(WakeOrdersServicer):
    """Serves dreamapi.v1.WakeOrders."""

    def __init__(self, wake_orders: WakeOrdersApi, pods: PodsApi) -> None:
        self._wake_orders = wake_orders
        self._pods = pods

    async def OrderWake(self, request: waking.OrderWakeRequest, context: Context) -> waking.OrderWakeResponse:
        """Wake everyone in this scope, now."""
        scope, target = self._reach(request)
        issuer, reason = request_fields.reason(request.issuer), request_fields.reason(request.reason)
        asked = request_fields.request_id_if_fit(request.request_id)
        ordered = granted(self._wake_orders.order(caller_of(context, issuer), scope, target, reason, asked))
        return waking.OrderWakeResponse(
            order=responses.wake_order(ordered.order),
            outcome=responses.outcome(await confirmed(ordered.ticket, context)),
        )

    def _reach(self, request: waking.OrderWakeRequest) -> tuple[WakeScope, str]:
        """The reach of the order; one for a sleeper goes to the pod of the bed they lie in."""
        if request.scope == waking.WakeOrder.SCOPE_SLEEPER:
            sleeper = request_fields.sleeper_id(request.target, "target")
            return WakeScope.POD, granted(self._pods.bed_of(sleeper))
        scope = SCOPES.get(request.scope, WakeScope.UNSPECIFIED)
        return scope, request_fields.wake_target(scope, request.target)

    async def LiftWakeOrder(self, request: waking.LiftWakeOrderRequest, context: Context) -> waking.WakeOrder:
        """Lift the order."""
        order_id, by = request_fields.wake_order_id(request.name), request_fields.reason(request.by)
        lifted = self._wake_orders.lift(
            caller_of(context, by), order_id, request_fields.reason(request.reason)
        )
        return responses.wake_order(await kept(lifted))

    async def ListWakeOrders(
        self, request: waking.ListWakeOrdersRequest, context: Context
    ) -> waking.ListWakeOrdersResponse:
        """Newest first, in pages; those of the caller's scope."""
        shows, standing = sight_of(context).shows_order, request.standing

        def listed(after: str) -> Iterator[Order]:
            return filter(shows, self._wake_orders.list(after, standing=standing))

        shown, token = page(
            listed, place_of_order, responses.wake_order, request.page_size, request.page_token
        )
        return waking.ListWakeOrdersResponse(orders=shown, next_page_token=token)
