"""Payloads of frames decoded together are the frames decoded one by one; none reads from another."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamwire import codec
from dreamwire.codec import WireError
from dreamwire.messages import Frame
from dreamwire.topics import FramesTopic
from dreamwire.v1 import wire_pb2 as pb
from fakes import words


def topic(number: int) -> FramesTopic:
    """Of one of some beds."""
    return FramesTopic("night", 0, f"bed-{number}")


def payload(*seqs: int, **changes: object) -> bytes:
    """Frames with these numbers."""
    return codec.encode_frames([dataclasses.replace(words.frame(seq), **changes) for seq in seqs])


def same(ours: Frame, theirs: Frame) -> bool:
    """Whether two frames have the same fields, NaN included."""
    return all(
        np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True) if isinstance(a, np.ndarray) else a == b
        for a, b in zip(dataclasses.astuple(ours), dataclasses.astuple(theirs), strict=True)
    )


LONG = pb.Frames(frames=[pb.Frame(latched="x" * 40_000)]).SerializeToString()
ODD = (b"", b"\n", b"\x0a\xff\x7f" + b"a" * 200, payload(7)[:-5], payload(7) + b"\x00", LONG)
payloads = st.one_of(
    st.integers(1, 1 << 31).map(payload),
    st.lists(st.integers(1, 99), min_size=1, max_size=4).map(lambda seqs: payload(*seqs)),
    st.sampled_from(ODD),
    st.binary(max_size=300),
    st.integers(1, 9).map(lambda seq: payload(seq, quality=1.5)),
    st.tuples(st.integers(1, 9), st.binary(max_size=40)).map(lambda two: payload(two[0]) + two[1]),
)


@given(st.lists(st.tuples(st.integers(1, 4), payloads), max_size=8))
@settings(max_examples=300, deadline=None)
def test_a_block_holds_what_each_payload_holds(told: list[tuple[int, bytes]]) -> None:
    """Each frame of a block is in its own payload, under its own topic, in order; the rest is told apart."""
    arrived = [(topic(number), one) for number, one in told]
    block, rest = codec.decode_frame_block(arrived)
    apart = {sender for sender, _ in rest}
    assert rest == [one for one in arrived if one[0] in apart]
    expected = {number: [] for number, _ in told}
    for number, one in told:
        if topic(number) not in apart:
            expected[number] += codec.decode_frames(one)  # raises where the block took a payload that is none
    found: dict[int, list[Frame]] = {number: [] for number, _ in told}
    for at, sender in enumerate(block.topics if block is not None else ()):
        found[int(sender.sender.removeprefix("bed-"))].append(block.frame(at))
    for number, frames in expected.items():
        assert len(frames) == len(found[number])
        assert all(map(same, found[number], frames))


def test_a_length_beyond_its_payload_reads_from_no_other() -> None:
    """A payload whose length claims the next sender's bytes goes apart, and the next one is read."""
    true = payload(3)
    claimed = len(true) - 3 + len(true)  # its own bytes and all of the next payload, as an unknown field
    greedy = bytes([10, (claimed & 127) | 128, claimed >> 7]) + true[3:]
    assert len(pb.Frames.FromString(greedy + true).frames) == 1
    block, rest = codec.decode_frame_block([(topic(1), greedy), (topic(2), true)])
    assert rest == [(topic(1), greedy)]
    assert block is not None
    assert [(one.sender, block.frame(at).seq) for at, one in enumerate(block.topics)] == [("bed-2", 3)]
    with pytest.raises(WireError):
        codec.decode_frames(greedy)


def test_the_columns_are_the_frames() -> None:
    """Each column of a block has, in order, what its frames have."""
    block, rest = codec.decode_frame_block([(topic(n), payload(n, quality=n / 10)) for n in range(1, 6)])
    assert (rest, block is None) == ([], False)
    for at in range(5):
        frame, columns = block.frame(at), block.columns
        assert (frame.seq, frame.instant) == (columns.seq[at], columns.instant[at])
        assert (frame.uncertainty_us, frame.assignment) == (columns.uncertainty_us[at], block.assignments[at])
        for name in ("features", "phasors", "quality", "applied", "own_z"):
            assert np.array_equal(getattr(frame, name), getattr(columns, name)[at], equal_nan=True), name
        assert frame.fading == block.fading[at]
