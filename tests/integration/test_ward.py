"""A ward's broker, with the shipped configuration and rules: traffic over TLS, and access rights."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from dataclasses import replace

import aiomqtt

from dreamwire import codec, topics
from dreamwire.messages import Ack, ClockProbe
from dreamwire.signing import unseal
from fakes import words
from fakes.small_daemon import SmallDaemon
from integration.conftest import Start
from integration.house import WAITS_FOR_NOTHING_S, Subscriber, running, until
from integration.loop_turns import RESTING_TURNS, CountedTurns, run_counted
from mosquitto import free_port
from ward import HOST, USERS, Ward, agent_command, speaking

SETTLED_S = 0.3
WITHIN_S = 30.0


def _topics(heard: list[aiomqtt.Message]) -> list[str]:
    return [message.topic.value for message in heard]


async def test_a_pod_dreams_over_tls(ward: Ward, start: Start) -> None:
    """An agent with its password is assigned, its frames arrive, its share rises, SIGTERM brings it home."""
    options = {"username": "dreamd", "password": ward.passwords["dreamd"], "tls_context": ward.tls()}
    async with SmallDaemon(ward.port, "bed-1", HOST, **options) as daemon:
        agent = start(*agent_command(ward, daemon.key.public.hex))
        await until(lambda: daemon.statuses and daemon.statuses[-1].clock.synced)
        await daemon.assign()
        await until(lambda: any(frame.applied > 0.01 for frame in daemon.frames))
        agent.send_signal(signal.SIGTERM)
        await until(lambda: agent.poll() is not None)
        assert agent.returncode == 0
        await until(lambda: not daemon.presences[-1].online)
    assert b"Traceback" not in (ward.folder / "said").read_bytes()


async def test_a_daemon_and_two_beds_of_one_process_are_let_in_by_their_flags(
    ward: Ward, start: Start
) -> None:
    """`dreamd serve` and two beds of one `dreamedge run`, each with its own password, reach the broker."""
    async with speaking(ward, "bed-3", topics.DAEMON_PRESENCE) as (_, heard):
        http = free_port()
        start(
            *("dreamd", "serve", "--state-dir", str(ward.folder / "state"), "--grpc-port", "0"),
            *("--mqtt-url", ward.url, "--mqtt-ca", str(ward.ca), "--http-port", str(http)),
            *("--mqtt-password-file", str(ward.password_file("dreamd"))),
        )
        await until(lambda: heard)
    start(*agent_command(ward, str(ward.folder / "state" / "daemon.pub"), "bed-1,bed-2"))
    said = ward.folder / "said"
    await until(lambda: said.read_text().count("connected to the broker") == 2)
    metrics = await asyncio.to_thread(_get, http)
    assert "dreamd_pods" in metrics


def _get(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as http:
        http.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: http.recv(65536), b"")).decode()


async def test_the_daemons_link_and_a_pod_hear_one_another(ward: Ward) -> None:
    """Over TLS: presence, status, event, probe, frames upward; command, collective, answer downward."""
    hears = (topics.pod_topic("bed-1", "command"), topics.clock_answer("bed-1"), "dreamd/v1/collective/+/+")
    async with running(ward.access("dreamd")) as house, speaking(ward, "bed-1", *hears) as (pod, heard):
        await until(lambda: not house.link.trouble)
        await pod.announce(topics.pod_topic("bed-1", "presence"), codec.encode(words.presence()))
        await pod.publish(topics.pod_topic("bed-1", "status"), codec.encode(words.status()))
        await pod.publish(topics.pod_topic("bed-1", "event"), codec.encode(words.event()), qos=1)
        for seq in range(1, 51):
            pod.send(topics.frames("night", 0, "bed-1"), codec.encode((words.frame(seq),)))
        await until(lambda: len(house.inbound.frames) == 50)
        assert len(house.inbound.presences) == len(house.inbound.statuses) == len(house.inbound.events) == 1
        house.link.publish(words.collective())
        house.link.command(words.release(1))
        await until(lambda: len(heard) == 2)
        tcp = pod._client.socket()
        assert tcp.version() in ("TLSv1.2", "TLSv1.3")
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert house.said == []


async def test_a_pod_publishes_only_on_its_own_topics(ward: Ward) -> None:
    """bed-2's messages on its own topics arrive; on bed-1's, the daemon's or other topics none does."""
    own = [topics.pod_topic("bed-2", leaf) for leaf in ("presence", "status", "event", "clock")]
    own.append(topics.frames("night", 0, "bed-2"))
    others = [topics.pod_topic("bed-1", leaf) for leaf in ("presence", "status", "event", "clock")]
    others += [topics.frames("night", 0, one) for one in ("bed-1", "dreamd")]
    last = topics.pod_topic("bed-2", "event")
    async with (
        speaking(ward, "dreamd", *topics.POD_REPORTS, topics.FRAMES, "#") as (_, heard),
        speaking(ward, "bed-2") as (trespasser, _),
    ):
        for topic in (*others, *own):
            await trespasser.publish(topic, b"x", qos=1)
        await trespasser.publish(last, b"last", qos=1)
        await until(lambda: b"last" in [message.payload for message in heard])
        await asyncio.sleep(SETTLED_S)
    assert set(_topics(heard)) == set(own)


