"""Plans as callers write them: read whole at the creation, field by field at a change.

Only the form is checked here, by the path of the field in the request; the application decides whether a plan
makes sense. An absent field takes the daemon's default. A number that float32 has carried above its limit is
taken as the limit.
"""

import math
from dataclasses import replace
from typing import Final, TypeVar

from dreamapi.v1.dreamscapes_pb2 import (
    DREAMSCAPE_KIND_ANCHOR,
    DREAMSCAPE_KIND_SHARED,
    DREAMSCAPE_KIND_UNSPECIFIED,
    CreateDreamscapeRequest,
    UpdateDreamscapeRequest,
)
from dreamapi.v1.dreamscapes_pb2 import Plan as PlanMessage
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import ANCHOR_CEILING, ARTIST_SHARE_MOST, GUIDELINE_CAP, at_most
from dreamd.core.refusals import Refusal
from dreamwire.topics import is_name

CREATED: Final = "plan"
"""The path of the plan in CreateDreamscape."""
CHANGED: Final = "dreamscape.plan"
"""The path of the plan in UpdateDreamscape."""

KINDS: Final = {
    DREAMSCAPE_KIND_UNSPECIFIED: DreamscapeKind.SHARED,
    DREAMSCAPE_KIND_SHARED: DreamscapeKind.SHARED,
    DREAMSCAPE_KIND_ANCHOR: DreamscapeKind.ANCHOR,
}
_DEFAULTS: Final = Plan("defaults", seats_min=1, seats_max=1)
_KEPT_AS: Final = {"start_time": "start_at_s", "close_time": "close_at_s", "ramp": "ramp_s"}
"""Fields of the message that the application keeps under another name."""
FIELDS: Final = {field.name: _KEPT_AS.get(field.name, field.name) for field in PlanMessage.DESCRIPTOR.fields}
assert set(FIELDS.values()) == set(Plan.__slots__) - {"dreamscape"}, "every field of a plan can be changed"

Answer = TypeVar("Answer")


def created(request: CreateDreamscapeRequest) -> Plan:
    """Return the plan of the request."""
    if not is_name(request.dreamscape_id):
        raise bad_input("dreamscape_id", request_fields.FLEET_NAME, request.dreamscape_id)
    return _read(request.dreamscape_id, request.plan, CREATED)


def masked(request: UpdateDreamscapeRequest) -> frozenset[str]:
    """Return the fields of the plan to change.

    Without a mask: the fields that are set (AIP-134).
    """
    given = request.dreamscape.plan
    if not request.update_mask.paths:
        return frozenset(field.name for field, _ in given.ListFields())
    named: set[str] = set()
    for at, path in enumerate(request.update_mask.paths):
        of, _, field = path.partition(".")
        if path in ("*", "plan"):
            named.update(FIELDS)
        elif of == "plan" and field in FIELDS:
            named.add(field)
        else:
            expected = f"plan, or plan. and one of {', '.join(FIELDS)}"
            raise bad_input(f"update_mask.paths[{at}]", expected, path)
    return frozenset(named)


def changed(request: UpdateDreamscapeRequest, before: Plan) -> Plan:
    """Return the plan with the masked fields as the request has them."""
    fields = masked(request)
    given = PlanMessage()
    given.CopyFrom(request.dreamscape.plan)
    for name in FIELDS.keys() - fields:
        given.ClearField(name)
    read = _read(before.dreamscape, given, CHANGED)
    return replace(before, **{FIELDS[name]: getattr(read, FIELDS[name]) for name in fields})


def moved(answer: Answer | Refusal) -> Answer | Refusal:
    """Return the application's answer to a change, with a refused field's path as it is in that request."""
    if not isinstance(answer, Refusal) or not answer.metadata.get("field", "").startswith(CREATED):
        return answer
    field = answer.metadata["field"]
    there = f"{CHANGED}{field.removeprefix(CREATED)}"
    sentence = answer.sentence.replace(field, there, 1)
    return replace(answer, sentence=sentence, metadata=answer.metadata | {"field": there})


def _read(name: str, wanted: PlanMessage, path: str) -> Plan:
    kind = KINDS.get(wanted.kind)
    if kind is None:
        raise bad_input(f"{path}.kind", "a known kind", wanted.kind)
    seats = 1 if kind.alone else 0
    return Plan(
        dreamscape=name,
        kind=kind,
        seats_min=wanted.seats_min or seats,
        seats_max=wanted.seats_max or seats,
        start_at_s=request_fields.moment(wanted.start_time, f"{path}.start_time"),
        close_at_s=request_fields.moment(wanted.close_time, f"{path}.close_time"),
        pods=tuple(request_fields.pod_id(pod, f"{path}.pods[{at}]") for at, pod in enumerate(wanted.pods)),
        site=_site(wanted.site, f"{path}.site"),
        schema=wanted.schema or _DEFAULTS.schema,
        late_joining=wanted.late_joining if wanted.HasField("late_joining") else _DEFAULTS.late_joining,
        intimate=wanted.intimate,
        ceiling=_ceiling(wanted, f"{path}.ceiling", ANCHOR_CEILING if kind.alone else _DEFAULTS.ceiling),
        ramp_s=request_fields.span(wanted.ramp, f"{path}.ramp")
        if wanted.HasField("ramp")
        else _DEFAULTS.ramp_s,
        guidelines=wanted.guidelines or _DEFAULTS.guidelines,
        artist_share=at_most(wanted.artist_share, ARTIST_SHARE_MOST),
        record=wanted.record,
    )


def _site(text: str, field: str) -> str:
    if text and not is_name(text):
        raise bad_input(field, request_fields.FLEET_NAME, text)
    return text


def _ceiling(wanted: PlanMessage, field: str, default: float) -> float:
    if not wanted.HasField("ceiling"):
        return default
    fits = math.isfinite(wanted.ceiling) and 0.0 <= wanted.ceiling <= 1.0
    if not fits:
        raise bad_input(field, "a coupling from 0 to 1", wanted.ceiling)
    return at_most(wanted.ceiling, default if default == ANCHOR_CEILING else GUIDELINE_CAP)
