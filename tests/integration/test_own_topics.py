"""Our own retained topics on a real broker: read first, and restored after a foreign write."""

import asyncio

import aiomqtt

from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from dreamwire.messages import DaemonPresence, Versions, WakeOrder, WakeScope
from dreamwire.signing import SigningKey, seal, unseal
from integration.house import House, running, until
from integration.test_mqtt_link import observer
from mosquitto import Broker as RealBroker

ORDER = WakeOrder("w9", 9, WakeScope.FLEET, "", "an advocate", "smoke", 1, lifted=False)
HERE = DaemonPresence("an-earlier-one", online=True, versions=Versions("0", 1), at_ms=1, writes=77)


async def newest(port: int, topic: str) -> bytes:
    """The message retained there now."""
    async with observer(port, topic) as heard:
        await asyncio.sleep(0.2)
        return bytes(heard[-1].payload) if heard else b""


async def test_a_strangers_word_in_the_presence_is_replaced_by_ours(broker: RealBroker) -> None:
    """An emptied or foreign presence is replaced by ours within a second, once."""
    access = Access(Address("127.0.0.1", broker.port))
    async with running(access) as house, aiomqtt.Client("127.0.0.1", broker.port) as stranger:
        await until(lambda: not house.link.trouble)
        for payload in (b"", b"nonsense", seal(SigningKey.generate(), codec.DAEMON_PRESENCE, b"")):
            await stranger.publish(topics.DAEMON_PRESENCE, payload, qos=1, retain=True)
            await asyncio.sleep(1.3)
            assert house.open_presence(await newest(broker.port, topics.DAEMON_PRESENCE))
        async with observer(broker.port, topics.DAEMON_PRESENCE) as heard:
            for _ in range(40):
                await stranger.publish(topics.DAEMON_PRESENCE, b"flood", qos=1, retain=True)
            await asyncio.sleep(2.5)
            ours = [m for m in heard if m.payload != b"flood"]
        assert 1 <= len(ours) - 1 <= 3, "set right, and no storm of it"


async def test_what_the_broker_remembers_of_us_is_heard_before_any_pod(broker: RealBroker) -> None:
    """The retained count and wake order of an earlier run reach the application first, sealed by our key."""
    access = Access(Address("127.0.0.1", broker.port))
    house = House(access)
    async with aiomqtt.Client("127.0.0.1", broker.port) as before:
        sealed = seal(house.key, codec.DAEMON_PRESENCE, codec.encode(HERE))
        await before.publish(topics.DAEMON_LEDGER, sealed, qos=1, retain=True)
        order = seal(house.key, codec.WAKE_ORDER, codec.encode(ORDER))
        await before.publish(topics.WAKE, order, qos=1, retain=True)
    async with asyncio.TaskGroup() as group:
        group.create_task(house.link.run(house.intake), name="link")
        await until(lambda: house.inbound.links)
        assert house.inbound.counts == [77]
        assert house.inbound.places == [ORDER]
        house.link.count(78)
        house.link.wake(ORDER)
        await asyncio.sleep(1.2)
        assert house.inbound.counts == [77], "our own word is no news"
        told = await newest(broker.port, topics.DAEMON_LEDGER)
        body = unseal(house.key.public, codec.DAEMON_PRESENCE, told)
        assert codec.decode_daemon_presence(body).writes == 78
        async with aiomqtt.Client("127.0.0.1", broker.port) as stranger:
            await stranger.publish(topics.WAKE, b"", qos=1, retain=True)
            await until(lambda: house.inbound.places == [ORDER, None])
        await house.link.close()
