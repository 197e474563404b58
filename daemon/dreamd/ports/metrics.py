"""Metrics of the daemon, as a port; Prometheus is one adapter. No pod or sleeper is ever a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Protocol

from dreamd.core.clinic.levels import Level
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, CrowdView, DreamscapeState
from dreamd.core.safety.causes import Scope


@dataclass(frozen=True, slots=True)
class DreamscapeMetrics:
    """One Dreamscape now. Every sleeper with a slot is in exactly one of the first four.

    merged: renders a share above zero. alone: at zero otherwise. severed: at zero because a breaker or the
    Dreamscape is open. unreachable: no frame for three hops; their rendered share is unknown, and by their
    own tether it is zero. dreaming: the state is DREAMING. overdue_s: time in GATHERING past the plan's
    start.
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

    online: pods connected, by their presence, that were heard just now. unheard: connected pods silent for
    lease and fade. above_granted: pods that render more than the largest grant of the last lease and fade, or
    anything at all without a slot; NaN while no pod with a slot is heard. unconfirmed: pods that were severed
    longer ago than a confirmation may take, and have not reported zero. locked: breakers that wait for a
    person, by the scope of their cause. wake_orders: the number standing. beds_offline: checked-in sleepers
    in pods that are offline or not heard. wake_oldest_s: the age of the oldest standing order; 0: none.
    contradicted: pods that keep another audit log than the daemon shows. off_gateway: pods that have left
    their gateway because it is not heard. credentials_ending: beds that have a credential which ends within a
    week.
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
    contradicted: int = 0
    off_gateway: int = 0
    credentials_ending: int = 0


@dataclass(frozen=True, slots=True)
class SiteMetrics:
    """The online pods of one site that have reported; sums, so that sites can be added.

    quality_milli: sum of quality in thousandths. low: pods with too low a quality for admission.
    uncertainty_us: sum over pods with a synced clock.
    """

    pods: int = 0
    quality_milli: int = 0
    low: int = 0
    unsynced: int = 0
    uncertainty_us: int = 0

    @property
    def quality(self) -> float:
        """Mean quality, 0..1; NaN without pods."""
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


@dataclass(frozen=True, slots=True)
class PeopleMetrics:
    """Consent and dose of all sleepers, as counts.

    consents: sleepers by the state of their consent. unwritten: consents that have taken effect and are not
    in the ledger. near, over: sleepers from 80 % of a limit of dose on, and from 100 % on. letters: nights
    that are over and wait for their letter. revision: of the guidelines in force. lapses_in_s: until it
    lapses, where it is provisional; NaN: it is not. cases: of the clinic that have not ended, by level.
    unanswered: of level 1, not answered in time. called, standing: moratoria that act now, without a second
    and with one. unseconded_s: until the next one without a second lapses; NaN: there is none.
    """

    consents: Mapping[ConsentState, int] = field(default_factory=dict)
    unwritten: int = 0
    near: int = 0
    over: int = 0
    letters: int = 0
    revision: int = 0
    lapses_in_s: float = nan
    cases: Mapping[Level, int] = field(default_factory=dict)
    unanswered: int = 0
    called: int = 0
    standing: int = 0
    unseconded_s: float = nan


@dataclass(frozen=True, slots=True)
class WatchMetrics:
    """The watch over one kind of harm.

    kind: its word. evidence, rate: NaN while it is blind; rate in cases a sleeper-night. alarm: one stands.
    above_clause: the house's own rate is above that of the guidelines. gathered: sleeper-nights of which the
    own rate is made.
    """

    kind: str
    evidence: float
    rate: float
    alarm: bool
    above_clause: bool
    gathered: int


class Metrics(Protocol):
    """Counters and gauges; every method MUST be cheap and MUST NOT raise."""

    def frames_accepted(self, count: int, late: int) -> None:
        """Count accepted frames; late: those of them that arrived after their tick had closed."""
        ...

    def frame_refused(self, reason: str) -> None:
        """Count one refused frame; reasons are a fixed set (see composition.FRAME_REASONS)."""
        ...

    def frames_lost(self, count: int) -> None:
        """Count sequence gaps still open after two seconds."""
        ...

    def house_tick_alone(self) -> None:
        """Count a tick of a shared Dreamscape that is not in the sums of the other houses."""
        ...

    def recording_dropped(self, count: int) -> None:
        """Ticks and events that a recording left out, because its disk is too slow."""
        ...

    def recording_stopped(self) -> None:
        """A recording has ended before its Dreamscape."""
        ...

    def frames_above_granted(self, count: int) -> None:
        """Count frames that reported more coupling than the last lease and fade granted."""
        ...

    def tick(self, seconds: float, skipped: int) -> None:
        """Record the duration of a finished tick; `skipped` ticks before it were missed."""
        ...

    def ledger_commit(self, seconds: float) -> None:
        """Record how long after its submission a transaction became durable."""
        ...

    def ledger_failed(self) -> None:
        """Count a transaction that the ledger could not write."""
        ...

    def ledger_waits(self, seconds: float) -> None:
        """Record the waiting time of the oldest transaction not yet durable; 0: none waits."""
        ...

    def severed(self, cause: str) -> None:
        """Count one sever of a sleeper."""
        ...

    def evidence_to_zero(self, seconds: float) -> None:
        """Record the time from evidence to zero, by the pod's own stamps."""
        ...

    def confirmed(self, seconds: float) -> None:
        """Record the time from the sending of a sever to the pod's report of zero."""
        ...

    def step_failed(self, step: str) -> None:
        """Count a bug in a step of the daemon; steps are a fixed set (see app.safety.step_failures.STEPS)."""
        ...

    def malformed(self, kind: str) -> None:
        """Count an unreadable payload; kinds are a fixed set (see app.fleet.malformed_payloads.KINDS)."""
        ...

    def mass_failure(self) -> None:
        """Count a Dreamscape severed because many of its sleepers failed at once."""
        ...

    def dreamscape(self, name: str, reading: DreamscapeMetrics) -> None:
        """Record the state of one Dreamscape."""
        ...

    def dreamscape_gone(self, name: str) -> None:
        """Remove a Dreamscape that has ended."""
        ...

    def fleet(self, reading: FleetMetrics) -> None:
        """Record the state of the fleet."""
        ...

    def site(self, name: str, reading: SiteMetrics) -> None:
        """Record the pods of one site; the name comes from the pods."""
        ...

    def people(self, reading: PeopleMetrics) -> None:
        """Record consent and dose of all sleepers, as counts."""
        ...

    def watches_told(self, readings: Sequence[WatchMetrics]) -> None:
        """Record the watches over harm, one a kind."""
        ...

    def rounds_told(self, under_way: int) -> None:
        """Record how many rounds of the exchange are under way."""
        ...

    def consent_changed(self, change: str) -> None:
        """Count a change of a consent; changes are a fixed set (see app.people.people_events)."""
        ...

    def clause_refused(self, clause: str) -> None:
        """Count a refusal by a clause of the guidelines, such as `G-3.1`."""
        ...

    def refused(self, code: str) -> None:
        """Count a refused API call."""
        ...


class LinkMetrics(Protocol):
    """Metrics of the link to the pods; every method MUST be cheap and MUST NOT raise."""

    def link(self, *, up: bool) -> None:
        """Record that the broker has been reached or lost."""
        ...

    def link_dropped(self, what: str) -> None:
        """Count a drop from a full queue: collective, command, frame, status, clock or event."""
        ...
