"""Frames of fixed layout: what protobuf writes of them is a record, read by numpy without a parser.

Each field of `PlainFrame` is always present and of fixed length, so the frames of one schema are records of
one size, with the same bytes of tags and lengths in the same places. A payload is read as records only where
all of these bytes are as they must be; any other is left to protobuf, which reads it field by field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.codec.bounds import FLOAT32, FRAMES_MAX, floats_out
from dreamwire.frame_columns import FrameColumns
from dreamwire.messages import Frame
from dreamwire.schema import INSTANTS_PER_HOP, SCHEMAS, Schema
from dreamwire.topics import FramesTopic
from dreamwire.v1 import wire_pb2 as pb

_TAG: Final = 0x12
"""The tag of `Frames.plain`: field 2, with a length."""
_FIXED: Final = (
    *(("assignment", "<u8"), ("seq", "<u4"), ("instant", "<i8"), ("offset_error_us", "<i4")),
    *(("uncertainty_us", "<u4"), ("schema", "<u4")),
)
_LAST: Final = (
    *(("quality", "<f4"), ("applied", "<f4"), ("fading", "u1")),
    *(("heard_term", "<u8"), ("heard_tick", "<u8"), ("own_z", "<f4")),
)


Arrived = tuple[FramesTopic, bytes]


@dataclass(frozen=True, slots=True)
class _Layout:
    """The record of one schema. fixed: places of tags and lengths; constant: their bytes."""

    code: int
    record: np.dtype[Any]
    fixed: NDArray[np.intp]
    constant: NDArray[np.uint8]


def _layout(schema: Schema) -> _Layout:
    shapes = {"features": (schema.size,), "phasors": (INSTANTS_PER_HOP, len(schema.phase_bands), 2)}
    body = pb.Frames()
    fields: dict[str, Any] = {name: 0 for name, _ in (*_FIXED, *_LAST)}
    fields |= {name: bytes(FLOAT32.itemsize * int(np.prod(shape))) for name, shape in shapes.items()}
    body.plain.add(**fields | {"schema": schema.code, "fading": False})
    empty = body.SerializeToString()
    names, formats, offsets, at = [], [], [], 2 if empty[1] < 128 else 3  # noqa: PLR2004 -- a varint of one byte
    for name, kind in (*_FIXED, ("features", ""), ("phasors", ""), *_LAST):
        shape = shapes.get(name, ())
        dtype = np.dtype((kind or FLOAT32, shape))
        at += 1 if not shape else 2 if dtype.itemsize < 128 else 3  # noqa: PLR2004 -- the same
        names.append(name)
        formats.append(dtype)
        offsets.append(at)
        at += dtype.itemsize
    record: np.dtype[Any] = np.dtype(
        {"names": names, "formats": formats, "offsets": offsets, "itemsize": len(empty)}
    )
    fixed = np.ones(len(empty), dtype=np.bool_)
    for start, dtype in zip(offsets, formats, strict=True):
        fixed[start : start + dtype.itemsize] = False
    places = np.flatnonzero(fixed)
    return _Layout(schema.code, record, places, np.frombuffer(empty, np.uint8)[places])


_LAYOUTS: Final = tuple(_layout(schema) for schema in SCHEMAS.values())


def is_plain(frame: Frame) -> bool:
    """Whether a frame may be written as a plain one: it has no latch and no stored zero."""
    return not frame.latched and frame.severed is None


def fields_out(frame: Frame) -> dict[str, Any]:
    """Return the fields that a frame has in either layout, by name."""
    return {
        "assignment": frame.assignment,
        "seq": frame.seq,
        "instant": frame.instant,
        "offset_error_us": frame.offset_error_us,
        "uncertainty_us": frame.uncertainty_us,
        "schema": frame.schema,
        "features": floats_out(frame.features),
        "phasors": floats_out(frame.phasors),
        "quality": frame.quality,
        "applied": frame.applied,
        "fading": frame.fading,
        "heard_term": frame.heard_term,
        "heard_tick": frame.heard_tick,
        "own_z": frame.own_z,
    }


class PlainFrames:
    """`dreamwire.frame_columns.FrameBlock` over records."""

    def __init__(self, layout: _Layout, topics: list[FramesTopic], records: NDArray[Any]) -> None:
        """records: one of each topic."""
        self.schema, self.topics, self._records = layout.code, topics, records
        self.assignments: list[int] = records["assignment"].tolist()
        self.fading: NDArray[np.bool_] = records["fading"] != 0
        self.columns = FrameColumns(
            records["seq"].astype(np.int64),
            records["instant"].astype(np.int64),
            records["uncertainty_us"].astype(np.int64),
            np.ascontiguousarray(records["features"]),
            np.ascontiguousarray(records["phasors"]),
            np.ascontiguousarray(records["quality"]),
            np.ascontiguousarray(records["applied"]),
            np.ascontiguousarray(records["own_z"]),
        )

    def frame(self, at: int) -> Frame:
        """Return one of them as a value."""
        one, columns = self._records[at], self.columns
        return Frame(
            self.assignments[at],
            int(columns.seq[at]),
            int(columns.instant[at]),
            int(one["offset_error_us"]),
            int(columns.uncertainty_us[at]),
            self.schema,
            columns.features[at],
            columns.phasors[at],
            float(columns.quality[at]),
            float(columns.applied[at]),
            bool(self.fading[at]),
            "",
            int(one["heard_term"]),
            int(one["heard_tick"]),
            None,
            float(columns.own_z[at]),
        )


def read_records(arrived: Sequence[Arrived]) -> tuple[list[PlainFrames], list[Arrived]]:
    """Read payloads as records.

    Args:
        arrived: topics and payloads, in the order of arrival.

    Returns:
        A block for each schema, and the payloads that are not made of sound records of one schema, with all
        others of their topics.
    """
    blocks, left = list[PlainFrames](), list(arrived)
    for layout in _LAYOUTS:
        size = layout.record.itemsize
        mine = [one for one in left if not len(one[1]) % size and len(one[1]) <= FRAMES_MAX * size]
        if not mine:
            continue
        topics = [topic for topic, payload in mine for _ in range(len(payload) // size)]
        data = b"".join([payload for _, payload in mine])
        records = np.frombuffer(data, layout.record)
        sound = _sound(layout, data, records)
        odd: set[FramesTopic] = set()
        if not sound.all() or len(mine) < len(left):
            taken = set(map(id, mine))
            odd = {topic for topic, ok in zip(topics, sound.tolist(), strict=True) if not ok}
            odd |= {one[0] for one in left if id(one) not in taken}
            at = [place for place, topic in enumerate(topics) if topic not in odd]
            records, topics = records[at], [topics[place] for place in at]
        if topics:
            blocks.append(PlainFrames(layout, topics, records))
        left = [one for one in left if one[0] in odd]
    return blocks, left


def begins_plain(payload: bytes) -> bool:
    """Whether a payload may be made of records."""
    return payload[:1] == bytes([_TAG])


def _sound(layout: _Layout, data: bytes, records: NDArray[Any]) -> NDArray[np.bool_]:
    """Return bool[n]: the records with all tags and lengths, of this schema, and shares within 0..1."""
    places = np.frombuffer(data, np.uint8).reshape(-1, layout.record.itemsize)[:, layout.fixed]
    sound = (places == layout.constant).all(axis=1)
    sound &= (records["schema"] == layout.code) & (records["fading"] <= 1)
    for name in ("quality", "applied"):
        sound &= (records[name] >= 0.0) & (records[name] <= 1.0)
    return np.asarray(sound)
