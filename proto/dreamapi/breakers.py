"""The caller's view of breakers: `bed-1`, `pods/bed-1`, `dreamscapes/night` or a full name."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1.breakers_pb2_grpc import BreakersStub
from dreamapi.v1.severing_pb2 import Breaker

PAGE: int = 500


class Breakers:
    """The breakers of pods and Dreamscapes."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = BreakersStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def list(self, state: Breaker.State = Breaker.STATE_UNSPECIFIED) -> list[breaking.BreakerDetail]:
        """Every breaker in this state (unspecified: any), by name, without history."""
        found: list[breaking.BreakerDetail] = []
        request = asking(breaking.ListBreakersRequest, state=state, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListBreakers, request, breaking.ListBreakersResponse)
            found += page.breakers
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def get(self, name: str) -> breaking.BreakerDetail:
        """One breaker with its last moves."""
        request = asking(breaking.GetBreakerRequest, name=names.breaker(name))
        return await self._line.ask(self._stub.GetBreaker, request, breaking.BreakerDetail)

    async def trip(self, name: str, *, by: str = "", reason: str = "") -> breaking.BreakerDetail:
        """Open it now; for a Dreamscape this is a sever."""
        request = freeing(
            breaking.TripBreakerRequest,
            name=names.breaker(name),
            by=by,
            reason=reason,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.TripBreaker, request, breaking.BreakerDetail)

    async def reset(
        self, name: str, *, by: str, reason: str, etag: str = "", request_id: str = ""
    ) -> breaking.BreakerDetail:
        """From LOCKED to HALF_OPEN; raises BreakerNotLocked from any other state."""
        request = asking(
            breaking.ResetBreakerRequest,
            name=names.breaker(name),
            by=by,
            reason=reason,
            etag=etag,
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.ResetBreaker, request, breaking.BreakerDetail)
