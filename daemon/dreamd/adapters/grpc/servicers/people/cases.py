"""Cases, their report and their request fields, as messages of the API."""

from math import isfinite
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.v1 import clinic_pb2 as clinic
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.core.clinic.course import CaseKind, CaseState
from dreamd.core.clinic.kept_case import CaseReport, KeptCase, MorningTaken
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.restoration import PullRecord
from dreamd.core.exposure.windows import DAY_S
from dreamd.core.refusals import Figure
from dreamwire.topics import is_name

KINDS: Final = {
    CaseKind.PERSON: clinic.Case.KIND_PERSON,
    CaseKind.PARENT: clinic.Case.KIND_PARENT,
    CaseKind.FLEET: clinic.Case.KIND_FLEET,
}
STATES: Final = {
    CaseState.OPEN: clinic.Case.STATE_OPEN,
    CaseState.TRIAGED: clinic.Case.STATE_TRIAGED,
    CaseState.HELD: clinic.Case.STATE_HELD,
    CaseState.RETURNING: clinic.Case.STATE_RETURNING,
    CaseState.RELEASED: clinic.Case.STATE_RELEASED,
    CaseState.CLOSED: clinic.Case.STATE_CLOSED,
}
_NOON_S: Final = DAY_S / 2.0


def case_id(name: str, field: str = "name") -> str:
    """Return the id of `cases/{case}`."""
    found = name.removeprefix(f"{names.CASES}/")
    if found == name or not is_name(found):
        raise bad_input(field, f"{names.CASES}/{{case}}, as ListCases shows it", name)
    return found


def level_of(number: int, field: str = "level") -> Level:
    """Return the level of a request."""
    if number not in tuple(Level):
        raise bad_input(field, "a level from 1 to 4", Figure(number))
    return Level(number)


def told_case(kept: KeptCase, *, whole: bool = True, notes: bool = True) -> clinic.Case:
    """Return a case. whole: with evidence and sittings. notes: with the clinicians' notes too."""
    case = kept.case
    due_s = case.due_s()
    told = clinic.Case(
        name=names.case(case.id),
        kind=KINDS[case.kind],
        state=STATES[case.state],
        level=int(case.level),
        sleeper=names.sleeper(case.person) if case.kind is CaseKind.PERSON else "",
        site=case.site,
        dreamscape=names.dreamscape(kept.dreamscape),
        parent=names.case(case.parent),
        open_time=moment(case.opened_s),
        held=case.held,
        climbed=case.climbed,
        step=case.step,
        share=case.share,
        causes=kept.causes,
        due_time=moment(due_s) if isfinite(due_s) else None,
        answer_time=moment(case.answered_s) if case.answered_s else None,
        end_time=moment(case.ended_s) if case.ended_s else None,
    )
    if kept.related is not None:
        told.related = kept.related
    if kept.expected is not None:
        told.expected = kept.expected
    if whole:
        _tell_whole(kept, told, notes=notes)
    return told


def _tell_whole(kept: KeptCase, told: clinic.Case, *, notes: bool) -> None:
    for line in kept.evidence:
        told.evidence.append(
            clinic.CaseEvidence(
                time=moment(line.at_s), cause=line.cause, words=line.words, value=_number(line.value)
            )
        )
    for note in kept.notes if notes else ():
        told.notes.append(clinic.CaseNote(time=moment(note.at_s), by=note.by, text=note.text))
    for one in kept.sittings:
        day = moment(one.day * DAY_S + _NOON_S)
        told.sittings.append(clinic.CaseSitting(day=day, pull=_number(one.pull), anchored=one.anchored))

    if kept.pull is not None:
        told.pull.CopyFrom(_told_pull(kept.pull))


def _told_pull(pull: PullRecord) -> clinic.CasePull:
    told = clinic.CasePull(baseline=pull.baseline, upper=_number(pull.upper), why=pull.why)
    if pull.restored is not None:
        told.restored = pull.restored
    for day in pull.offered:
        told.offered_days.add(seconds=round(day * DAY_S + _NOON_S))
    return told


def told_morning(taken: MorningTaken) -> clinic.MorningAnswers:
    """Return what the answers of a morning have opened."""
    return clinic.MorningAnswers(
        case=names.case(taken.case.case.id) if taken.case else "",
        level=int(taken.level) if taken.level else 0,
        physician=taken.physician,
    )


def told_report(found: CaseReport, begin: Timestamp, end: Timestamp) -> clinic.CaseReport:
    """Return the report over a span."""
    return clinic.CaseReport(
        begin_time=begin,
        end_time=end,
        levels=[
            clinic.CaseLevelReport(
                level=int(one.level),
                cases=one.cases,
                triaged=one.triaged,
                within=one.within,
                late=one.late,
                to_triage_s=_number(one.to_triage_s),
            )
            for one in found.levels
        ],
        states=found.states,
        causes=found.causes,
        unanticipated=[names.case(one) for one in found.unanticipated],
    )


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
