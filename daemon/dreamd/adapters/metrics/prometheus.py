"""The metrics, for Prometheus: prefix `dreamd_`, at most SERIES_MAX series, no pod or sleeper anywhere.

Every child of a closed set (reasons, causes, codes) is made at the start: `increase()` does not see a counter
that is born at 1. A label value outside its set becomes `other`. Gauges are written at the scrape (`gauges`).
The registry is the daemon's own; a library's global registrations do not appear. `catalogue` is the list.
"""

from collections.abc import Callable, Iterable, Sequence
from math import isnan, nan
from time import monotonic
from typing import Final
from wsgiref.types import WSGIApplication

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics, make_wsgi_app

from dreamd.adapters.metrics.disk_space import Space, unknown
from dreamd.adapters.metrics.gauges import BuildInfo, Now
from dreamd.adapters.metrics.grpc_server import GrpcMetrics
from dreamd.adapters.metrics.instruments import Closed, counter, histogram
from dreamd.app.fleet.malformed_payloads import KINDS
from dreamd.app.people.people_events import CONSENT_CHANGES
from dreamd.core.refusals import Refusal
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics, SiteMetrics, WatchMetrics

SERIES_MAX: Final = 1000
LINK_DROPS: Final = ("collective", "command", "frame", "status", "clock", "event")


