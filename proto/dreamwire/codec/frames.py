"""Frames, between values and bytes: the one payload that comes in thousands, so decoding is fast.

A frame with features, phasors or own z that are not finite is decoded as it is: to the breaker it is
evidence, and dropping it would report a broken implant as a lost one. A quality or an applied coupling that
is not a number in 0..1 is refused, because it supports no conclusion. The checks of one frame are one
expression; only a failure is examined again to find the failing check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np

from dreamwire.codec.bounds import (
    FLOAT32,
    FRAMES_MAX,
    WireError,
    counted,
    is_name,
    measured,
    named_or_empty,
    parsed,
    vector,
    within,
)
from dreamwire.codec.plain_frames import fields_out, is_plain
from dreamwire.messages import Frame, StoredSever
from dreamwire.schema import INSTANTS_PER_HOP, SCHEMAS, Schema
from dreamwire.text import fit
from dreamwire.v1 import wire_pb2 as pb

_FRAMES: Final = "frames"


@dataclass(frozen=True, slots=True)
class Layout:
    """A schema for the hot path: array lengths in bytes, the phasors' shape."""

    features_bytes: int
    phasors_bytes: int
    shape: tuple[int, int, int]


def _layout(schema: Schema) -> Layout:
    shape = (INSTANTS_PER_HOP, len(schema.phase_bands), 2)
    return Layout(FLOAT32.itemsize * schema.size, FLOAT32.itemsize * int(np.prod(shape)), shape)


LAYOUTS: Final = {schema.code: _layout(schema) for schema in SCHEMAS.values()}
"""Of each schema, by its code."""


def sever_out(severed: StoredSever | None) -> pb.StoredSever | None:
    """Write a stored sever as a part of a frame or a status."""
    if severed is None:
        return None
    return pb.StoredSever(
        dreamscape=severed.dreamscape, term=severed.term, tick=severed.tick, cause=fit(severed.cause)
    )


def sever_in(kind: str, raw: pb.StoredSever) -> StoredSever:
    """Read a stored sever."""
    dreamscape = named_or_empty(kind, "severed.dreamscape", raw.dreamscape)
    return StoredSever(dreamscape, raw.term, raw.tick, fit(raw.cause))


def names_its_sever(raw: pb.Frame) -> bool:
    """Whether `sever_in` reads the stored sever of a frame, if it has one."""
    return not raw.HasField("severed") or not raw.severed.dreamscape or is_name(raw.severed.dreamscape)


def encode_frames(frames: Sequence[Frame], *, plain: bool = False) -> bytes:
    """Write a payload of frames: one from a pod, up to 256 from a gateway.

    plain: the daemon reads frames of fixed layout, of revision 3; those that can be are written so.
    """
    counted(_FRAMES, "frames", len(frames), FRAMES_MAX)
    body = pb.Frames()
    for frame in frames:
        if plain and is_plain(frame):
            body.plain.add(**fields_out(frame))
        else:
            severed = sever_out(frame.severed)
            body.frames.add(**fields_out(frame), latched=fit(frame.latched), severed=severed)
    return measured(_FRAMES, body.SerializeToString())


def decode_frames(payload: bytes) -> tuple[Frame, ...]:
    """Read a payload of frames; features, phasors and own_z may hold values that are not finite.

    Returns:
        The frames in the order sent; their arrays are read-only, float32[D] and float32[2, B, 2].

    Raises:
        WireError: malformed, an unknown schema, an array of the wrong length for its schema, or a quality or
            applied coupling outside 0..1. One bad frame refuses the payload.
    """
    raw = parsed(_FRAMES, pb.Frames, payload)
    counted(_FRAMES, "frames", len(raw.frames) + len(raw.plain), FRAMES_MAX)
    both: list[pb.Frame | pb.PlainFrame] = [*raw.frames, *raw.plain]
    return tuple([frame_in(at, frame) for at, frame in enumerate(both)])


def frame_in(at: int, raw: pb.Frame | pb.PlainFrame) -> Frame:
    """Read one frame, the `at`-th of its payload; see `decode_frames`."""
    code = raw.schema
    layout = LAYOUTS.get(code)
    features, phasors = raw.features, raw.phasors
    quality, applied = raw.quality, raw.applied
    ok = (
        layout is not None
        and len(features) == layout.features_bytes
        and len(phasors) == layout.phasors_bytes
        and 0.0 <= quality <= 1.0
        and 0.0 <= applied <= 1.0
    )
    if not ok or layout is None:
        _refuse(at, raw)
    return Frame(
        raw.assignment,
        raw.seq,
        raw.instant,
        raw.offset_error_us,
        raw.uncertainty_us,
        code,
        np.frombuffer(features, FLOAT32),
        np.ndarray(layout.shape, FLOAT32, phasors),
        quality,
        applied,
        raw.fading,
        fit(raw.latched) if isinstance(raw, pb.Frame) and raw.latched else "",
        raw.heard_term,
        raw.heard_tick,
        sever_in(_FRAMES, raw.severed) if isinstance(raw, pb.Frame) and raw.HasField("severed") else None,
        raw.own_z,
    )


def _refuse(at: int, raw: pb.Frame | pb.PlainFrame) -> NoReturn:
    where = f"frames[{at}]"
    layout = LAYOUTS.get(raw.schema)
    if layout is None:
        known = ", ".join(f"{schema.code} ({schema.name})" for schema in SCHEMAS.values())
        raise WireError(_FRAMES, f"{where}.schema", f"code {raw.schema} is not known", f"one of {known}")
    vector(_FRAMES, f"{where}.features", raw.features, (layout.features_bytes // FLOAT32.itemsize,))
    vector(_FRAMES, f"{where}.phasors", raw.phasors, (layout.phasors_bytes // FLOAT32.itemsize,))
    within(_FRAMES, f"{where}.quality", raw.quality, 0.0, 1.0)
    within(_FRAMES, f"{where}.applied", raw.applied, 0.0, 1.0)
    raise AssertionError("a frame was refused that breaks no bound")
