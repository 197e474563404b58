"""Stand-ins for the link's neighbours: an application that keeps its inputs, metrics, a clock."""

from dataclasses import dataclass, field

from dreamwire.frame_columns import FrameBlock
from dreamwire.messages import ClockProbe, Frame, PodEvent, Presence, Status, WakeOrder
from dreamwire.topics import FramesTopic


@dataclass
class KeepingInbound:
    """Keeps everything in the order it came."""

    presences: list[Presence] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    places: list[WakeOrder | None] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    events: list[PodEvent] = field(default_factory=list)
    probes: list[tuple[str, ClockProbe, float]] = field(default_factory=list)
    frames: list[tuple[FramesTopic, tuple[Frame, ...]]] = field(default_factory=list)
    malformed: list[tuple[str, str, str]] = field(default_factory=list)
    links: list[bool] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)

    def on_presence(self, presence: Presence) -> None:
        """Keep."""
        self.presences.append(presence)

    def on_status(self, status: Status) -> None:
        """Keep."""
        self.statuses.append(status)

    def on_event(self, event: PodEvent) -> None:
        """Keep."""
        self.events.append(event)

    def on_clock_probe(self, pod: str, probe: ClockProbe, received_s: float) -> None:
        """Keep."""
        self.probes.append((pod, probe, received_s))

    def on_frames(self, topic: FramesTopic, frames: tuple[Frame, ...]) -> None:
        """Keep."""
        self.frames.append((topic, frames))

    def on_frame_block(self, block: FrameBlock) -> None:
        """Keep each frame."""
        self.frames += [(topic, (block.frame(at),)) for at, topic in enumerate(block.topics)]

    def on_behind(self, dropped: int) -> None:
        """Keep."""
        self.behind.append(dropped)

    def on_malformed(self, sender: str, kind: str, reason: str) -> None:
        """Keep."""
        self.malformed.append((sender, kind, reason))

    def on_link(self, *, up: bool) -> None:
        """Keep."""
        self.links.append(up)

    def on_count(self, writes: int) -> None:
        """Keep."""
        self.counts.append(writes)

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """Keep."""
        self.places.append(said)


@dataclass
class KeepingLinkMeters:
    """ports.meters.LinkMeters."""

    links: list[bool] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def link(self, *, up: bool) -> None:
        """Keep."""
        self.links.append(up)

    def link_dropped(self, what: str) -> None:
        """Keep."""
        self.dropped.append(what)


@dataclass
class SetClock:
    """A session clock with a time set by the test."""

    at_s: float = 1_760_000_000.0

    def now_s(self) -> float:
        """The set time."""
        return self.at_s
