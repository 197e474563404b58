"""Capacity for calls: ways out have their own places; every other lane is bounded and reports it."""

import asyncio
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import grpc
import grpc.aio
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

import dreamapi.v1
from dreamapi.errors import LaneFull, StreamSilent, from_rpc
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1 import consents_pb2 as consents
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import invitations_pb2 as invitations
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1 import severs_pb2 as severs
from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.breakers_pb2_grpc import BreakersStub
from dreamapi.v1.consents_pb2_grpc import ConsentsStub
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamapi.v1.invitations_pb2_grpc import InvitationsStub
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamapi.v1.severs_pb2_grpc import SeversStub
from dreamapi.v1.wake_pb2_grpc import WakeOrdersStub
from dreamd.adapters.grpc.calls.lanes import (
    TABLE,
    WAITING_MAX,
    Bound,
    Lane,
    Lanes,
    MethodWithoutLaneError,
    check_table,
    host_of,
)
from dreamd.adapters.grpc.calls.request_reader import Patience
from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.core.dreamscapes.views import DreamscapeState
from fakes.coordination import FakeCoordination
from fakes.waiting import until

N = "dreamscapes/n"
REFLECTION = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"
BOUNDED = [lane for lane in Lane if lane is not Lane.WAY_OUT]
Call = Callable[[grpc.aio.Channel], Awaitable[object]]

WAYS_OUT: dict[str, tuple[Call, str]] = {
    "CheckOutPod": (
        lambda channel: PodsStub(channel).CheckOutPod(beds.CheckOutPodRequest(name="pods/bed-1")),
        "check_out",
    ),
    "ReleasePod": (
        lambda channel: PodsStub(channel).ReleasePod(beds.ReleasePodRequest(name="pods/bed-1")),
        "release",
    ),
    "OrderSever": (
        lambda channel: SeversStub(channel).OrderSever(
            severs.OrderSeverRequest(scope=severs.OrderSeverRequest.SCOPE_FLEET)
        ),
        "severs.order",
    ),
    "SeverDreamscape": (
        lambda channel: DreamscapesStub(channel).SeverDreamscape(dreams.SeverDreamscapeRequest(name=N)),
        "sever",
    ),
    "WakeDreamscape": (
        lambda channel: DreamscapesStub(channel).WakeDreamscape(
            dreams.WakeDreamscapeRequest(name=N, issuer="i")
        ),
        "wake",
    ),
    "EndDreamscape": (
        lambda channel: DreamscapesStub(channel).EndDreamscape(dreams.EndDreamscapeRequest(name=N)),
        "end",
    ),
    "TripBreaker": (
        lambda channel: BreakersStub(channel).TripBreaker(
            breaking.TripBreakerRequest(name="breakers/pods/bed-1")
        ),
        "breakers.trip",
    ),
    "OrderWake": (
        lambda channel: WakeOrdersStub(channel).OrderWake(
            waking.OrderWakeRequest(scope=waking.WakeOrder.SCOPE_FLEET, issuer="i", reason="r")
        ),
        "wake_orders.order",
    ),
    "WithdrawConsent": (
        lambda channel: ConsentsStub(channel).WithdrawConsent(
            consents.WithdrawConsentRequest(name="sleepers/ada/consent")
        ),
        "consents.withdraw",
    ),
    "DeclineInvitation": (
        lambda channel: InvitationsStub(channel).DeclineInvitation(
            invitations.DeclineInvitationRequest(name="sleepers/ada/invitations/n")
        ),
        "invitations.decline",
    ),
}
"""Each way out, and the application's name for it."""


def every_method() -> Iterator[str]:
    """The path of every method in every generated module of dreamapi.v1."""
    for module in pkgutil.iter_modules(dreamapi.v1.__path__):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(f"dreamapi.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                yield from (f"/{service.full_name}/{method.name}" for method in service.methods)


def test_every_method_of_the_protos_has_a_lane() -> None:
    """Every method has a lane, so that none is unbounded and no way out is bounded by mistake."""
    check_table(every_method())
    assert {path.rpartition("/")[2] for path, lane in TABLE.items() if lane is Lane.WAY_OUT} == set(WAYS_OUT)


def test_a_method_without_a_lane_ends_the_start() -> None:
    """A method without a lane, or a lane without its method, ends the start with its name."""
    with pytest.raises(MethodWithoutLaneError, match="Teleport"):
        check_table([*every_method(), "/dreamapi.v1.Pods/Teleport"])
    with pytest.raises(MethodWithoutLaneError, match="ListPods"):
        check_table(set(every_method()) - {"/dreamapi.v1.Pods/ListPods"})


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:10.0.0.7:4242", "10.0.0.7"),
        ("ipv6:%5B2001:db8::1%5D:4242", "2001:db8::1"),
        ("ipv4:127.0.0.1:4242", ""),
        ("ipv6:%5B::1%5D:4242", ""),
        ("unix:/run/x", ""),
    ],
)
def test_a_host_is_counted_unless_it_is_this_machine(peer: str, host: str) -> None:
    """Connections of one address are counted together, except those of this machine."""
    assert host_of(peer) == host


