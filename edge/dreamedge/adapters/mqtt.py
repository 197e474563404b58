"""The link over MQTT: one aiomqtt client per pod, MQTT 3.1.1, with its own reconnects.

Sending never waits. Frames, statuses and probes are written to the socket at once, or wait in a short queue
that drops its oldest. Events stay in a table until the daemon acknowledges them and are resent once a second.
Arrivals are stamped in the reader's callback and put into two bounded queues, commands apart from the rest,
so that no flood of broadcasts displaces a release. The verifier judges them when they are taken.

A broker that refuses the pod, or fails the identity check, counts as a lost connection with the reason in
words (`dreamwire.connection`); it is retried like an absent broker.
"""

import asyncio
import contextlib
import dataclasses
import random
from collections import deque
from collections.abc import Callable
from typing import Final

import aiomqtt

from dreamedge.adapters.gateway import Gateway
from dreamedge.adapters.message_verifier import MessageVerifier, ReceivedPayload
from dreamedge.core.broker_passwords import BrokerPasswords
from dreamedge.ports.link import Arrival, Connected, Disconnected, Heard
from dreamwire import topics
from dreamwire.broker_access import Access
from dreamwire.codec import encode, encode_frames
from dreamwire.connection import LoginRefusedError, PromptClient
from dreamwire.messages import ClockProbe, DaemonPresence, Frame, PodEvent, Presence, Status
from dreamwire.schema import PLAIN_FRAMES_SINCE
from dreamwire.status_parts import StatusParts

KEEPALIVE_S: Final = 5
_ANSWER_WITHIN_S: Final = 5.0
_FIRST_DELAY_S: Final = 0.2
_LONGEST_DELAY_S: Final = 10.0
_STABLE_NS: Final = 5_000_000_000
"""A connection of this length was good: the next delay is the shortest again."""
_RETRY_S: Final = 0.005
_WAITING: Final = 16
"""Unsent frames, statuses and probes: three seconds of them; older ones are worthless."""
_ARRIVED: Final = 64
_RESEND_NS: Final = 1_000_000_000
_EVENTS_A_ROUND: Final = 64


class _Parted(Exception):  # noqa: N818 - no error: the way out of a TaskGroup
    """The goodbye has been sent."""


