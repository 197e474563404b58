"""The Severs and Houses services: the sever of a scope, and conditions of the whole house.

A sever is given in the first synchronous stretch of its handler, before anything is awaited: a caller that
hangs up afterwards changes nothing.
"""
# ruff: noqa: N802 - methods are named by the proto

from typing import Final

from dreamapi.v1 import house_pb2 as houses
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1 import severs_pb2 as severs
from dreamapi.v1.house_pb2_grpc import HousesServicer
from dreamapi.v1.severs_pb2_grpc import SeversServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.streams import confirmed
from dreamd.adapters.grpc.servicers import responses
from dreamd.app.api.protocols import HouseApi, SeversApi
from dreamd.core.safety.scopes import SeverScope

SCOPES: Final = {getattr(severs.OrderSeverRequest, f"SCOPE_{scope.name}"): scope for scope in SeverScope}
"""The scopes by their number in the proto."""


class Severs(SeversServicer):
    """Serves dreamapi.v1.Severs."""

    def __init__(self, severs: SeversApi) -> None:
        self._severs = severs

    async def OrderSever(self, request: severs.OrderSeverRequest, context: Context) -> severing.SeverOutcome:
        """Set each pod in the scope to zero, now."""
        scope = SCOPES.get(request.scope)
        if scope is None:
            raise bad_input("scope", ", ".join(f"SCOPE_{one.name}" for one in SeverScope), request.scope)
        target = target_of_sever(scope, request.target)
        issuer, reason = request_fields.reason(request.issuer), request_fields.reason(request.reason)
        ticket = granted(self._severs.order(caller_of(context, issuer), scope, target, reason))
        return responses.outcome(await confirmed(ticket, context))


def target_of_sever(scope: SeverScope, name: str) -> str:
    """The bare name of a target of this scope; empty for the fleet.

    Raises:
        Declined: it is no name of that kind.
    """
    match scope:
        case SeverScope.SLEEPER:
            return request_fields.sleeper_id(name, "target")
        case SeverScope.POD:
            return request_fields.pod_id(name, "target")
        case SeverScope.DREAMSCAPE:
            return request_fields.dreamscape_id(name, "target")
        case SeverScope.SITE:
            return request_fields.site_id(name, "target")
        case SeverScope.FLEET:
            return ""


class Houses(HousesServicer):
    """Serves dreamapi.v1.Houses."""

    def __init__(self, house: HouseApi, replays: IdempotencyCache) -> None:
        self._house, self._replays = house, replays

    async def GetHouse(self, _request: houses.GetHouseRequest, _context: Context) -> houses.House:
        """The house now."""
        return responses.house(self._house.overview())

    async def HandOver(self, request: houses.HandOverRequest, context: Context) -> houses.Standby:
        """Hand the house over to a standby."""
        return await self._replays.bound(
            principal_of(context),
            request,
            houses.Standby,
            lambda: self._house.hand_over(caller_of(context)),
            responses.standby,
        )
