"""Public reports: previewed, published, listed."""

from dreamd.app.public_report.public_reports import PublicReports
from dreamd.core.access.caller import Caller
from dreamd.core.public_report.cells import Report
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import PublishedReport


class ReportCommands:
    """Implements `ReportsApi`."""

    def __init__(self, reports: PublicReports) -> None:
        self._reports = reports

    def preview(self, caller: Caller, first: str = "") -> Refusal | Deferred[Report]:
        """The report of the next period as it would be published."""
        return self._reports.preview(first)

    def publish_report(self, caller: Caller, first: str = "") -> Refusal | Deferred[PublishedReport]:
        """Publish it, once."""
        return self._reports.publish_report(first)

    def list_reports(self, caller: Caller, after: int = -1) -> tuple[PublishedReport, ...]:
        """Every published report that begins after this day, oldest first."""
        return self._reports.list_reports(after)
