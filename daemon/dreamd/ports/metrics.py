"""What is measured, as a port; Prometheus is one adapter. No pod or sleeper is ever a label."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import Protocol

from dreamd.core.dreamscapes.views import BreakerState, CrowdView, DreamscapeState
from dreamd.core.safety.causes import Scope


@dataclass(frozen=True, slots=True)
class DreamscapeMetrics:
    """One Dreamscape now. Every sleeper who holds a slot is in exactly one of the first four.

    merged: renders a share above zero. alone: at zero, and nothing is held against them. severed: at zero
    because a breaker or the Dreamscape is open. unreachable: no frame for three hops; what they render is
    not known, and by their own tether it is nothing.

    dreaming: it is in the state DREAMING. overdue_s: how long it gathers past its plan's start.
    """

    merged: int
    alone: int
    severed: int
    unreachable: int
    crowd: CrowdView
    dreaming: bool = False
    overdue_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FleetMetrics:
    """The fleet now.

    online: pods that are connected, by their presence, and have been heard just now. unheard: those connected
    of which nothing has been heard for lease and fade. above_granted: pods that render more than the largest
    grant of the last lease and fade, or anything at all without a slot; NaN while no pod with a slot is
    heard. unconfirmed: pods that were severed longer ago than a sever may take to be confirmed, and have not
    said that they are at zero. locked: breakers that wait for a person, by whom their cause concerns.
    wake_orders: that stand. beds_offline: checked-in sleepers in pods that are offline or not heard.
    wake_oldest_s: the age of the oldest order that stands; 0: none does.
    """

    online: int
    unheard: int
    known: int
    above_granted: float
    unconfirmed: int
    breakers: Mapping[BreakerState, int]
    locked: Mapping[Scope, int]
    wake_orders: int
    dreamscapes: Mapping[DreamscapeState, int]
    beds_offline: int = 0
    wake_oldest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SiteMetrics:
    """The pods of one site that are online and have said how they are; sums, so that sites can be added.

    quality_milli: sum of quality in thousandths. low: pods whose quality admits nobody. uncertainty_us: sum
    over those whose clock is synced.
    """

    pods: int = 0
    quality_milli: int = 0
    low: int = 0
    unsynced: int = 0
    uncertainty_us: int = 0

    @property
    def quality(self) -> float:
        """Mean quality, 0..1; NaN where no pod is there."""
        return self.quality_milli / self.pods / 1000 if self.pods else nan

    @property
    def uncertainty_s(self) -> float:
        """Mean clock uncertainty, seconds; NaN where no clock is synced."""
        synced = self.pods - self.unsynced
        return self.uncertainty_us / synced / 1e6 if synced else nan

    def __add__(self, other: "SiteMetrics") -> "SiteMetrics":
        """Both sites together."""
        return SiteMetrics(
            self.pods + other.pods,
            self.quality_milli + other.quality_milli,
            self.low + other.low,
            self.unsynced + other.unsynced,
            self.uncertainty_us + other.uncertainty_us,
        )


class Metrics(Protocol):
    """Counters and gauges; every method MUST be cheap and MUST NOT raise."""

    def frame_accepted(self) -> None:
        """One frame was taken in."""
        ...

    def frame_refused(self, reason: str) -> None:
        """One frame was refused; reasons are a fixed set (see composition.FRAME_REASONS)."""
        ...

    def frame_late(self) -> None:
        """One frame arrived after its tick had closed."""
        ...

    def frames_lost(self, count: int) -> None:
        """Sequence gaps still open after two seconds."""
        ...

    def frames_above_granted(self, count: int) -> None:
        """Frames that said more was rendered than the last lease and fade granted."""
        ...

    def tick(self, seconds: float, skipped: int) -> None:
        """A tick took this long and is over; `skipped` ticks before it were missed."""
        ...

    def ledger_commit(self, seconds: float) -> None:
        """The ledger has made a transaction durable, so long after it was submitted."""
        ...

    def ledger_failed(self) -> None:
        """The ledger could not write a transaction."""
        ...

    def ledger_waits(self, seconds: float) -> None:
        """The oldest transaction that is not yet durable waits for so long; 0: none waits."""
        ...

    def severed(self, cause: str) -> None:
        """A sleeper was severed."""
        ...

    def evidence_to_zero(self, seconds: float) -> None:
        """From the pod's own stamps."""
        ...

    def confirmed(self, seconds: float) -> None:
        """A pod has said that it is at zero, this long after the sever that asked for it was sent."""
        ...

    def step_failed(self, step: str) -> None:
        """A bug in a step of the daemon; steps are a fixed set (see app.failures.STEPS)."""
        ...

    def malformed(self, kind: str) -> None:
        """A payload could not be read; kinds are a fixed set (see app.malformed.KINDS)."""
        ...

    def mass_failure(self) -> None:
        """A Dreamscape was severed because many of its sleepers failed at once."""
        ...

    def dreamscape(self, name: str, reading: DreamscapeMetrics) -> None:
        """One Dreamscape now."""
        ...

    def dreamscape_gone(self, name: str) -> None:
        """The Dreamscape has ended."""
        ...

    def fleet(self, reading: FleetMetrics) -> None:
        """The fleet now."""
        ...

    def site(self, name: str, reading: SiteMetrics) -> None:
        """The pods of one site now; the name is the pods' own word."""
        ...

    def refused(self, code: str) -> None:
        """An API call was refused."""
        ...


class LinkMetrics(Protocol):
    """What the way to the pods measures of itself; every method MUST be cheap and MUST NOT raise."""

    def link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        ...

    def link_dropped(self, what: str) -> None:
        """Something did not fit a full queue: collective, command, frame, status, clock or event."""
        ...
