"""A real grpc.aio server on a free port over an application in memory."""

from collections.abc import AsyncIterator
from random import Random

import grpc.aio
import pytest
from prometheus_client import CollectorRegistry

import dreamapi
from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.adapters.metrics.grpc_server import GrpcMetrics
from fakes.coordination import FakeCoordination


@pytest.fixture
def application() -> FakeCoordination:
    """Three pods, no Dreamscape."""
    return FakeCoordination()


@pytest.fixture
def registry() -> CollectorRegistry:
    """The server's metrics registry."""
    return CollectorRegistry()


@pytest.fixture
def refused() -> list[str]:
    """Codes of the refusals so far."""
    return []


@pytest.fixture
async def server(
    application: FakeCoordination, registry: CollectorRegistry, refused: list[str]
) -> AsyncIterator[Running]:
    """A server on a free port."""
    running = await serve_grpc(
        application,
        "127.0.0.1",
        0,
        meters=GrpcMetrics(registry),
        refused=lambda no: refused.append(no.code.value),
    )
    yield running
    await running.stop(0.0)


@pytest.fixture
async def api(server: Running) -> AsyncIterator[dreamapi.Api]:
    """The Python client, connected."""
    async with dreamapi.connect(f"127.0.0.1:{server.port}", rng=Random(1)) as connected:
        yield connected


@pytest.fixture
async def channel(server: Running) -> AsyncIterator[grpc.aio.Channel]:
    """A bare channel with gRPC's own options."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as opened:
        yield opened
