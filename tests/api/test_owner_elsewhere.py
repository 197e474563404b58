"""A daemon that does not own the house leads its callers to the owner, and they remember it."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2, health_pb2_grpc

import dreamapi
from dreamapi import call_policy
from dreamapi.call_policy import ATTEMPTS
from dreamapi.credentials import CredentialFile
from dreamapi.daemons import LEARNT_MAX, Daemons, addresses, is_address
from dreamapi.errors import DETAILS_TRAILER
from dreamapi.replay import REPLAYED_MAX, Replay
from dreamapi.v1 import pods_pb2 as pods
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamapi.v1.severing_pb2 import SeverOutcome
from dreamapi.v1.severs_pb2 import OrderSeverRequest
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.lanes import BOUNDS, Lane
from dreamd.adapters.grpc.elsewhere_server import ElsewhereServer, WaysOutElsewhere, serve_elsewhere
from dreamd.adapters.grpc.server import Running, serve_grpc
from dreamd.adapters.grpc.server_certificate import renewing_credentials
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.site_api import site_api

HERE = "127.0.0.1"
FLEET = OrderSeverRequest.SCOPE_FLEET
VECTOR = [0.25] * 12
SERVICE = Grant(Role.SERVICE, sites=frozenset("*"), methods=frozenset({"ListPods"}))


class NoJitter(Random):
    """Draws the lower bound: no wait at all."""

    def uniform(self, a: float, b: float) -> float:
        """The lower bound."""
        return a


class LateJitter(Random):
    """Draws no wait at all ten times, and then the longest."""

    draws = 0

    def uniform(self, a: float, b: float) -> float:
        """The next draw."""
        self.draws += 1
        return a if self.draws <= 10 else b


class Waiting:
    """A daemon that waits; `owner` is the address that it names, and `asked` counts the calls it refused."""

    def __init__(self, owner: str = "") -> None:
        self.owner, self.asked = owner, 0
        self.unowned = False
        self._server: ElsewhereServer | None = None

    def refusal(self) -> Refusal:
        """The answer to a call."""
        self.asked += 1
        if self.unowned:
            return Refusal(Code.HOUSE_UNOWNED, "no daemon owns the house for the moment")
        return Refusal(Code.OWNER_ELSEWHERE, "another owns it", {"address": self.owner} if self.owner else {})

    async def serve(
        self,
        *,
        ways_out: WaysOutElsewhere | None = None,
        socket: Path | None = None,
        site: SiteAuthority | None = None,
    ) -> str:
        """Serve on a free port; returns the address."""
        credentials = renewing_credentials(site) if site is not None else None
        self._server = await serve_elsewhere(
            HERE, 0, self.refusal, credentials=credentials, ways_out=ways_out, socket=socket
        )
        return f"{HERE}:{self._server.port}"

    async def close(self) -> int:
        """End it; returns its port."""
        assert self._server is not None
        await self._server.end_serving()
        return self._server.port


@pytest.fixture
def owner(server: Running) -> str:
    """The address of the daemon that owns the house."""
    return f"{HERE}:{server.port}"


@pytest.fixture
async def waiting(owner: str) -> AsyncIterator[Waiting]:
    """A daemon that waits for it."""
    one = Waiting(owner)
    yield one
    await one.close()


def connect(target: str) -> dreamapi.Api:
    """A client that never waits for longer than it must."""
    return dreamapi.connect(target, rng=NoJitter())


async def test_a_caller_is_led_to_the_owner_once_and_remembers_it(
    waiting: Waiting, application: FakeCoordination
) -> None:
    """The first call is led on, its request as it was; later calls ask the owner at once."""
    async with connect(await waiting.serve()) as api:
        assert (await api.pods.get("bed-1")).name == "pods/bed-1"
        assert len(await api.pods.list()) == 3
    assert waiting.asked == 1
    assert application.calls[0] == ("pod", "bed-1")


async def test_calls_at_once_are_all_led(waiting: Waiting) -> None:
    """Ten calls that begin together all end at the owner."""
    async with connect(await waiting.serve()) as api:
        found = await asyncio.gather(*(api.pods.get("bed-1") for _ in range(10)))
    assert [pod.name for pod in found] == ["pods/bed-1"] * 10


async def test_a_watch_is_led_to_the_owner(waiting: Waiting) -> None:
    """A stream of answers begins at the owner."""
    async with connect(await waiting.serve()) as api:
        async for pod in api.pods.watch():
            assert pod.name.startswith("pods/")
            break
    assert waiting.asked == 1


async def test_a_lead_is_led_with_every_vector_it_has_sent(
    waiting: Waiting, application: FakeCoordination
) -> None:
    """A stream of requests arrives at the owner whole, from its first message on."""
    application.add("n", DreamscapeState.DREAMING)

    async def vectors() -> AsyncIterator[tuple[list[float], float]]:
        for share in (0.1, 0.2, 0.3):
            yield VECTOR, share
            await asyncio.sleep(0.0)

    async with connect(await waiting.serve()) as api:
        assert (await api.dreamscapes.lead("n", vectors())).taken == 3
    assert waiting.asked == 1


async def test_a_lost_owner_is_looked_for_where_the_client_began(
    waiting: Waiting, application: FakeCoordination, server: Running
) -> None:
    """The owner dies and the daemon that waited takes over: the same connection goes on there."""
    target = await waiting.serve()
    async with connect(target) as api:
        await api.pods.get("bed-1")
        await server.stop(0.0)
        port = await waiting.close()
        taken = await serve_grpc(application, HERE, port)
        try:
            assert (await api.pods.get("bed-1")).name == "pods/bed-1"
        finally:
            await taken.stop(0.0)
    assert waiting.asked == 1


async def test_a_client_that_knows_the_owner_alone_learns_who_waits(
    waiting: Waiting, application: FakeCoordination
) -> None:
    """Each answer and each refusal names the daemons that wait: a lost owner is looked for there."""
    for refused in (False, True):
        waits = await waiting.serve()
        owner = await serve_grpc(application, HERE, 0, standbys=lambda at=waits: (at,))
        async with connect(f"{HERE}:{owner.port}") as api:
            if refused:
                application.refuse("pod", Refusal(Code.POD_UNKNOWN, "no such pod"))
                with pytest.raises(dreamapi.PodUnknown):
                    await api.pods.get("bed-1")
            else:
                await api.pods.list()
            await owner.stop(0.0)
            taken = await serve_grpc(application, HERE, await waiting.close())
            assert len(await api.pods.list()) == 3
            await taken.stop(0.0)
    await waiting.serve()


async def test_a_watch_is_handed_over_with_its_house(waiting: Waiting, application: FakeCoordination) -> None:
    """An owner that ends by plan ends its watches; they go on at the daemon that has waited."""
    waits = await waiting.serve()
    owner = await serve_grpc(application, HERE, 0, standbys=lambda: (waits,))
    waiting.owner = f"{HERE}:{owner.port}"
    async with connect(waiting.owner) as api:
        watch = api.pods.watch()
        assert len([await anext(watch) for _ in range(3)]) == 3, "every pod"
        await owner.stop()
        waiting.unowned = True
        further = asyncio.ensure_future(anext(watch))
        while not waiting.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        taken = await serve_grpc(application, HERE, await waiting.close())
        assert (await further).name.startswith("pods/")
        await watch.aclose()
        await taken.stop(0.0)
    await waiting.serve()


async def test_a_call_waits_for_a_takeover_however_the_client_knows_both(
    waiting: Waiting, application: FakeCoordination, server: Running, owner: str
) -> None:
    """The daemon that waits names a dead owner until its lease is over: that is no dispute, and no end."""
    async with connect(f"{owner},{await waiting.serve()}") as api:
        await api.pods.list()
        await server.stop(0.0)
        call = asyncio.ensure_future(api.pods.get("bed-1"))
        while waiting.asked <= 2 * ATTEMPTS:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        taken = await serve_grpc(application, HERE, await waiting.close())
        assert (await call).name == "pods/bed-1"
        await taken.stop(0.0)
    await waiting.serve()


async def test_a_call_waits_while_the_next_owner_opens_its_port(
    waiting: Waiting, application: FakeCoordination, server: Running
) -> None:
    """Between the end of the wait and the begin of the house no port is open; that is no end either."""
    target, rng = await waiting.serve(), NoJitter()
    async with dreamapi.connect(target, rng=rng) as api:
        await api.pods.list()
        await server.stop(0.0)
        port = await waiting.close()
        draws: list[float] = []
        rng.uniform = lambda a, b: draws.append(b) or a  # type: ignore[method-assign, func-returns-value]
        call = asyncio.ensure_future(api.pods.get("bed-1"))
        while len(draws) <= 2 * ATTEMPTS:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        taken = await serve_grpc(application, HERE, port)
        assert (await call).name == "pods/bed-1"
        await taken.stop(0.0)
    await waiting.serve()


async def test_a_call_in_a_takeover_ends_with_its_deadline(waiting: Waiting, server: Running) -> None:
    """Where the owner stays away, the error names its address and the daemon that named it."""
    target = await waiting.serve()
    await server.stop(0.0)
    told = f"{waiting.owner}, the owner of the house by {target}"
    async with dreamapi.connect(target, rng=LateJitter(), deadline_s=0.9) as api:
        with pytest.raises(dreamapi.Unreachable, match=told):
            await api.pods.list()
    assert waiting.asked > ATTEMPTS


async def test_a_house_without_an_owner_is_asked_again(waiting: Waiting) -> None:
    """A house that is about to be taken over answers within the deadline of the call."""
    waiting.unowned = True
    async with connect(await waiting.serve()) as api:
        call = asyncio.ensure_future(api.pods.get("bed-1"))
        while waiting.asked <= 2 * ATTEMPTS:  # noqa: ASYNC110 - more often than a broken connection is tried
            await asyncio.sleep(0.001)
        waiting.unowned = False
        assert (await call).name == "pods/bed-1"


async def test_daemons_that_name_one_another_end_in_an_error_with_both() -> None:
    """A loop ends after a few rounds, for a call and for a watch, and the error names the chain."""
    one, other = Waiting(), Waiting()
    first, second = await one.serve(), await other.serve()
    one.owner, other.owner = second, first
    try:
        async with connect(first) as api:
            with pytest.raises(dreamapi.OwnerElsewhere, match=rf"{first}|{second}.*grpc\.advertise"):
                await api.pods.list()
            assert one.asked + other.asked <= 2 * ATTEMPTS + 1
            with pytest.raises(dreamapi.OwnerElsewhere, match="no daemon that was asked owns the house"):
                await anext(api.pods.watch())
    finally:
        await one.close()
        await other.close()
    assert one.asked + other.asked <= 4 * ATTEMPTS + 2


@pytest.mark.parametrize("address", ["", "no address", "10.0.0.1:0", "a:1;b", "x" * 300 + ":1"])
async def test_an_owner_that_no_address_leads_to_is_the_end(waiting: Waiting, address: str) -> None:
    """A refusal without an address, or with what is none, is raised after one call."""
    waiting.owner = address
    async with connect(await waiting.serve()) as api:
        with pytest.raises(dreamapi.OwnerElsewhere):
            await api.pods.list()
    assert waiting.asked == 1


async def test_the_next_of_several_addresses_is_asked(
    waiting: Waiting, owner: str, unused_tcp_port: int
) -> None:
    """An address that does not answer, and one that leads nowhere, are passed by."""
    waiting.owner = ""
    silent = f"{HERE}:{unused_tcp_port}"
    async with connect(f"{silent}, {await waiting.serve()},{owner}") as api:
        assert len(await api.pods.list()) == 3
    with pytest.raises(dreamapi.Unreachable, match=f"{silent} or {silent}; start the daemon"):
        async with connect(f"{silent},{silent}"):
            pass


async def test_every_method_but_health_says_where_the_owner_is(waiting: Waiting, owner: str) -> None:
    """Programs without our client read the code, the reason and the address; health is NOT_SERVING."""
    async with grpc.aio.insecure_channel(await waiting.serve()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await PodsStub(channel).GetPod(pods.GetPodRequest(name="pods/bed-1"))
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION, "no client repeats it here"
        status, info = Status.FromString(dict(caught.value.trailing_metadata())[DETAILS_TRAILER]), ErrorInfo()
        assert status.details[0].Unpack(info)
        assert (info.reason, info.domain) == ("OWNER_ELSEWHERE", "dreamd")
        assert info.metadata["address"] == owner
        with pytest.raises(grpc.aio.AioRpcError) as newer:
            await channel.unary_unary("/dreamapi.v1.Newer/Method")(b"")
        assert newer.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        waiting.unowned = True
        with pytest.raises(grpc.aio.AioRpcError) as unowned:
            await PodsStub(channel).GetPod(pods.GetPodRequest(name="pods/bed-1"))
        assert unowned.value.code() is grpc.StatusCode.UNAVAILABLE, "a client repeats it here"
        for service in ("", "dreamapi.v1.Pods"):
            request = health_pb2.HealthCheckRequest(service=service)
            told = await health_pb2_grpc.HealthStub(channel).Check(request)
            assert told.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_health_is_watched_by_few(waiting: Waiting) -> None:
    """Watches of health have places, as at the owner; one more is refused, and a check is not."""
    async with grpc.aio.insecure_channel(await waiting.serve()) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        most = BOUNDS[Lane.DIAGNOSIS].connection
        watches = [health.Watch(request) for _ in range(most)]
        for watch in watches:
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health.Watch(request).read()
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await health.Check(request)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        for watch in watches:
            watch.cancel()


class Severing:
    """Ways out that severs alone, and leaves the rest to the owner."""

    admission = None

    def __init__(self) -> None:
        self.severed: list[Message] = []

    async def carry_out(self, path: str, request: Message, context: Context) -> Message | None:
        """Sever."""
        assert context.peer()
        if not path.endswith("/OrderSever"):
            return None
        self.severed.append(request)
        return SeverOutcome(zeroed=3)


async def test_a_way_out_is_served_without_the_owner(
    waiting: Waiting, application: FakeCoordination, tmp_path: Path
) -> None:
    """A sever is answered here, on the port and on the machine's socket; other ways out lead to the owner."""
    severing, socket = Severing(), tmp_path / "free.sock"
    for target in (await waiting.serve(ways_out=severing, socket=socket), f"unix:{socket}"):
        async with connect(target) as api:
            assert (await api.severs.order(FLEET, issuer="ann", reason="caf\udce9")).zeroed == 3
            assert waiting.asked == 0
    assert [getattr(one, "reason", "") for one in severing.severed] == ["caf�"] * 2
    assert socket.stat().st_mode & 0o777 == 0o660
    async with connect(f"unix:{socket}") as api:
        await api.pods.release("bed-1", reason="now")
    assert waiting.asked == 1
    assert [one[0] for one in application.calls] == ["release"]


