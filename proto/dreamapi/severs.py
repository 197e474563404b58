"""The caller's view of severs and of the house."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing
from dreamapi.v1 import house_pb2 as houses
from dreamapi.v1 import severs_pb2 as severs
from dreamapi.v1.house_pb2_grpc import HousesStub
from dreamapi.v1.severing_pb2 import SeverOutcome
from dreamapi.v1.severs_pb2_grpc import SeversStub

Scope = severs.OrderSeverRequest.Scope

_NAMED = {
    Scope.SCOPE_SLEEPER: names.sleeper,
    Scope.SCOPE_POD: names.pod,
    Scope.SCOPE_DREAMSCAPE: names.dreamscape,
    Scope.SCOPE_SITE: names.site,
}


class Severs:
    """The severs by scope."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = SeversStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def order(
        self,
        scope: "severs.OrderSeverRequest.Scope",
        target: str = "",
        *,
        issuer: str = "",
        reason: str = "",
    ) -> SeverOutcome:
        """Set each pod in the scope to zero, now; target: empty for the fleet. May be sent again.

        Raises:
            PodUnknown, DreamscapeUnknown: nothing has this name.
            Refused: of reason INVALID_ARGUMENT, no pod of this site has ever connected.
        """
        named = _NAMED.get(scope)
        request = freeing(
            severs.OrderSeverRequest,
            scope=scope,
            target=named(target) if named else target,
            issuer=issuer,
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.OrderSever, request, SeverOutcome)


class Houses:
    """The state of the house: everything that concerns every Dreamscape at once."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = HousesStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def get(self) -> houses.House:
        """The connection to the pods, the ledger, and a sentence for each trouble."""
        return await self._line.ask(self._stub.GetHouse, houses.GetHouseRequest(), houses.House)

    async def hand_over(self, *, reason: str = "", request_id: str = "") -> houses.Standby:
        """Have the daemon end and a standby take the house; return that standby. Every sleeper is at zero.

        Raises:
            NoStandby: none could take it; nothing has changed.
            ShuttingDown: the daemon ends already.
        """
        request = asking(houses.HandOverRequest, reason=reason, request_id=request_id or new_request_id())
        return await self._line.ask(self._stub.HandOver, request, houses.Standby)
