"""From a payload on a topic to a value in the application's hands.

The MQTT client calls `offer` from inside its own reading, where nothing may be sent (its callback lock
is held), so `offer` only sorts the payload into the inbox and asks the loop for a turn. In that turn
everything that waits is read in one go, BATCH at most, and handed on; then the loop, and with it the
tick, has its own turn again.

Rules. A pod speaks for itself alone: the name in a payload must be the one in its topic, which the
broker has bound to the pod. Only a presence may be retained; a retained frame, status, event or probe is
somebody's replay. What cannot be read is counted and named, never guessed at, and costs the others
nothing.
"""

import asyncio
from typing import Final, Protocol

from dreamd.adapters.mqtt.inbox import Arrival, Inbox
from dreamd.ports.clock import SessionClock
from dreamd.ports.meters import LinkMeters
from dreamwire import codec, topics
from dreamwire.messages import ClockProbe, Frame, PodEvent, Presence, Status, WakeOrder
from dreamwire.topics import FramesTopic, PodTopic

BATCH: Final = 256
"""Arrivals handed on before the loop has its turn: about ten milliseconds of frames."""


class Inbound(Protocol):
    """Who takes in what pods say."""

    def on_presence(self, presence: Presence) -> None:
        """A pod is there, or gone."""
        ...

    def on_status(self, status: Status) -> None:
        """A pod's account of itself."""
        ...

    def on_event(self, event: PodEvent) -> None:
        """A fact at a pod."""
        ...

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """A clock probe, with the session time at which it came."""
        ...

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Frames of one sender for one cohort."""
        ...

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """Something that could not be read."""
        ...

    def on_link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        ...

    def on_count(self, writes: int) -> None:
        """The broker remembers so many writes of our ledger; heard before anything of a pod."""
        ...

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """The retained place of wake orders holds what we did not say last: None, or an order of our key."""
        ...


class Intake:
    """Everything that comes in."""

    def __init__(self, inbound: Inbound, clock: SessionClock, meters: LinkMeters) -> None:
        """Hand on to `inbound`, stamping with `clock`."""
        self.inbound = inbound
        self._clock = clock
        self._meters = meters
        self._inbox = Inbox()
        self._turn_asked = False

    def offer(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take a payload; called on the loop's thread, from inside the MQTT client."""
        parsed = topics.parse(topic)
        if parsed is None:
            self.inbound.on_malformed("", "topic", "not a topic of dreamwire.v1")
            return
        dropped = self._inbox.put(Arrival(parsed, payload, retained, self._clock.now_s()))
        if dropped:
            self._meters.link_dropped(dropped)
        if not self._turn_asked:
            self._turn_asked = True
            asyncio.get_running_loop().call_soon(self.turn)

    def turn(self) -> None:
        """Hand on what waits, at most BATCH, and ask for another turn if that was not all."""
        self._turn_asked = False
        for _ in range(BATCH):
            arrival = self._inbox.take()
            if arrival is None:
                return
            self._hand_on(arrival)
        if self._inbox:
            self._turn_asked = True
            asyncio.get_running_loop().call_soon(self.turn)

    def _hand_on(self, arrival: Arrival) -> None:
        topic = arrival.topic
        kind, sender = ("frames", topic.sender) if isinstance(topic, FramesTopic) else (topic.leaf, topic.pod)
        try:
            if arrival.retained and kind != "presence":
                self.inbound.on_malformed(sender, kind, "retained: only a presence may be")
            elif isinstance(topic, FramesTopic):
                self.inbound.on_frames(topic, codec.decode_frames(arrival.payload))
            else:
                self._report(topic, arrival)
        except codec.WireError as error:
            self.inbound.on_malformed(sender, kind, str(error))

    def _report(self, topic: PodTopic, arrival: Arrival) -> None:
        match topic.leaf:
            case "presence":
                presence = codec.decode_presence(arrival.payload)
                if self._speaks_for_itself(topic, presence.pod):
                    self.inbound.on_presence(presence)
            case "status":
                status = codec.decode_status(arrival.payload)
                if self._speaks_for_itself(topic, status.pod):
                    self.inbound.on_status(status)
            case "event":
                event = codec.decode_event(arrival.payload)
                if self._speaks_for_itself(topic, event.pod):
                    self.inbound.on_event(event)
            case "clock":
                probe = codec.decode_clock_probe(arrival.payload)
                self.inbound.on_clock_probe(topic.pod, probe, arrival.received_s)
            case _:
                self.inbound.on_malformed(topic.pod, "topic", "a pod does not publish here")

    def _speaks_for_itself(self, topic: PodTopic, pod: str) -> bool:
        if pod == topic.pod:
            return True
        self.inbound.on_malformed(topic.pod, topic.leaf, "the payload names another pod")
        return False
