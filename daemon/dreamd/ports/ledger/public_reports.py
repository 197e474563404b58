"""Public reports: the marks of people from which a report is counted, and the reports that were published."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from dreamd.ports.commit import Commit


@dataclass(frozen=True, slots=True)
class ReportMark:
    """A sleeper had this kind at this site on this day. day: from noon to noon UTC. kind: its name."""

    day: int
    site: str
    kind: str
    sleeper: str


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A report as it was published: days `first` up to, not including, `end`; the signed file."""

    first: int
    end: int
    text: str


MarkedPeople = Mapping[tuple[str, str], AbstractSet[str]]
"""Subjects by site and kind."""


class PublicReportLedger(Protocol):
    """Marks and reports. The marks of a period are removed in the transaction that publishes it."""

    def published_reports(self) -> tuple[PublishedReport, ...]:
        """MUST return every published report, oldest first."""
        ...

    def earliest_mark(self) -> int | None:
        """MUST return the first day with a mark; None: there is none."""
        ...

    def read_report_marks(self, first: int, end: int) -> Commit[MarkedPeople]:
        """Ask for the marked people of the days `first` up to, not including, `end`; MUST return at once."""
        ...