async def test_a_pod_gives_no_orders(ward: Ward) -> None:
    """A command, collective, wake, answer or daemon's presence published by a pod reaches no subscriber."""
    mine = (topics.pod_topic("bed-1", "command"), topics.clock_answer("bed-1"))
    everyones = (topics.collective("night", 0), topics.WAKE, topics.DAEMON_PRESENCE)
    async with (
        speaking(ward, "bed-1", *mine, *everyones) as (_, heard),
        speaking(ward, "bed-2") as (trespasser, _),
        speaking(ward, "dreamd") as (daemon, _),
    ):
        for topic in (*mine, *everyones):
            await trespasser.publish(topic, b"forged", qos=1)
            await daemon.publish(topic, b"true", qos=1)
        await until(lambda: len(heard) >= len(mine) + len(everyones))
        await asyncio.sleep(SETTLED_S)
    assert sorted(_topics(heard)) == sorted((*mine, *everyones))
    assert {message.payload for message in heard} == {b"true"}


async def test_a_pod_hears_its_own_orders_alone(ward: Ward) -> None:
    """Subscribed to everything, bed-2 receives only its own commands and no other pod's reports."""
    async with (
        speaking(ward, "bed-2", "#", topics.pod_topic("bed-1", "command"), topics.FRAMES) as (_, heard),
        speaking(ward, "bed-1") as (neighbour, _),
        speaking(ward, "dreamd") as (daemon, _),
    ):
        for leaf in ("presence", "status", "event"):
            await neighbour.publish(topics.pod_topic("bed-1", leaf), b"x", qos=1)
        await neighbour.publish(topics.frames("night", 0, "bed-1"), b"x", qos=1)
        for topic in (topics.pod_topic("bed-1", "command"), topics.clock_answer("bed-1")):
            await daemon.publish(topic, b"x", qos=1)
        await daemon.publish(topics.pod_topic("bed-2", "command"), b"x", qos=1)
        await until(lambda: heard)
        await asyncio.sleep(SETTLED_S)
    assert set(_topics(heard)) == {topics.pod_topic("bed-2", "command")}


async def test_a_will_is_bound_like_a_word(ward: Ward) -> None:
    """A pod's will for another's presence is not published."""
    async with speaking(ward, "dreamd", *topics.POD_REPORTS) as (_, heard):
        for whose in ("bed-1", "bed-2"):
            will = aiomqtt.Will(topics.pod_topic(whose, "presence"), b"gone", qos=1)
            with contextlib.suppress(aiomqtt.MqttError):
                async with speaking(ward, "bed-2", will=will) as (client, _):
                    client._client.socket().shutdown(socket.SHUT_RDWR)
                    await client.lost()
        await until(lambda: heard)
        await asyncio.sleep(SETTLED_S)
    assert _topics(heard) == [topics.pod_topic("bed-2", "presence")]


