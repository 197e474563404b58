"""From a payload on a topic to a value in the application's hands.

The MQTT client calls `offer` from inside its own reading, where nothing may be sent (its callback lock is
held). So `offer` only sorts the payload into the inbox and asks the loop for a turn. In that turn all waiting
arrivals are read, BATCH at most, and handed on; then the loop, and with it the tick, has its own turn again.

Overload. While the socket still holds arrivals (`behind`), frames wait up to FRAMES_WAIT_S for it to be
emptied. After that, and where more hops wait in the inbox than may be fresh, only the newest frame of each
sender is read: a daemon that was without its core for seconds processes no hop that has passed. The skipped
frames are counted and reported, because no pod has lost them.

Rules. A pod reports only for itself: the name in a payload must be the one in its topic, which the broker has
bound to the pod. Only a presence may be retained; a retained frame, status, event or probe is a replay. An
unreadable payload is counted and named, never guessed at, and costs the others nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from dreamd.adapters.mqtt.inbox import SENDERS_FEW, Arrival, Inbox
from dreamd.core.limits import FRAME_FRESH_HOPS, HOP_S
from dreamd.ports.clock import SessionClock
from dreamd.ports.metrics import LinkMetrics
from dreamwire import codec, topics
from dreamwire.frame_columns import FrameBlock
from dreamwire.messages import ClockProbe, Frame, PodEvent, Presence, Status, WakeOrder
from dreamwire.topics import FramesTopic, PodTopic

FRAMES_WAIT_S: Final = HOP_S
"""While the socket is not empty, frames of all senders are read in rounds at this interval."""
FRESH: Final = 2048
"""Frames of one turn that need no queue, unless more of a sender have come than may be fresh."""
BATCH: Final = 256
"""Arrivals handed on before the loop has its turn: about ten milliseconds of frames."""


class Inbound(Protocol):
    """Receives the decoded reports of pods."""

    def on_presence(self, presence: Presence) -> None:
        """A pod has connected, or disconnected."""
        ...

    def on_status(self, status: Status) -> None:
        """A pod's status report."""
        ...

    def on_event(self, event: PodEvent) -> None:
        """A fact at a pod."""
        ...

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """A clock probe, with the session time of its arrival."""
        ...

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Frames of one sender for one cohort."""
        ...

    def on_frame_block(self, block: FrameBlock) -> None:
        """Frames of many senders that arrived together."""
        ...

    def on_behind(self, dropped: int) -> None:
        """This many frames were dropped unread, because newer ones of their senders have arrived."""
        ...

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """A payload that could not be read."""
        ...

    def on_link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        ...

    def on_count(self, writes: int) -> None:
        """The broker has this number of the ledger's writes; it arrives before any report of a pod."""
        ...

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """The topic of wake orders does not hold the last order sent: None, or an order of our key."""
        ...


