"""Public reports of an application in memory: a report that is due, or the refusal in its place."""

from typing import TypeVar

from dreamd.core.access.caller import Caller
from dreamd.core.public_report.cells import Period, Report, day_text, report
from dreamd.core.public_report.kinds import Kind
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import PublishedReport

T = TypeVar("T")

FIRST = 20_759
"""2026-11-02."""


class FakeReports:
    """Implements `ReportsApi`. due: the report that a publication publishes, or why there is none.

    sign: makes the file.
    """

    def __init__(self) -> None:
        people = {
            ("north", Kind.SLEPT): set(map(str, range(12))),
            ("north", Kind.MERGED): set(map(str, range(3))),
        }
        self.due: Report | Refusal = report(people, ("south",), Period(FIRST, FIRST + 28), 5)
        self.sign = lambda found: f"signed {day_text(found.period.first)}"
        self.kept: list[PublishedReport] = []

    def preview(self, caller: Caller, first: str = "") -> Refusal | Deferred[Report]:
        """The report that is due."""
        return _later(self.due)

    def publish_report(self, caller: Caller, first: str = "") -> Refusal | Deferred[PublishedReport]:
        """Keep it; the next one is not due."""
        if any(day_text(one.first) == first for one in self.kept):
            return Refusal(Code.ALREADY_PUBLISHED, f"the report from {first} was published", {"first": first})
        if isinstance(self.due, Refusal):
            return self.due
        kept = PublishedReport(self.due.period.first, self.due.period.end, self.sign(self.due))
        self.kept.append(kept)
        self.due = Refusal(Code.TOO_EARLY, f"the period is over on {day_text(kept.end + 28)}, noon UTC")
        return _later(kept)

    def list_reports(self, caller: Caller, after: int = -1) -> tuple[PublishedReport, ...]:
        """Those that were published."""
        return tuple(one for one in self.kept if one.first > after)


def _later(value: T | Refusal) -> Refusal | Deferred[T]:
    if isinstance(value, Refusal):
        return value
    later = Deferred[T]()
    later.settle(value)
    return later
