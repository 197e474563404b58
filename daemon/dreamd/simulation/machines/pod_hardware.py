"""The parts of a simulated pod besides its runner: a disk, a device, a journal, a memory of sent frames."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.messages import PodEvent, StoredSever


@dataclass
class Disk:
    """A pod's disk: outlives its process."""

    latched: str = ""
    severed: StoredSever | None = None
    woken: tuple[Wake, ...] = ()
    consents: tuple[HeldConsent, ...] | None = ()
    events: dict[bytes, PodEvent] = field(default_factory=dict)
    starts: int = 0


@dataclass(slots=True)
class Sent:
    """A frame that this process sent, for the invariant checker. captured_ns: by its own clock."""

    low: int
    assignment: int
    captured_ns: int


class Device(NullRenderer):
    """A renderer that may not obey: it never renders less than `stuck`."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = 0.0

    def share_at(self, now_ns: int) -> float:
        """The share rendered now."""
        share = self._share.at(now_ns)
        return max(share, self.stuck)


class Notes:
    """ports.journal.Journal: every line goes to the pod's observer."""

    def __init__(
        self, noted: Callable[[int, str, dict[str, float | int | str]], None], *, hops: bool
    ) -> None:
        self._noted = noted
        self.hops = hops

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:  # noqa: ARG002 - the port's own
        """A line of the journal."""
        self._noted(at_ns, kind, values)

    def close(self) -> None:
        """Nothing to write."""
