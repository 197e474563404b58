"""Clients that besiege a daemon, each a process of its own: `python tests/siege_clients.py WHAT --port N`.

- watchers, bare: follow a Dreamscape's ticks with and without seats, each on a connection of its own.
- streams: hold streams of every kind open, and reopen refused or ended ones.
- calls: keep so many reads under way.
- paced: make so many reads a second, and print how many were answered in each.
- drips: send a byte of an HTTP request now and then, and reconnect when disconnected.
- severs: sever so often, one after another, and print how long each took, in seconds; then end.

The others print a line once they have begun, and end with standard input.
"""

import argparse
import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import grpc
import grpc.aio
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from dreamapi.credentials import HeldCredential, channel_credentials, load_credential
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamapi.v1.pods_pb2_grpc import PodsStub

CONNECTIONS = 10
OWN = (("grpc.use_local_subchannel_pool", 1),)
AGAIN_S = 0.5
DRIP_S = 0.5
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
Open = Callable[[grpc.aio.Channel], grpc.aio.Call]


def channels(port: int, callers: Path | None) -> list[grpc.aio.Channel]:
    """A few connections; one for each credential in the directory `callers`, over TLS, where there is one."""
    if callers is None:
        return [channel(port) for _ in range(CONNECTIONS)]
    held = [load_credential(path) for path in sorted(callers.glob("*.json"))]
    return [
        grpc.aio.secure_channel(one.server, channel_credentials(one.authority, HeldCredential(one)), OWN)
        for one in held
    ]


def watching(port: int, callers: Path | None, count: int) -> list[grpc.aio.Channel]:
    """A connection for each of so many watchers; of a site, one for each of its first callers."""
    return [channel(port) for _ in range(count)] if callers is None else channels(port, callers)[:count]


def channel(port: int) -> grpc.aio.Channel:
    """A connection of its own."""
    return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=OWN)


async def watch(over: grpc.aio.Channel, name: str, *, seats: bool) -> None:
    """Read every tick."""
    request = dreams.WatchCollectiveRequest(name=f"dreamscapes/{name}", omit_seats=not seats)
    method = over.unary_stream(
        "/dreamapi.v1.Dreamscapes/WatchCollective", dreams.WatchCollectiveRequest.SerializeToString
    )
    async for _ in method(request):
        pass


async def hold(over: list[grpc.aio.Channel], count: int, name: str) -> None:
    """Hold so many streams of every kind, over these connections."""
    kinds: list[Open] = [
        lambda c: PodsStub(c).WatchPods(beds.WatchPodsRequest()),
        lambda c: DreamscapesStub(c).WatchEvents(dreams.WatchEventsRequest()),
        lambda c: DreamscapesStub(c).WatchCollective(
            dreams.WatchCollectiveRequest(name=f"dreamscapes/{name}")
        ),
        lambda c: HealthStub(c).Watch(HealthCheckRequest()),
        lambda c: c.stream_unary("/dreamapi.v1.Dreamscapes/LeadDreamscape")(),
        lambda c: c.stream_stream(REFLECTION)(),
    ]

    async def one(number: int) -> None:
        while True:
            call = kinds[number // len(over) % len(kinds)](over[number % len(over)])
            try:
                if isinstance(call, grpc.aio.StreamUnaryCall):
                    await call
                else:
                    while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]
                        pass
            except grpc.aio.AioRpcError:
                pass
            await asyncio.sleep(AGAIN_S)

    await asyncio.gather(*(one(number) for number in range(count)))


async def call(over: list[grpc.aio.Channel], count: int, name: str) -> None:
    """Keep so many reads under way."""

    async def one(number: int) -> None:
        pods, dreamscapes = PodsStub(over[number % len(over)]), DreamscapesStub(over[0])
        while True:
            try:
                if number % 10:
                    await pods.GetPod(beds.GetPodRequest(name="pods/light-1"))
                else:
                    await dreamscapes.GetDreamscape(dreams.GetDreamscapeRequest(name=f"dreamscapes/{name}"))
            except grpc.aio.AioRpcError:
                await asyncio.sleep(AGAIN_S)

    await asyncio.gather(*(one(number) for number in range(count)))


async def pace(over: list[grpc.aio.Channel], each_s: int, name: str) -> None:
    """Make so many calls a second, none waiting for another; print once a second how many were answered."""
    loop, answered, under_way = asyncio.get_running_loop(), 0, set[asyncio.Task[None]]()

    async def one(number: int) -> None:
        nonlocal answered
        with contextlib.suppress(grpc.aio.AioRpcError):
            await PodsStub(over[number % len(over)]).GetPod(beds.GetPodRequest(name=f"pods/{name}"))
            answered += 1

    began_s = loop.time()
    for number in itertools.count():
        await asyncio.sleep(max(0.0, began_s + number / each_s - loop.time()))
        task = asyncio.ensure_future(one(number))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        if number % each_s == each_s - 1:
            print(answered, flush=True)
            answered = 0


async def drip(port: int, count: int) -> None:
    """Keep so many HTTP requests that are never completed."""

    async def one() -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                for byte in itertools.cycle(b"GET /metrics HTTP/1.1\r\nX: "):
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(DRIP_S)
            except OSError:
                await asyncio.sleep(AGAIN_S)

    await asyncio.gather(*(one() for _ in range(count)))


async def order(port: int, name: str, count: int, pause_s: float) -> None:
    """Sever so often, one after another, and print how long each took, in seconds."""
    stub, request = DreamscapesStub(channel(port)), dreams.SeverDreamscapeRequest(name=f"dreamscapes/{name}")
    for _ in range(count):
        began_s = time.perf_counter()
        await stub.SeverDreamscape(request)
        print(time.perf_counter() - began_s, flush=True)
        await asyncio.sleep(pause_s)


async def until_told() -> None:
    """Wait for the end of standard input."""
    await asyncio.to_thread(sys.stdin.read)


async def main() -> None:
    """Run as the command line asks until stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["watchers", "bare", "streams", "calls", "paced", "drips", "severs"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--dreamscape", default="night")
    parser.add_argument("--callers", type=Path, help="a directory of credential files, of a site")
    parser.add_argument("--pause-s", type=float, default=0.05)
    told = parser.parse_args()
    port, count, name = told.port, told.count, told.dreamscape
    if told.what == "severs":
        await order(port, name, count, told.pause_s)
        return
    work: dict[str, Callable[[], Coroutine[object, object, None]]] = {
        "streams": lambda: hold(channels(port, told.callers), count, name),
        "calls": lambda: call(channels(port, told.callers), count, name),
        "paced": lambda: pace(channels(port, told.callers), count, "light-1"),
        "drips": lambda: drip(port, count),
    }
    for what in ("watchers", "bare"):
        work[what] = lambda: _all_watch(
            watching(port, told.callers, count), name, seats=told.what == "watchers"
        )
    working = asyncio.ensure_future(work[told.what]())
    print("begun", flush=True)
    await until_told()
    working.cancel()


async def _all_watch(over: list[grpc.aio.Channel], name: str, *, seats: bool) -> None:
    await asyncio.gather(*(watch(one, name, seats=seats) for one in over))


if __name__ == "__main__":
    asyncio.run(main())
