"""The link against a real broker: arrivals, queues, reconnects."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import aiomqtt

from dreamd.adapters.mqtt.link import ANSWERS_AT_ONCE
from dreamwire import codec, topics
from dreamwire.broker_access import Access, Address
from dreamwire.messages import Ack, ClockProbe, WakeOrder, WakeScope
from dreamwire.signing import unseal
from fakes import words
from integration.house import WAITS_FOR_NOTHING_S, House, Subscriber, until
from integration.house import running as house_of
from integration.loop_turns import RESTING_TURNS, CountedTurns, run_counted
from mosquitto import Broker as RealBroker


def running(port: int) -> AbstractAsyncContextManager[House]:
    """A house at the broker of this port, without TLS."""
    return house_of(Access(Address("127.0.0.1", port)))


@asynccontextmanager
async def observer(port: int, pattern: str) -> AsyncIterator[list[aiomqtt.Message]]:
    """Everything published under `pattern` from now on, retained messages included."""
    heard: list[aiomqtt.Message] = []

    class Listening(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            heard.append(item)

    async with aiomqtt.Client("127.0.0.1", port, queue_type=Listening) as client:
        await client.subscribe(pattern, qos=1)
        yield heard


async def test_it_says_that_it_is_there_and_at_last_that_it_is_gone(broker: RealBroker) -> None:
    """The presence is sealed and retained; after a close it is offline, without the will."""
    async with observer(broker.port, topics.DAEMON_PRESENCE) as heard:
        async with running(broker.port) as house:
            await until(lambda: not house.link.trouble)
            await until(lambda: len(heard) == 1)
            assert house.open_presence(bytes(heard[0].payload))
        await until(lambda: len(heard) == 2)
        assert not house.open_presence(bytes(heard[1].payload))
    async with observer(broker.port, topics.DAEMON_PRESENCE) as late:
        await until(lambda: len(late) == 1)
        assert late[0].retain
        assert not house.open_presence(bytes(late[0].payload))
    assert house.inbound.links == [True]


async def test_what_a_pod_publishes_arrives_as_values(broker: RealBroker) -> None:
    """Retained presence from before, status, event and frames arrive as values, each once."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as pod:
        presence = codec.encode(words.presence())
        await pod.publish(topics.pod_topic("bed-1", "presence"), presence, qos=1, retain=True)
        async with running(broker.port) as house:
            await until(lambda: house.inbound.presences)
            await pod.publish(topics.pod_topic("bed-1", "status"), codec.encode(words.status()))
            await pod.publish(topics.pod_topic("bed-1", "event"), codec.encode(words.event()), qos=1)
            for seq in range(1, 51):
                payload = codec.encode((words.frame(seq),))
                await pod.publish(topics.frames("night", 0, "bed-1"), payload)
            await until(lambda: len(house.inbound.frames) == 50)
    assert [frames[0].seq for _, frames in house.inbound.frames] == list(range(1, 51))
    assert len(house.inbound.presences) == len(house.inbound.statuses) == len(house.inbound.events) == 1
    assert house.inbound.malformed == []


async def test_a_collective_is_on_the_wire_before_publish_returns(broker: RealBroker) -> None:
    """A subscriber has the collective while the event loop takes no turn after the call."""
    async with running(broker.port) as house:
        await until(lambda: not house.link.trouble)
        with Subscriber(f"c.connect('127.0.0.1', {broker.port})") as subscriber:
            house.link.publish(words.collective())
            assert subscriber.heard_meanwhile()


async def test_a_probe_is_answered_with_a_stamp_of_its_leaving(broker: RealBroker) -> None:
    """A probe's answer has t0 and t1 as received, and t2 not before t1."""
    async with observer(broker.port, "dreamd/v1/clock/+") as heard, running(broker.port) as house:
        await until(lambda: not house.link.trouble)
        house.link.answer("bed-1", ClockProbe(9, 1, 1_000_000, 0))
        await until(lambda: heard)
    answer = codec.decode_clock_probe(bytes(heard[0].payload))
    assert (answer.nonce, answer.t0_us, answer.t1_us) == (9, 1, 1_000_000)
    assert answer.t2_us > 1_000_000


async def test_many_probes_are_answered_in_order_by_few_stamps(broker: RealBroker) -> None:
    """The answers of one turn leave a few at a time, each to its pod; none is lost or joined to another."""
    many = 5 * ANSWERS_AT_ONCE
    async with observer(broker.port, "dreamd/v1/clock/+") as heard, running(broker.port) as house:
        await until(lambda: not house.link.trouble)
        for number in range(many):
            house.link.answer(f"bed-{number}", ClockProbe(number + 1, 100, 200, 0))
        await until(lambda: len(heard) == many)
    answers = [codec.decode_clock_probe(bytes(message.payload)) for message in heard]
    assert [message.topic.value for message in heard] == [f"dreamd/v1/clock/bed-{n}" for n in range(many)]
    assert [answer.nonce for answer in answers] == list(range(1, many + 1))
    assert len({answer.t2_us for answer in answers}) <= many / ANSWERS_AT_ONCE
    assert all(answer.t2_us > 200 for answer in answers)


