"""What is measured, as a port; Prometheus is one adapter. No pod or sleeper is ever a label."""

from typing import Protocol


class Meters(Protocol):
    """Counters and gauges; every method MUST be cheap and MUST NOT raise."""

    def frame_accepted(self) -> None:
        """One frame was taken in."""
        ...

    def frame_refused(self, reason: str) -> None:
        """One frame was refused; reasons are a fixed set (see app.intake.REASONS)."""
        ...

    def frame_late(self) -> None:
        """One frame arrived after its tick had closed."""
        ...

    def frames_lost(self, count: int) -> None:
        """Sequence gaps still open after two seconds."""
        ...

    def tick(self, seconds: float, skipped: int) -> None:
        """A tick took this long; `skipped` ticks before it were missed."""
        ...

    def severed(self, cause: str) -> None:
        """A sleeper was severed."""
        ...

    def evidence_to_zero(self, seconds: float) -> None:
        """From the pod's own stamps."""
        ...

    def dreamscape(self, name: str, assigned: int, merged: int, severed: int) -> None:
        """The seats of one Dreamscape now."""
        ...

    def dreamscape_gone(self, name: str) -> None:
        """The Dreamscape has ended."""
        ...

    def fleet(self, online: int, known: int) -> None:
        """Pods online and pods ever seen."""
        ...

    def refused(self, code: str) -> None:
        """An API call was refused."""
        ...


class LinkMeters(Protocol):
    """What the way to the pods measures of itself; every method MUST be cheap and MUST NOT raise."""

    def link(self, *, up: bool) -> None:
        """The broker has been reached or lost."""
        ...

    def link_dropped(self, what: str) -> None:
        """Something did not fit a full queue: collective, command, frame, status, clock or event."""
        ...
