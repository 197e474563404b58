"""The caller's view of public reports: previewed, published, listed."""

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking
from dreamapi.v1 import reports_pb2 as reports
from dreamapi.v1.reports_pb2_grpc import ReportsStub

PAGE: int = 100


class Reports:
    """Public reports. first: the first day of the next period, such as 2026-11-02; empty: whichever it is."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = ReportsStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def preview(self, first: str = "") -> reports.Report:
        """The report of the next period as it would be published.

        Raises:
            TooEarly: the period is not over; the sentence names the day.
            NotMeasured: no sleeper has been in a bed yet.
        """
        request = asking(reports.PreviewReportRequest, name=names.report(first))
        return await self._line.ask(self._stub.PreviewReport, request, reports.Report)

    async def publish_report(self, first: str = "") -> reports.Report:
        """Publish the report of the next period, once.

        Raises:
            AlreadyPublished: `first` is the day of a report that was published.
            TooEarly, NotMeasured: as `preview`.
        """
        request = asking(reports.PublishReportRequest, name=names.report(first), request_id=new_request_id())
        return await self._line.ask(self._stub.PublishReport, request, reports.Report)

    async def list_reports(self) -> list[reports.Report]:
        """Every published report, oldest first."""
        found: list[reports.Report] = []
        request = asking(reports.ListReportsRequest, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListReports, request, reports.ListReportsResponse)
            found += page.reports
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token
