"""A process of many protocol-true pods without agents: `python tests/bench/fleet_swarm.py PORT KEY FIRST COUNT ...`.

Each pod has a connection of its own, says presence, status once a second (its vital part, and the whole as a bed
does) and a clock probe every two, obeys assigns and releases with their outcomes, hears its cohort's broadcasts, and sends a frame at each instant, by
itself or by its gateway. Its frames are drawn, and it couples nothing: the work at broker and daemon is
that of a bed, and a pod costs this process some 100 us a second and not a bed's 26 ms.

The session clock is given: an anchor shared with `slow_daemon.py`, SLOW times slower than the machine's.
"""

import asyncio
import struct
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamd.core.limits import HOP_S
from dreamwire import codec, topics
from dreamwire.blend import first_seq, next_seq
from dreamwire.messages import (
    Assign,
    Calibration,
    CalibrationSource,
    ClockProbe,
    ClockState,
    CommandOutcome,
    Device,
    Frame,
    Presence,
    Release,
    Status,
    Versions,
    WakePod,
)
from dreamwire.schema import BANDS6X2, WIRE_REVISION
from dreamwire.signing import VerifyKey, unseal
from dreamwire.status_parts import StatusParts

SENDS_AFTER_S = 0.02
KEEPALIVE_S = 60


class SlowClock:
    """The session clock of both ends. anchor: boot time and Unix time; slow: seconds of the machine in one."""

    def __init__(self, anchor: str, slow: float) -> None:
        self._boot_s, self._unix_s = (float(part) for part in anchor.split(","))
        self.slow = slow

    def now_s(self) -> float:
        """Session time."""
        return self._unix_s + (time.clock_gettime(time.CLOCK_BOOTTIME) - self._boot_s) / self.slow


def packet(kind: int, body: bytes) -> bytes:
    """One MQTT packet."""
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (128 if size else 0))
        if not size:
            return bytes((kind, *length)) + body


def text(words: str) -> bytes:
    """A string as MQTT writes it."""
    return struct.pack("!H", len(words)) + words.encode()


class Connection(asyncio.Protocol):
    """MQTT 3.1.1 by hand: connects, subscribes, publishes at QoS 0, acknowledges orders."""

    def __init__(self, name: str, orders: str = "", heard=None) -> None:
        self.name, self._orders, self._heard, self._left = name, orders, heard, b""
        self.ready = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport) -> None:
        self.transport = transport
        connect = text("MQTT") + b"\x04\x02" + struct.pack("!H", KEEPALIVE_S) + text(self.name)
        transport.write(packet(0x10, connect))

    def subscribe(self, *filters: tuple[str, int]) -> None:
        body = b"\x00\x01" + b"".join(text(name) + bytes([qos]) for name, qos in filters)
        self.transport.write(packet(0x82, body))

    def send(self, topic: str, payload: bytes, retained: bool = False) -> None:
        self.transport.write(packet(0x31 if retained else 0x30, text(topic) + payload))

    def data_received(self, data: bytes) -> None:
        data, at = self._left + data if self._left else data, 0
        while len(data) - at >= 2:
            size, shift, body = 0, 0, at + 1
            while body < len(data):
                size |= (data[body] & 127) << shift
                body, shift = body + 1, shift + 7
                if data[body - 1] < 128:
                    break
            else:
                break
            if body + size > len(data):
                break
            kind = data[at] & 0xF0
            if kind == 0x30 and data[at] & 6:  # QoS 1: an order
                end = body + 2 + (data[body] << 8 | data[body + 1])
                self.transport.write(packet(0x40, data[end : end + 2]))
                self._heard(data[body + 2 : end].decode(), data[end + 2 : body + size])
            elif kind == 0x20 and not self.ready.done():
                self.ready.set_result(None)
            at = body + size
        self._left = data[at:]


