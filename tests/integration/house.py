"""The daemon's link on a real broker, with an application behind it that keeps its inputs."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.link import Broker, MqttLink
from dreamwire import codec
from dreamwire.broker_access import Access
from dreamwire.messages import Versions
from dreamwire.signing import SigningKey, unseal
from fakes.inbound import KeepingInbound, KeepingLinkMeters

WITHIN_S = 8.0


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
