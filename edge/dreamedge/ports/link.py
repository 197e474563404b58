"""The link: a pod's connection to the daemon. Sending never waits."""

from dataclasses import dataclass
from typing import Protocol

from dreamwire.messages import (
    Broadcast,
    ClockProbe,
    Command,
    DaemonPresence,
    Frame,
    PodEvent,
    Status,
    WakeOrder,
)

Message = Broadcast | Command | ClockProbe | WakeOrder | DaemonPresence


@dataclass(slots=True)
class Heard:
    """A message of good seal, size and form, with the pod's stamp of its arrival (CLOCK_BOOTTIME)."""

    message: Message
    at_ns: int


@dataclass(frozen=True, slots=True)
class Unheard:
    """A message that the verifier refused.

    kind: collective, command, clock, wake or presence. reason: retained, size, seal or malformed.
    """

    kind: str
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has accepted the pod, subscriptions included."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is lost or was refused; the link retries by itself."""

    why: str
    at_ns: int


Arrival = Heard | Unheard | Connected | Disconnected


class Link(Protocol):
    """A pod's side of the wire. MUST reconnect by itself; MUST bound every queue."""

    @property
    def dropped(self) -> int:
        """MUST count messages that were dropped because newer ones were waiting."""
        ...

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """MUST return at once; if the link is down or slow the oldest is dropped.

        own: MUST NOT go by a gateway.
        """
        ...

    def status(self, status: Status) -> None:
        """MUST return at once; dropped like a frame."""
        ...

    def probe(self, probe: ClockProbe) -> None:
        """MUST return at once, and stamp t0 when the probe leaves."""
        ...

    def event(self, event: PodEvent) -> None:
        """MUST return at once, and resend the event until `forget` names its id."""
        ...

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """MUST stop resending these events."""
        ...

    def listen(self, dreamscape: str, cohort: int) -> None:
        """MUST subscribe to this cohort's broadcast and to no other, now and after each reconnect."""
        ...

    def stop_listening(self) -> None:
        """MUST subscribe to no broadcast."""
        ...

    async def arrived(self) -> None:
        """MUST return as soon as `take` would return an arrival."""
        ...

    def take(self) -> list[Arrival]:
        """MUST return everything that arrived since the last call, commands before broadcasts."""
        ...

    def part(self) -> None:
        """MUST make `run` send the goodbye (presence offline, retained) and return."""
        ...

    async def run(self) -> None:
        """MUST connect and stay connected until `part`."""
        ...
