"""A frame from the broker into columns, on the processor: today's way beside the bare protocol and other clients.

All in one run, over a real mosquitto, one hop of all pods at a time: the least and the median of the hops' process
time. A publisher in a process of its own writes each hop's packets at once, as pods on one grid do.
"""

import asyncio
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import mqtt5

from dreamd.adapters.mqtt.connection import Connection
from dreamd.adapters.mqtt.inbox import Arrival, Inbox
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.outbox import Parcel
from dreamd.app.inbound_guard import InboundGuard
from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from dreamwire.connection import PromptClient
from dreamwire.topics import FramesTopic
from fakes.inbound import KeepingLinkMeters
from fakes.stage import Stage
from mosquitto import MOSQUITTO, Broker, free_port

PODS: Final = 500
HOPS: Final = 24
TOGETHER: Final = 64
EVERY_S: Final = 0.005
PUBLISHER: Final = """
import socket, sys
port, path = int(sys.argv[1]), sys.argv[2]
to = socket.create_connection(("127.0.0.1", port))
to.sendall(bytes.fromhex("101000044d51545404020000000462656e63"))
to.recv(4)
for line in sys.stdin:
    to.sendall(open(path, "rb").read())
"""
GMQTT: Final = """
import asyncio, sys, time
from gmqtt import Client
port, pods, hops = map(int, sys.argv[1:])
async def main():
    count, done = 0, asyncio.Event()
    def heard(client, topic, payload, qos, properties):
        nonlocal count
        count += 1
        if count == pods:
            count = 0
            done.set()
        return 0
    client = Client("gmqtt-bench")
    client.on_message = heard
    await client.connect("127.0.0.1", port)
    client.subscribe("dreamd/v1/frames/+/+/+")
    await asyncio.sleep(0.5)
    for _ in range(hops):
        began = time.process_time()
        print("ready", flush=True)
        await done.wait()
        done.clear()
        print((time.process_time() - began) / pods * 1e6, flush=True)
asyncio.run(main())
"""


