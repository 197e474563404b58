"""The Python client: connecting, retrying, giving up, showing."""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from random import Random

import grpc
import grpc.aio
import pytest

import dreamapi
from dreamapi.call_policy import ATTEMPTS, BACKOFF_MOST_S, Line
from dreamapi.daemons import Daemons
from dreamapi.quick_look import lines
from dreamapi.v1.pods_pb2 import GetPodRequest, Pod
from dreamd.adapters.grpc.server import Running
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination

HERE = Daemons(("here",), grpc.aio.insecure_channel)
FORBIDDEN = ("google.rpc", "grpc_status", "grpc_health", "numpy", "rich", "dreamd", "dreamwire")


class Flaky:
    """A unary stub that fails some times before it answers; `requests` holds the requests it received."""

    def __init__(self, failures: int, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        self.failures = failures
        self.code = code
        self.requests: list[object] = []

    def __call__(self, request: object, timeout: float) -> "Flaky":
        """Begin a call."""
        self.requests.append(request)
        assert timeout > 0.0
        return self

    def __await__(self) -> Generator[None, None, Pod]:
        """The answer."""
        yield
        if len(self.requests) <= self.failures:
            raise grpc.aio.AioRpcError(self.code, grpc.aio.Metadata(), grpc.aio.Metadata(), "socket closed")
        return Pod(name="pods/bed-1")

    async def trailing_metadata(self) -> grpc.aio.Metadata:
        """None."""
        return grpc.aio.Metadata()


class NoJitter(Random):
    """Draws the lower bound: no wait at all."""

    def uniform(self, a: float, b: float) -> float:
        """The lower bound."""
        return a


async def test_an_absent_daemon_is_reported_at_once(unused_tcp_port: int) -> None:
    """Entering the connection without a daemon raises at once, with the next step."""
    with pytest.raises(dreamapi.Unreachable, match=f"127.0.0.1:{unused_tcp_port}; start the daemon"):
        async with dreamapi.connect(f"127.0.0.1:{unused_tcp_port}"):
            pass


async def test_a_daemon_that_goes_away_is_unreachable(server: Running) -> None:
    """A daemon that disappears is Unreachable after the last attempt, with its address."""
    async with dreamapi.connect(f"127.0.0.1:{server.port}", rng=NoJitter()) as api:
        await server.stop(0.0)
        with pytest.raises(dreamapi.Unreachable, match=str(server.port)):
            await api.pods.list()


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
async def test_a_broken_connection_is_tried_again_with_the_same_request(code: grpc.StatusCode) -> None:
    """A retry has the same request id, so the write is done once; a daemon that ends may cancel the call."""
    flaky, request = Flaky(ATTEMPTS - 1, code), GetPodRequest(name="pods/bed-1")
    assert (await Line(HERE, NoJitter()).ask(flaky, request, Pod)).name == "pods/bed-1"
    assert flaky.requests == [request] * ATTEMPTS


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_other_failures_are_not_tried_again(code: grpc.StatusCode) -> None:
    """A bug and an expired deadline are not retried."""
    flaky = Flaky(1, code)
    with pytest.raises((dreamapi.Failed, dreamapi.TimedOut)):
        await Line(HERE, NoJitter()).ask(flaky, GetPodRequest(), Pod)
    assert len(flaky.requests) == 1


async def test_trying_again_ends_with_the_deadline() -> None:
    """No attempt begins that cannot end within the deadline."""
    flaky = Flaky(ATTEMPTS)
    with pytest.raises(dreamapi.Unreachable):
        await Line(HERE, NoJitter(), deadline_s=0.0).ask(flaky, GetPodRequest(), Pod)
    assert len(flaky.requests) == 1


@pytest.mark.parametrize("code", [Code.SHUTTING_DOWN, Code.HOUSE_UNOWNED])
async def test_a_daemon_that_is_about_to_serve_is_asked_again(
    code: Code, application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A daemon that stops and a house without an owner are asked again; no other refusal is."""
    application.refuse("pod", Refusal(code, "a moment"))
    assert (await api.pods.get("bed-1")).name == "pods/bed-1"
    assert len(application.calls) == 2


def test_backoff_is_jittered_and_bounded() -> None:
    """Full jitter: anywhere from zero to a bound that doubles up to its limit."""
    line = Line(HERE, Random(4))
    draws = [line.backoff_s(attempt) for attempt in range(64)]
    assert max(draws[:1]) <= 0.2
    assert 0.0 <= min(draws) < 0.5
    assert 4.0 < max(draws) <= BACKOFF_MOST_S


async def test_a_first_look_shows_pods_dreamscapes_and_ticks(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The pasteable first line prints pods, Dreamscapes and ticks, and ends by itself."""
    assert [line async for line in lines(api, 3)][-1] == "no Dreamscape is dreaming"
    application.add("n", DreamscapeState.DREAMING)

    async def pump() -> None:
        for number in range(10_000):
            application.tick("n", number)
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as tasks:
        pumping = tasks.create_task(pump())
        seen = [line async for line in lines(api, 3)]
        pumping.cancel()
    assert seen[0].startswith("pods/bed-1")
    assert seen[3] == "dreamscapes/n: dreaming, 2 assigned, 2 merged"
    assert [line.startswith("tick ") for line in seen[4:]] == [True] * 3
    assert "8 of 8 merged; bed-1 10%" in seen[4]


def test_the_client_needs_grpcio_and_protobuf_alone() -> None:
    """The client imports without the daemon, numpy and googleapis."""
    code = f"import sys; sys.modules.update(dict.fromkeys({FORBIDDEN!r})); import dreamapi; print('well')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("well\n", "")