class Intake:
    """Reads everything that arrives."""

    def __init__(self, inbound: Inbound, clock: SessionClock, meters: LinkMetrics) -> None:
        """Hand on to `inbound`, stamping with `clock`."""
        self.inbound = inbound
        self._clock = clock
        self._meters = meters
        self._inbox = Inbox()
        self._fresh: list[tuple[FramesTopic, bytes]] = []
        self._turn_asked = False
        self._frames_s, self._round = 0.0, 0
        self.behind: Callable[[], bool] = lambda: False

    def offer(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Store a payload; called on the loop's thread, from inside the MQTT client."""
        self.offer_all([(topic, payload, retained)])

    def offer_all(self, arrived: Sequence[tuple[str, bytes, bool]]) -> None:
        """Store payloads that arrived together: topic, payload, retained or not; called as `offer` is."""
        now_s, parse, fresh = self._clock.now_s(), topics.parse, self._fresh
        for topic, payload, retained in arrived:
            parsed = parse(topic)
            if isinstance(parsed, FramesTopic) and not retained:
                fresh.append((parsed, payload))
            elif parsed is None:
                self.inbound.on_malformed("", "topic", "not a topic of dreamwire.v1")
            else:
                self._put(Arrival(parsed, payload, retained, now_s))
        if len(fresh) > FRESH:
            self._keep_fresh()
        if (fresh or self._inbox) and not self._turn_asked:
            self._turn_asked = True
            asyncio.get_running_loop().call_soon(self.turn)

    def _put(self, arrival: Arrival) -> None:
        dropped = self._inbox.put(arrival)
        if dropped:
            self._meters.link_dropped(dropped)

    def _keep_fresh(self) -> None:
        """Put the frames of this turn into the inbox, where each sender has its own bounded queue."""
        now_s = self._clock.now_s()
        for topic, payload in self._fresh:
            self._put(Arrival(topic, payload, retained=False, received_s=now_s))
        self._fresh.clear()

    def _take_fresh(self) -> list[tuple[FramesTopic, bytes]]:
        """Return the frames of this turn; none where others wait, or more have come than may be fresh."""
        fresh = self._fresh
        senders = max(
            len({id(topic) for topic, _ in fresh}), SENDERS_FEW
        )  # one object a topic: `topics.parse`
        if self._inbox.frames or self.behind() or len(fresh) > FRAME_FRESH_HOPS * senders:
            self._keep_fresh()
            return []
        self._fresh = []
        return fresh

    def turn(self) -> None:
        """Hand on waiting arrivals, at most BATCH, and ask for another turn if more wait."""
        self._turn_asked = False
        block = self._take_fresh()
        frames = self._frames_due()
        for _ in range(BATCH):
            arrival = self._inbox.next_arrival(frames=frames)
            if arrival is None:
                break
            if isinstance(arrival.topic, FramesTopic):
                self._round -= 1
                if arrival.retained:
                    self._refuse_retained(arrival.topic.sender, "frames")
                else:
                    block.append((arrival.topic, arrival.payload))
            else:
                self._hand_on(arrival.topic, arrival)
        if block:
            self._hand_on_frames(block)
        if frames and self._round <= 0:
            self._frames_s = self._clock.now_s()  # the round took time: now the socket has its turn
        if self._inbox:
            self._turn_asked = True
            asyncio.get_running_loop().call_soon(self.turn)

    def _frames_due(self) -> bool:
        """Whether frames are read in this turn; under overload, in rounds of one frame a sender."""
        behind = self.behind()
        if self._round > 0:
            return True
        if behind and self._clock.now_s() - self._frames_s < FRAMES_WAIT_S:
            return False
        if behind or self._inbox.crowded:
            self._skim()
            self._round = self._inbox.frames
        return True

    def _skim(self) -> None:
        dropped = self._inbox.skim()
        if dropped:
            for _ in range(dropped):
                self._meters.link_dropped("frame")
            self.inbound.on_behind(dropped)

    def _hand_on_frames(self, arrived: list[tuple[FramesTopic, bytes]]) -> None:
        """Hand on frames, those that are well formed in one block, the others payload by payload."""
        blocks, rest = codec.decode_frame_block(arrived)
        for block in blocks:
            self.inbound.on_frame_block(block)
        for topic, payload in rest:
            try:
                self.inbound.on_frames(topic, codec.decode_frames(payload))
            except codec.WireError as error:
                self.inbound.on_malformed(topic.sender, "frames", str(error))

    def _refuse_retained(self, sender: str, kind: str) -> None:
        self.inbound.on_malformed(sender, kind, "retained: only a presence may be")

    def _hand_on(self, topic: PodTopic, arrival: Arrival) -> None:
        try:
            if arrival.retained and topic.leaf != "presence":
                self._refuse_retained(topic.pod, topic.leaf)
            else:
                self._report(topic, arrival)
        except codec.WireError as error:
            self.inbound.on_malformed(topic.pod, topic.leaf, str(error))

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
