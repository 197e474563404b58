"""Cases of the clinic and the watches over harm, in the shape that their page draws. Pure."""

from math import isfinite, nan
from typing import Final

from dreamapi.names import bare, word
from dreamapi.v1.clinic_pb2 import Case, CaseEvidence, CaseNote, CaseSitting
from dreamapi.v1.exposure_pb2 import HarmKind, HarmWatch, JudgedNight, Surveillance
from dreamd.console.shapes import given, number, seconds

DECISIONS: Final = {
    "triage": "TriageCase",
    "note": "AddCaseNote",
    "hold": "HoldCase",
    "plan": "PlanReturn",
    "release": "ReleaseCase",
    "close": "CloseCase",
}
"""Each act of the page, and its method."""


def case_shape(one: Case) -> dict[str, object]:
    """A case; of a list without evidence, notes and sittings."""
    return {
        "case": bare(one.name),
        "kind": word(Case.Kind, one.kind),
        "state": word(Case.State, one.state),
        "level": one.level,
        "sleeper": bare(one.sleeper),
        "site": one.site,
        "dreamscape": bare(one.dreamscape),
        "parent": bare(one.parent),
        "opened_s": given(one, "open_time"),
        "due_s": given(one, "due_time"),
        "answered_s": given(one, "answer_time"),
        "ended_s": given(one, "end_time"),
        "held": one.held,
        "climbed": one.climbed,
        "step": one.step,
        "share": one.share,
        "causes": list(one.causes),
        "related": one.related if one.HasField("related") else None,
        "expected": one.expected if one.HasField("expected") else None,
    }


def whole_shape(one: Case) -> dict[str, object]:
    """A case with evidence, notes and sittings."""
    return {
        **case_shape(one),
        "evidence": [_evidence(line) for line in one.evidence],
        "notes": [_note(note) for note in one.notes],
        "sittings": [_sitting(sitting) for sitting in one.sittings],
    }


def _evidence(line: CaseEvidence) -> dict[str, object]:
    value = number(line.value) if line.HasField("value") else None
    return {"at_s": number(seconds(line.time)), "cause": line.cause, "words": line.words, "value": value}


def _note(note: CaseNote) -> dict[str, object]:
    return {"at_s": number(seconds(note.time)), "by": note.by, "text": note.text}


def _sitting(sitting: CaseSitting) -> dict[str, object]:
    pull = number(sitting.pull) if sitting.HasField("pull") else None
    return {"at_s": number(seconds(sitting.day)), "pull": pull, "anchored": sitting.anchored}


def harm_shape(told: Surveillance) -> dict[str, object]:
    """The watches, one a kind, with their judged nights. A blind night has neither value nor rate."""
    return {"clause": told.clause, "watches": [_watch(one) for one in told.watches]}


def _watch(one: HarmWatch) -> dict[str, object]:
    return {
        "kind": word(HarmKind, one.kind).removeprefix("kind-"),
        "state": word(HarmWatch.State, one.state),
        "value": _held(one, "value"),
        "threshold": number(one.threshold),
        "rate": _held(one, "rate"),
        "declared": one.declared,
        "above_clause": one.above_clause,
        "gathered": one.gathered,
        "gathered_least": one.gathered_least,
        "nights": one.nights,
        "alarm_s": number(seconds(one.alarm.begin_time)) if one.HasField("alarm") else None,
        "past": [_judged(night) for night in one.past],
    }


def _judged(night: JudgedNight) -> dict[str, object]:
    return {
        "end_s": number(seconds(night.end_time)),
        "harmed": night.harmed,
        "value": _held(night, "value"),
        "rate": _held(night, "rate"),
    }


def _held(one: HarmWatch | JudgedNight, field: str) -> float | None:
    """A number that may be absent. Not rounded: a rate is small."""
    value = float(getattr(one, field)) if one.HasField(field) else nan
    return value if isfinite(value) else None
