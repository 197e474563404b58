"""Meters that count: what a simulated daemon measures of itself."""

from collections import Counter


class CountingMeters:
    """ports.meters.Meters over plain counters."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def frame_accepted(self) -> None:
        """One frame."""
        self.counts["accepted"] += 1

    def frame_refused(self, reason: str) -> None:
        """One refused."""
        self.counts[f"refused:{reason}"] += 1

    def frame_late(self) -> None:
        """One late."""
        self.counts["late"] += 1

    def frames_lost(self, count: int) -> None:
        """Some lost."""
        self.counts["lost"] += count

    def tick(self, seconds: float, skipped: int) -> None:  # noqa: ARG002 - virtual ticks take no time
        """One tick."""
        self.counts["ticks"] += 1
        self.counts["skipped"] += skipped

    def severed(self, cause: str) -> None:
        """One severed."""
        self.counts[f"severed:{cause}"] += 1

    def evidence_to_zero(self, seconds: float) -> None:
        """Told by the pods' own notes here."""

    def dreamscape(self, name: str, assigned: int, merged: int, severed: int) -> None:
        """Seats now."""

    def dreamscape_gone(self, name: str) -> None:
        """It has ended."""

    def fleet(self, online: int, known: int) -> None:
        """Pods now."""

    def refused(self, code: str) -> None:
        """A refused call."""
        self.counts[f"call:{code}"] += 1
