"""The Breakers service: each method checks its input, asks the application, translates the answer."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from functools import partial
from typing import Final

from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1.breakers_pb2_grpc import BreakersServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context, sight_of
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.servicers import responses
from dreamd.app.api.protocols import BreakersApi
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.views import BreakerView

STATES: Final[dict[int, BreakerState | None]] = {
    0: None,
    **{int(number): state for state, number in responses.BREAKER_STATES.items()},
}
"""The states that a caller may filter by; 0 is no filter."""


class Breakers(BreakersServicer):
    """Serves dreamapi.v1.Breakers."""

    def __init__(self, breakers: BreakersApi, replays: IdempotencyCache) -> None:
        self._breakers = breakers
        self._replays = replays

    async def ListBreakers(
        self, request: breaking.ListBreakersRequest, context: Context
    ) -> breaking.ListBreakersResponse:
        """By name, without history, in pages; those of the caller's scope."""
        shows = sight_of(context).shows_breaker
        if request.state not in STATES:
            raise bad_input("state", "a state of a breaker, or none", request.state)
        state = STATES[request.state]

        def listed(after: str) -> Iterator[BreakerView]:
            return (view for view in self._breakers.list(state, after) if shows(view.name))

        short = partial(responses.breaker_detail, with_history=False)
        shown, token = page(listed, lambda view: view.name, short, request.page_size, request.page_token)
        return breaking.ListBreakersResponse(breakers=shown, next_page_token=token)

    async def GetBreaker(
        self, request: breaking.GetBreakerRequest, _context: Context
    ) -> breaking.BreakerDetail:
        """One breaker with its history."""
        found = self._breakers.get(request_fields.breaker_id(request.name))
        return responses.breaker_detail(granted(found))

    async def TripBreaker(
        self, request: breaking.TripBreakerRequest, context: Context
    ) -> breaking.BreakerDetail:
        """Open it now; a repeated request trips it again."""
        name, by = request_fields.breaker_id(request.name), request_fields.reason(request.by)
        tripped = self._breakers.trip(caller_of(context, by), name, request_fields.reason(request.reason))
        return responses.breaker_detail(granted(tripped))

    async def ResetBreaker(
        self, request: breaking.ResetBreakerRequest, context: Context
    ) -> breaking.BreakerDetail:
        """From locked to half-open."""
        name, by = request_fields.breaker_id(request.name), request_fields.reason(request.by)
        reason = request_fields.reason(request.reason)
        return await self._replays.bound(
            principal_of(context),
            request,
            breaking.BreakerDetail,
            lambda: self._breakers.reset(caller_of(context, by), name, reason, request.etag),
            responses.breaker_detail,
        )
