"""A daemon small enough to lie: it speaks the real wire and follows the test.

It answers clock probes and acknowledges events like the real one, assigns one pod, and broadcasts four times
a second the collective of that pod and of some others that stand still. Every broadcast is kept, so that a
test can repeat it altered, late or with the wrong key. `senders`: of each frame, in the same order.
"""

import asyncio
import dataclasses
import time
from math import inf
from types import TracebackType
from typing import Any, Self

import aiomqtt
import numpy as np

from dreamwire import topics
from dreamwire.blend import seq_low, to_shared, weight
from dreamwire.codec import (
    context_of,
    decode_clock_probe,
    decode_event,
    decode_frames,
    decode_presence,
    decode_status,
    encode,
)
from dreamwire.cohort_key import CohortKey
from dreamwire.messages import (
    Ack,
    Assign,
    Collective,
    Command,
    DaemonPresence,
    Frame,
    PodEvent,
    PodEventKind,
    Presence,
    Status,
    Versions,
    What,
)
from dreamwire.schema import BANDS6X2, WIRE_REVISION
from dreamwire.signing import SigningKey, seal

DREAMSCAPE = "night-1"
OTHERS = 3
TICK_S = 0.25


class SmallDaemon:
    """One pod's daemon; use as an async context manager. `options`: of its client, beyond host and port."""

    def __init__(self, port: int, pod: str, host: str = "127.0.0.1", **options: Any) -> None:  # noqa: ANN401 -- aiomqtt's own
        self.key = SigningKey.generate()
        self.pod = pod
        self.term = 1000
        self.cohort_key = CohortKey.draw(1)
        self.coupling = 255
        self.speaking = True
        self.acking = True
        self.presences: list[Presence] = []
        self.statuses: list[Status] = []
        self.events: list[PodEvent] = []
        self.frames: list[Frame] = []
        self.senders: list[str] = []
        self.said: list[Collective] = []
        self._client = aiomqtt.Client(host, port, identifier="small-daemon", **options)
        self._tick = 0
        self._counter = 0
        self._assign: Assign | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Connect, subscribe and broadcast."""
        await self._client.__aenter__()
        for topic in (*topics.POD_REPORTS, topics.FRAMES):
            await self._client.subscribe(topic, qos=1)
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._broadcast())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and disconnect."""
        # Again until it holds: Python 3.11's wait_for loses a cancellation that meets its result.
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.5)
        await self._client.__aexit__(kind, error, trace)

    def of_kind(self, kind: PodEventKind) -> list[PodEvent]:
        """Events of one kind, each id once, in order of arrival."""
        return [event for event in self.events if event.kind is kind]

    async def command(self, what: What) -> None:
        """Send a command, sealed."""
        self._counter += 1
        presence = self.presences[-1]
        command = Command(self.pod, self._counter, presence.incarnation, _session_ms() + 30_000, what)
        await self._client.publish(topics.pod_topic(self.pod, "command"), self._sealed(command), qos=1)

    async def assign(self, ramp_s: float = 10.0, consent: tuple[str, int] = ("", 0)) -> None:
        """Seat the pod in slot 0, under another assignment each time. consent: subject and revision."""
        presence = self.presences[-1]
        self._assign = Assign(
            dreamscape=DREAMSCAPE,
            cohort=0,
            slot=0,
            assignment=77 + self._counter,
            incarnation=presence.incarnation,
            term=self.term,
            ceiling=0.15,
            cap=0.15,
            seconds_left=3600.0,
            schema=BANDS6X2.name,
            mu_db=BANDS6X2.shipped_mu(),
            sigma_db=BANDS6X2.shipped_sigma(),
            ramp_s=ramp_s,
            dose_left_min=inf,
            dose_limit_min=inf,
            key=self.cohort_key.secret,
            key_number=self.cohort_key.number,
            consent_subject=consent[0],
            consent_revision=consent[1],
        )
        await self.command(self._assign)

    def collective(self) -> Collective | None:
        """The present broadcast: an answer to the newest frame."""
        if self._assign is None or not self.frames:
            return None
        frame, size = self.frames[-1], BANDS6X2.size
        if not np.isfinite(frame.features).all():
            return None
        self._tick += 1
        x = to_shared(frame.features, self._assign.mu_db, self._assign.sigma_db)
        r = np.zeros(size, dtype=np.float32)
        others = np.full((OTHERS, size), 0.5, dtype=np.float32)
        weights = [weight(x, r), *(weight(other, r) for other in others)]
        total = sum(w * state for w, state in zip(weights, (x, *others), strict=True))
        return Collective(
            dreamscape=DREAMSCAPE,
            cohort=0,
            tick=self._tick,
            instant=frame.instant,
            term=self.term,
            min_reader=1,
            r=r,
            m=(total / sum(weights)).astype(np.float32),
            sum=np.asarray(total, dtype=np.float32),
            weight=sum(weights),
            coupling=np.array([self.coupling, 38, 38, 38], dtype=np.uint8),
            answered=np.array([seq_low(frame.seq), 1, 1, 1], dtype=np.uint16),
        )

    async def say(
        self, collective: Collective, key: SigningKey | None = None, *, retain: bool = False
    ) -> None:
        """Broadcast this, encrypted, and sealed by `key` (ours by default)."""
        says = self.cohort_key.encrypt(collective)
        payload = seal(key or self.key, context_of(says), encode(says))
        await self._client.publish(topics.collective(DREAMSCAPE, 0), payload, retain=retain)

    async def say_raw(self, payload: bytes) -> None:
        """Broadcast these bytes."""
        await self._client.publish(topics.collective(DREAMSCAPE, 0), payload)

    async def appear(self) -> None:
        """Publish our presence, retained: we read what the code here writes."""
        here = DaemonPresence("small", True, Versions("0", WIRE_REVISION), _session_ms())
        payload = seal(self.key, context_of(here), encode(here))
        await self._client.publish(topics.DAEMON_PRESENCE, payload, qos=1, retain=True)

    def _sealed(self, command: Command) -> bytes:
        return seal(self.key, context_of(command), encode(command))

    async def _broadcast(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            collective = self.collective() if self.speaking else None
            if collective is not None:
                self.said.append(collective)
                await self.say(collective)

    async def _hear(self) -> None:
        async for message in self._client.messages:
            at_us = time.time_ns() // 1000
            leaf, payload = message.topic.value.rsplit("/", 1)[-1], bytes(message.payload)
            if message.topic.value.startswith(f"{topics.ROOT}/frames/"):
                frames = decode_frames(payload)
                self.frames.extend(frames)
                self.senders.extend([leaf] * len(frames))
            elif leaf == "clock":
                probe = dataclasses.replace(decode_clock_probe(payload), t1_us=at_us)
                newest = self.frames[-1].instant if self.frames else 0
                probe = dataclasses.replace(probe, t2_us=time.time_ns() // 1000, frame_instant=newest)
                await self._client.publish(topics.clock_answer(self.pod), encode(probe))
            elif leaf == "presence" and payload:
                self.presences.append(decode_presence(payload))
            elif leaf == "status":
                self.statuses.append(decode_status(payload))
            elif leaf == "event":
                await self._take(decode_event(payload))

    async def _take(self, event: PodEvent) -> None:
        if event.id not in {known.id for known in self.events}:
            self.events.append(event)
        if self.acking:
            await self.command(Ack((event.id,)))


def _session_ms() -> int:
    return time.time_ns() // 1_000_000
