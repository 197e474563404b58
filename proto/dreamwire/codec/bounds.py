"""The bounds of a peer's message, and the one error that names the broken one.

A payload is untrusted until it has passed here. Every check names the field, the fault and the expected
value, and shows neither samples nor long foreign text. Tests are written `ok = low <= value <= high`, so that
a NaN fails them.
"""

import re
from collections.abc import Collection
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message

from dreamwire import topics
from dreamwire.messages import Floats
from dreamwire.schema import SCHEMAS, Schema

BYTES_MAX: Final = 64 * 1024
"""Bytes of one payload."""
SLOTS_MAX: Final = 256
"""Slots of one cohort."""
FRAMES_MAX: Final = 256
"""Frames a gateway may send in one payload."""
CHANNELS_MAX: Final = 512
OUTCOMES_MAX: Final = 16
ACKS_MAX: Final = 1024
ALPHA_HZ_MAX: Final = 100.0
EVENT_ID_BYTES: Final = 16

_SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]{16,32}")

FLOAT32: Final = np.dtype("<f4")
UINT16: Final = np.dtype("<u2")

SIZES: Final = frozenset(schema.size for schema in SCHEMAS.values())
"""Feature counts D of the existing schemas."""

_FLOAT32_BYTES: Final = 4
_SHOWN_CHARS: Final = 40

is_name = lru_cache(maxsize=topics.PODS_REMEMBERED)(topics.is_name)
"""Cached: the same few names come in every message."""


class WireError(ValueError):
    """A payload that is not a message of this protocol, or breaks a bound.

    Attributes:
        kind: the payload's topic: presence, status, event, clock, frames, collective, ...
        field: the field's path, or `payload`.
        wrong: the fault.
        expected: the valid values.
    """

    def __init__(self, kind: str, field: str, wrong: str, expected: str) -> None:
        super().__init__(f"{kind}: {field}: {wrong}; expected {expected}")
        self.kind = kind
        self.field = field
        self.wrong = wrong
        self.expected = expected


Parsed = TypeVar("Parsed", bound=Message)
Kind = TypeVar("Kind", bound=IntEnum)


def parsed(kind: str, message: type[Parsed], payload: bytes) -> Parsed:
    """Parse a payload of 1 byte to 64 KiB."""
    measured(kind, payload)
    try:
        return message.FromString(payload)
    except DecodeError:
        raise WireError(
            kind, "payload", "malformed, or text that is not UTF-8", message.DESCRIPTOR.full_name
        ) from None


def measured(kind: str, payload: bytes) -> bytes:
    """Check a payload's size, 1 byte to 64 KiB, in both directions."""
    if not 0 < len(payload) <= BYTES_MAX:
        raise WireError(kind, "payload", f"{len(payload)} bytes", f"1 to {BYTES_MAX}")
    return payload


def within(kind: str, field: str, value: float, low: float, high: float) -> float:
    """Check that a number is finite and in low..high."""
    ok = low <= value <= high and value - value == 0.0
    if not ok:
        top = f"to {high:g}" if np.isfinite(high) else "or more, finite"
        raise WireError(kind, field, f"is {value:g}", f"{low:g} {top}")
    return value


def without_end(kind: str, field: str, value: float) -> float:
    """Check that a number is 0 or more; infinity means no limit."""
    ok = value >= 0.0
    if not ok:
        raise WireError(kind, field, f"is {value:g}", "0 or more")
    return value


def counted(kind: str, field: str, count: int, most: int) -> None:
    """Check that a count is in 0..most."""
    if not count <= most:
        raise WireError(kind, field, f"{count} of them", f"at most {most}")


def named(kind: str, field: str, text: str) -> str:
    """Check that a text may name a pod, a Dreamscape or a site."""
    if not is_name(text):
        shown = repr(text[:_SHOWN_CHARS])
        raise WireError(kind, field, f"{shown} is no name", "1-63 of a-z 0-9 _ . -, alphanumeric at its ends")
    return text


def pod_named(kind: str, text: str) -> str:
    """Check that a text may name a pod; the daemon's own account at the broker may not."""
    if text in topics.RESERVED:
        raise WireError(kind, "pod", f"{text!r} is the daemon's own name", "another name")
    return named(kind, "pod", text)


def named_or_empty(kind: str, field: str, text: str) -> str:
    """Check that a text is a name or empty."""
    return named(kind, field, text) if text else text


def is_subject(text: str) -> bool:
    """Whether a text may name the subject of a consent."""
    return _SUBJECT.fullmatch(text) is not None


def subject_or_empty(kind: str, field: str, text: str) -> str:
    """Check that a text may name the subject of a consent, or is empty; the error does not show it."""
    if text and not is_subject(text):
        raise WireError(kind, field, "is no subject", "16 to 32 of A-Z a-z 0-9 _ -, or none")
    return text


def identified(kind: str, field: str, data: bytes) -> bytes:
    """Check that an event's id has 16 bytes."""
    if len(data) != EVENT_ID_BYTES:
        raise WireError(kind, field, f"{len(data)} bytes", f"{EVENT_ID_BYTES}")
    return data


def schema_of(kind: str, field: str, name: str) -> Schema:
    """Find the schema of that name."""
    schema = SCHEMAS.get(name)
    if schema is None:
        shown = repr(name[:_SHOWN_CHARS])
        raise WireError(kind, field, f"schema {shown} is not known", f"one of {', '.join(sorted(SCHEMAS))}")
    return schema


def known(kinds: type[Kind], value: int) -> Kind:
    """Read an enum value; one that a newer peer added reads as UNSPECIFIED, 0."""
    try:
        return kinds(value)
    except ValueError:
        return kinds(0)


def vector(kind: str, field: str, data: bytes, sizes: Collection[int]) -> Floats:
    """Read float32[n], n one of `sizes`; values are not judged. The array is read-only."""
    if len(data) / _FLOAT32_BYTES not in sizes:
        wanted = " or ".join(str(_FLOAT32_BYTES * size) for size in sorted(sizes))
        raise WireError(kind, field, f"{len(data)} bytes", f"{wanted} (float32)")
    return np.frombuffer(data, dtype=FLOAT32)


def finite_vector(
    kind: str, field: str, data: bytes, sizes: Collection[int], above: float = -np.inf
) -> Floats:
    """Read float32[n], each value finite and greater than `above`."""
    values = vector(kind, field, data, sizes)
    ok = np.isfinite(values) & (values > above)
    if not ok.all():
        bound = f" above {above:g}" if np.isfinite(above) else ""
        raise WireError(kind, field, f"{int((~ok).sum())} values out of bounds", f"finite numbers{bound}")
    return values


def floats_out(values: Floats) -> bytes:
    """Write an array of any shape as float32, little-endian, in C order."""
    return np.asarray(values, dtype=FLOAT32).tobytes()
