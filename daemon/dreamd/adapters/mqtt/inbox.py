"""Arrivals that wait to be read: bounded, sorted by how long they may wait.

- Reports (presence, event) come first and in order. At REPORTS the newest is refused, which loses nothing: a
  pod resends its events until they are acknowledged, and presence is retained.
- Status and clock: the newest of each pod; an older one has no use.
- Frames: FRAMES_A_SENDER of each sender and FRAMES in all, the oldest dropped, because only the newest hop is
  still fresh. One sender's flood drops no frame of another. `skim` leaves the newest of each sender and
  cohort, because a gateway has beds in several: an intake that is behind reads no frame that a newer one
  replaces.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from dreamd.core.limits import FRAME_FRESH_HOPS, PODS_MAX
from dreamwire.topics import FramesTopic, PodTopic

REPORTS: Final = 65_536
FRAMES_A_SENDER: Final = 64
"""Sixteen seconds of hops: more are a flood."""
FRAMES: Final = 4 * PODS_MAX
SENDERS: Final = PODS_MAX
SENDERS_FEW: Final = 32
"""With this few senders a burst is read whole: it delays no other."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One payload with its parsed topic and when it came, session seconds."""

    topic: PodTopic | FramesTopic
    payload: bytes
    retained: bool
    received_s: float


class Inbox:
    """The arrivals that wait."""

    def __init__(self) -> None:
        """Begin empty."""
        self._reports: deque[Arrival] = deque()
        self._newest: OrderedDict[PodTopic, Arrival] = OrderedDict()
        self._frames: OrderedDict[str, deque[Arrival]] = OrderedDict()
        self._frames_count = 0

    def __len__(self) -> int:
        """The number of waiting arrivals."""
        return len(self._reports) + len(self._newest) + self._frames_count

    @property
    def frames(self) -> int:
        """The number of waiting frames."""
        return self._frames_count

    @property
    def crowded(self) -> bool:
        """Whether more hops of frames wait than may still be fresh, on average over the senders."""
        return self._frames_count > FRAME_FRESH_HOPS * max(len(self._frames), SENDERS_FEW)

    def put(self, arrival: Arrival) -> str:
        """Store an arrival; return the kind dropped for it: frame, event, status, clock or nothing."""
        topic = arrival.topic
        if isinstance(topic, FramesTopic):
            return self._put_frames(topic.sender, arrival)
        if topic.leaf in ("status", "clock"):
            replaced = self._newest.pop(topic, None)
            self._newest[topic] = arrival
            return topic.leaf if replaced else ""
        if len(self._reports) >= REPORTS:
            return "event"
        self._reports.append(arrival)
        return ""

    def _put_frames(self, sender: str, arrival: Arrival) -> str:
        waiting = self._frames.get(sender)
        if waiting is None:
            if len(self._frames) >= SENDERS:
                return "frame"
            waiting = self._frames[sender] = deque()
        waiting.append(arrival)
        self._frames_count += 1
        if len(waiting) > FRAMES_A_SENDER:
            waiting.popleft()
            self._frames_count -= 1
            return "frame"
        if self._frames_count > FRAMES:
            self._take_frames()
            return "frame"
        return ""

    def next_arrival(self, *, frames: bool = True) -> Arrival | None:
        """The next arrival to read, or None; without `frames`, skip frames."""
        if self._reports:
            return self._reports.popleft()
        if self._newest:
            return self._newest.popitem(last=False)[1]
        return self._take_frames() if frames else None

    def _take_frames(self) -> Arrival | None:
        """The oldest arrival of the sender that waits longest; that sender then goes to the end."""
        if not self._frames:
            return None
        sender, waiting = self._frames.popitem(last=False)
        taken = waiting.popleft()
        self._frames_count -= 1
        if waiting:
            self._frames[sender] = waiting
        return taken

    def skim(self) -> int:
        """Drop every frame but the newest of each sender and cohort; return the number dropped."""
        before, self._frames_count = self._frames_count, 0
        for waiting in self._frames.values():
            if len(waiting) > 1:
                newest = {arrival.topic: arrival for arrival in waiting}
                waiting.clear()
                waiting.extend(newest.values())
            self._frames_count += len(waiting)
        return before - self._frames_count
