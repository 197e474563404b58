"""The API of a daemon that does not own its house: it leads each caller to the owner, and serves ways out.

Theory of operation. The port is the one on which this daemon will serve the house. Health is NOT_SERVING, so
a proxy that looks passes by. Each other method is refused before its request is read, with OWNER_ELSEWHERE
and the owner's address, or with HOUSE_UNOWNED while there is none. No credential is judged for that: the
address is no secret among those who reach the port, and the owner judges them.

The ways out are another matter: whatever `ways_out` carries out is served here as at the owner, to the same
callers, and on the socket of this machine without a credential.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message
from grpc_health.v1 import (  # type: ignore[import-untyped]  # no stubs
    health,
    health_pb2,
    health_pb2_grpc,
)

from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.errors import Declined, decline
from dreamd.adapters.grpc.calls.interceptor import ApiInterceptor, Context, Unmetered
from dreamd.adapters.grpc.calls.lanes import Lanes
from dreamd.adapters.grpc.calls.method_rules import HEALTH, rules_of_api
from dreamd.adapters.grpc.calls.request_reader import PATIENCE, Requests
from dreamd.adapters.grpc.server import OPTIONS, SERVICES, bind_port, bind_socket
from dreamd.core.access.rules import Effect
from dreamd.core.refusals import Refusal

GRACE_S: Final = 0.2
"""Time for answers in progress; the house waits for its owner."""
_In = TypeVar("_In")
_Out = TypeVar("_Out")


class WaysOutElsewhere(Protocol):
    """The ways out that a daemon carries out without owning its house."""

    @property
    def admission(self) -> Admission | None:
        """Judges callers as the owner does; None: the house has no site, and every caller may sever."""
        ...

    async def carry_out(self, path: str, request: Message, context: Context) -> Message | None:
        """Carry out a way out; None: this one is the owner's, and the caller is led there.

        Raises:
            Declined: it is refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class ElsewhereServer:
    """A server that answers on `port`, and on a socket where it serves ways out."""

    port: int
    _servers: tuple[grpc.aio.Server, ...]
    _socket: Path | None

    async def end_serving(self) -> None:
        """Accept no more calls, so that this daemon can serve the house on the same port."""
        for server in self._servers:
            await server.stop(GRACE_S)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)


async def serve_elsewhere(
    host: str,
    port: int,
    refusal: Callable[[], Refusal],
    *,
    credentials: grpc.ServerCredentials | None = None,
    ways_out: WaysOutElsewhere | None = None,
    socket: Path | None = None,
) -> ElsewhereServer:
    """Serve on `host:port` (port 0: any free one).

    refusal: the answer to each call but health and ways out. credentials: the server's certificate; None: in
    the clear. socket: of the ways out on this machine.

    Raises:
        CannotListen: the port is in use, the address is not of this machine, or the socket cannot be made.
    """
    admission = ways_out.admission if ways_out is not None else None
    server = _server(refusal, ways_out, admission)
    checker = health.aio.HealthServicer()
    for service in ("", *SERVICES):
        await checker.set(service, health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checker, server)
    servers = [server]
    bound = bind_port(server, host, port, credentials)
    near = socket if ways_out is not None else None
    if near is not None:
        servers.append(_server(refusal, ways_out, None))
        bind_socket(servers[1], near)
    for one in servers:
        await one.start()
    return ElsewhereServer(bound, tuple(servers), near)


def _server(
    refusal: Callable[[], Refusal], ways_out: WaysOutElsewhere | None, admission: Admission | None
) -> grpc.aio.Server:
    seam = ApiInterceptor(Unmetered(), lambda _no: None, Lanes(), Requests(PATIENCE), admission)
    handlers = _Handlers(refusal, ways_out)
    server = grpc.aio.server(interceptors=[_WaysOutAlone(seam, handlers.frees)], options=OPTIONS)
    server.add_generic_rpc_handlers((handlers,))
    return server


class _WaysOutAlone(grpc.aio.ServerInterceptor):
    """Has ways out and health judged, read and bounded as at the owner; the rest is refused at once."""

    def __init__(self, seam: ApiInterceptor, frees: frozenset[str]) -> None:
        self._seam, self._served = seam, frees | HEALTH

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[_In, _Out] | None"]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[_In, _Out] | None":
        """Return the handler of a method."""
        if handler_call_details.method in self._served:
            return await self._seam.intercept_service(continuation, handler_call_details)
        return await continuation(handler_call_details)


class _Handlers(grpc.GenericRpcHandler):
    """The handler of every method but health: a way out, or the refusal."""

    def __init__(self, refusal: Callable[[], Refusal], ways_out: WaysOutElsewhere | None) -> None:
        rules = rules_of_api() if ways_out is not None else {}
        self.frees = frozenset(path for path, rule in rules.items() if rule.effect is Effect.FREES)
        self._refusal, self._ways_out = refusal, ways_out

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler of a method; None: health has one of its own."""
        path = handler_call_details.method
        if path in HEALTH:
            return None
        if path in self.frees:
            return grpc.unary_unary_rpc_method_handler(
                self._way_out(path), response_serializer=lambda answer: answer.SerializeToString()
            )
        return grpc.stream_stream_rpc_method_handler(self._refuse)

    async def _refuse(self, _requests: object, context: Context) -> None:
        await decline(context, self._refusal())

    def _way_out(self, path: str) -> Callable[[Message, Context], Awaitable[Message]]:
        assert self._ways_out is not None
        ways_out = self._ways_out

        async def answered(request: Message, context: Context) -> Message:
            answer = await ways_out.carry_out(path, request, context)
            if answer is None:
                raise Declined(self._refusal())
            return answer

        return answered
