"""The API's calls for Prometheus, under the names other dashboards know.

A call that begins is counted by its method. How calls end is counted by service: by method that would be more
than half of all series, and the log names the method of each failure. How long they take is of all services
together, as the boards show it. All children
are made when a method is announced, because increase() misses a counter born at 1. Only unary calls are
timed: the duration of a watch measures nothing.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

from dreamd.adapters.metrics.instruments import counter, histogram
from dreamd.ports.call_metrics import Call, codes_of

_Ends = tuple[str, str]


class GrpcMetrics:
    """Counts and times calls; series: one a method; for a service 14 codes a kind of call; 6 of time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._started_total = counter(registry, "grpc_server_started_total")
        self._handled_total = counter(registry, "grpc_server_handled_total")
        self._handling_s = histogram(registry, "grpc_server_handling_seconds")
        self._started: dict[Call, Counter] = {}
        self._handled: dict[tuple[_Ends, str], Counter] = {}
        self._took: dict[_Ends, Histogram] = {}

    def expect(self, call: Call) -> None:
        """Make the call's series."""
        ends = _ends(call)
        self._started[call] = self._started_total.labels(call.kind, call.service, call.method)
        for code in codes_of(call):
            self._handled[ends, code] = self._handled_total.labels(*ends, code)
        if call.kind == "unary":
            self._took[ends] = self._handling_s.labels(call.kind)

    def started(self, call: Call) -> None:
        """Count a call that has arrived."""
        self._started[call].inc()

    def handled(self, call: Call, code: str, seconds: float) -> None:
        """Count a call that has ended with this status."""
        ends = _ends(call)
        counted = self._handled.get((ends, code))
        if counted is None:  # a status not expected of this kind; it is counted all the same
            counted = self._handled_total.labels(*ends, code)
        counted.inc()
        if (took := self._took.get(ends)) is not None:
            took.observe(seconds)


def _ends(call: Call) -> _Ends:
    return call.kind, call.service
