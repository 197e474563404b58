"""Cases of the clinic, in the shape that their page draws. Pure."""

from typing import Final

from dreamapi.names import bare, word
from dreamapi.v1.clinic_pb2 import Case, CaseEvidence, CaseNote, CaseSitting
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
