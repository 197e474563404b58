"""The link of a daemon whose lease has run out, on a real broker: it takes no bed from a new owner."""

import asyncio

from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from dreamwire.messages import ClockProbe, Command, DaemonPresence, Recalibrate, Release
from dreamwire.signing import unseal
from fakes import words
from integration.house import House, until
from integration.test_mqtt_link import observer
from mosquitto import Broker as RealBroker


def presence(house: House, payload: bytes) -> DaemonPresence:
    """The presence in this payload."""
    return codec.decode_daemon_presence(unseal(house.key.public, codec.DAEMON_PRESENCE, payload))


async def test_without_the_lease_it_lets_go_of_no_bed_and_says_zeros(broker: RealBroker) -> None:
    """A release and the time are dropped; zeros leave; at the close the presence stays the new owner's."""
    house, owned = House(Access(Address("127.0.0.1", broker.port))), [False]
    house.link._owns = lambda: owned[0]
    async with observer(broker.port, f"{topics.ROOT}/#") as heard, asyncio.TaskGroup() as group:
        group.create_task(house.link.run(house.intake), name="link")
        await asyncio.sleep(0.5)
        assert not heard, "it does not connect"
        owned[0] = True
        await until(lambda: not house.link.trouble)
        await until(lambda: len(heard) == 1)
        owned[0] = False
        house.link.command(Command("bed-1", 1, 1, 0, Release("not ours")))
        house.link.count(99)
        house.link.answer("bed-1", ClockProbe(1, 1))
        house.link.command(Command("bed-1", 2, 1, 0, Recalibrate("ours or not")))
        house.link.publish(words.collective())
        await until(lambda: len(heard) == 3)
        assert house.meters.dropped == ["command", "clock"]
        await house.link.close()
    await asyncio.sleep(0.2)
    places = [message.topic.value for message in heard]
    assert places[1:] == [topics.pod_topic("bed-1", "command"), topics.collective("night", 0)]
    assert presence(house, bytes(heard[0].payload)).online
