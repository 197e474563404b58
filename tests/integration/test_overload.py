"""Many pods that connect at once, and a daemon that lacked its core: over a real broker."""

import asyncio
import sys
import time

import aiomqtt

from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from fakes import words
from integration.house import running, until
from mosquitto import Broker as RealBroker

PODS = 400


async def test_presences_that_the_broker_dropped_are_asked_for(broker: RealBroker) -> None:
    """A broker that queues twenty messages drops most of 400 presences; requested by name, all are known."""
    text = broker.conf.read_text()
    few = text.replace("max_queued_messages 65536", "max_queued_messages 20")
    broker.conf.write_text(few.replace("max_inflight_messages 100", "max_inflight_messages 20"))
    assert broker.conf.read_text() != text
    broker.restart()
    names = [f"bed-{number}" for number in range(PODS)]
    async with aiomqtt.Client("127.0.0.1", broker.port) as pods:
        for name in names:
            presence = codec.encode(words.presence(name))
            await pods.publish(topics.pod_topic(name, "presence"), presence, qos=1, retain=True)
        async with running(Access(Address("127.0.0.1", broker.port))) as house:
            known = house.inbound.presences
            await until(lambda: not house.link.trouble)
            await asyncio.sleep(0.5)
            assert len({one.pod for one in known}) < PODS
            began_s = time.monotonic()
            while missing := set(names) - {one.pod for one in known}:
                assert time.monotonic() - began_s < 15.0, f"{len(missing)} are not known"
                for name in missing:
                    house.link.seek(name)
                await asyncio.sleep(0.2)


async def test_a_link_that_was_held_up_reads_the_newest_frames_first(broker: RealBroker) -> None:
    """After two seconds of standstill with 200 pods sending, old frames are dropped unread and counted.

    Half a second later the frames are fresh, and every pod has been heard.
    """
    async with running(Access(Address("127.0.0.1", broker.port))) as house:
        await until(lambda: not house.link.trouble)
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SENDER, str(broker.port)), stdout=asyncio.subprocess.PIPE
        )
        assert sender.stdout is not None
        await sender.stdout.readline()
        await until(lambda: house.inbound.frames)
        time.sleep(2.0)  # noqa: ASYNC251 -- the loop is to have no turn
        went_on = len(house.inbound.frames)
        await asyncio.sleep(0.5)
        house.inbound.frames[:] = house.inbound.frames[went_on:]
        began_s = time.time()
        await until(lambda: len({topic.sender for topic, _ in house.inbound.frames}) == 200)
        await asyncio.sleep(1.0)
        sender.kill()
        await sender.communicate()
    late_s = [began_s - frames[0].instant / 4 for _, frames in house.inbound.frames[-200:]]
    assert max(late_s) < 1.0
    assert sum(house.inbound.behind) == house.meters.dropped.count("frame")


SENDER = """
import sys, time
import paho.mqtt.client as mqtt
from dreamwire import codec, topics
sys.path.insert(0, "tests")
from dataclasses import replace
from fakes import words
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
print("sending", flush=True)
seq = 0
while True:
    seq += 1
    instant = int(time.time() * 4)
    payload = codec.encode((replace(words.frame(seq), instant=instant),))
    for pod in range(200):
        client.publish(topics.frames("night", 0, f"bed-{pod}"), payload)
    time.sleep(max(0.0, (instant + 1) / 4 - time.time()))
"""
