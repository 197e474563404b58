"""The sealed part of a case as JSON: its evidence and notes."""

import json
from dataclasses import replace
from math import isnan, nan

from dreamd.core.clinic.kept_case import EvidenceLine, KeptCase, Note


def personal_body(kept: KeptCase) -> bytes:
    """Return what is sealed of a case."""
    evidence = [
        [one.at_s, one.cause, one.words, None if isnan(one.value) else one.value] for one in kept.evidence
    ]
    notes = [[one.at_s, one.by, one.text] for one in kept.notes]
    return json.dumps({"case": kept.case.id, "evidence": evidence, "notes": notes}).encode()


def personal_text(kept: KeptCase, body: bytes) -> KeptCase:
    """Return the case with what was sealed of it.

    Raises:
        ValueError, KeyError, TypeError: the body is none of a case.
    """
    told = json.loads(body)
    evidence = tuple(
        EvidenceLine(float(at_s), str(cause), str(words), nan if value is None else float(value))
        for at_s, cause, words, value in told["evidence"]
    )
    notes = tuple(Note(float(at_s), str(by), str(text)) for at_s, by, text in told["notes"])
    return replace(kept, evidence=evidence, notes=notes)
