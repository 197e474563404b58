"""Cases of the clinic and the watches over harm, in the shape that their page draws. Pure."""

from math import isfinite, nan
from statistics import stdev
from typing import Final

from dreamapi.names import bare, word
from dreamapi.v1.clinic_pb2 import Case, CaseEvidence, CaseNote, CasePull, CaseSitting, MorningAnswers
from dreamapi.v1.exposure_pb2 import HarmKind, HarmWatch, JudgedNight, Surveillance
from dreamd.console.shapes import given, number, seconds
from dreamd.core.clinic.pull import ONE_SIDED_95, POOLED_SD

DECISIONS: Final = {
    "triage": "TriageCase",
    "note": "AddCaseNote",
    "hold": "HoldCase",
    "plan": "PlanReturn",
    "release": "ReleaseCase",
    "close": "CloseCase",
}
"""Each act of the page, and its method."""

SPREAD_LEAST: Final = 2
"""Own days from which there is a spread."""


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
        "pull": _pull(one.pull) if one.HasField("pull") else None,
    }


def own_shape(one: Case) -> dict[str, object]:
    """A sleeper's own case: its course, and what has come to light."""
    shown = whole_shape(one)
    kept = ("case", "state", "level", "held", "step", "opened_s", "answered_s", "evidence")
    return {"contact": one.contact, **{name: shown[name] for name in kept}}


def morning_shape(told: MorningAnswers) -> dict[str, object]:
    """The effect of a morning's answers. case: empty, none was opened or joined."""
    return {"case": bare(told.case), "physician": told.physician}


def _evidence(line: CaseEvidence) -> dict[str, object]:
    value = number(line.value) if line.HasField("value") else None
    return {"at_s": number(seconds(line.time)), "cause": line.cause, "words": line.words, "value": value}


def _note(note: CaseNote) -> dict[str, object]:
    return {"at_s": number(seconds(note.time)), "by": note.by, "text": note.text}


def _pull(pull: CasePull) -> dict[str, object]:
    """band: nineteen of twenty sittings on own days lie within it on either side of 0; None: not known."""
    own = [one for one in pull.baseline if isfinite(one)]
    band = ONE_SIDED_95 * max(stdev(own), POOLED_SD) if len(own) >= SPREAD_LEAST else nan
    return {
        "band": number(band),
        "upper": given(pull, "upper"),
        "restored": pull.restored if pull.HasField("restored") else None,
        "why": pull.why,
        "offered_s": [seconds(day) for day in pull.offered_days],
    }


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
