"""The link to the pods: keeps one connection to the broker alive and sends through it.

Sending never waits. A parcel is signed and written to the socket inside the call. Where the broker is away or
does not read, the parcel goes to the outbox, which has a policy for each kind, and leaves as soon as there is
room. Bytes that the socket does not take are tried again every RETRY_S.

`run` is the eternal task: connect, subscribe, publish the daemon's presence (retained, with the opposite as
the will), serve until the connection is lost, wait with full jitter, begin again. Each connection is a new
client, so a message that an old one left half sent does not appear hours later. The wait doubles from
BACKOFF_MIN_S to BACKOFF_MAX_S and is drawn from zero up to that (full jitter, Brooker 2015), so that a
restarted broker does not meet all clients at once. It starts over once a connection has lived STEADY_S.

`close` publishes the offline presence, so that the will is not needed.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import aiomqtt

from dreamd.adapters.mqtt import own_topics
from dreamd.adapters.mqtt.connection import Connection
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.outbox import Outbox, Parcel
from dreamd.adapters.mqtt.own_topics import OwnTopics
from dreamd.core.limits import PODS_MAX
from dreamd.ports.clock import SessionClock
from dreamd.ports.metrics import LinkMetrics
from dreamd.ports.pod_link import CohortKey, needs_house
from dreamwire import codec, cohort_key, topics
from dreamwire.broker_access import Access
from dreamwire.messages import (
    ClockProbe,
    Collective,
    Command,
    DaemonPresence,
    Release,
    Versions,
    WakeOrder,
    WakePod,
)
from dreamwire.packet_splitter import Published
from dreamwire.signing import Opener

BACKOFF_MIN_S: Final = 0.2
BACKOFF_MAX_S: Final = 10.0
STEADY_S: Final = 5.0
RETRY_S: Final = 0.005
FAREWELL_S: Final = 0.5
SEEK_EVERY_S: Final = 0.5
SEEK_AT_ONCE: Final = 200
ANSWERS_AT_ONCE: Final = 16
"""Clock answers of one stamp: the last leaves a tenth of a millisecond after it."""
"""Presences requested at once: two thousand pods take five seconds, and a flood of names is bounded."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Access to the broker, and the daemon's identity there."""

    access: Access
    instance: str
    versions: Versions


