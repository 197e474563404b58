"""This machine's costs: the real code paths, timed in a simulated house of MANY beds, and of FEW.

In virtual time the beds make frames, statuses and probes as ever. Before each tick the hop's frames go as
packets through a socket, the splitter, the intake and the columns, in CPU time; so do statuses and probes,
through codec and application. The tick of two sizes gives its fixed part and each sleeper's. The median of
the hops counts; of ticks the mean, because one in four reads the synchrony. Other programs and
large houses are not at hand: brokers, memory, and the ticks of sleepers above 256 are as shipped.
"""

import asyncio
import socket
import statistics
import time
from dataclasses import replace
from typing import Any, Final

from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt.intake import Intake
from dreamd.cli.capacity.coefficients import SHIPPED, Coefficients
from dreamd.core.limits import HOP_S
from dreamd.ports.pod_link import CohortKey
from dreamd.simulation.world import World
from dreamwire import codec, topics
from dreamwire.messages import Collective
from dreamwire.packet_splitter import PacketSplitter, publication
from dreamwire.signing import SigningKey
from dreamwire.topics import FramesTopic

FEW: Final = 6
MANY: Final = 96
HOPS: Final = 32
FIRST: Final = 16
"""Ticks that are not counted: ramps begin in them, and caches fill."""
GROUP: Final = 16
"""Frames of one message, as a gateway sends them."""
SEGMENT_BYTES: Final = 52
"""Headers of IP and TCP around a message that travels alone."""
READ_BYTES: Final = 1 << 20

Message = tuple[str, bytes]


class NoMeters:
    """The link's meters: in a measurement nothing is late or lost at a link."""

    def link(self, *, up: bool) -> None:
        """Count nothing."""

    def link_dropped(self, what: str) -> None:
        """Count nothing."""


class House:
    """A simulated house of so many beds that dream, whose messages wait until the tick and are timed there.

    alone, statuses, probes, ticks, broadcasts: of one, in each hop, us. saved: what a frame in a message of
    GROUP costs less than in one of its own, us. sizes: bytes of the largest message of a kind.
    """

    def __init__(self, beds: int) -> None:
        """Let them dream."""
        self.beds = beds
        self.alone: list[float] = []
        self.saved: list[float] = []
        self.statuses: list[float] = []
        self.probes: list[float] = []
        self.ticks: list[float] = []
        self.broadcasts: list[float] = []
        self.sizes: dict[str, int] = {}
        self._waiting: dict[str, list[Message]] = {}
        self._publish_us = 0.0
        self._world = World(1, beds)
        refused = self._world.gather()
        daemon = self._world.daemon
        if refused or daemon is None:
            raise AssertionError(f"the simulated house does not dream: {refused}")
        self._daemon, self._seal = daemon, Seal(SigningKey.generate())
        self._there, self._here = socket.socketpair()
        for end in (self._there, self._here):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, READ_BYTES)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_BYTES)
        self._intake = Intake(daemon.inbound, daemon, NoMeters())
        self._take, self._publish, self._run_due = daemon.on_message, daemon.publish, daemon.app.run_due

    def time_hops(self) -> None:
        """Run HOPS hops and time them; within a running event loop, as an intake has one."""
        daemon: Any = self._daemon
        daemon.on_message, daemon.publish, daemon.app.run_due = self._hear, self._broadcast, self._tick
        try:
            self._world.run(HOPS * HOP_S)
        finally:
            self._there.close()
            self._here.close()

    def _hear(self, topic: str, payload: bytes) -> None:
        """Keep what is timed until the tick; all else is the house's at once."""
        parsed = topics.parse(topic)
        kind = "frames" if isinstance(parsed, FramesTopic) else parsed.leaf if parsed is not None else ""
        if kind in ("frames", "status", "clock"):
            self._waiting.setdefault(kind, []).append((topic, payload))
        else:
            self._take(topic, payload)

    def _tick(self) -> None:
        """Take in what waits, then run what is due."""
        for kind, took in (("frames", self.alone), ("status", self.statuses), ("clock", self.probes)):
            waiting = self._waiting.pop(kind, [])
            if not waiting:
                continue
            self.sizes[kind] = max(len(publication(*one)) + SEGMENT_BYTES for one in waiting)
            if kind == "frames":
                self.saved.append(_saved_us(waiting))
            took.append(self._through_us(waiting) / len(waiting))
        self._publish_us = 0.0
        began = time.process_time_ns()
        self._run_due()
        us = (time.process_time_ns() - began) / 1e3 - self._publish_us
        if self._publish_us:  # a tick, and not another thing that was due
            self.ticks.append(us)

    def _through_us(self, waiting: list[Message]) -> float:
        """Send these as packets, and time reading, splitting and taking them in."""
        data = b"".join(publication(*one) for one in waiting)
        self._there.sendall(data)
        splitter, left = PacketSplitter(), len(data)
        began = time.process_time_ns()
        while left:
            read = self._here.recv(READ_BYTES)
            left -= len(read)
            for piece in splitter.split(read):
                self._intake.offer_all(piece.published)
        self._intake.turn()
        return (time.process_time_ns() - began) / 1e3

    def _broadcast(self, collective: Collective, key: CohortKey | None = None) -> None:
        """Time the encryption and the signature, and broadcast."""
        began = time.process_time_ns()
        payload = self._seal(key.encrypt(collective) if key is not None else collective)
        done = time.process_time_ns()
        self.broadcasts.append((done - began) / 1e3)
        self.sizes["collective"] = len(payload) + SEGMENT_BYTES
        self._publish(collective, key)
        self._publish_us += (time.process_time_ns() - began) / 1e3


