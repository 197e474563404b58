"""The Reports service: public reports previewed, published once, listed."""
# ruff: noqa: N802 - methods are named by the proto

import re
from collections.abc import Iterator
from typing import Final

from dreamapi import names
from dreamapi.v1 import reports_pb2 as reports
from dreamapi.v1.reports_pb2_grpc import ReportsServicer
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import kept
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.reports_protocol import ReportsApi
from dreamd.core.public_report.cells import Period, Report, day_text
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import PublishedReport

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Reports(ReportsServicer):
    """Serves dreamapi.v1.Reports."""

    def __init__(self, commands: ReportsApi, replays: IdempotencyCache) -> None:
        self._commands = commands
        self._replays = replays

    async def PreviewReport(self, request: reports.PreviewReportRequest, context: Context) -> reports.Report:
        """The report of the next period, as it would be published."""
        first = _first(request.name)
        return _preview(await kept(self._commands.preview(caller_of(context), first)))

    async def PublishReport(self, request: reports.PublishReportRequest, context: Context) -> reports.Report:
        """Publish the report of the next period."""
        caller, first = caller_of(context), _first(request.name)

        def ask() -> Refusal | Deferred[PublishedReport]:
            return self._commands.publish_report(caller, first)

        return await self._replays.bound(principal_of(context), request, reports.Report, ask, _published)

    async def ListReports(
        self, request: reports.ListReportsRequest, context: Context
    ) -> reports.ListReportsResponse:
        """Every published report, oldest first."""
        caller = caller_of(context)

        def listed(after: str) -> Iterator[PublishedReport]:
            return iter(self._commands.list_reports(caller, int(after) if after.isdigit() else -1))

        shown, token = page(
            listed, lambda one: str(one.first), _published, request.page_size, request.page_token
        )
        return reports.ListReportsResponse(reports=shown, next_page_token=token)


def _first(name: str) -> str:
    """The day of a name; empty where it is empty."""
    day = name.removeprefix(f"{names.REPORTS}/")
    if name and (day == name or _DAY.fullmatch(day) is None):
        raise bad_input(
            "name", f"{names.REPORTS}/{{day}}, such as {names.REPORTS}/2026-11-02, or empty", name
        )
    return day


def _report(period: Period) -> reports.Report:
    return reports.Report(
        name=names.report(day_text(period.first)),
        begin_time=moment(period.begin_s),
        end_time=moment(period.end_s),
    )


def _published(one: PublishedReport) -> reports.Report:
    told = _report(Period(one.first, one.end))
    told.file = one.text.encode()
    return told


def _preview(found: Report) -> reports.Report:
    told = _report(found.period)
    for cell in found.cells:
        told.cells.append(reports.ReportCell(site=cell.site, kind=cell.kind.value, people=cell.people))
    return told
