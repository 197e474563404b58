"""A case as it is kept: its course, what has come to light, the notes on it; and the report over cases.

Evidence and notes are about a person: they are sealed under the sleeper's key and go with it. The course and
the causes are numbers and words of a closed list, and stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from math import nan
from statistics import median
from typing import Final

from dreamd.core.clinic.course import Case, CaseKind, CaseState, opened
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.restoration import PullRecord

EVIDENCE_MOST: Final = 200
"""Lines of evidence that a case keeps: the first ones, and the newest in the last place."""
NOTES_MOST: Final = 200
NOTE_MAX: Final = 2000
"""Characters of a note."""
_NOON: Final = timedelta(hours=12)
_EPOCH: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a calendar day


def night_of(at_s: float, zone: tzinfo) -> int:
    """Return the number of the night of this unix time: from noon to noon in the zone of the house.

    A night that begins on the day n after 1970-01-01 is night n.
    """
    return (datetime.fromtimestamp(at_s, zone) - _NOON).toordinal() - _EPOCH


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One thing that has come to light. cause: of the causes, or `answers`, `pull`. value: NaN: none."""

    at_s: float
    cause: str
    words: str
    value: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a clinician, or the reason of a decision."""

    at_s: float
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseSitting:
    """A sitting after the case. day: its number. pull: NaN: not measured.

    anchored: after an anchor session.
    """

    day: int
    pull: float
    anchored: bool


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case with what is known of it.

    night: see `night_of`. dreamscape: where it was opened, empty: in none. causes: the words that opened or
    joined it, each once. related: to the merge, and expected, as a clinician judges at the triage; None: not
    judged. sittings, pull: filled in an answer, and kept elsewhere. mark: of an erased person's name, under a
    key of the house, while the case has not ended.
    """

    case: Case
    night: int
    dreamscape: str = ""
    causes: tuple[str, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    notes: tuple[Note, ...] = ()
    related: bool | None = None
    expected: bool | None = None
    sittings: tuple[CaseSitting, ...] = ()
    pull: PullRecord | None = None
    mark: bytes = b""

    @property
    def order(self) -> tuple[int, float, int, float, str]:
        """The place in a list: by level, then when it is to be answered, a parent before its cases."""
        case = self.case
        answered = case.answer_by_s if case.state is CaseState.OPEN else float("inf")
        return case.level, answered, case.kind is CaseKind.PERSON, case.opened_s, case.id

    @property
    def unanticipated(self) -> bool:
        """Whether it is an unanticipated problem: unexpected, related, and of level 1 or 2."""
        return self.expected is False and self.related is True and self.case.level <= Level.TODAY

    def with_evidence(self, line: EvidenceLine) -> "KeptCase":
        """The case with one more line, and its cause among the causes."""
        causes = self.causes if line.cause in self.causes else (*self.causes, line.cause)
        kept = self.evidence[: EVIDENCE_MOST - 1]
        return replace(self, causes=causes, evidence=(*kept, line))

    def with_note(self, note: Note) -> "KeptCase":
        """The case with one more note."""
        return replace(self, notes=(*self.notes, note))


RESTORED: Final = "restored"
"""The cause of a fleet case over a book that was restored from a copy."""


def doubt_case(now_s: float, zone: tzinfo) -> KeptCase:
    """Return the fleet case over a restored book: a hold that was made since the copy is not in it."""
    case = opened(f"case-restored-{now_s:.0f}", "", "", Level.NOW, now_s, kind=CaseKind.FLEET)
    words = "the ledger was restored from a copy: compare the book with the clinic's own notes"
    return KeptCase(case, night_of(now_s, zone)).with_evidence(EvidenceLine(now_s, RESTORED, words, nan))


@dataclass(frozen=True, slots=True)
class MorningTaken:
    """The answers of a morning are kept. case: that they opened or joined; None: they opened none.

    level: of that evidence. physician: the letter advises one, for WHO-5 is low.
    """

    case: KeptCase | None = None
    level: Level | None = None
    physician: bool = False


@dataclass(frozen=True, slots=True)
class LevelReport:
    """Cases of one level. to_triage_s: the median from opening to triage, NaN: none was triaged."""

    level: Level
    cases: int
    triaged: int
    late: int
    to_triage_s: float
    within: int


@dataclass(frozen=True, slots=True)
class CaseReport:
    """The cases opened from `from_s` on and before `to_s`, identified by case alone.

    unanticipated: the ids of unanticipated problems. states: cases by state now. causes: cases by cause.
    """

    from_s: float
    to_s: float
    levels: tuple[LevelReport, ...]
    states: dict[str, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    unanticipated: tuple[str, ...] = ()


def case_report(cases: Iterable[KeptCase], from_s: float, to_s: float) -> CaseReport:
    """Return the report over the cases of persons among these."""
    found = [one for one in cases if one.case.kind is CaseKind.PERSON and from_s <= one.case.opened_s < to_s]
    states: dict[str, int] = {}
    causes: dict[str, int] = {}
    for one in found:
        states[one.case.state.value] = states.get(one.case.state.value, 0) + 1
        for cause in one.causes:
            causes[cause] = causes.get(cause, 0) + 1
    graver = sorted(one.case.id for one in found if one.unanticipated)
    levels = tuple(_level_report(level, [one.case for one in found]) for level in Level)
    return CaseReport(from_s, to_s, levels, states, causes, tuple(graver))


def _level_report(level: Level, cases: list[Case]) -> LevelReport:
    of = [case for case in cases if case.level is level]
    waited = [case.answered_s - case.opened_s for case in of if case.answered_s]
    within = sum(wait <= level.within_s for wait in waited)
    late = sum(case.climbed > 0 for case in of)
    return LevelReport(level, len(of), len(waited), late, median(waited) if waited else float("nan"), within)