def measure() -> Coefficients:
    """Measure here, some seconds of one core; return the costs, those of brokers and memory as shipped."""
    few, many = asyncio.run(_houses())
    tick, tick_few = statistics.mean(many.ticks[FIRST:]), statistics.mean(few.ticks[FIRST:])
    each = max((tick - tick_few) / (MANY - FEW), LEAST_US)
    alone = statistics.median(many.alone)
    message = min(max(statistics.median(many.saved), LEAST_US), alone - LEAST_US)
    slot = max((many.sizes["collective"] - few.sizes["collective"]) / (MANY - FEW), 1.0)
    return replace(
        SHIPPED,
        message_us=message,
        frame_us=alone - message,
        status_us=statistics.median(many.statuses),
        probe_us=statistics.median(many.probes),
        tick_us=max(tick - MANY * each, LEAST_US),
        tick_sleeper_us=each,
        broadcast_us=statistics.median(many.broadcasts),
        frame_bytes=float(many.sizes["frames"]),
        status_bytes=float(many.sizes["status"]),
        probe_bytes=float(many.sizes["clock"]),
        broadcast_bytes=many.sizes["collective"] - MANY * slot,
        slot_bytes=slot,
    )


LEAST_US: Final = 0.01
"""No cost is nothing, however a measurement has scattered."""


async def _houses() -> tuple[House, House]:
    few, many = House(FEW), House(MANY)
    few.time_hops()
    many.time_hops()
    return few, many


def _saved_us(waiting: list[Message]) -> float:
    """Time what a message of a frame's own costs more than a place in a gateway's, a frame."""
    bodies = [waiting[at : at + GROUP] for at in range(0, len(waiting), GROUP)]
    together = [(topic, b"".join(payload for _, payload in some)) for some in bodies for topic, _ in some[:1]]
    took = []
    for messages in (waiting, together):
        data = b"".join(publication(*one) for one in messages)
        began = time.process_time_ns()
        pieces = PacketSplitter().split(data)
        found = [(topics.parse(topic), payload) for piece in pieces for topic, payload, _ in piece.published]
        codec.decode_frame_block([(topic, body) for topic, body in found if isinstance(topic, FramesTopic)])
        took.append((time.process_time_ns() - began) / 1e3)
    return (took[0] - took[1]) / (len(waiting) - len(together))
