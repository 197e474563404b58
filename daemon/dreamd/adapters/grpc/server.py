"""The grpc.aio server: the services, health and reflection, on one port.

It runs on the application's event loop, so handlers call the application directly. The port is never shared
with another process (gRPC would let two daemons listen on one port and split the callers between them).
Stopping first sets NOT_SERVING, ends every watch, then waits for the calls in progress.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    access_pb2_grpc,
    audit_pb2_grpc,
    breakers_pb2_grpc,
    clinic_pb2_grpc,
    consents_pb2_grpc,
    dreamscapes_pb2_grpc,
    exchange_pb2_grpc,
    exposure_pb2_grpc,
    guidelines_pb2_grpc,
    house_pb2_grpc,
    invitations_pb2_grpc,
    letters_pb2_grpc,
    moratoria_pb2_grpc,
    pieces_pb2_grpc,
    pods_pb2_grpc,
    reports_pb2_grpc,
    severs_pb2_grpc,
    wake_pb2_grpc,
)
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.api_methods import calls_of_api
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import ApiInterceptor, Unmetered
from dreamd.adapters.grpc.calls.lanes import STREAMS_PER_CONNECTION, TABLE, Lanes, check_table
from dreamd.adapters.grpc.calls.method_rules import check_rules, rules_of_api
from dreamd.adapters.grpc.calls.request_reader import PATIENCE, Patience, Requests
from dreamd.adapters.grpc.calls.streams import ChangeSignals
from dreamd.adapters.grpc.reflection import serve_reflection
from dreamd.adapters.grpc.servicers.access import Access, Settled
from dreamd.adapters.grpc.servicers.audit import Audit
from dreamd.adapters.grpc.servicers.breakers import Breakers
from dreamd.adapters.grpc.servicers.dreamscapes import Dreamscapes
from dreamd.adapters.grpc.servicers.exchange.exchange import Exchange
from dreamd.adapters.grpc.servicers.people.clinic import Clinic
from dreamd.adapters.grpc.servicers.people.consents import Consents
from dreamd.adapters.grpc.servicers.people.exposure import Exposure
from dreamd.adapters.grpc.servicers.people.guidelines import Guidelines
from dreamd.adapters.grpc.servicers.people.invitations import Invitations
from dreamd.adapters.grpc.servicers.people.letters import Letters
from dreamd.adapters.grpc.servicers.people.moratoria import Moratoria
from dreamd.adapters.grpc.servicers.people.reports import Reports
from dreamd.adapters.grpc.servicers.pods import Pods
from dreamd.adapters.grpc.servicers.severs import Houses, Severs
from dreamd.adapters.grpc.servicers.stage.pieces import Pieces
from dreamd.adapters.grpc.servicers.wake_orders import WakeOrders
from dreamd.app.api.protocols import Api
from dreamd.core.access.rules import Effect
from dreamd.core.limits import ANSWER_BYTES_MAX
from dreamd.core.refusals import Refusal
from dreamd.ports.call_metrics import CallMetrics
from dreamd.ports.identity_provider import IdentityProvider
from dreamd.ports.site_facts import SiteFacts

SERVICES: Final = (
    *("dreamapi.v1.Pods", "dreamapi.v1.Dreamscapes"),
    *("dreamapi.v1.Breakers", "dreamapi.v1.WakeOrders"),
    *("dreamapi.v1.Severs", "dreamapi.v1.Houses", "dreamapi.v1.Access"),
    *("dreamapi.v1.Audit", "dreamapi.v1.Consents", "dreamapi.v1.Guidelines"),
    *("dreamapi.v1.Exposure", "dreamapi.v1.Letters"),
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
class Guard:
    """Access control.

    admission: judges the callers. facts: what a new principal is told. credentials: the server's certificate;
    absent, the port is in the clear. settled: waits for a bed's account at the broker. provider: at which
    people sign in.
    """

    admission: Admission
    facts: SiteFacts
    credentials: grpc.ServerCredentials | None = None
    settled: Settled | None = None
    provider: IdentityProvider | None = None


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
    refused: Callable[[Refusal], None] = lambda _no: None,
    lanes: Lanes | None = None,
    patience: Patience = PATIENCE,
    bells: ChangeSignals | None = None,
    guard: Guard | None = None,
    standbys: Callable[[], Sequence[str]] = tuple,
) -> Running:
    """Serve dreamapi.v1 on `host:port` (port 0: any free one).

    `refused` is called with each refusal. lanes, patience, bells: absent, the
    daemon's own. guard: absent, every caller may do everything, in the clear. standbys: addresses of the
    daemons that wait for the house.

    Raises:
        CannotListen: the port is in use or the address is not of this machine.
    """
    lanes = lanes or Lanes()
    seam = ApiInterceptor(
        *(meters or Unmetered(), refused, lanes, Requests(patience)),
        guard.admission if guard else None,
        acts=api.acts,
        standbys=standbys,
    )
    # No maximum_concurrent_rpcs: it refuses everything alike, ways out too. Lanes bound each kind of call.
    server = grpc.aio.server(interceptors=[seam], options=OPTIONS)
    checker = health.aio.HealthServicer()
    bells = ChangeSignals() if bells is None else bells
    _serve_services(api, server, bells, guard)
    health_pb2_grpc.add_HealthServicer_to_server(checker, server)
    serve_reflection((*SERVICES, health.SERVICE_NAME), server)
    check_table(calls_of_api())
    check_rules(TABLE)
    bound = bind_port(server, host, port, guard.credentials if guard else None)
    await server.start()
    running = Running(bound, bells, lanes, server, checker)
    await running.serving(ready=True)
    return running


async def serve_ways_out(api: Api, path: Path, refused: Callable[[Refusal], None]) -> "WaysOut":
    """Serve the methods that free on a socket of this machine, without a credential, and nothing else.

    It is a server of its own: no call on the network takes its places. The socket is open to the user of the
    daemon and to its group, so the machine decides who is near it.

    Raises:
        CannotListen: the socket cannot be made; the message has the next step.
    """
    frees = frozenset(path for path, rule in rules_of_api().items() if rule.effect is Effect.FREES)
    seam = ApiInterceptor(Unmetered(), refused, Lanes(), Requests(PATIENCE), only=frees, acts=api.acts)
    server, bells = grpc.aio.server(interceptors=[seam], options=OPTIONS), ChangeSignals()
    _serve_services(api, server, bells, None)
    bind_socket(server, path)
    await server.start()
    return WaysOut(path, server, bells)


def bind_socket(server: grpc.aio.Server, path: Path) -> None:
    """Listen on a socket of this machine, open to owner and group alone; CannotListen where that fails."""
    bound, mask = 0, os.umask(0o117)
    try:
        path.unlink(missing_ok=True)  # of a daemon that was killed; the state directory is locked
        bound = server.add_insecure_port(f"unix:{path}")
    except (OSError, RuntimeError):
        bound = 0
    finally:
        os.umask(mask)
    if not bound:
        raise CannotListen(
            f"the ways out cannot listen on the socket {path}; name one of at most 100 characters in a "
            "directory that can be written (--free-socket)"
        )


@dataclass(frozen=True, slots=True)
class WaysOut:
    """The server of the local socket."""

    path: Path
    _server: grpc.aio.Server
    _bells: ChangeSignals

    async def close_socket(self, grace_s: float) -> None:
        """Accept no more calls; the socket is removed."""
        self._bells.close()
        await self._server.stop(grace_s)
        self.path.unlink(missing_ok=True)


def _serve_services(
    api: Api,
    server: grpc.aio.Server,
    bells: ChangeSignals,
    guard: Guard | None,
) -> None:
    replays = IdempotencyCache(monotonic)
    access = (
        Access(api.access, guard.facts, settled=guard.settled, provider=guard.provider)
        if guard
        else Access(api.access, SiteFacts())
    )
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
        Houses(api.house, replays), server
    )
    access_pb2_grpc.add_AccessServicer_to_server(access, server)  # type: ignore[no-untyped-call]
    audit_pb2_grpc.add_AuditServicer_to_server(Audit(api.audit), server)  # type: ignore[no-untyped-call]
    consents_pb2_grpc.add_ConsentsServicer_to_server(  # type: ignore[no-untyped-call]
        Consents(api.consents, api.erasures, replays), server
    )
    guidelines_pb2_grpc.add_GuidelinesServicer_to_server(  # type: ignore[no-untyped-call]
        Guidelines(api.guidelines, replays), server
    )
    exposure_pb2_grpc.add_ExposureServicer_to_server(  # type: ignore[no-untyped-call]
        Exposure(api.exposure, api.surveillance, replays), server
    )
    _serve_institutions(api, server, replays, bells)


def _serve_institutions(
    api: Api, server: grpc.aio.Server, replays: IdempotencyCache, bells: ChangeSignals
) -> None:
    clinic_pb2_grpc.add_ClinicServicer_to_server(  # type: ignore[no-untyped-call]
        Clinic(api.clinic, replays, bells), server
    )
    exchange_pb2_grpc.add_ExchangeServicer_to_server(  # type: ignore[no-untyped-call]
        Exchange(api.exchange, replays), server
    )
    invitations_pb2_grpc.add_InvitationsServicer_to_server(  # type: ignore[no-untyped-call]
        Invitations(api.invitations, replays), server
    )
    moratoria_pb2_grpc.add_MoratoriaServicer_to_server(  # type: ignore[no-untyped-call]
        Moratoria(api.moratoria, replays), server
    )
    reports_pb2_grpc.add_ReportsServicer_to_server(  # type: ignore[no-untyped-call]
        Reports(api.reports, replays), server
    )
    pieces_pb2_grpc.add_PiecesServicer_to_server(Pieces(api.pieces), server)  # type: ignore[no-untyped-call]
    letters_pb2_grpc.add_LettersServicer_to_server(Letters(api.letters), server)  # type: ignore[no-untyped-call]


def bind_port(
    server: grpc.aio.Server, host: str, port: int, credentials: grpc.ServerCredentials | None
) -> int:
    """Listen on `host:port`, without credentials in the clear, and return the port; else CannotListen."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if credentials is None:
            bound = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, credentials)
    except RuntimeError:
        bound = 0
    if not bound:
        raise CannotListen(
            f"the API cannot listen on {address}; end what listens there or choose another port (--grpc-port)"
        )
    return bound
