"""Payloads of frames, many at once: one protobuf call for those of one frame each, and columns of all.

A concatenation of `Frames` is one `Frames`. A payload may join others only if it is one whole field of frames
by its own length, because a length that reaches beyond its payload would read from another sender's. A
payload that is malformed or breaks a bound, or whose sender changes its schema, is returned undecoded with
all others of its topic: `decode_frames` then judges each, in order. Each schema has a block of its own.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from dreamwire.codec.bounds import BYTES_MAX, FLOAT32, FRAMES_MAX
from dreamwire.codec.frames import LAYOUTS, frame_in, names_its_sever
from dreamwire.codec.plain_frames import begins_plain, read_records
from dreamwire.frame_columns import FrameBlock, FrameColumns
from dreamwire.messages import Frame
from dreamwire.topics import FramesTopic
from dreamwire.v1 import wire_pb2 as pb

Arrived = tuple[FramesTopic, bytes]

_FIELD: Final = 10
"""The tag of `Frames.frames`: field 1, with a length."""
_LENGTH_LOW: Final = 0x80
_TWO_BYTES: Final = 3
"""Bytes of the tag and a length from 128 to 16,383, as every frame has."""


class DecodedFrames:
    """`dreamwire.frame_columns.FrameBlock` over protobuf's frames."""

    def __init__(self, schema: int, topics: list[FramesTopic], raw: list[pb.Frame]) -> None:
        """raw: at least one frame; `sound` says whether each is of this schema and within its bounds."""
        self.schema, self.topics, self._raw = schema, topics, raw
        layout, self.sound = LAYOUTS[schema], False
        features = [one.features for one in raw]
        phasors = [one.phasors for one in raw]
        alike = set(map(len, features)) == {layout.features_bytes} and set(map(len, phasors)) == {
            layout.phasors_bytes
        }
        if not alike or {one.schema for one in raw} != {schema}:
            return
        table = np.array(
            [
                (one.seq, one.instant, one.uncertainty_us, one.quality, one.applied, one.own_z, one.fading)
                for one in raw
            ],
            dtype=np.float64,
        )
        whole = table[:, :3].astype(np.int64)
        some = table[:, 3:6].astype(np.float32)
        self.fading: NDArray[np.bool_] = table[:, 6] != 0.0
        self.assignments = [one.assignment for one in raw]
        self.columns = FrameColumns(
            whole[:, 0],
            whole[:, 1],
            whole[:, 2],
            np.frombuffer(b"".join(features), FLOAT32).reshape(len(raw), -1),
            np.frombuffer(b"".join(phasors), FLOAT32).reshape(len(raw), *layout.shape),
            some[:, 0],
            some[:, 1],
            some[:, 2],
        )

        shares = table[:, 3:5]
        self.sound = bool(((shares >= 0.0) & (shares <= 1.0)).all()) and all(map(names_its_sever, raw))

    def frame(self, at: int) -> Frame:
        """Return one of them as a value."""
        return frame_in(at, self._raw[at])


def decode_frame_block(arrived: Sequence[Arrived]) -> tuple[list[FrameBlock], list[Arrived]]:
    """Read payloads of frames.

    Args:
        arrived: topics and payloads, in the order of arrival.

    Returns:
        Blocks of frames, one of each layout, and the payloads to be decoded one by one, in order.
    """
    plain = [one for one in arrived if begins_plain(one[1])]
    if not plain:
        return _fields_of(arrived)
    records, odd = read_records(plain)
    if len(plain) == len(arrived):
        return [*records], odd
    blocks, rest = _fields_of([one for one in arrived if not begins_plain(one[1])])
    return [*records, *blocks], [*odd, *rest]


def _fields_of(arrived: Sequence[Arrived]) -> tuple[list[FrameBlock], list[Arrived]]:
    """Read payloads by protobuf, field by field."""
    topics, raw, odd = _parsed(arrived)
    if not raw:
        return [], [one for one in arrived if one[0] in odd]
    schema = raw[0].schema
    if not odd and schema in LAYOUTS:
        block = DecodedFrames(schema, topics, raw)
        if block.sound:
            return [block], []
    of = dict[FramesTopic, int]()
    for topic, one in zip(topics, raw, strict=True):
        layout = LAYOUTS.get(one.schema)
        ok = (
            layout is not None
            and of.setdefault(topic, one.schema) == one.schema
            and len(one.features) == layout.features_bytes
            and len(one.phasors) == layout.phasors_bytes
            and 0.0 <= one.quality <= 1.0
            and 0.0 <= one.applied <= 1.0
            and names_its_sever(one)
        )
        if not ok:
            odd.add(topic)
    blocks = list[FrameBlock]()
    for code in LAYOUTS:
        mine = [at for at, topic in enumerate(topics) if topic not in odd and raw[at].schema == code]
        if mine:
            blocks.append(DecodedFrames(code, [topics[at] for at in mine], [raw[at] for at in mine]))
    return blocks, [one for one in arrived if one[0] in odd]


def _parsed(arrived: Sequence[Arrived]) -> tuple[list[FramesTopic], list[pb.Frame], set[FramesTopic]]:
    """Return topic and raw frame of each frame, and the topics that have a payload that is none."""
    # Each that is one field of frames by its own length, and nothing more.
    alone = [
        (size := len(payload)) > _LENGTH_LOW
        and payload[0] == _FIELD
        and payload[1] >= _LENGTH_LOW > payload[2]
        and (payload[1] & (_LENGTH_LOW - 1)) + (payload[2] << 7) + _TWO_BYTES == size
        for _, payload in arrived
    ]
    try:
        joined = b"".join(payload for (_, payload), one in zip(arrived, alone, strict=True) if one)
        singles = list(pb.Frames.FromString(joined).frames)
    except DecodeError:  # one of them is malformed: each for itself
        alone, singles = [False] * len(arrived), []
    if all(alone):
        return [topic for topic, _ in arrived], singles, set()
    topics, raw, odd, next_single = [], [], set(), iter(singles)
    for (topic, payload), one in zip(arrived, alone, strict=True):
        frames = [next(next_single)] if one else _frames_of(payload)
        topics += [topic] * len(frames)
        raw += frames
        if not frames:
            odd.add(topic)
    return topics, raw, odd


def _frames_of(payload: bytes) -> list[pb.Frame]:
    """Return the raw frames of one payload; none where it is malformed, too large, or of too many."""
    if not 0 < len(payload) <= BYTES_MAX:
        return []
    try:
        body = pb.Frames.FromString(payload)
    except DecodeError:
        return []
    return list(body.frames) if len(body.frames) <= FRAMES_MAX and not body.plain else []