async def test_a_second_of_the_same_name_takes_the_place_of_the_first(ward: Ward) -> None:
    """A user has one connection: a second one replaces the first, whatever the client ids."""
    async with speaking(ward, "bed-1", identifier="a") as (first, _), speaking(ward, "bed-1", identifier="b"):
        async with asyncio.timeout(WITHIN_S):
            assert await first.lost()


async def test_a_removed_password_disconnects_at_a_sighup(ward: Ward) -> None:
    """SIGHUP rereads rules and passwords: a removed user is disconnected, others stay."""
    async with speaking(ward, "bed-1") as (one, _), speaking(ward, "bed-2") as (other, _):
        ward.admit(tuple(user for user in USERS if user != "bed-1"))
        os.kill(ward.broker.pid, signal.SIGHUP)
        async with asyncio.timeout(WITHIN_S):
            assert await one.lost()
        await other.publish(topics.pod_topic("bed-2", "event"), b"x", qos=1)


async def test_a_handshake_that_hangs_holds_up_no_tick(ward: Ward) -> None:
    """A broker that accepts and stays silent does not block the loop; afterwards it is connected."""
    ward.broker.stop(signal.SIGSTOP)
    async with running(ward.access("dreamd")) as house:
        gaps, before_s = [], time.monotonic()
        while len(gaps) < 100:
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before_s)
            before_s = time.monotonic()
        ward.broker.stop(signal.SIGCONT)
        await until(lambda: not house.link.trouble)
    assert max(gaps) < WAITS_FOR_NOTHING_S  # a handshake on the loop would wait for ten


def test_a_full_tls_socket_makes_no_call_wait(ward: Ward) -> None:
    """With the broker frozen and the socket full no call waits; afterwards the queue arrives whole.

    Then no writer is left registered: the loop hardly turns while nothing happens.
    """
    run_counted(lambda loop: _fill_the_socket(ward, loop))


async def _fill_the_socket(ward: Ward, loop: CountedTurns) -> None:
    hears = ("dreamd/v1/collective/+/+", topics.pod_topic("bed-1", "command"))
    async with running(ward.access("dreamd")) as house, speaking(ward, "bed-1", *hears) as (_, heard):
        await until(lambda: not house.link.trouble)
        ward.broker.stop(signal.SIGSTOP)
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
        ward.broker.stop(signal.SIGCONT)
        await until(lambda: any("collective" in topic for topic in _topics(heard)))
        for message in heard:
            context = codec.COLLECTIVE if "collective" in message.topic.value else codec.COMMAND
            unseal(house.key.public, context, bytes(message.payload))
        assert [topic for topic in _topics(heard) if "collective" in topic] == [topics.collective("night", 0)]
        assert await loop.at_rest() < RESTING_TURNS, "a writer is left registered"
        assert house.inbound.links == [True]
    assert took_s < WAITS_FOR_NOTHING_S


async def test_a_collective_is_on_the_wire_before_publish_returns_under_tls_too(ward: Ward) -> None:
    """A subscriber has the collective while the event loop takes no turn after the call."""
    connect = (
        f"c.tls_set({str(ward.ca)!r})\n"
        f"c.username_pw_set('bed-1', {ward.passwords['bed-1']!r})\n"
        f"c.connect({HOST!r}, {ward.port})"
    )
    async with running(ward.access("dreamd")) as house:
        await until(lambda: not house.link.trouble)
        with Subscriber(connect) as subscriber:
            house.link.publish(words.collective())
            assert subscriber.heard_meanwhile()