def publish_packet(topic: str, payload: bytes) -> bytes:
    """One publication at QoS 0."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + payload
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (128 if size else 0))
        if not size:
            return bytes([0x30, *length]) + body


class Crowd:
    """A Dreamscape of many pods, whose frames are published hop by hop."""

    def __init__(self, port: int, folder: Path) -> None:
        self.stage = Stage(pods=PODS)
        self.stage.appear()
        self.stage.dream()
        self.frames: list[tuple[FramesTopic, bytes]] = []
        self._gateway = False
        inbound = self.stage.app.inbound
        self._take = inbound.on_frames
        self.plain = False
        inbound.on_frames = lambda topic, frames: self.frames.append(
            (topic, codec.encode_frames(frames, plain=self.plain))
        )
        self._file = folder / "hop"
        self._publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(port), str(self._file)], stdin=subprocess.PIPE
        )

    def name_gateway(self) -> None:
        """Every bed names the gateway `ward-a`, whose frames are then sent TOGETHER in a message."""
        self._gateway = True
        for pod in self.stage.pods:
            pod.gateway = "ward-a"
            pod.presence()

    def _packets(self) -> list[bytes]:
        if not self._gateway:
            return [
                publish_packet(topics.frames(to.dreamscape, to.cohort, to.sender), one)
                for to, one in self.frames
            ]
        packets = []
        for cohort in sorted({to.cohort for to, _ in self.frames}):
            ours = [one for to, one in self.frames if to.cohort == cohort]
            for at in range(0, len(ours), TOGETHER):
                topic = topics.frames("night", cohort, "ward-a")
                packets.append(publish_packet(topic, b"".join(ours[at : at + TOGETHER])))
        return packets

    def next_hop(self) -> None:
        """Close the tick, and publish the frames of the next hop."""
        stage = self.stage
        stage.clock.at_s = stage.app.next_due_s()
        stage.app.run_due()
        instant = round((stage.app.next_due_s() - TICK_CLOSES_AFTER_S) / HOP_S)
        stage.clock.at_s = instant * HOP_S + 0.02
        self.frames.clear()
        for pod in stage.pods:
            pod.frame(instant)
        self._file.write_bytes(b"".join(self._packets()))

    def send(self) -> None:
        """Have it published."""
        assert self._publisher.stdin is not None
        self._publisher.stdin.write(b"\n")
        self._publisher.stdin.flush()

    def close(self) -> None:
        """End the publisher."""
        self._publisher.kill()

    def take(self, topic: FramesTopic, payload: bytes) -> None:
        """One frame into the columns, by itself."""
        self._take(topic, codec.decode_frames(payload))


class Bare(asyncio.Protocol):
    """MQTT by hand: counts publications, and reads every five milliseconds."""

    def __init__(self, counted: Callable[[int], None], codec5: bool) -> None:
        self._counted, self._codec5, self._left = counted, codec5, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect and subscribe."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._codec5:
            transport.write(mqtt5.ConnectPacket("bare-5", clean_start=True).write())
            transport.write(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(topics.FRAMES)]).write())
            return
        name = topics.FRAMES.encode()
        transport.write(bytes.fromhex("101000044d51545404020000000462617265"))
        body = b"\x00\x01" + len(name).to_bytes(2, "big") + name + b"\x00"
        transport.write(bytes([0x82, len(body)]) + body)

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        self._counted(self._by_codec(data) if self._codec5 else self._by_hand(data))
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(EVERY_S, self._transport.resume_reading)

    def _by_codec(self, data: bytes) -> int:
        view, at, count = memoryview(self._left + data), 0, 0
        try:
            while True:
                packet, size = mqtt5.read(view[at:])
                at += size
                count += type(packet) is mqtt5.PublishPacket
        except IndexError:
            self._left = bytes(view[at:])
        return count

    def _by_hand(self, data: bytes) -> int:
        data, at, count = self._left + data, 0, 0
        end = len(data)
        while end - at >= 2:
            size, body = data[at + 1], at + 2
            if size > 127:
                if end - at < 3:
                    break
                size, body = (size & 127) | data[at + 2] << 7, at + 3
            if body + size > end:
                break
            if data[at] & 0xF0 == 0x30:
                topic = body + 2 + (data[body] << 8 | data[body + 1])
                data[body + 2 : topic].decode()
                data[topic : body + size]
                count += 1
            at = body + size
        self._left = data[at:]
        return count


class Arrivals:
    """Counts what a way has taken in, and wakes the measurement after a hop."""

    def __init__(self) -> None:
        self.count, self.done = 0, asyncio.Event()

    def add(self, count: int) -> None:
        """So many more."""
        self.count += count
        if self.count >= PODS:
            self.done.set()


async def hops_of(crowd: Crowd, arrivals: Arrivals) -> list[float]:
    """Process time of each hop, in microseconds a frame."""
    took = []
    for _ in range(HOPS):
        crowd.next_hop()
        arrivals.count = 0
        arrivals.done.clear()
        began = time.process_time()
        crowd.send()
        async with asyncio.timeout(20.0):
            await arrivals.done.wait()
        took.append((time.process_time() - began) / PODS * 1e6)
    return took[4:]


async def bare(crowd: Crowd, port: int, *, codec5: bool) -> list[float]:
    """The protocol alone."""
    arrivals = Arrivals()
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: Bare(arrivals.add, codec5), "127.0.0.1", port
    )
    await asyncio.sleep(0.3)
    try:
        return await hops_of(crowd, arrivals)
    finally:
        transport.close()


async def received(crowd: Crowd, port: int) -> list[float]:
    """Aiomqtt, and nothing done with what it receives."""
    arrivals = Arrivals()
    access = Access(Address("127.0.0.1", port))
    async with PromptClient(access, lambda _: arrivals.add(1), clean_session=True) as client:
        await client.hear([(topics.FRAMES, 0)])
        return await hops_of(crowd, arrivals)


async def one_by_one(crowd: Crowd, port: int) -> list[float]:
    """As it was: a packet at a time through client, inbox, codec and columns."""
    arrivals, inbox = Arrivals(), Inbox()
    loop = asyncio.get_running_loop()

    def turn() -> None:
        while (arrival := inbox.next_arrival()) is not None:
            assert isinstance(arrival.topic, FramesTopic)
            crowd.take(arrival.topic, arrival.payload)
            arrivals.add(1)

    def offer(message: object) -> None:
        topic = topics.parse(message.topic.value)
        assert isinstance(topic, FramesTopic)
        inbox.put(Arrival(topic, message.payload, retained=False, received_s=crowd.stage.clock.now_s()))
        loop.call_soon(turn)

    async with PromptClient(Access(Address("127.0.0.1", port)), offer, clean_session=True) as client:
        await client.hear([(topics.FRAMES, 0)])
        return await hops_of(crowd, arrivals)


async def together(crowd: Crowd, port: int) -> list[float]:
    """As it is: the daemon's own connection and intake."""
    arrivals, stage = Arrivals(), crowd.stage
    guard = InboundGuard(stage.app.inbound, stage.app.failures)
    intake = Intake(guard, stage.clock, KeepingLinkMeters())
    take = guard.on_frame_block

    def counted(block: object) -> None:
        take(block)
        arrivals.add(len(block.topics))

    guard.on_frame_block = counted
    will = Parcel("bench", b"", 0)
    connection = Connection(
        Access(Address("127.0.0.1", port)),
        identifier="bench-now",
        will=will,
        offer=lambda _: None,
        offer_all=intake.offer_all,
    )
    async with connection:
        await connection.hear([(topics.FRAMES, 0)])
        return await hops_of(crowd, arrivals)