def test_a_host_with_many_connections_is_bounded() -> None:
    """A host's third connection is refused, another host's is not."""
    lanes, peers = Lanes({Lane.READ: Bound(1, 2, 9)}), ("ipv4:10.0.0.7:1", "ipv4:10.0.0.7:2")
    with lanes.place(Lane.READ, peers[0]), lanes.place(Lane.READ, peers[1]):
        refusal = lanes.refusal(Lane.READ, "ipv4:10.0.0.7:3")
        assert refusal is not None
        assert refusal.metadata["of"] == "this host"
        assert lanes.refusal(Lane.READ, "ipv4:10.0.0.8:1") is None
    assert lanes.refusal(Lane.READ, "ipv4:10.0.0.7:3") is None


class Hall:
    """A server whose lanes have two places a connection and four in all, and a little patience."""

    def __init__(self, application: FakeCoordination, running: Running, refused: list[str]) -> None:
        self.application, self.running, self.refused = application, running, refused
        self.channels: list[grpc.aio.Channel] = []

    def channel(self) -> grpc.aio.Channel:
        """A connection of its own."""
        options = (("grpc.use_local_subchannel_pool", 1),)
        self.channels.append(grpc.aio.insecure_channel(f"127.0.0.1:{self.running.port}", options=options))
        return self.channels[-1]

    def holding(self, lane: Lane, channel: grpc.aio.Channel) -> grpc.aio.Call:
        """A call of this lane that holds its place: its message or its answer never ends."""
        path = next(path for path, of in TABLE.items() if of is lane)
        if lane is Lane.WATCH:
            return PodsStub(channel).WatchPods(beds.WatchPodsRequest())
        if lane is Lane.DIAGNOSIS:
            return HealthStub(channel).Watch(HealthCheckRequest())
        return channel.stream_unary(path)()

    async def fill(self, lane: Lane, channel: grpc.aio.Channel, places: int = 2) -> list[grpc.aio.Call]:
        """Occupy this connection's places in the lane."""
        before = self.running.lanes.open_calls(lane)
        calls = [self.holding(lane, channel) for _ in range(places)]
        await until(lambda: self.running.lanes.open_calls(lane) == before + places)
        return calls


@pytest.fixture
async def hall(application: FakeCoordination, refused: list[str]) -> AsyncIterator[Hall]:
    """The Dreamscape n is in DREAMING."""
    application.add("n", DreamscapeState.DREAMING)
    lanes = Lanes({lane: Bound(2, 3, 4) for lane in BOUNDED})
    running = await serve_grpc(
        application, "127.0.0.1", 0, refused=lambda no: refused.append(no.code.value), lanes=lanes
    )
    one = Hall(application, running, refused)
    yield one
    for channel in one.channels:
        await channel.close()
    await running.stop(0.0)


