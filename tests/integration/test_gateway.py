"""A gateway on a real broker: frames of several beds in one message, and its beds without it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from dreamedge.adapters.gateway import TOGETHER, Gateway
from dreamedge.core.broker_passwords import BrokerPasswords
from dreamwire.broker_access import Access, Address
from dreamwire.codec import decode_frames, encode_frames
from dreamwire.messages import StoredSever
from fakes import words
from integration.house import House, running, until
from mosquitto import Broker as RealBroker
from ward import Ward


@asynccontextmanager
async def at_work(broker: RealBroker) -> AsyncIterator[tuple[House, Gateway]]:
    """A house and a gateway, both connected."""
    access = Access(Address("127.0.0.1", broker.port))
    said: list[str] = []
    gateway = Gateway("ward-a", access, random.Random(1), said.append)
    async with running(access) as house:
        await until(lambda: not house.link.trouble)
        task = asyncio.create_task(gateway.stay_connected(), name="gateway")
        await until(lambda: not gateway.why)
        yield house, gateway
        assert said[0] == "gateway ward-a: connected to the broker"
        task.cancel()
        await asyncio.wait([task])


def frames_of(house: House) -> list[tuple[str, int, int]]:
    """Sender, cohort and assignment of each frame that arrived."""
    return [
        (topic.sender, topic.cohort, one.assignment)
        for topic, frames in house.inbound.frames
        for one in frames
    ]


async def test_frames_of_several_beds_arrive_under_the_gateways_name(broker: RealBroker) -> None:
    """Seventy frames of one hop arrive, each once, under the name of the gateway and their own cohort."""
    async with at_work(broker) as (house, gateway):
        for bed in range(70):
            assert gateway.take_frame("night", bed % 2, replace(words.frame(1), assignment=bed))
        await until(lambda: len(house.inbound.frames) >= 70)
        await asyncio.sleep(0.1)
        assert sorted(frames_of(house)) == sorted(("ward-a", bed % 2, bed) for bed in range(70))
        assert (gateway.dropped, house.inbound.malformed) == (0, [])


async def test_a_gateway_without_a_broker_takes_no_frame(broker: RealBroker) -> None:
    """While its connection is lost it takes none, so that each bed sends for itself; then it does again."""
    async with at_work(broker) as (_, gateway):
        broker.kill()
        await until(lambda: gateway.why)
        assert not gateway.take_frame("night", 0, words.frame(2))
        broker.start()
        await until(lambda: not gateway.why)
        assert gateway.take_frame("night", 0, words.frame(3))


async def test_an_enrolled_gateway_shows_the_password_that_the_broker_takes(ward: Ward) -> None:
    """Refused with the last password, it shows the newest at once, and keeps that as the one that works."""
    passwords = BrokerPasswords("of last month", ward.passwords["bed-3"])
    gateway = Gateway("bed-3", ward.access("bed-3"), random.Random(1), passwords=passwords)
    task = asyncio.create_task(gateway.stay_connected(), name="gateway")
    await until(lambda: not gateway.why)
    assert (passwords.now, passwords.unsaved, passwords.behind) == (ward.passwords["bed-3"], True, False)
    task.cancel()
    await asyncio.wait([task])


def test_a_full_message_of_the_longest_frames_fits_the_wire() -> None:
    """As many frames as one message takes are written, each with a stored zero of the longest words."""
    zero = StoredSever("d" * 63, 2**64 - 1, 2**64 - 1, "c" * 200)
    longest = replace(words.frame(2**32 - 1), severed=zero, latched="x" * 200, instant=2**40)
    assert len(decode_frames(encode_frames((longest,) * TOGETHER, plain=True))) == TOGETHER