class Pod:
    """One bed as broker and daemon see it."""

    def __init__(self, number: int, key: VerifyKey, gateway: str) -> None:
        self.name, self.gateway, self.key = f"swarm-{number}", gateway, key
        self.number, self.incarnation = number, time.time_ns() // 1_000_000
        self.rng = np.random.default_rng(number)
        self.profile = np.asarray(BANDS6X2.mu_db) + self.rng.normal(0, 1, BANDS6X2.size)
        self.assign: Assign | None = None
        self.outcomes: tuple[CommandOutcome, ...] = ()
        self.parts = StatusParts()
        self.seq = first_seq(number * 7919)
        phases = self.rng.uniform(0, 2 * np.pi, (16, 2, 5))
        self.phasors = np.stack((np.cos(phases), np.sin(phases)), axis=-1).astype(np.float32)
        self.noise = self.rng.normal(0, 0.3, (16, BANDS6X2.size))

    async def connect(self, port: int, now_s) -> None:
        self.now_s = now_s
        loop = asyncio.get_running_loop()
        _, self.link = await loop.create_connection(
            lambda: Connection(self.name, heard=self.obey), "127.0.0.1", port
        )
        await self.link.ready
        self.link.subscribe((topics.pod_topic(self.name, "command"), 1), (topics.clock_answer(self.name), 0))
        device = Device("simulated", "swarm", ("Fz",), 256.0)
        versions = Versions("bench", WIRE_REVISION)
        said = Presence(
            self.name, self.incarnation, True, "here", device, "bands6x2", versions, gateway=self.gateway
        )
        self.link.send(topics.pod_topic(self.name, "presence"), codec.encode(said), retained=True)
        self.status()

    def obey(self, topic: str, payload: bytes) -> None:
        command = codec.decode_command(unseal(self.key, codec.COMMAND, payload))
        if isinstance(command.what, Assign):
            if self.assign is None or self.assign.assignment != command.what.assignment:
                self.link.subscribe((topics.collective(command.what.dreamscape, command.what.cohort), 0))
            self.assign = command.what
        elif isinstance(command.what, Release | WakePod):
            self.assign = None
        self.outcomes = (*self.outcomes, CommandOutcome(command.counter, ""))[-16:]
        self.status()

    def status(self) -> None:
        template = self.profile.astype(np.float32)
        said = Status(
            pod=self.name, incarnation=self.incarnation,
            assignment=self.assign.assignment if self.assign else 0, channels=(), quality=0.95,
            quality_cause="", calibration=Calibration(
                True, CalibrationSource.SIMULATED, 120.0, template, np.ones_like(template)),
            clock=ClockState(True, 0, 200, 400), applied=0.0, latched="", severed=None,
            outcomes=self.outcomes, load_cpu=0.01, load_rss_kib=40_000, refused_broadcasts=0,
            recording_ended=False, at_us=round(self.now_s() * 1e6),
        )  # fmt: skip
        part = self.parts.next_part(said, self.now_s())
        self.link.send(topics.pod_topic(self.name, "status"), codec.encode(part))

    def probe(self) -> None:
        said = ClockProbe(self.number, round(self.now_s() * 1e6))
        self.link.send(topics.pod_topic(self.name, "clock"), codec.encode(said))

    def frame(self, instant: int) -> Frame | None:
        if self.assign is None:
            return None
        self.seq = next_seq(self.seq)
        at = instant % 16
        return Frame(
            assignment=self.assign.assignment, seq=self.seq, instant=instant, offset_error_us=0,
            uncertainty_us=200, schema=BANDS6X2.code,
            features=(self.profile + self.noise[at]).astype(np.float32), phasors=self.phasors[at],
            quality=0.95, applied=0.0, fading=False, latched="", heard_term=0, heard_tick=0,
            severed=None, own_z=1.0,
        )  # fmt: skip


async def swarm(port: int, key: VerifyKey, first: int, count: int, together: int, clock: SlowClock) -> None:
    """Run the pods until the end."""
    loop = asyncio.get_running_loop()
    gateways: list[Connection] = []
    pods = []
    for number in range(first, first + count):
        at = (number - first) // together
        name = f"gateway-{first}-{at}" if together > 1 else ""
        if name and len(gateways) <= at:
            _, link = await loop.create_connection(lambda name=name: Connection(name), "127.0.0.1", port)
            await link.ready
            gateways.append(link)
        pod = Pod(number, key, name)
        await pod.connect(port, clock.now_s)
        pods.append(pod)
    print("ready", flush=True)
    instant = round(clock.now_s() / HOP_S) + 1
    while True:
        ready = list(
            messages(pods, gateways, together, instant)
        )  # before the instant: beds have cores of their own
        await asyncio.sleep(max(0.0, (instant * HOP_S + SENDS_AFTER_S - clock.now_s()) * clock.slow))
        late_s = clock.now_s() - instant * HOP_S - SENDS_AFTER_S
        for link, topic, payload in ready:
            link.send(topic, payload)
        if late_s > SENDS_AFTER_S:
            print(f"the swarm itself was late by {late_s:.3f} s", file=sys.stderr, flush=True)
        await asyncio.sleep(0.15 * clock.slow)
        for pod in pods[instant % 4 :: 4]:
            pod.status()
        for pod in pods[instant % 8 :: 8]:
            pod.probe()
        if instant % 40 == 0:
            for link in gateways:
                link.transport.write(b"\xc0\x00")
        instant += 1


def messages(pods: list[Pod], gateways: list[Connection], together: int, instant: int):
    """Yield the messages of an instant: connection, topic, payload."""
    if together == 1:
        for pod in pods:
            frame = pod.frame(instant)
            if frame is not None:
                to = topics.frames(pod.assign.dreamscape, pod.assign.cohort, pod.name)
                yield pod.link, to, codec.encode_frames((frame,), plain=True)
    for at, link in enumerate(gateways):
        by: dict[tuple[str, int], list[Frame]] = {}
        for pod in pods[at * together : (at + 1) * together]:
            frame = pod.frame(instant)
            if frame is not None:
                by.setdefault((pod.assign.dreamscape, pod.assign.cohort), []).append(frame)
        for place, frames in by.items():
            yield link, topics.frames(*place, link.name), codec.encode_frames(frames, plain=True)


if __name__ == "__main__":
    port, path, first, count, together, anchor, slow = sys.argv[1:]
    key = VerifyKey.load(Path(path))
    asyncio.run(swarm(int(port), key, int(first), int(count), int(together), SlowClock(anchor, float(slow))))
