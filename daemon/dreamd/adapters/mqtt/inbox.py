"""What has come and has not been looked at yet: bounded, sorted by how much it may wait.

- Reports (presence, event) come first and in order. At REPORTS the newest is refused, which loses
  nothing: a pod resends its events until they are acknowledged, and presence is retained.
- Status and clock: the newest of each pod, which is all that anybody wants of them.
- Frames: FRAMES of them, the oldest dropped, because the newest hop is the one that is still fresh.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from dreamwire.topics import FramesTopic, PodTopic

REPORTS: Final = 65_536
FRAMES: Final = 8_192


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
        self._frames: deque[Arrival] = deque()

    def __len__(self) -> int:
        """How many arrivals wait."""
        return len(self._reports) + len(self._newest) + len(self._frames)

    def put(self, arrival: Arrival) -> str:
        """Take an arrival in; returns what was dropped for it: frame, event, status, clock or nothing."""
        topic = arrival.topic
        if isinstance(topic, FramesTopic):
            self._frames.append(arrival)
            if len(self._frames) > FRAMES:
                self._frames.popleft()
                return "frame"
            return ""
        if topic.leaf in ("status", "clock"):
            replaced = self._newest.pop(topic, None)
            self._newest[topic] = arrival
            return topic.leaf if replaced else ""
        if len(self._reports) >= REPORTS:
            return "event"
        self._reports.append(arrival)
        return ""

    def take(self) -> Arrival | None:
        """The arrival to be looked at next, or None."""
        if self._reports:
            return self._reports.popleft()
        if self._newest:
            return self._newest.popitem(last=False)[1]
        return self._frames.popleft() if self._frames else None