class PrometheusMetrics:
    """ports.metrics.Metrics and LinkMetrics; `calls` is the CallMetrics. `pages` serves them."""

    def __init__(
        self,
        *,
        reasons: Iterable[str],
        causes: Iterable[str],
        codes: Iterable[str],
        bands: Sequence[str],
        clauses: Iterable[str],
        facts: BuildInfo,
        ledger: Callable[[], str],
        disk: Callable[[], Space] = unknown,
        now_s: Callable[[], float] = monotonic,
        lease: Callable[[], float] = lambda: nan,
    ) -> None:
        """Make every series.

        Args:
            reasons: why a frame is refused.
            causes: why a sleeper is severed.
            codes: the catalogue of refusals.
            bands: those with compared phases.
            clauses: of the guidelines that ship; another one counts as `other`.
            facts: of the build and its settings.
            ledger: why the ledger refuses writes, empty while it accepts them.
            disk: the newest measurement of the state directory's disk; never waits for it.
            now_s: a clock that never goes back.
            lease: seconds that are left of the house's lease; NaN: its ledger is a file.
        """
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series beside each one
        self._registry = registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(namespace="dreamd", registry=registry)
        self._now = Now(facts, bands, ledger, disk, now_s, lease)
        registry.register(self._now)
        self._make_counters(registry, reasons, causes, codes, clauses)
        self._tick = histogram(registry, "dreamd_tick_seconds")
        self._lateness = histogram(registry, "dreamd_tick_lateness_seconds")
        self._lag = histogram(registry, "dreamd_loop_lag_seconds")
        self._commits = histogram(registry, "dreamd_ledger_commit_seconds")
        self._zero = histogram(registry, "dreamd_evidence_to_zero_seconds")
        self._confirmed = histogram(registry, "dreamd_sever_confirmed_seconds")
        self.calls = GrpcMetrics(registry)

    def _make_counters(
        self,
        registry: CollectorRegistry,
        reasons: Iterable[str],
        causes: Iterable[str],
        codes: Iterable[str],
        clauses: Iterable[str],
    ) -> None:
        self._accepted = counter(registry, "dreamd_frames_accepted_total")
        self._late = counter(registry, "dreamd_frames_late_total")
        self._lost = counter(registry, "dreamd_frames_lost_total")
        self._above = counter(registry, "dreamd_frames_above_granted_total")
        self._recording_drops = counter(registry, "dreamd_recording_dropped_total")
        self._recordings_stopped = counter(registry, "dreamd_recordings_stopped_total")
        self._refused_frames = Closed(registry, "dreamd_frames_refused_total", reasons)
        self._severed = Closed(registry, "dreamd_severed_total", causes)
        self._refusals = Closed(registry, "dreamd_refused_total", codes)
        self._consent_changes = Closed(registry, "dreamd_consent_changes_total", CONSENT_CHANGES)
        self._clauses = Closed(registry, "dreamd_guideline_refusals_total", clauses)
        self._drops = Closed(registry, "dreamd_link_dropped_total", LINK_DROPS)
        self._steps = counter(registry, "dreamd_steps_failed_total")
        self._malformed = Closed(registry, "dreamd_malformed_total", KINDS)
        self._mass = counter(registry, "dreamd_mass_failures_total")
        self._reached = counter(registry, "dreamd_broker_connections_total")
        self._skipped = counter(registry, "dreamd_ticks_skipped_total")
        self._ledger_failures = counter(registry, "dreamd_ledger_write_failures_total")
        self._house_alone = counter(registry, "dreamd_house_ticks_alone_total")

    @property
    def pages(self) -> WSGIApplication:
        """prometheus-client's own application over these series; it answers on any thread."""
        made: WSGIApplication = make_wsgi_app(self._registry, disable_compression=True)
        return made

    def frames_accepted(self, count: int, late: int) -> None:
        """Count accepted frames; late: those of them that arrived after their tick had closed."""
        self._accepted.inc(count)
        self._late.inc(late)

    def frame_refused(self, reason: str) -> None:
        """Count one refused frame."""
        self._refused_frames.inc(reason)

    def frames_lost(self, count: int) -> None:
        """Count sequence gaps still open after two seconds."""
        self._lost.inc(max(0, count))

    def certificates_end(self, at_s: dict[str, float]) -> None:
        """Show the first of the times at which the site's certificates end, Unix s; NaN: there is none."""
        known = [end for end in at_s.values() if not isnan(end)]
        self._now.certificate_end_s = min(known, default=nan)

    def house_tick_alone(self) -> None:
        """Count a tick of a shared Dreamscape that is not in the sums of the other houses."""
        self._house_alone.inc()

    def frames_above_granted(self, count: int) -> None:
        """Count frames that reported more coupling than granted."""
        self._above.inc(max(0, count))

    def recording_dropped(self, count: int) -> None:
        """Count ticks and events that a recording left out."""
        self._recording_drops.inc(max(0, count))

    def recording_stopped(self) -> None:
        """Count a recording that ended before its Dreamscape."""
        self._recordings_stopped.inc()

    def tick(self, seconds: float, skipped: int) -> None:
        """Record the duration of a finished tick; `skipped` ticks before it were missed."""
        self._tick.observe(seconds)
        self._skipped.inc(max(0, skipped))
        self._now.on_tick()

    def tick_late(self, seconds: float) -> None:
        """Record how late a tick began."""
        self._lateness.observe(seconds)

    def loop_late(self, seconds: float) -> None:
        """Record how late the event loop ran a requested turn."""
        self._lag.observe(seconds)

    def ledger_commit(self, seconds: float) -> None:
        """Record how long after its submission a transaction became durable."""
        self._commits.observe(seconds)

    def ledger_failed(self) -> None:
        """Count a transaction that the ledger could not write."""
        self._ledger_failures.inc()

    def ledger_waits(self, seconds: float) -> None:
        """Record the waiting time of the oldest transaction not yet durable."""
        self._now.oldest_write_s = seconds

    def severed(self, cause: str) -> None:
        """Count one sever of a sleeper."""
        self._severed.inc(cause)

    def evidence_to_zero(self, seconds: float) -> None:
        """Record the time from evidence to zero, by the pod's own stamps."""
        self._zero.observe(seconds)

    def confirmed(self, seconds: float) -> None:
        """Record the time from a sever to the pod's report of zero."""
        self._confirmed.observe(seconds)

    def step_failed(self, step: str) -> None:  # noqa: ARG002 -- the event and the log name it
        """Count a bug in a step of the daemon."""
        self._steps.inc()

    def malformed(self, kind: str) -> None:
        """Count an unreadable payload."""
        self._malformed.inc(kind)

    def mass_failure(self) -> None:
        """Count a Dreamscape severed because many failed at once."""
        self._mass.inc()

    def dreamscape(self, name: str, reading: DreamscapeMetrics) -> None:
        """Record the state of one Dreamscape."""
        self._now.dreamscapes[name] = reading

    def dreamscape_gone(self, name: str) -> None:
        """Remove a Dreamscape that has ended; its label is free again."""
        self._now.dreamscapes.pop(name, None)

    def fleet(self, reading: FleetMetrics) -> None:
        """Record the state of the fleet."""
        self._now.fleet = reading

    def site(self, name: str, reading: SiteMetrics) -> None:
        """Record the pods of one site."""
        self._now.sites[name] = reading

    def people(self, reading: PeopleMetrics) -> None:
        """Record consent and dose of all sleepers, as counts."""
        self._now.people = reading

    def watches_told(self, readings: Sequence[WatchMetrics]) -> None:
        """Record the watches over harm."""
        self._now.watches = tuple(readings)

    def rounds_told(self, under_way: int) -> None:
        """Record how many rounds of the exchange are under way."""
        self._now.rounds = under_way

    def consent_changed(self, change: str) -> None:
        """Count a change of a consent."""
        self._consent_changes.inc(change)

    def clause_refused(self, clause: str) -> None:
        """Count a refusal by a clause of the guidelines."""
        self._clauses.inc(clause)

    def call_refused(self, refusal: Refusal) -> None:
        """Count a refused API call by its code, and by the clause that it names."""
        self.refused(refusal.code.value)
        if clause := refusal.metadata.get("clause"):
            self.clause_refused(clause)

    def refused(self, code: str) -> None:
        """Count a refused API call."""
        self._refusals.inc(code)

    def link(self, *, up: bool) -> None:
        """Record that the broker has been reached or lost."""
        self._now.broker = up
        if up:
            self._reached.inc()

    def link_dropped(self, what: str) -> None:
        """Count a drop from a full queue."""
        self._drops.inc(what)
