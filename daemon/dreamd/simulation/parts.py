"""What a simulated pod is made of besides its bed: a disk, a device, and a memory of what it sent."""

from dataclasses import dataclass, field

from dreamedge.adapters.renderers.null import NullRenderer
from dreamwire.messages import PodEvent, StoredSever


@dataclass
class Disk:
    """A pod's disk: outlives its process."""

    latched: str = ""
    severed: StoredSever | None = None
    events: dict[bytes, PodEvent] = field(default_factory=dict)
    starts: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame of this process, for whoever checks what it may do. captured_ns: by its own clock."""

    low: int
    assignment: int
    captured_ns: int


class Device(NullRenderer):
    """A renderer that may not obey: it never gives less than `stuck`."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = 0.0

    def share_at(self, now_ns: int) -> float:
        """What its sleeper is given."""
        return max(super().share_at(now_ns), self.stuck)