class Frozen(grpc.GenericRpcHandler):
    """A daemon that takes each call and answers none; `asked` counts them."""

    def __init__(self) -> None:
        self.asked = 0

    def service(self, _details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Message, Message] | None":
        """The handler of every method."""
        return grpc.stream_stream_rpc_method_handler(self._silence)

    async def _silence(self, _requests: object, _context: object) -> None:
        self.asked += 1
        await asyncio.Event().wait()


async def test_a_way_out_leaves_a_silent_owner_for_a_daemon_that_waits(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen owner holds a sever for FREED_WITHIN_S at most; a read waits there until its deadline."""
    monkeypatch.setattr(call_policy, "FREED_WITHIN_S", 0.05)
    frozen, server = Frozen(), grpc.aio.server()
    server.add_generic_rpc_handlers((frozen,))
    at = f"{HERE}:{server.add_insecure_port(f'{HERE}:0')}"
    await server.start()
    severing = Severing()
    both = f"{at},{await waiting.serve(ways_out=severing)}"
    async with connect(both) as api:
        assert (await api.severs.order(FLEET, reason="now")).zeroed == 3
    assert (frozen.asked, len(severing.severed)) == (1, 1)
    async with dreamapi.connect(both, rng=NoJitter(), deadline_s=0.1) as api:
        with pytest.raises(dreamapi.TimedOut):
            await api.pods.list()
        assert (frozen.asked, waiting.asked) == (2, 0), "a write may have been done there"
        assert (await api.severs.order(FLEET, reason="now")).zeroed == 3
    assert frozen.asked == 2, "the next call asks the other daemon at once"
    await server.stop(0.0)


async def test_a_credential_is_shown_to_servers_of_its_own_authority_alone(
    application: FakeCoordination, tmp_path: Path
) -> None:
    """An address leads a credential to the owner of its site; a server of another authority gets none."""
    sites = [SiteAuthority(tmp_path / name) for name in ("own", "other")]
    for site in sites:
        site.make_site((HERE,), dt.datetime.now(dt.UTC))
    own, other = sites
    token = application.principals.known("recorder", SERVICE, kind=Kind.SERVICE)
    waiting = Waiting()
    kept = CredentialFile(await waiting.serve(site=own), "recorder", token, own.authority_text)
    async with site_api(application, own) as owner, site_api(FakeCoordination(), other) as stranger:
        waiting.owner = f"{HERE}:{owner.port}"
        async with dreamapi.connect(kept.server, credential=kept, rng=NoJitter()) as api:
            assert len(await api.pods.list()) == 3
        waiting.owner = f"{HERE}:{stranger.port}"
        async with dreamapi.connect(kept.server, credential=kept, rng=LateJitter(), deadline_s=0.9) as api:
            with pytest.raises(dreamapi.Unreachable, match=f"{waiting.owner}, the owner of the house by"):
                await api.pods.list()
    await waiting.close()


def test_a_target_is_one_address_several_or_one_of_grpcs_own() -> None:
    """Commas part addresses, but not those of a target with a scheme."""
    assert addresses("127.0.0.1:50051") == ("127.0.0.1:50051",)
    assert addresses("a:1, b:2,") == ("a:1", "b:2")
    for whole in ("ipv4:10.0.0.1:1,10.0.0.2:2", "unix:/run/free.sock", "dns:///house:1", ""):
        assert addresses(whole) == (whole,)
    assert all(map(is_address, ("a:1", "10.0.0.1:65535", "[::1]:50051", "b-1.example:443")))
    assert not any(map(is_address, ("", "a", "a:0", "a:65536", "::1:5", "unix:/x", "a:1\n", "u@a:1")))


async def test_channels_to_named_daemons_are_few() -> None:
    """The channels of the newest few addresses are kept, and the given one for good."""

    class Channel:
        def __init__(self, address: str) -> None:
            self.address, self.closed = address, False

        async def close(self) -> None:
            self.closed = True

    made: list[Channel] = []

    def opening(address: str) -> Channel:
        made.append(Channel(address))
        return made[-1]

    daemons = Daemons(("a:1",), opening)  # type: ignore[arg-type]
    daemons.opened("a:1")
    for k in range(20):
        await daemons.move("a:1", f"b:{k + 1}")
        daemons.opened(daemons.target)
    newest = [f"b:{k}" for k in range(21 - LEARNT_MAX, 21)]
    assert [one.address for one in made if not one.closed] == ["a:1", *newest]
    daemons.turn_from("b:3")
    assert daemons.target == "b:20", "a call to an earlier daemon changes nothing"
    daemons.turn_from("b:20")
    assert daemons.target == "a:1"


async def test_requests_that_were_taken_come_again() -> None:
    """A second reading begins with every request of the first; beyond a number there is none."""

    async def numbers() -> AsyncIterator[int]:
        for k in range(REPLAYED_MAX + 2):
            yield k

    replay = Replay(numbers())
    first = replay.sent()
    assert [await anext(first) for _ in range(3)] == [0, 1, 2]
    assert replay.whole
    second = replay.sent()
    assert [await anext(second) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(StopAsyncIteration):
        await anext(first)
    rest = [one async for one in second]
    assert rest == list(range(5, REPLAYED_MAX + 2))
    assert not replay.whole
    await replay.finish()