class MqttLink:
    """`ports.link.Link` over MQTT.

    Args:
        access: the broker's address and the credentials.
        presence: published on connecting; its `online=False` twin is the will and the goodbye.
        door: judges arrivals.
        now_ns: CLOCK_BOOTTIME.
        rng: jitter of the reconnects.
        passwords: of an enrolled bed, which renews its credential; None: the one in `access`.
        gateway: takes frames of this bed while it is connected; None: there is none.
    """

    def __init__(
        self,
        access: Access,
        presence: Presence,
        door: MessageVerifier,
        now_ns: Callable[[], int],
        rng: random.Random,
        passwords: BrokerPasswords | None = None,
        gateway: Gateway | None = None,
    ) -> None:
        self._access, self.passwords = access, passwords
        self._presence, self.gateway = presence, gateway
        self._daemon_reads, self._parts, self._daemon_instance = 0, StatusParts(), ""
        self._pod = presence.pod
        self._door = door
        self._now_ns = now_ns
        self._rng = rng
        self._waiting: deque[tuple[str, tuple[Frame, ...] | Status | ClockProbe]] = deque(maxlen=_WAITING)
        self._to_send = asyncio.Event()
        self._events: dict[bytes, PodEvent] = {}
        self._sent_ns: dict[bytes, int] = {}
        self._event_added = asyncio.Event()
        self._orders: deque[ReceivedPayload] = deque(maxlen=_ARRIVED)
        self._rest: deque[ReceivedPayload] = deque(maxlen=_ARRIVED)
        self._changes: deque[Connected | Disconnected] = deque(maxlen=_ARRIVED)
        self._has_arrived = asyncio.Event()
        self._wanted = ""
        self._wanted_changed = asyncio.Event()
        self._parting = asyncio.Event()
        self._client_now: PromptClient | None = None
        self.dropped = 0

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """Give one frame to the gateway, or queue it. own: queue it."""
        gateway = self.gateway if self._daemon_reads >= PLAIN_FRAMES_SINCE and not own else None
        if (
            gateway is not None
            and self._client_now is not None
            and gateway.take_frame(dreamscape, cohort, frame)
        ):
            return
        self._queue(topics.frames(dreamscape, cohort, self._pod), (frame,))

    def status(self, status: Status) -> None:
        """Queue a status, or its vital part alone."""
        if self._daemon_reads >= PLAIN_FRAMES_SINCE:
            status = self._parts.next_part(status, self._now_ns() / 1e9)
        self._queue(topics.pod_topic(self._pod, "status"), status)

    def probe(self, probe: ClockProbe) -> None:
        """Queue a clock probe; t0 is stamped when it leaves."""
        self._queue(topics.pod_topic(self._pod, "clock"), probe)

    def event(self, event: PodEvent) -> None:
        """Send this event until it is acknowledged."""
        self._events[event.id] = event
        self._event_added.set()

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """Stop sending these events: the daemon has them."""
        for event_id in ids:
            self._events.pop(event_id, None)
            self._sent_ns.pop(event_id, None)

    def listen(self, dreamscape: str, cohort: int) -> None:
        """Subscribe to this cohort's broadcast and to no other."""
        self._want(topics.collective(dreamscape, cohort))

    def stop_listening(self) -> None:
        """Subscribe to no broadcast."""
        self._want("")

    async def arrived(self) -> None:
        """Wait until there are arrivals to take."""
        await self._has_arrived.wait()

    def take(self) -> list[Arrival]:
        """The arrivals: changes of the connection, then commands, then the rest."""
        self._has_arrived.clear()
        taken: list[Arrival] = [*self._changes]
        for queue in (self._orders, self._rest):
            taken.extend(heard for heard in map(self._door.open_message, queue) if heard is not None)
            queue.clear()
        self._changes.clear()
        for heard in taken:
            if isinstance(heard, Heard) and isinstance(heard.message, DaemonPresence):
                self._daemon_reads = heard.message.versions.wire
                if heard.message.instance != self._daemon_instance:
                    self._daemon_instance = heard.message.instance
                    self._parts.begin_whole()
        return taken

    def part(self) -> None:
        """Send the goodbye and stop."""
        self._parting.set()

    async def run(self) -> None:
        """Connect, exchange, reconnect with full jitter (0.2 to 10 s), until `part`."""
        attempt = 0
        while not self._parting.is_set():
            began_ns, why, said_goodbye, other = self._now_ns(), "", False, False
            try:
                async with self._client() as client:
                    if self.passwords is not None:
                        self.passwords.accepted()
                    try:
                        await self._converse(client)
                    finally:
                        self._client_now = None
            except* aiomqtt.MqttError as group:
                why = str(group.exceptions[0])
                refused = isinstance(group.exceptions[0], LoginRefusedError)
                if refused and self.passwords is not None and self.passwords.rejected():
                    other = True  # the broker may know the newer one already, or not yet
            except* _Parted:
                said_goodbye = True
            if said_goodbye or self._parting.is_set():
                return
            if other:
                continue
            self._change(Disconnected(why, self._now_ns()))
            attempt = 0 if self._now_ns() - began_ns >= _STABLE_NS else attempt + 1
            await self._pause(attempt)

    async def _pause(self, attempt: int) -> None:
        most_s = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0 ** min(attempt, 10))
        delay_s = self._rng.uniform(_FIRST_DELAY_S, max(most_s, 2 * _FIRST_DELAY_S))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._parting.wait()

    def _client(self) -> PromptClient:
        gone = encode(dataclasses.replace(self._presence, online=False))
        access = self._access
        if self.passwords is not None:
            access = dataclasses.replace(access, user=access.user or self._pod, password=self.passwords.now)
        return PromptClient(
            access,
            self._arrive,
            identifier=f"dreamedge-{self._pod}",
            clean_session=True,
            keepalive=KEEPALIVE_S,
            timeout=_ANSWER_WITHIN_S,
            will=aiomqtt.Will(topics.pod_topic(self._pod, "presence"), gone, qos=1, retain=True),
            max_queued_outgoing_messages=4 * _EVENTS_A_ROUND,
        )

    async def _converse(self, client: PromptClient) -> None:
        """Announce the pod, then exchange messages until a failure or `part`."""
        await client.hear([(topic, 1) for topic in self._door.topics])
        await client.announce(topics.pod_topic(self._pod, "presence"), encode(self._presence))
        self._sent_ns.clear()
        self._waiting.clear()  # from before: an old frame is worthless, an old probe misleads
        self._client_now = client
        self._parts.begin_whole()
        self._change(Connected(self._now_ns()))
        async with asyncio.TaskGroup() as group:
            for work in (self._send, self._resend, self._subscribe, _until_lost, self._until_parting):
                group.create_task(work(client), name=f"{self._pod} {work.__name__.strip('_')}")

    async def _send(self, client: PromptClient) -> None:
        """Send the messages that the socket did not take at once."""
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while self._waiting:
                if client.send(self._waiting[0][0], self._payload(self._waiting[0][1])):
                    self._waiting.popleft()
                else:
                    await asyncio.sleep(_RETRY_S)

    def _payload(self, message: tuple[Frame, ...] | Status | ClockProbe) -> bytes:
        if isinstance(message, ClockProbe):
            message = dataclasses.replace(message, t0_us=self._now_ns() // 1000)
        elif isinstance(message, tuple):
            return encode_frames(message, plain=self._daemon_reads >= PLAIN_FRAMES_SINCE)
        return encode(message)

    async def _resend(self, client: aiomqtt.Client) -> None:
        topic = topics.pod_topic(self._pod, "event")
        while True:
            self._event_added.clear()
            for event in self._due():
                self._sent_ns[event.id] = self._now_ns()
                await client.publish(topic, encode(event), qos=1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RESEND_NS / 1e9):
                    await self._event_added.wait()

    def _due(self) -> list[PodEvent]:
        """Events not sent within the last second, oldest first."""
        now_ns = self._now_ns()
        due = [
            e for e in self._events.values() if now_ns - self._sent_ns.get(e.id, -_RESEND_NS) >= _RESEND_NS
        ]
        return due[:_EVENTS_A_ROUND]

    async def _subscribe(self, client: PromptClient) -> None:
        """Keep the one broadcast subscription at the wanted topic."""
        heard = ""
        while True:
            self._wanted_changed.clear()
            wanted = self._wanted
            if wanted != heard:
                if heard:
                    await client.unsubscribe(heard)
                if wanted:
                    await client.hear([(wanted, 0)])
                heard = wanted
            else:
                await self._wanted_changed.wait()

    async def _until_parting(self, client: aiomqtt.Client) -> None:
        await self._parting.wait()
        gone = dataclasses.replace(self._presence, online=False)
        await client.publish(topics.pod_topic(self._pod, "presence"), encode(gone), qos=1, retain=True)
        raise _Parted

    def _queue(self, topic: str, message: tuple[Frame, ...] | Status | ClockProbe) -> None:
        client = self._client_now
        # Past a waiting message none is sent directly: messages keep their order.
        if client is not None and not self._waiting and client.send(topic, self._payload(message)):
            return
        self.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append((topic, message))
        self._to_send.set()

    def _want(self, topic: str) -> None:
        self._wanted = topic
        self._wanted_changed.set()

    def _change(self, change: Connected | Disconnected) -> None:
        self._changes.append(change)
        self._has_arrived.set()

    def _arrive(self, message: aiomqtt.Message) -> None:
        """Stamp and queue an arrival; runs in the reader's callback."""
        topic = message.topic.value
        queue = self._orders if topic == self._door.orders else self._rest
        queue.append(ReceivedPayload(topic, bytes(message.payload), bool(message.retain), self._now_ns()))
        self._has_arrived.set()


async def _until_lost(client: PromptClient) -> None:
    """Never returns; raises MqttError when the connection is lost."""
    raise aiomqtt.MqttError(await client.lost())
