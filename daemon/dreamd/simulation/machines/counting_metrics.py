"""Metrics that count: the measurements of a simulated daemon."""

from collections import Counter
from collections.abc import Sequence

from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics, SiteMetrics, WatchMetrics


class CountingMetrics:
    """ports.metrics.Metrics over plain counters."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.above_granted = 0.0

    def frames_accepted(self, count: int, late: int) -> None:
        """Some frames, and those of them that were late."""
        self.counts["accepted"] += count
        self.counts["late"] += late

    def frame_refused(self, reason: str) -> None:
        """One refused."""
        self.counts[f"refused:{reason}"] += 1

    def frames_lost(self, count: int) -> None:
        """Some lost."""
        self.counts["lost"] += count

    def house_tick_alone(self) -> None:
        """One tick without the other houses."""
        self.counts["house-alone"] += 1

    def frames_above_granted(self, count: int) -> None:
        """Some reported too large a share."""
        self.counts["above-granted"] += count

    def recording_dropped(self, count: int) -> None:
        """Some were left out of a recording."""
        self.counts["recording-dropped"] += count

    def recording_stopped(self) -> None:
        """A recording has ended early."""
        self.counts["recording-stopped"] += 1

    def tick(self, seconds: float, skipped: int) -> None:  # noqa: ARG002 - virtual ticks take no time
        """One tick."""
        self.counts["ticks"] += 1
        self.counts["skipped"] += skipped

    def ledger_commit(self, seconds: float) -> None:  # noqa: ARG002 - counted alone
        """One is durable."""
        self.counts["commits"] += 1

    def ledger_failed(self) -> None:
        """One was not written."""
        self.counts["ledger-failures"] += 1

    def ledger_waits(self, seconds: float) -> None:
        """The oldest commit waits."""
        self.counts["waited"] += seconds > 0.0

    def severed(self, cause: str) -> None:
        """One severed."""
        self.counts[f"severed:{cause}"] += 1

    def evidence_to_zero(self, seconds: float) -> None:
        """Not counted: the pods' own journals have it."""

    def confirmed(self, seconds: float) -> None:  # noqa: ARG002 - the watch measures it
        """One pod has confirmed."""
        self.counts["confirmed"] += 1

    def step_failed(self, step: str) -> None:
        """Not counted: the failure itself is reported."""

    def malformed(self, kind: str) -> None:
        """Not counted here."""

    def mass_failure(self) -> None:
        """Many failed at once."""
        self.counts["mass"] += 1

    def dreamscape(self, name: str, reading: DreamscapeMetrics) -> None:
        """One Dreamscape now."""

    def dreamscape_gone(self, name: str) -> None:
        """It has ended."""

    def fleet(self, reading: FleetMetrics) -> None:
        """The fleet now."""
        self.above_granted = reading.above_granted

    def site(self, name: str, reading: SiteMetrics) -> None:
        """One site now."""

    def people(self, reading: PeopleMetrics) -> None:
        """Consent and dose now."""

    def watches_told(self, readings: Sequence[WatchMetrics]) -> None:
        """Alarms that stand."""
        self.counts["alarms"] = sum(one.alarm for one in readings)

    def rounds_told(self, under_way: int) -> None:
        """Rounds under way."""
        self.counts["rounds"] = under_way

    def consent_changed(self, change: str) -> None:
        """A consent has changed."""
        self.counts[f"consent:{change}"] += 1

    def clause_refused(self, clause: str) -> None:
        """A clause has refused."""
        self.counts[f"clause:{clause}"] += 1

    def refused(self, code: str) -> None:
        """A refused call."""
        self.counts[f"call:{code}"] += 1
