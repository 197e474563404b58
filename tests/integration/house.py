"""The daemon's link on a real broker, with an application behind it that keeps its inputs."""

import asyncio
import random
import select
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.link import Broker, MqttLink
from dreamwire import codec
from dreamwire.broker_access import Access
from dreamwire.messages import Versions
from dreamwire.signing import SigningKey, unseal
from fakes.inbound import KeepingInbound, KeepingLinkMeters

WITHIN_S = 30.0
WAITS_FOR_NOTHING_S = 2.0
"""Limit for calls that wait for nothing, wide for a loaded machine: one that waits for a frozen broker does
not return at all."""


async def until(true: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Wait until `true` is, or fail."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 -- what a broker does sets no event of ours
            await asyncio.sleep(0.005)


class House:
    """A link with a keeping application behind it."""

    def __init__(self, access: Access) -> None:
        self.key = SigningKey.generate()
        self.inbound, self.meters, self.said = KeepingInbound(), KeepingLinkMeters(), list[str]()
        clock = BoottimeClock()
        self.link = MqttLink(
            Broker(access, "d-1", Versions("0.1.0", 1)),
            seal=Seal(self.key),
            opener=self.key.public,
            clock=clock,
            meters=self.meters,
            rng=random.Random(1),
            say=self.said.append,
        )
        self.intake = Intake(self.inbound, clock, self.meters)

    def open_presence(self, payload: bytes) -> bool:
        """Whether the daemon's retained presence is online."""
        body = unseal(self.key.public, codec.DAEMON_PRESENCE, payload)
        return codec.decode_daemon_presence(body).online


@asynccontextmanager
async def running(access: Access) -> AsyncIterator[House]:
    """A house with a running link, closed at the end."""
    house = House(access)
    async with asyncio.TaskGroup() as group:
        group.create_task(house.link.run(house.intake), name="link")
        yield house
        await house.link.close()


class Subscriber:
    """A process that hears one collective. `connect`: the lines that connect its paho client `c`."""

    def __init__(self, connect: str) -> None:
        program = (
            "import paho.mqtt.client as m\n"
            "c = m.Client(m.CallbackAPIVersion.VERSION2)\n"
            "c.on_message = lambda *_: (print('heard', flush=True), c.disconnect())\n"
            "c.on_subscribe = lambda *_: print('listening', flush=True)\n"
            f"{connect}\n"
            "c.subscribe('dreamd/v1/collective/#')\n"
            "c.loop_forever()\n"
        )
        self._process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        """Return once it listens."""
        assert self._line() == b"listening\n"
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def heard_meanwhile(self) -> bool:
        """Whether it hears the collective while this call blocks, so that no event loop here takes a turn."""
        return self._line() == b"heard\n"

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        there, _, _ = select.select([self._process.stdout], [], [], WITHIN_S)
        return self._process.stdout.readline() if there else b""