def gmqtt(crowd: Crowd, port: int) -> list[float]:
    """Gmqtt in an environment of its own; empty where it cannot be had."""
    if shutil.which("uv", path=str(Path(sys.executable).parent)) is None:
        return []
    uv = str(Path(sys.executable).parent / "uv")
    command = [uv, "run", "--quiet", "--no-project", "--with", "gmqtt", "python", "-c", GMQTT]
    process = subprocess.Popen([*command, str(port), str(PODS), str(HOPS)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    took = []
    for line in process.stdout:
        if line == "ready\n":
            crowd.next_hop()
            crowd.send()
        else:
            took.append(float(line))
    return took[4:]


@contextmanager
def broker() -> Iterator[tuple[int, Path]]:
    """A mosquitto of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        conf, port = Path(folder) / "mosquitto.conf", free_port()
        conf.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 65536\nset_tcp_nodelay true\n"
        )
        real = Broker(conf, port)
        real.start()
        try:
            yield port, Path(folder)
        finally:
            real.kill()


def intake(row: Callable[[str, str, str], None]) -> None:
    """Measure and print."""
    if MOSQUITTO is None:
        row("a frame into columns", "-", "mosquitto is not here")
        return
    with broker() as (port, folder):
        crowd = Crowd(port, folder)
        try:
            peer = gmqtt(crowd, port)
            found = asyncio.run(_all(crowd, port)) | {"gmqtt, nothing done with it": peer}
        finally:
            crowd.close()
    least = {name: min(took) for name, took in found.items() if took}
    for name, took in found.items():
        if took:
            ratio = f"{least[name] / least[BARE]:.1f} x bare"
            row(f"{name}: least (median) us", f"{least[name]:.1f} ({statistics.median(took):.1f})", ratio)
    row("a frame into columns, over the bare protocol", f"{least[PLAIN] / least[BARE]:.1f} x", "<= 5 x")
    row("by a gateway of 64, over the bare protocol", f"{least[GATEWAY] / least[BARE]:.1f} x", "<= 2.5 x")
    row("one by one over together", f"{least[BEFORE] / least[PLAIN]:.1f} x", ">= 7 x")


BARE: Final = "the bare protocol, parsed by hand, read every 5 ms"
NOW: Final = "into columns, together"
BEFORE: Final = "into columns, one by one"
PLAIN: Final = "into columns, together, fixed layout"
GATEWAY: Final = "into columns, together, fixed layout, by a gateway of 64"


async def _all(crowd: Crowd, port: int) -> dict[str, list[float]]:
    ways: dict[str, Callable[[], Awaitable[list[float]]]] = {
        BARE: lambda: bare(crowd, port, codec5=False),
        "the codec mqtt5, the same": lambda: bare(crowd, port, codec5=True),
        "aiomqtt, nothing done with it": lambda: received(crowd, port),
        BEFORE: lambda: one_by_one(crowd, port),
        NOW: lambda: together(crowd, port),
    }
    found = {name: await way() for name, way in ways.items()}
    crowd.plain = True
    found[PLAIN] = await together(crowd, port)
    crowd.name_gateway()
    found[GATEWAY] = await together(crowd, port)
    return found
