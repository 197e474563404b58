"""The agent's decisions as values: the shell carries them out in the given order.

Inputs are method calls on `Agent`; each returns a list of effects. A zero always comes before the effects
that store or report it: severing waits for nothing.
"""

from dataclasses import dataclass

from dreamedge.core.merging.cue import Cue, Felt
from dreamedge.core.merging.held_consents import KeepConsents
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.messages import ClockProbe, Frame, PodEvent, Status, StoredSever


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Publish one frame, QoS 0; dropped while the link is down. own: not by the bed's gateway."""

    dreamscape: str
    cohort: int
    frame: Frame
    own: bool = True


@dataclass(frozen=True, slots=True)
class SendStatus:
    """Publish a status, QoS 0."""

    status: Status


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Put the event into the outbox, then publish it until a command acks its id."""

    event: PodEvent


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop these events from the outbox: the daemon has them."""

    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AskClock:
    """Publish a clock probe; the shell stamps t0_us as late as possible."""

    probe: ClockProbe


@dataclass(frozen=True, slots=True)
class Render:
    """Give this cue to the renderer."""

    cue: Cue


@dataclass(frozen=True, slots=True)
class Feel:
    """Give the feedback to the implant (simulated sleepers react to it)."""

    felt: Felt


@dataclass(frozen=True, slots=True)
class Listen:
    """Subscribe to this cohort's broadcast, and to no other."""

    dreamscape: str
    cohort: int


@dataclass(frozen=True, slots=True)
class StopListening:
    """Subscribe to no broadcast."""


@dataclass(frozen=True, slots=True)
class KeepLatch:
    """Write the latch to disk (empty cause: clear it); the coupling is zero already."""

    cause: str


@dataclass(frozen=True, slots=True)
class KeepSever:
    """Write the zero that severed this pod to disk (None: clear it)."""

    severed: StoredSever | None


@dataclass(frozen=True, slots=True)
class KeepWoken:
    """Write the obeyed wakes to disk; the coupling is zero and the latch stored already."""

    wakes: tuple[Wake, ...]


@dataclass(frozen=True, slots=True)
class WakeSleeper:
    """Wake the sleeper: lights, chime, whatever the bed has."""

    reason: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the pod's journal: a fact with numbers, never a sample."""

    kind: str
    values: dict[str, float | int | str]


AtTheBed = Note | KeepLatch | KeepSever | KeepWoken | KeepConsents | WakeSleeper
"""Effects at the bed itself, besides rendering."""

Effect = (
    SendFrame
    | SendStatus
    | SendEvent
    | Forget
    | AskClock
    | Render
    | Feel
    | Listen
    | StopListening
    | KeepLatch
    | KeepSever
    | KeepWoken
    | KeepConsents
    | WakeSleeper
    | Note
)
