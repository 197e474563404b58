"""The server as a whole: health, reflection, its port, every method by raw stub."""

import asyncio
from dataclasses import replace

import grpc
import grpc.aio
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from dreamd.adapters.grpc.calls.api_methods import calls_of_api
from dreamd.adapters.grpc.server import SERVICES, CannotListen, Running, serve_grpc
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.core.moratoria.course import MoratoriumScope
from dreamwire.messages import WakeScope
from fakes.api_requests import GATHERED, GUARDED, STREAMS, TWO, UNARY, stub_with
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.views import breaker_view
from fakes.waiting import until


def test_no_method_is_forgotten_here() -> None:
    """The tables of this file cover the whole API."""
    assert {call.method for call in calls_of_api().values()} == {*UNARY, *STREAMS, *GATHERED, *GUARDED}


@pytest.mark.parametrize("method", sorted(UNARY))
async def test_every_unary_method_answers(
    method: str, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Every unary method answers a generated stub with its own kind of answer."""
    application.add("n", DreamscapeState.GATHERING)
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.LOCKED)
    application.wake_orders.order(named("nurse"), WakeScope.FLEET, "", "fire")
    application.moratoria.call_moratorium(named("ash"), MoratoriumScope.FLEET, "", 0.0, 0.0, "fire")
    application.principals.known("eve", code="k.s")
    application.principals.record("SeverDreamscape", "done", "fire")
    application.consents.given("ada")
    if method not in ("ProposeRevision", "DryRunRevision"):
        application.guidelines.propose(named("nurse"), TWO.decode())
    if method == "CommentOnRevision":
        application.guidelines.open_revision(named("nurse"), 2)
    lease = HouseLease("", "", 1, 1.0, (Waiting("10.0.0.3:50051"),))
    application.house_view = replace(application.house_view, lease=lease)
    application.nights.slept("ada")
    application.clinic.stand()
    application.exchange.stand()
    request, kind = UNARY[method]
    assert isinstance(await stub_with(channel, method)(request), kind)


@pytest.mark.parametrize("method", sorted(STREAMS))
async def test_every_stream_answers(
    method: str, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Every stream answers a generated stub and can be left at any time."""
    application.add("n", DreamscapeState.DREAMING)
    application.clinic.stand()
    application.exchange.stand()
    request, kind = STREAMS[method]
    call = stub_with(channel, method)(request)
    first = asyncio.ensure_future(call.read())
    await until(lambda: application.calls or first.done())
    application.tick("n", 1)
    assert isinstance(await first, kind)
    call.cancel()


@pytest.mark.parametrize("method", sorted(GATHERED))
async def test_every_gathering_method_answers(
    method: str, application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Every client-streaming method answers a generated stub once it has read all messages."""
    application.add("n", DreamscapeState.DREAMING)
    request, kind = GATHERED[method]
    assert isinstance(await stub_with(channel, method)(iter([request])), kind)


async def test_a_method_that_is_not_there(channel: grpc.aio.Channel) -> None:
    """An unknown method is UNIMPLEMENTED."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/dreamapi.v1.Pods/Teleport")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_health_follows_the_daemon(server: Running, channel: grpc.aio.Channel) -> None:
    """Health is SERVING from the start, in total and by service, and NOT_SERVING when set."""
    health = HealthStub(channel)
    for service in ("", *SERVICES):
        answer = await health.Check(HealthCheckRequest(service=service))
        assert answer.status == HealthCheckResponse.SERVING
    await server.serving(ready=False)
    answer = await health.Check(HealthCheckRequest())
    assert answer.status == HealthCheckResponse.NOT_SERVING
    await server.serving(ready=True)
    assert (await health.Check(HealthCheckRequest())).status == HealthCheckResponse.SERVING


async def test_reflection_lists_the_services(channel: grpc.aio.Channel) -> None:
    """Reflection lists and describes the services to tools without the proto."""
    call = ServerReflectionStub(channel).ServerReflectionInfo()
    await call.write(ServerReflectionRequest(list_services=""))
    answer = await call.read()
    listed = {service.name for service in answer.list_services_response.service}
    assert {"dreamapi.v1.Pods", "dreamapi.v1.Dreamscapes", "grpc.health.v1.Health"} <= listed
    await call.write(ServerReflectionRequest(file_containing_symbol="dreamapi.v1.Dreamscape"))
    assert (await call.read()).file_descriptor_response.file_descriptor_proto
    await call.done_writing()


async def test_a_port_in_use_is_reported_in_a_sentence(server: Running) -> None:
    """A port in use is reported in one sentence: two daemons never share a port."""
    with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1:{server.port}; end what listens"):
        await serve_grpc(FakeCoordination(), "127.0.0.1", server.port)


async def test_stopping_twice_is_stopping(server: Running) -> None:
    """Stopping twice is safe; afterwards the port is free for a successor."""
    await server.stop(0.0)
    await server.stop(0.0)
    successor = await serve_grpc(FakeCoordination(), "127.0.0.1", server.port)
    assert successor.port == server.port
    await successor.stop(0.0)