async def test_a_broker_that_is_killed_is_found_again(broker: RealBroker) -> None:
    """A killed broker is reported at once; releases given meanwhile arrive, stale collectives do not."""
    async with running(broker.port) as house:
        await until(lambda: not house.link.trouble)
        broker.kill()
        await until(lambda: house.link.trouble)
        for tick in range(3):
            house.link.publish(words.collective(tick + 1))
        house.link.command(words.release(1))
        house.link.command(words.release(2))
        broker.start()
        async with observer(broker.port, "dreamd/v1/#") as heard:
            await until(lambda: not house.link.trouble)
            await until(lambda: any(str(one.topic).endswith("/command") for one in heard))
        commands = [one for one in heard if str(one.topic) == topics.pod_topic("bed-1", "command")]
        body = unseal(house.key.public, codec.COMMAND, bytes(commands[0].payload))
        assert [codec.decode_command(body).counter, len(commands)] == [2, 1]
        assert not [one for one in heard if "collective" in str(one.topic)]
    assert house.inbound.links == [True, False, True]
    assert house.meters.dropped.count("collective") == 3
    assert "trying again" in house.said[0]


async def test_a_hanging_broker_makes_no_call_wait(broker: RealBroker) -> None:
    """With a frozen broker and a full socket no call waits; afterwards the newest tick leaves."""
    async with running(broker.port) as house, observer(broker.port, "dreamd/v1/collective/#") as heard:
        await until(lambda: not house.link.trouble)
        broker.stop(signal.SIGSTOP)
        acks = Ack(tuple(number.to_bytes(16, "big") for number in range(1024)))
        for counter in range(2_000):
            house.link.command(replace(words.release(counter + 1), what=acks))
            house.link.answer("bed-1", ClockProbe(1, 1))
            await asyncio.sleep(0)  # it leaves after this turn
            if "clock" in house.meters.dropped:
                break
        else:
            raise AssertionError("the socket never filled")
        began_s = time.perf_counter()
        for tick in range(1, 21):
            house.link.publish(words.collective(tick))
        took_s = time.perf_counter() - began_s
        broker.stop(signal.SIGCONT)
        await until(lambda: _newest_tick(house, heard) == 20)
        assert len(heard) == 1
        assert house.inbound.links == [True]
    assert house.meters.dropped.count("collective") == 19
    assert took_s < WAITS_FOR_NOTHING_S


def _newest_tick(house: House, heard: list[aiomqtt.Message]) -> int:
    if not heard:
        return 0
    return codec.decode_collective(unseal(house.key.public, codec.COLLECTIVE, bytes(heard[-1].payload))).tick


async def test_a_broker_that_is_not_there_is_waited_for(broker: RealBroker) -> None:
    """An absent broker is reported once, with its address, not at every try."""
    broker.kill()
    async with running(broker.port) as house:
        await until(lambda: house.said)
        await asyncio.sleep(0.6)
        assert str(broker.port) in house.link.trouble
        assert len(house.said) == 1
        broker.start()
        await until(lambda: not house.link.trouble)
    assert house.inbound.links == [True]


async def test_the_newest_wake_order_waits_for_the_broker_and_is_retained(broker: RealBroker) -> None:
    """The newest wake order replaces the older before the connection, and is retained for late pods."""
    older = WakeOrder("w1", 1, WakeScope.FLEET, "", "mira", "smoke", 0, lifted=False)
    newer = replace(older, revision=2, lifted=True)
    async with running(broker.port) as house:
        house.link.wake(older)
        house.link.wake(newer)
        await until(lambda: not house.link.trouble)
        async with observer(broker.port, topics.WAKE) as late:
            await until(lambda: late)
        assert late[0].retain
        body = unseal(house.key.public, codec.WAKE_ORDER, bytes(late[0].payload))
        assert codec.decode_wake_order(body) == newer
        house.link.wake(replace(newer, revision=3))
        async with observer(broker.port, topics.WAKE) as later:
            await until(lambda: later)
        assert later[0].payload != late[0].payload
    assert house.meters.dropped == []


def test_the_loop_rests_when_nothing_happens(broker: RealBroker) -> None:
    """No writer stays registered after direct writes: the loop hardly turns while nothing happens."""

    async def night(loop: CountedTurns) -> None:
        async with running(broker.port) as house:
            await until(lambda: not house.link.trouble)
            for tick in range(20):
                house.link.publish(words.collective(tick + 1))
            house.link.command(words.release(1))
            await asyncio.sleep(0.2)
            assert await loop.at_rest() < RESTING_TURNS

    run_counted(night)
