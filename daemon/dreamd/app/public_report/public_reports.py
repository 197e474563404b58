"""Public reports: previewed, published once, and listed.

Theory of operation. The next period begins where the last published one has ended, and is as long as the
clause `report_days` says. Once it is over its marks are read on a thread of the ledger and counted. To
publish is one transaction: the signed report is kept, and the marks it has counted are removed.

Rules
- A period that goes on is not previewed: two counts of one week differ by a person.
- A preview shows what will be published and nothing more.
- A report is published once. It is not corrected, and not made anew after an erasure.
- One reading or publishing is on its way at a time.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from dreamd.app.durability.commits import Commits
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.people.house_people import SignReport
from dreamd.app.public_report.report_marks import ReportMarks
from dreamd.core.public_report.cells import Period, Report, day_text, next_period, report
from dreamd.core.public_report.kinds import Kind
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import MarkedPeople, PublicReportLedger, PublishedReport
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

T = TypeVar("T")


class PublicReports:
    """The reports of one house; one thread uses it."""

    def __init__(
        self,
        ledger: PublicReportLedger,
        commits: Commits,
        clock: SessionClock,
        guidelines: Revisions,
        marks: ReportMarks,
        sign: SignReport | None,
    ) -> None:
        """ledger: published reports are read here, once. sign: absent, nothing is published."""
        self._ledger = ledger
        self._commits = commits
        self._clock = clock
        self._guidelines = guidelines
        self._sign = sign
        self._published = list(ledger.published_reports())
        self._earliest = ledger.earliest_mark()
        self._busy = False
        self._marks = marks
        marks.close(self.closed_to)

    @property
    def closed_to(self) -> int:
        """The first day that no published report covers; 0: none was published."""
        return self._published[-1].end if self._published else 0

    def list_reports(self, after: int = -1) -> tuple[PublishedReport, ...]:
        """Every published report that begins after this day, oldest first."""
        return tuple(one for one in self._published if one.first > after)

    def preview(self, first: str = "") -> Refusal | Deferred[Report]:
        """The report of the next period. first: its first day, such as 2026-11-02; empty: whichever it is."""
        return self._counting(first, lambda found, answer: answer.settle(found))

    def publish_report(self, first: str = "") -> Refusal | Deferred[PublishedReport]:
        """Publish the report of the next period, once."""
        sign = self._sign
        if sign is None:
            return Refusal(
                Code.NOT_MEASURED, "no report is published: this daemon has no key to sign it with"
            )
        return self._counting(first, lambda found, answer: self._keep(found, sign(found), answer))

    def _counting(self, first: str, use: Callable[[Report, Deferred[T]], None]) -> Refusal | Deferred[T]:
        """Count the next period; `use` settles the answer, now or later."""
        period = self._due(first)
        if isinstance(period, Refusal):
            return period
        answer = Deferred[T]()
        self._busy = True
        least = int(self._guidelines.in_force.bundle.number("report_people"))

        def read(commit: Commit[MarkedPeople]) -> None:
            self._busy = False
            if not commit.done:
                sentence = f"the marks of people could not be read: {commit.failure}"
                answer.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))
                return
            use(report(_by_kind(commit.value), self._marks.sites(), period, least), answer)

        self._ledger.read_report_marks(period.first, period.end).then(read)
        return answer

    def _keep(self, found: Report, text: str, answer: Deferred[PublishedReport]) -> None:
        kept = PublishedReport(found.period.first, found.period.end, text)
        self._busy = True

        def over(commit: Commit[Terms]) -> None:
            self._busy = False
            if not commit.done:
                sentence = f"the ledger could not keep the report: {commit.failure}"
                answer.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))
                return
            self._published.append(kept)
            self._marks.close(kept.end)
            answer.settle(kept)

        self._commits.submit(Transaction(public_reports=(kept,)), "a public report", over)

    def _due(self, first: str) -> Period | Refusal:
        """The period that can be published now."""
        earliest = self._marks.earliest(self._earliest)
        days = int(self._guidelines.in_force.bundle.number("report_days"))
        closed_to = self.closed_to or None
        if closed_to is None and earliest is None:
            return Refusal(Code.NOT_MEASURED, "no sleeper has been in a bed yet: there is nothing to count")
        period = next_period(closed_to, earliest or 0, days)
        wrong = self._other_period(first, period)
        if wrong is not None:
            return wrong
        now_s = self._clock.now_s()
        if not now_s >= period.end_s:
            sentence = f"the period from {day_text(period.first)} is over on {day_text(period.end)}, noon UTC"
            return Refusal(Code.TOO_EARLY, sentence, {"from": f"{period.end_s:.0f}"})
        if self._busy or self._marks.waiting_before(period.end):
            sentence = "marks of this period are on their way to the ledger; ask again in some seconds"
            return Refusal(Code.LEDGER_UNAVAILABLE, sentence)
        return period

    def _other_period(self, first: str, period: Period) -> Refusal | None:
        due = day_text(period.first)
        if first in ("", due):
            return None
        if any(day_text(one.first) == first for one in self._published):
            return Refusal(Code.ALREADY_PUBLISHED, f"the report from {first} was published", {"first": first})
        return bad_field("first", f"{due}, on which the next period begins", first)


def _by_kind(people: MarkedPeople) -> dict[tuple[str, Kind], AbstractSet[str]]:
    """Marks of a kind that this version does not know count for none."""
    known = {kind.value: kind for kind in Kind}
    return {(site, known[kind]): who for (site, kind), who in people.items() if kind in known}
