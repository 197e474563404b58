"""The protocol of public reports: what gRPC and the console may call."""

from typing import Protocol

from dreamd.core.access.caller import Caller
from dreamd.core.public_report.cells import Report
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import PublishedReport


class ReportsApi(Protocol):
    """Public reports. first: the first day of the next period, such as 2026-11-02; empty: whichever it is."""

    def preview(self, caller: Caller, first: str = "") -> Refusal | Deferred[Report]:
        """The report of the next period as it would be published. TOO_EARLY until the period is over."""
        ...

    def publish_report(self, caller: Caller, first: str = "") -> Refusal | Deferred[PublishedReport]:
        """Publish it. ALREADY_PUBLISHED where `first` is the day of one that was."""
        ...

    def list_reports(self, caller: Caller, after: int = -1) -> tuple[PublishedReport, ...]:
        """Every published report that begins after this day, oldest first."""
        ...