class MqttLink:
    """ports.pod_link.PodLink over MQTT 3.1.1."""

    def __init__(
        self,
        broker: Broker,
        *,
        seal: Callable[[codec.DaemonSays], bytes],
        opener: Opener,
        clock: SessionClock,
        meters: LinkMetrics,
        rng: random.Random,
        say: Callable[[str], None],
        owns: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; `run` connects.

        Args:
            broker: its address, and the daemon's identity there.
            seal: encodes and signs.
            opener: verifies payloads that this daemon's key has signed.
            clock: stamps clock answers and presences.
            meters: counts drops, and whether the broker is connected.
            rng: draws the waits.
            say: called with a sentence whenever the broker is lost or stays unreachable, once for each
                reason.
            owns: whether the house is surely this daemon's; reads a clock at most. Where it is not, another
                daemon may speak to the same pods: zeros and severs go out, and nothing that assigns, lets go,
                gives the time or is retained.
        """
        self._owns = owns
        self._broker = broker
        self._seal = seal
        self._opener = opener
        self._own: OwnTopics | None = None
        self._checkpoint = ""
        self._clock = clock
        self._meters = meters
        self._rng = rng
        self._say = say
        self._outbox = Outbox()
        self._sought: dict[str, None] = {}
        self._answers: list[tuple[str, ClockProbe]] = []
        self._parked = asyncio.Event()
        self._closing = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._connection: Connection | None = None
        self._trouble = "the broker has not been reached yet"

    @property
    def trouble(self) -> str:
        """Why the broker is not connected; empty while it is."""
        return self._trouble

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        """Encrypt, sign and broadcast; an unsent older one of this cohort is dropped."""
        self.broadcast(self.sealed(collective, key))

    def sealed(self, collective: Collective, key: CohortKey | None) -> Parcel:
        """Encrypt under `key`, if any, and sign; once for every broker, since no nonce is used twice."""
        topic = topics.collective(collective.dreamscape, collective.cohort)
        return Parcel(topic, self._seal(key.encrypt(collective) if key else collective), qos=0)

    def broadcast(self, parcel: Parcel) -> None:
        """Broadcast what is sealed; an unsent older one of this cohort is dropped."""
        if not self._sent(parcel):
            self._park("collective", self._outbox.collective(parcel))

    def draw_key(self, number: int) -> CohortKey:
        """Draw a key for a cohort from the system's randomness."""
        return cohort_key.CohortKey.draw(number)

    def command(self, command: Command) -> None:
        """Sign and send once; releases and wakes outlive an outage, others are dropped oldest first."""
        if needs_house(command) and not self._owns():
            self._meters.link_dropped("command")
            return
        parcel = Parcel(topics.pod_topic(command.pod, "command"), self._seal(command), qos=1)
        if self._sent(parcel):
            return
        if isinstance(command.what, Release | WakePod):
            self._outbox.letting_go(type(command.what).__name__, parcel)
            self._park("command", 0)
        else:
            self._park("command", self._outbox.command(parcel))

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """Answer a clock probe after this turn, with others; one that cannot leave then is dropped.

        Without the house it is dropped too: a bed that hears two daemons takes the older one's clock.
        """
        if not self._owns():
            self._meters.link_dropped("clock")
            return
        if not self._answers:
            asyncio.get_running_loop().call_soon(self._answer_all)
        self._answers.append((pod, probe))

    def _answer_all(self) -> None:
        """Write the answers of this turn, few at a time: t2 is stamped before the first of each few."""
        waiting, self._answers = self._answers, []
        for at in range(0, len(waiting), ANSWERS_AT_ONCE):
            some, t2_us = waiting[at : at + ANSWERS_AT_ONCE], int(self._clock.now_s() * 1e6)
            answers = [
                (topics.clock_answer(pod), codec.encode(replace(probe, t2_us=t2_us))) for pod, probe in some
            ]
            if self._connection is None or self._outbox or not self._connection.give_all(answers):
                for _ in some:
                    self._meters.link_dropped("clock")

    def wake(self, order: WakeOrder) -> None:
        """Publish retained; an order that cannot leave now waits, and a newer one replaces it."""
        parcel = Parcel(topics.WAKE, self._seal(order), qos=1, retain=True)
        if not self._sent(parcel):
            self._outbox.letting_go("WakeOrder", parcel)
            self._park("command", 0)

    def clear_wake(self) -> None:
        """Publish nothing, retained; not queued where it cannot leave now."""
        if self._owns():
            self._sent(Parcel(topics.WAKE, b"", qos=1, retain=True))

    def count(self, writes: int) -> None:
        """Publish retained; a count that cannot leave now is sent again once the broker is connected."""
        if not self._owns():
            return
        self._sent(Parcel(topics.DAEMON_LEDGER, self._seal(self._word(writes=writes)), qos=1, retain=True))

    def checkpoint(self, note: str) -> None:
        """Publish the presence again, retained, with this checkpoint; every later presence carries it too."""
        self._checkpoint = note
        self._say_presence()

    def seek(self, pod: str) -> None:
        """Ask the broker for this pod's presence again; several at once, each once in SEEK_EVERY_S."""
        if len(self._sought) < PODS_MAX:
            self._sought[pod] = None

    async def run(self, intake: Intake) -> None:
        """Stay connected, handing arrivals to `intake`, until `close`."""
        attempt = 0
        while not self._closing.is_set():
            began_s = self._clock.now_s()
            if self._owns():
                await self._connected(intake)
            attempt = 0 if self._clock.now_s() - began_s > STEADY_S else attempt + 1
            longest_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2 ** min(attempt, 16))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(0.0, longest_s)):
                    await self._closing.wait()

    async def close(self) -> None:
        """Publish the offline presence, and disconnect; safe to call twice."""
        self._closing.set()
        await self._idle.wait()

    async def _connected(self, intake: Intake) -> None:
        """Serve one connection, from CONNECT to its end; return however it ends."""
        self._own = ours = OwnTopics(intake.inbound, self._opener, self._clock.now_s, self._say_presence)

        def offer(message: aiomqtt.Message) -> None:
            if message.topic.value in own_topics.TOPICS:
                ours.heard(message.topic.value, bytes(message.payload))
            else:
                intake.offer(message.topic.value, message.payload, retained=message.retain)

        def offer_all(published: list[Published]) -> None:
            own = [one for one in published if one[0] in own_topics.TOPICS]
            for topic, payload, _ in own:
                ours.heard(topic, payload)
            intake.offer_all([one for one in published if one not in own] if own else published)

        connection = Connection(
            self._broker.access,
            identifier=f"dreamd-{self._broker.instance}",
            will=self._presence(online=False),
            offer=offer,
            offer_all=offer_all,
        )
        self._idle.clear()
        try:
            async with connection:
                # First, so that the daemon's own retained state is known before a pod's report arrives.
                await connection.overhear([(name, 1) for name in own_topics.TOPICS])
                self._connection = connection
                intake.behind = lambda: connection.behind
                await connection.hear([*((name, 1) for name in topics.POD_REPORTS), (topics.FRAMES, 0)])
                here = self._presence(online=True)
                heard = ours.heard
                await connection.announce(
                    here.topic, here.payload, lambda said: heard(topics.DAEMON_PRESENCE, said)
                )
                self._reached(intake)
                self._lost(intake, await self._serve(connection))
        except aiomqtt.MqttError as error:
            self._lost(intake, str(error))
        finally:
            self._connection = None
            ours.close()
            self._idle.set()

    async def _serve(self, connection: Connection) -> str:
        """Empty the outbox as it fills, until the connection is lost (reason) or `close` (empty)."""
        async with asyncio.TaskGroup() as group:
            lost = group.create_task(connection.lost(), name="mqtt-lost")
            closing = group.create_task(self._closing.wait(), name="mqtt-closing")
            flush = group.create_task(self._flush(connection), name="mqtt-flush")
            sought = group.create_task(self._seek_on(connection), name="mqtt-seek")
            await asyncio.wait((lost, closing, flush, sought), return_when=asyncio.FIRST_COMPLETED)
            for task in (lost, closing, flush, sought):
                task.cancel()
        if lost.done() and not lost.cancelled():
            return lost.result()
        if not self._owns():
            return ""  # the presence is the new owner's
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._confirmed(connection, self._presence(online=False))
        return ""

    async def _flush(self, connection: Connection) -> None:
        while True:
            await self._parked.wait()
            self._parked.clear()
            while (parcel := self._outbox.first()) is not None:
                if connection.give(parcel):
                    self._outbox.sent()
                else:
                    await asyncio.sleep(RETRY_S)

    async def _seek_on(self, connection: Connection) -> None:
        """Subscribe to each requested presence: the broker then sends its retained message.

        The broker drops presences where more pods connect at once than it queues for one reader.
        """
        while True:
            await asyncio.sleep(SEEK_EVERY_S)
            pods = list(islice(self._sought, SEEK_AT_ONCE))
            for pod in pods:
                del self._sought[pod]
            presences = [topics.pod_topic(pod, "presence") for pod in pods]
            if presences:
                with contextlib.suppress(aiomqtt.MqttError):  # `lost` reports a lost connection
                    await connection.subscribe([(name, 1) for name in presences])
                    await connection.unsubscribe(presences)

    async def _confirmed(self, connection: Connection, parcel: Parcel) -> None:
        await connection.publish(parcel.topic, parcel.payload, parcel.qos, parcel.retain)

    def _sent(self, parcel: Parcel) -> bool:
        sent = self._connection is not None and not self._outbox and self._connection.give(parcel)
        self._remember(parcel)
        return sent

    def _remember(self, parcel: Parcel) -> None:
        if parcel.retain and self._own is not None:
            self._own.said(parcel.topic, parcel.payload)

    def _park(self, what: str, dropped: int) -> None:
        for _ in range(dropped):
            self._meters.link_dropped(what)
        self._parked.set()

    def _reached(self, intake: Intake) -> None:
        self._trouble = ""
        self._park("collective", self._outbox.forget_collectives())
        self._meters.link(up=True)
        intake.inbound.on_link(up=True)

    def _lost(self, intake: Intake, why: str) -> None:
        """Record that the broker is not connected; `why` is empty where the daemon itself leaves."""
        if not self._trouble:
            self._meters.link(up=False)
            if why:
                intake.inbound.on_link(up=False)
        trouble = f"the broker at {self._broker.access.address.url} is not reached ({why or 'closing'})"
        if trouble != self._trouble and why:
            self._say(f"{trouble}; trying again: start it, or name another with --mqtt-url")
        self._trouble = trouble

    def _word(self, *, online: bool = True, writes: int = 0) -> DaemonPresence:
        at_ms = int(self._clock.now_s() * 1000)
        return DaemonPresence(self._broker.instance, online, self._broker.versions, at_ms, writes)

    def _presence(self, *, online: bool) -> Parcel:
        word = self._word(online=online)
        if online:  # a will is older than its moment: it would show an old checkpoint as the newest
            word = replace(word, checkpoint=self._checkpoint)
        parcel = Parcel(topics.DAEMON_PRESENCE, self._seal(word), qos=1, retain=True)
        if online and self._own is not None:
            self._own.presence_ms = word.at_ms
            self._own.said(parcel.topic, parcel.payload)
        return parcel

    def _say_presence(self) -> None:
        """Publish the presence again while connected."""
        if self._connection is not None and not self._closing.is_set() and self._owns():
            self._sent(self._presence(online=True))
