"""The API's calls for Prometheus, under the names other dashboards know.

All children are made when a method is announced, because increase() misses a counter born at 1. Only unary
calls are timed: the duration of a watch measures nothing.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

from dreamd.adapters.metrics.instruments import counter, histogram
from dreamd.ports.call_metrics import Call, codes_of


class GrpcMetrics:
    """Counts and times calls; series: methods x (1 + 13 codes, 14 a stream), and 6 a unary method."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._started_total = counter(registry, "grpc_server_started_total")
        self._handled_total = counter(registry, "grpc_server_handled_total")
        self._handling_s = histogram(registry, "grpc_server_handling_seconds")
        self._started: dict[Call, Counter] = {}
        self._handled: dict[tuple[Call, str], Counter] = {}
        self._took: dict[Call, Histogram] = {}

    def expect(self, call: Call) -> None:
        """Make the call's series."""
        labels = (call.kind, call.service, call.method)
        self._started[call] = self._started_total.labels(*labels)
        for code in codes_of(call):
            self._handled[call, code] = self._handled_total.labels(*labels, code)
        if call.kind == "unary":
            self._took[call] = self._handling_s.labels(*labels)

    def started(self, call: Call) -> None:
        """Count a call that has arrived."""
        self._started[call].inc()

    def handled(self, call: Call, code: str, seconds: float) -> None:
        """Count a call that has ended with this status."""
        counted = self._handled.get((call, code))
        if counted is None:  # a status not expected of this kind; it is counted all the same
            counted = self._handled_total.labels(call.kind, call.service, call.method, code)
        counted.inc()
        if (took := self._took.get(call)) is not None:
            took.observe(seconds)
