"""The grpc.aio server: the services, health and reflection, on one port.

It runs on the application's event loop, so handlers call the application directly. The port is never shared
with another process (gRPC would let two daemons listen on one port and split the callers between them).
Stopping first sets NOT_SERVING, ends every watch, then waits for the calls in progress.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import (  # type: ignore[import-untyped]  # no stubs
    health,
    health_pb2,
    health_pb2_grpc,
)

from dreamapi.v1 import (
    breakers_pb2_grpc,
    dreamscapes_pb2_grpc,
    house_pb2_grpc,
    pods_pb2_grpc,
    severs_pb2_grpc,
    wake_pb2_grpc,
)
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import ApiInterceptor, Unmetered, calls_of_api
from dreamd.adapters.grpc.calls.lanes import STREAMS_PER_CONNECTION, Lanes, check_table
from dreamd.adapters.grpc.calls.request_reader import PATIENCE, Patience, Requests
from dreamd.adapters.grpc.calls.streams import ChangeSignals
from dreamd.adapters.grpc.reflection import serve_reflection
from dreamd.adapters.grpc.servicers.breakers import Breakers
from dreamd.adapters.grpc.servicers.dreamscapes import Dreamscapes
from dreamd.adapters.grpc.servicers.pods import Pods
from dreamd.adapters.grpc.servicers.severs import Houses, Severs
from dreamd.adapters.grpc.servicers.wake_orders import WakeOrders
from dreamd.app.api.protocols import Api
from dreamd.core.limits import ANSWER_BYTES_MAX
from dreamd.ports.call_metrics import CallMetrics

SERVICES: Final = (
    *("dreamapi.v1.Pods", "dreamapi.v1.Dreamscapes"),
    *("dreamapi.v1.Breakers", "dreamapi.v1.WakeOrders"),
    *("dreamapi.v1.Severs", "dreamapi.v1.Houses"),
)
RECEIVE_MAX: Final = 8 << 20
"""Bytes of a request. A way out acts however long its reason is; other requests get REQUEST_BYTES_MAX."""

OPTIONS: Final = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", RECEIVE_MAX),
    ("grpc.max_send_message_length", ANSWER_BYTES_MAX),
    ("grpc.max_concurrent_streams", STREAMS_PER_CONNECTION),
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.max_connection_idle_ms", 300_000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class CannotListen(OSError):  # noqa: N818 - the name says it
    """The address is not available; the message has the next step."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers on `port`."""

    port: int
    bells: ChangeSignals
    lanes: Lanes
    _server: grpc.aio.Server
    _health: health.aio.HealthServicer

    async def serving(self, *, ready: bool) -> None:
        """Set the status that health checkers read."""
        status = (
            health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        for service in ("", *SERVICES):
            await self._health.set(service, status)

    async def stop(self, grace_s: float = 2.0) -> None:
        """Accept no more calls, end the watches, give the others `grace_s` seconds; safe to call twice."""
        await self._health.enter_graceful_shutdown()
        self.bells.close()
        await self._server.stop(grace_s)


async def serve_grpc(
    api: Api,
    host: str,
    port: int,
    *,
    meters: CallMetrics | None = None,
    refused: Callable[[str], None] = lambda _code: None,
    lanes: Lanes | None = None,
    patience: Patience = PATIENCE,
    bells: ChangeSignals | None = None,
) -> Running:
    """Serve dreamapi.v1 on `host:port` (port 0: any free one).

    `refused` is called with the catalogue's code of each refusal. lanes, patience, bells: absent, the
    daemon's own.

    Raises:
        CannotListen: the port is in use or the address is not of this machine.
    """
    lanes = lanes or Lanes()
    seam = ApiInterceptor(meters or Unmetered(), refused, lanes, Requests(patience))
    # No maximum_concurrent_rpcs: it refuses everything alike, ways out too. Lanes bound each kind of call.
    server = grpc.aio.server(interceptors=[seam], options=OPTIONS)
    replays, checker = IdempotencyCache(monotonic), health.aio.HealthServicer()
    bells = ChangeSignals() if bells is None else bells
    # Generated code is untyped.
    pods_pb2_grpc.add_PodsServicer_to_server(  # type: ignore[no-untyped-call]
        Pods(api.pods, replays, bells), server
    )
    dreamscapes_pb2_grpc.add_DreamscapesServicer_to_server(  # type: ignore[no-untyped-call]
        Dreamscapes(api.dreamscapes, api.house, replays, bells), server
    )
    breakers_pb2_grpc.add_BreakersServicer_to_server(  # type: ignore[no-untyped-call]
        Breakers(api.breakers, replays), server
    )
    wake_pb2_grpc.add_WakeOrdersServicer_to_server(  # type: ignore[no-untyped-call]
        WakeOrders(api.wake_orders, api.pods), server
    )
    severs_pb2_grpc.add_SeversServicer_to_server(  # type: ignore[no-untyped-call]
        Severs(api.severs), server
    )
    house_pb2_grpc.add_HousesServicer_to_server(  # type: ignore[no-untyped-call]
        Houses(api.house), server
    )
    health_pb2_grpc.add_HealthServicer_to_server(checker, server)
    serve_reflection((*SERVICES, health.SERVICE_NAME), server)
    check_table(calls_of_api())
    bound = _bind(server, host, port)
    await server.start()
    running = Running(bound, bells, lanes, server, checker)
    await running.serving(ready=True)
    return running


def _bind(server: grpc.aio.Server, host: str, port: int) -> int:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        bound = server.add_insecure_port(address)
    except RuntimeError:
        bound = 0
    if not bound:
        raise CannotListen(
            f"the API cannot listen on {address}; end what listens there or choose another port (--grpc-port)"
        )
    return bound
