"""Metrics of the API's calls, as a port; Prometheus is one adapter."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

CODES: Final = (
    "OK",
    "InvalidArgument",
    "NotFound",
    "AlreadyExists",
    "FailedPrecondition",
    "Aborted",
    "ResourceExhausted",
    "Unavailable",
    "OutOfRange",
    "Unauthenticated",
    "PermissionDenied",
    "Cancelled",
    "DeadlineExceeded",
    "Internal",
)
"""Every status a call can end with, as Go's grpc prints it and dashboards match it."""

ENDED_BY: Final = {
    "AlreadyExists": frozenset({"CreateDreamscape", "EnrolPrincipal", "EnrolSleeper"}),
    "Aborted": frozenset(
        {"CheckInPod", "UpdateDreamscape", "StartDreamscape", "ResumeDreamscape", "ResetBreaker"}
    ),
    "OutOfRange": frozenset({"WatchEvents", "WatchCases"}),
}
"""Statuses of which only some methods are capable: names taken, stale etags, and cursors out of range."""


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the API, as dashboards name it: its kind, full service name, method."""

    kind: Literal["unary", "server_stream", "client_stream"]
    service: str
    method: str


def codes_of(call: Call) -> tuple[str, ...]:
    """Return the statuses this call can end with."""
    return tuple(code for code in CODES if _possible(code, call))


def _possible(code: str, call: Call) -> bool:
    methods = ENDED_BY.get(code)
    return methods is None or call.method in methods


class CallMetrics(Protocol):
    """Counts calls; every method MUST be cheap and MUST NOT raise."""

    def expect(self, call: Call) -> None:
        """MUST create the call's series now, so that the first increase is visible."""
        ...

    def started(self, call: Call) -> None:
        """Count a call that has arrived."""
        ...

    def handled(self, call: Call, code: str, seconds: float) -> None:
        """Count a call that has ended with this status (one of `codes_of`)."""
        ...
