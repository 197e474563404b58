"""The meters, for Prometheus: prefix `dreamd_`, at most SERIES_MAX series, no pod or sleeper anywhere.

Every child of a closed set (reasons, causes, codes) is made at the start: `increase()` does not see a
counter that is born at 1. A label value outside its set becomes `other`. Dreamscapes come and go, so
their label is bounded: the first DREAMSCAPES have one each, the rest are summed under `other`, and an
ended one gives its place back. The registry is our own; nothing a library registers globally shows up.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from dreamd.adapters.metrics.grpc_server import GrpcMeters

SERIES_MAX: Final = 1000
DREAMSCAPES: Final = 32
OTHER: Final = "other"
LINK_DROPS: Final = ("collective", "command", "frame", "status", "clock", "event")

_TICK_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_LATE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_ZERO_BUCKETS: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5)


class _Closed:
    """A counter over a closed set of one label's values, all made at once."""

    def __init__(
        self, registry: CollectorRegistry, name: str, help_: str, label: str, values: Iterable[str]
    ) -> None:
        counter = Counter(name, help_, (label,), registry=registry)
        self._children = {value: counter.labels(value) for value in (*values, OTHER)}

    def inc(self, value: str) -> None:
        """Count one; a value outside the set counts as `other`."""
        self._children.get(value, self._children[OTHER]).inc()


class PrometheusMeters:
    """ports.meters.Meters and LinkMeters; `calls` is the CallMeters. `render` may run on another thread."""

    def __init__(self, *, reasons: Iterable[str], causes: Iterable[str], codes: Iterable[str]) -> None:
        """Make every series.

        Args:
            reasons: why a frame is refused.
            causes: why a sleeper is severed.
            codes: the catalogue of refusals.
        """
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series beside each one
        self._registry = registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(namespace="dreamd", registry=registry)
        self._accepted = Counter("dreamd_frames_accepted", "Frames taken in.", registry=registry)
        self._late = Counter("dreamd_frames_late", "Frames that came after their tick.", registry=registry)
        self._lost = Counter("dreamd_frames_lost", "Sequence gaps open for 2 s.", registry=registry)
        self._refused_frames = _Closed(
            registry, "dreamd_frames_refused", "Frames refused.", "reason", reasons
        )
        self._severed = _Closed(registry, "dreamd_severed", "Sleepers severed.", "cause", causes)
        self._refusals = _Closed(registry, "dreamd_refused", "API calls refused.", "code", codes)
        self._tick = Histogram(
            "dreamd_tick_seconds", "Work of one tick.", buckets=_TICK_BUCKETS, registry=registry
        )
        self._skipped = Counter("dreamd_ticks_skipped", "Ticks missed, never made up.", registry=registry)
        self._lateness = Histogram(
            "dreamd_tick_lateness_seconds",
            "From when a tick was due to when it began.",
            buckets=_LATE_BUCKETS,
            registry=registry,
        )
        self._zero = Histogram(
            "dreamd_evidence_to_zero_seconds",
            "From the evidence to coupling zero, by the pods' own stamps.",
            buckets=_ZERO_BUCKETS,
            registry=registry,
        )
        self._online = Gauge("dreamd_pods_online", "Pods online.", registry=registry)
        self._known = Gauge("dreamd_pods_known", "Pods ever seen.", registry=registry)
        self._link_up = Gauge("dreamd_broker_connected", "1 while the broker is reached.", registry=registry)
        self._reached = Counter(
            "dreamd_broker_connections", "Times the broker was reached.", registry=registry
        )
        self._drops = _Closed(
            registry, "dreamd_link_dropped", "Dropped from a full queue.", "what", LINK_DROPS
        )
        self._seats = Gauge(
            "dreamd_dreamscape_seats",
            "Seats by what they are in.",
            ("dreamscape", "state"),
            registry=registry,
        )
        self.calls = GrpcMeters(registry)
        self._counts: dict[str, tuple[int, int, int]] = {}
        self._named: set[str] = set()

    def render(self) -> tuple[str, bytes]:
        """Media type and text of every series, as Prometheus reads it."""
        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)

    def frame_accepted(self) -> None:
        """One frame was taken in."""
        self._accepted.inc()

    def frame_refused(self, reason: str) -> None:
        """One frame was refused."""
        self._refused_frames.inc(reason)

    def frame_late(self) -> None:
        """One frame arrived after its tick had closed."""
        self._late.inc()

    def frames_lost(self, count: int) -> None:
        """Sequence gaps still open after two seconds."""
        self._lost.inc(max(0, count))

    def tick(self, seconds: float, skipped: int) -> None:
        """A tick took this long; `skipped` ticks before it were missed."""
        self._tick.observe(seconds)
        self._skipped.inc(max(0, skipped))

    def tick_late(self, seconds: float) -> None:
        """A tick began this long after it was due."""
        self._lateness.observe(seconds)

    def severed(self, cause: str) -> None:
        """A sleeper was severed."""
        self._severed.inc(cause)

    def evidence_to_zero(self, seconds: float) -> None:
        """From the pod's own stamps."""
        self._zero.observe(seconds)

    def dreamscape(self, name: str, assigned: int, merged: int, severed: int) -> None:
        """The seats of one Dreamscape now."""
        self._counts[name] = (assigned, merged, severed)
        if name not in self._named and len(self._named) < DREAMSCAPES:
            self._named.add(name)
        if name in self._named:
            self._show(name, assigned, merged, severed)
        else:
            self._show_rest()

    def dreamscape_gone(self, name: str) -> None:
        """The Dreamscape has ended; its label is free again."""
        if self._counts.pop(name, None) is None:
            return
        if name not in self._named:
            self._show_rest()
            return
        self._named.discard(name)
        for state in ("assigned", "merged", "severed"):
            self._seats.remove(name, state)

    def fleet(self, online: int, known: int) -> None:
        """Pods online and pods ever seen."""
        self._online.set(online)
        self._known.set(known)

    def refused(self, code: str) -> None:
        """An API call was refused."""
        self._refusals.inc(code)

    def link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        self._link_up.set(1.0 if up else 0.0)
        if up:
            self._reached.inc()

    def link_dropped(self, what: str) -> None:
        """Something did not fit a full queue."""
        self._drops.inc(what)

    def _show(self, label: str, assigned: int, merged: int, severed: int) -> None:
        self._seats.labels(label, "assigned").set(assigned)
        self._seats.labels(label, "merged").set(merged)
        self._seats.labels(label, "severed").set(severed)

    def _show_rest(self) -> None:
        rest = [counts for name, counts in self._counts.items() if name not in self._named]
        assigned, merged, severed = (sum(column) for column in zip((0, 0, 0), *rest, strict=True))
        self._show(OTHER, assigned, merged, severed)