async def lane_full(call: Awaitable[object]) -> LaneFull:
    """The refusal of this call."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    refusal = from_rpc(caught.value, "here")
    assert isinstance(refusal, LaneFull)
    return refusal


async def ended(call: grpc.aio.Call) -> object:
    """Wait for the end of a call, whatever its kind."""
    if isinstance(call, grpc.aio.UnaryStreamCall):
        async for _ in call:
            pass
        return None
    return await call


@pytest.mark.parametrize("lane", BOUNDED, ids=lambda lane: lane.value)
async def test_a_full_lane_refuses_with_what_to_do_and_the_others_go_on(lane: Lane, hall: Hall) -> None:
    """A full lane refuses with LANE_FULL, its bound and scope, and counts it in the metric."""
    first, second = hall.channel(), hall.channel()
    calls = await hall.fill(lane, first)
    refusal = await lane_full(ended(hall.holding(lane, first)))
    assert refusal.metadata == {"lane": lane.value, "limit": "2", "of": "this connection"}
    assert refusal.next_step
    assert hall.running.lanes.full == ()
    calls += await hall.fill(lane, second)
    assert (await lane_full(ended(hall.holding(lane, hall.channel())))).metadata["of"] == "all callers"
    assert hall.refused == ["LANE_FULL"] * 2
    (sentence,) = hall.running.lanes.full
    assert lane.value in sentence
    for other in BOUNDED:
        if other is not lane:
            calls += await hall.fill(other, first, 1)
    for call in calls:
        call.cancel()
    await until(lambda: not any(hall.running.lanes.open_calls(one) for one in Lane))


@pytest.mark.parametrize("method", sorted(WAYS_OUT))
async def test_a_way_out_acts_while_every_lane_is_full(method: str, hall: Hall) -> None:
    """A way out acts although every lane is full, on a new connection and on a full one."""
    crowded = [hall.channel(), hall.channel()]
    for lane in BOUNDED:
        for channel in crowded:
            await hall.fill(lane, channel)
    call, asked = WAYS_OUT[method]
    async with asyncio.timeout(5.0):
        await call(hall.channel())
        await call(crowded[0])
    assert [name for name, *_ in hall.application.calls].count(asked) == 2


async def test_incomplete_severs_take_no_place_from_a_complete_one(hall: Hall) -> None:
    """Four hundred Severs that never send a message take no place from a complete Sever."""
    channels = [hall.channel(), hall.channel()]
    silent = [channels[n % 2].stream_unary("/dreamapi.v1.Dreamscapes/SeverDreamscape")() for n in range(400)]
    await until(lambda: hall.running.lanes.open_calls(Lane.WAY_OUT) == 400)
    async with asyncio.timeout(5.0):
        assert (
            await DreamscapesStub(hall.channel()).SeverDreamscape(dreams.SeverDreamscapeRequest(name=N))
        ).zeroed == 2
    for call in silent:
        call.cancel()


async def test_of_many_ways_out_at_once_each_acts_and_the_last_are_answered_at_once(hall: Hall) -> None:
    """Of many ways out each acts; those beyond WAITING_MAX do not wait for pods, so they cost no polling."""
    hall.application.confirm_at_once = False
    stub = DreamscapesStub(hall.channel())
    calls = [stub.SeverDreamscape(dreams.SeverDreamscapeRequest(name=N)) for _ in range(WAITING_MAX)]
    await until(lambda: len(hall.application.tickets) == WAITING_MAX)
    async with asyncio.timeout(1.3):
        outcome = await stub.SeverDreamscape(dreams.SeverDreamscapeRequest(name=N))
    assert (outcome.zeroed, outcome.confirmed, len(outcome.unconfirmed)) == (2, 0, 2)
    assert len(hall.application.tickets) == WAITING_MAX + 1
    for call in calls:
        call.cancel()


@pytest.fixture
async def brisk(application: FakeCoordination, refused: list[str]) -> AsyncIterator[Hall]:
    """The Dreamscape n is in DREAMING, and a silent call is ended after a twentieth of a second."""
    application.add("n", DreamscapeState.DREAMING)
    patience = Patience(first_s=0.05, between_s=0.05)
    running = await serve_grpc(
        application, "127.0.0.1", 0, refused=lambda no: refused.append(no.code.value), patience=patience
    )
    one = Hall(application, running, refused)
    yield one
    for channel in one.channels:
        await channel.close()
    await running.stop(0.0)


@pytest.mark.parametrize("path", sorted(set(TABLE) - {"/grpc.health.v1.Health/List"}))
async def test_a_call_that_says_nothing_ends(path: str, brisk: Hall) -> None:
    """A silent call of any method ends with STREAM_SILENT and frees its place."""
    call = brisk.channel().stream_unary(path)()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(5.0):
            await call
    refusal = from_rpc(caught.value, "here")
    assert isinstance(refusal, StreamSilent)
    assert brisk.refused == ["STREAM_SILENT"]
    await until(lambda: not any(brisk.running.lanes.open_calls(lane) for lane in Lane))


async def test_a_silent_lead_is_ended(brisk: Hall) -> None:
    """A lead that falls silent after its vector is ended, and another artist may lead."""
    lead = DreamscapesStub(brisk.channel()).LeadDreamscape()
    await lead.write(dreams.LeadDreamscapeRequest(name=N, vector=[0.5] * 12, share=0.1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(5.0):
            await lead
    assert isinstance(from_rpc(caught.value, "here"), StreamSilent)
    assert brisk.refused == ["STREAM_SILENT"]
    assert brisk.application.artists.newest()[0].size == 0


@pytest.mark.parametrize(
    "path", ["/dreamapi.v1.Dreamscapes/SeverDreamscape", "/dreamapi.v1.Dreamscapes/LeadDreamscape"]
)
async def test_a_body_that_is_no_message_is_refused_and_counted(path: str, hall: Hall) -> None:
    """A malformed body is INVALID_ARGUMENT with its reason, not a library's UNKNOWN."""
    call = hall.channel().stream_unary(path)(iter([b"\xff\xff\xff"]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert hall.refused == ["INVALID_ARGUMENT"]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_answers_in_both_versions(version: str, channel: grpc.aio.Channel) -> None:
    """Reflection lists the services, and describes ours and itself, in both versions."""
    symbols = ("dreamapi.v1.Dreamscapes", f"grpc.reflection.{version}.ServerReflection")
    asked = [ServerReflectionRequest(list_services="")]
    asked += [ServerReflectionRequest(file_containing_symbol=symbol) for symbol in symbols]
    call = channel.stream_stream(
        REFLECTION.format(version),
        ServerReflectionRequest.SerializeToString,
        ServerReflectionResponse.FromString,
    )(iter(asked))
    answers = [answer async for answer in call]
    listed = {service.name for service in answers[0].list_services_response.service}
    assert {"dreamapi.v1.Pods", "grpc.reflection.v1.ServerReflection"} <= listed
    assert all(answer.file_descriptor_response.file_descriptor_proto for answer in answers[1:])
