"""The marks of people for the public report, made from the journal and written off the tick's path.

Theory of operation. An event of a bed marks the sleeper that lay in it then, once a day, site and kind. Marks
wait in memory for one transaction at a time. A write that fails is tried again. Nothing is counted here.

Rules
- A mark of a period that was published is dropped: a report is final.
- A day's marks are remembered until the next day alone; the ledger takes a mark twice as once.
- With MARKS_WAITING before it, a mark is dropped and counted: severing and nights never wait for a report.
"""

from collections.abc import Callable, Iterator
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.registry import PodRegistry
from dreamd.core.dreamscapes.views import Event
from dreamd.core.public_report.cells import day_of
from dreamd.core.public_report.kinds import Kind, severed_as
from dreamd.core.safety.causes import cause_named
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.public_reports import ReportMark
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

MARKS_WAITING: Final = 100_000
MARKS_AT_ONCE: Final = 1_000

_KINDS: Final = {
    "checked-in": Kind.SLEPT,
    "merged": Kind.MERGED,
    "consent-withdrawn": Kind.WITHDREW,
    "case-opened": Kind.CASE,
}


class ReportMarks:
    """The marks of one daemon that are not in the ledger yet. dropped: how many found no place.

    sleeper_at: the sleeper that lay in a bed at a time; empty: none is known.
    """

    def __init__(
        self,
        commits: Commits,
        fleet: PodRegistry,
        sleeper_at: Callable[[str, float], str],
    ) -> None:
        """Without marks."""
        self._commits = commits
        self._fleet = fleet
        self._sleeper_at = sleeper_at
        self._closed_to = 0
        self._earliest: int | None = None
        self._day = 0
        self._today: set[ReportMark] = set()
        self._waiting: list[ReportMark] = []
        self._writing = False
        self.dropped = 0

    def hear_journal(self, journal: Journal) -> None:
        """Take in each event of the journal from now on; after whatever knows the nights of beds."""
        journal.hear_all(self._take_event)

    def sites(self) -> frozenset[str]:
        """The sites of every bed that this daemon has heard."""
        return frozenset(record.presence.site for record in self._fleet if record.presence.site)

    def close(self, end: int) -> None:
        """The period before this day is published; what it counted is final."""
        self._closed_to = max(self._closed_to, end)
        self._waiting = [one for one in self._waiting if one.day >= self._closed_to]

    def earliest(self, kept: int | None) -> int | None:
        """The first day with a mark. kept: in the ledger as it was found; None: there was none."""
        return self._earliest if kept is None else kept

    def waiting_before(self, end: int) -> bool:
        """Whether a mark of a day before this one is not in the ledger yet."""
        return self._writing or any(one.day < end for one in self._waiting)

    def _take_event(self, event: Event) -> None:
        for kind in _kinds_of(event):
            at_s = event.acted_s or event.at_s
            record, sleeper = self._fleet.get(event.pod), self._sleeper_at(event.pod, at_s)
            if record is not None and sleeper and record.presence.site:
                self._mark(ReportMark(day_of(at_s), record.presence.site, kind.value, sleeper))

    def _mark(self, mark: ReportMark) -> None:
        if mark.day > self._day:
            self._day, self._today = mark.day, set()
        if mark.day < self._closed_to or mark in self._today:
            return
        if not len(self._waiting) < MARKS_WAITING:
            self.dropped += 1
            return
        if mark.day == self._day:
            self._today.add(mark)
        self._waiting.append(mark)
        self._earliest = mark.day if self._earliest is None else min(self._earliest, mark.day)

    def forget_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased; a mark that waits is written for the subject of nobody, and counts on."""
        self._today = {one for one in self._today if one.sleeper != sleeper}

    def write_waiting(self) -> None:
        """After the ticks: write some of what waits, in one transaction at a time."""
        if self._writing or not self._waiting:
            return
        written, self._waiting = self._waiting[:MARKS_AT_ONCE], self._waiting[MARKS_AT_ONCE:]
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                again = [one for one in written if one.day >= self._closed_to]
                self._waiting = again + self._waiting

        self._commits.submit(Transaction(report_marks=tuple(written)), "marks of the public report", over)


def _kinds_of(event: Event) -> Iterator[Kind]:
    if not event.pod:
        return
    if event.kind == "severed":
        kind = severed_as(cause_named(event.cause))
        if kind is not None:
            yield kind
    elif event.kind in _KINDS:
        yield _KINDS[event.kind]
