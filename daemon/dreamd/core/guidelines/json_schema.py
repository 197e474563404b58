"""The JSON Schema of a bundle, for editors: made from the vocabulary, which stays the only judge."""

from dreamd.core.guidelines.bundle import (
    CLAUSES_MOST,
    HOURS_FORM,
    NUMBER_FORM,
    REVISION_MOST,
    TEXT_MOST,
)
from dreamd.core.guidelines.forms import Form, Key
from dreamd.core.guidelines.keys import KEYS

_TEXT: dict[str, object] = {"type": "string", "minLength": 1, "maxLength": TEXT_MOST}


def json_schema() -> dict[str, object]:
    """Return the schema, draft 2020-12."""
    forms = [_clause(None), *(_clause(key) for key in KEYS.values())]
    members: dict[str, object] = {
        "revision": {"type": "integer", "minimum": 1, "maximum": REVISION_MOST},
        "title": _TEXT,
        "clause": {"type": "array", "maxItems": CLAUSES_MOST, "items": {"oneOf": forms}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A revision of the guidelines",
        "type": "object",
        "properties": members,
        "required": ["revision", "clause"],
        "additionalProperties": False,
    }


def _clause(key: Key | None) -> dict[str, object]:
    members: dict[str, object] = {
        "number": {"type": "string", "pattern": f"^{NUMBER_FORM}$"},
        "text": _TEXT,
        "basis": _TEXT,
    }
    required = ["number", "text"]
    if key is not None:
        members["key"] = {
            "const": key.name,
            "description": f"{key.place.value}: tighter is {key.tighter.value}",
        }
        required.append("key")
        if key.form is not Form.PRINCIPLE:
            members["limit"] = _limit(key)
            required.append("limit")
        if key.optional:
            required.append("basis")
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}


def _limit(key: Key) -> dict[str, object]:
    if key.form is Form.HOURS:
        return {"type": "string", "pattern": f"^{HOURS_FORM}$"}
    lowest, highest = key.bounds
    kind = "integer" if key.form is Form.WHOLE else "number"
    unit = {"description": key.unit} if key.unit else {}
    return {"type": kind, "minimum": lowest, "maximum": highest} | unit
