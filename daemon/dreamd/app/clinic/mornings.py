"""The answers of mornings: judged against the sleeper's own, kept sealed, and told to the clinic's book.

Theory of operation. The earlier answers are read from the ledger, so none is held in memory. Then the new
ones act, in the call that ends the reading, and their row is written. A clean morning of the return is a
grant: its step waits for the ledger.

Rules
- One row a night: a second answer of the same morning stands in the place of the first.
- Later answers do not judge earlier ones, and those of the same night are no baseline.
- The planned dose of the night is kept with the answers: the figures by exposure are made of both.
"""

import json
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from math import fsum, nan
from typing import Final, Protocol

from dreamd.app.clinic.clinic_book import ClinicBook
from dreamd.app.durability.commits import Commits
from dreamd.core.clinic.course import CaseState, Morning
from dreamd.core.clinic.kept_case import MorningTaken, night_of
from dreamd.core.clinic.levels import WHO5_ADVICE, Answers, Level, answers_fault, opened_by_answers
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred, Relayed
from dreamd.ports.ledger.clinic import MORNING
from dreamd.ports.ledger.person import PersonLedger, PersonRecords
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow
from dreamd.ports.ledger.transaction import Transaction

NIGHT_S: Final = 86_400.0
HALF_NIGHT_S: Final = 43_200.0
BASELINE_MOST: Final = 60
"""The newest answers that make a baseline."""


class MorningLedger(PersonalLedger, PersonLedger, Protocol):
    """The part of the ledger that mornings need."""


@dataclass(frozen=True, slots=True)
class KeptMorning:
    """The answers of one night. planned_min: merge-minutes planned for it. low: they open a case.

    person: names one sleeper among others, and no more.
    """

    person: str
    night: int
    kss: int | None
    who5: int | None
    low: bool
    planned_min: float


class Mornings:
    """Takes answers; one thread uses it. answered: called with the sleeper, and whether they open a case."""

    def __init__(
        self,
        book: ClinicBook,
        ledger: MorningLedger,
        commits: Commits,
        clock: SessionClock,
        site_of: Callable[[str], str],
    ) -> None:
        """site_of: where a sleeper lies, or has lain."""
        self._book, self._ledger, self._commits, self._clock = book, ledger, commits, clock
        self._site_of = site_of
        self.answered: list[Callable[[str, bool], None]] = []

    def answer(self, sleeper: str, answers: Answers) -> Refusal | Deferred[MorningTaken]:
        """Take the answers of this morning."""
        fault = answers_fault(answers)
        if fault is None and answers.kss is None and answers.who5 is None:
            fault = bad_field("kss", "an answer to at least one of kss and who5", Figure("none"))
        if fault is not None:
            return fault
        later, call = Relayed[MorningTaken](), copy_context()

        def read(commit: Commit[PersonRecords]) -> None:
            if not commit.done:
                sentence = f"the earlier answers could not be read: {commit.failure}"
                later.answered(Refusal(Code.LEDGER_UNAVAILABLE, sentence))
            elif not commit.value.subject:
                sentence = "the house knows no such sleeper, so there is no night to tell of"
                later.answered(Refusal(Code.NOT_CHECKED_IN, sentence))
            else:
                later.answered(call.run(self._judged, sleeper, answers, commit.value))

        self._ledger.read_person(sleeper).then(read)
        return later

    def _judged(
        self, sleeper: str, answers: Answers, records: PersonRecords
    ) -> MorningTaken | Refusal | Deferred[MorningTaken]:
        zone = self._book.place.zone
        night = night_of(self._clock.now_s(), zone)
        past = [one for one in map(kept_morning, _mornings(records)) if one.night < night][-BASELINE_MOST:]
        own_kss = [one.kss for one in past if one.kss is not None]
        own_who5 = [one.who5 for one in past if one.who5 is not None]
        level = opened_by_answers(answers, own_kss, own_who5)
        planned = [dose.minutes for dose in records.planned if night_of(dose.at_s, zone) == night]
        body = {"night": night, "kss": answers.kss, "who5": answers.who5, "low": level is not None}
        row = PersonalRow(
            sleeper,
            MORNING,
            night * NIGHT_S + HALF_NIGHT_S,
            json.dumps(body | {"planned_min": fsum(planned)}).encode(),
        )
        case = self._tell(sleeper, level, answers)
        if level is None:
            self._clean(sleeper)
        for tell in self.answered:
            tell(sleeper, level is not None)
        physician = answers.who5 is not None and answers.who5 < WHO5_ADVICE

        def done(_terms: object) -> MorningTaken:
            kept = self._book.known_case(case) if case else None
            return MorningTaken(kept, level, physician)

        return self._commits.ask(Transaction(personal=(row,)), "the answers", done)

    def _tell(self, sleeper: str, level: Level | None, answers: Answers) -> str:
        """Give a low morning to the book; return the case."""
        if level is None:
            return ""
        told = (("KSS", answers.kss), ("WHO-5", answers.who5))
        words = ", ".join(f"{name} {value}" for name, value in told if value is not None)
        kept, now_s = self._book.case_of(sleeper), self._clock.now_s()
        if kept is not None and kept.case.state is CaseState.RETURNING and not level.holds:
            self._book.apply(kept.case.id, Morning(low=True))
        site = self._site_of(sleeper)
        return self._book.add_evidence(sleeper, level, "answers", words, nan, site=site, at_s=now_s).case.id

    def _clean(self, sleeper: str) -> None:
        kept = self._book.case_of(sleeper)
        if kept is not None and kept.case.state is CaseState.RETURNING and kept.case.morning:
            self._book.written_first(kept.case.id, Morning(low=False), "the morning of the return")


def kept_morning(row: PersonalRow) -> KeptMorning:
    """Return the answers of a row."""
    told = json.loads(row.body)
    return KeptMorning(
        row.sleeper, told["night"], told["kss"], told["who5"], bool(told["low"]), float(told["planned_min"])
    )


def _mornings(records: PersonRecords) -> list[PersonalRow]:
    return sorted((row for row in records.personal if row.kind == MORNING), key=lambda row: row.at_s)
