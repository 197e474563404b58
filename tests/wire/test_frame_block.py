"""Payloads of frames decoded together are the frames decoded one by one; none reads from another."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamwire import codec
from dreamwire.codec import WireError
from dreamwire.codec.frames import LAYOUTS
from dreamwire.messages import Frame, StoredSever
from dreamwire.topics import FramesTopic
from dreamwire.v1 import wire_pb2 as pb
from fakes import words


def topic(number: int) -> FramesTopic:
    """Of one of some beds."""
    return FramesTopic("night", 0, f"bed-{number}")


def payload(*seqs: int, plain: bool = False, **changes: object) -> bytes:
    """Frames with these numbers."""
    return codec.encode_frames(
        [dataclasses.replace(words.frame(seq), **changes) for seq in seqs], plain=plain
    )


def same(ours: Frame, theirs: Frame) -> bool:
    """Whether two frames have the same fields, NaN included."""
    return all(
        np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True) if isinstance(a, np.ndarray) else a == b
        for a, b in zip(dataclasses.astuple(ours), dataclasses.astuple(theirs), strict=True)
    )


CRAFTED = payload(8, plain=True).replace(b"\x15", b"\x1d", 1)  # the number's tag is another's
LONG = pb.Frames(frames=[pb.Frame(latched="x" * 40_000)]).SerializeToString()
NAMELESS = payload(7, severed=StoredSever("Night 1", 1, 1, "sever"))
ODD = (
    NAMELESS,
    b"",
    b"\n",
    b"\x0a\xff\x7f" + b"a" * 200,
    payload(7)[:-5],
    payload(7) + b"\x00",
    LONG,
    payload(7, plain=True)[:-1],
    payload(7) + payload(8, plain=True),
    CRAFTED,
)
payloads = st.one_of(
    st.integers(1, 1 << 31).map(payload),
    st.lists(st.integers(1, 99), min_size=1, max_size=4).map(lambda seqs: payload(*seqs)),
    st.lists(st.integers(1, 99), min_size=1, max_size=4).map(lambda seqs: payload(*seqs, plain=True)),
    st.integers(1, 9).map(lambda seq: payload(seq, plain=True, quality=1.5)),
    st.sampled_from(ODD),
    st.binary(max_size=300),
    st.integers(1, 9).map(lambda seq: payload(seq, quality=1.5)),
    st.tuples(st.integers(1, 9), st.binary(max_size=40)).map(lambda two: payload(two[0]) + two[1]),
)


@given(st.lists(st.tuples(st.integers(1, 4), payloads), max_size=8))
@settings(max_examples=300, deadline=None)
def test_a_block_holds_what_each_payload_holds(told: list[tuple[int, bytes]]) -> None:
    """Each frame of the blocks is in its own payload, under its own topic, in order; the rest is apart."""
    arrived = [(topic(number), one) for number, one in told]
    blocks, rest = codec.decode_frame_block(arrived)
    kept = list(arrived)
    for one in rest:
        kept.remove(one)
    found: dict[FramesTopic, list[Frame]] = {sender: [] for sender, _ in arrived}
    for block in blocks:
        for at, sender in enumerate(block.topics):
            found[sender].append(block.frame(at))
    for sender, frames in found.items():
        mine = sorted((one for to, one in kept if to == sender), key=lambda one: one[:1] != b"\x12")
        expected = [frame for one in mine for frame in codec.decode_frames(one)]  # raises where one is none
        assert len(frames) == len(expected)
        assert all(map(same, frames, expected))


def test_a_length_beyond_its_payload_reads_from_no_other() -> None:
    """A payload whose length claims the next sender's bytes goes apart, and the next one is read."""
    true = payload(3)
    claimed = len(true) - 3 + len(true)  # its own bytes and all of the next payload, as an unknown field
    greedy = bytes([10, (claimed & 127) | 128, claimed >> 7]) + true[3:]
    assert len(pb.Frames.FromString(greedy + true).frames) == 1
    (block,), rest = codec.decode_frame_block([(topic(1), greedy), (topic(2), true)])
    assert rest == [(topic(1), greedy)]
    assert [(one.sender, block.frame(at).seq) for at, one in enumerate(block.topics)] == [("bed-2", 3)]
    with pytest.raises(WireError):
        codec.decode_frames(greedy)


@pytest.mark.parametrize("plain", [True, False])
def test_the_columns_are_the_frames(plain: bool) -> None:
    """Each column of a block has, in order, what its frames have, and the frames what was sent."""
    sent = [dataclasses.replace(words.frame(n), quality=n / 8, latched="", severed=None) for n in range(1, 6)]
    (block,), rest = codec.decode_frame_block(
        [(topic(n), codec.encode_frames([one], plain=plain)) for n, one in enumerate(sent)]
    )
    assert rest == []
    for at in range(5):
        frame, columns = block.frame(at), block.columns
        assert same(frame, sent[at])
        assert (frame.seq, frame.instant) == (columns.seq[at], columns.instant[at])
        assert (frame.uncertainty_us, frame.assignment) == (columns.uncertainty_us[at], block.assignments[at])
        for name in ("features", "phasors", "quality", "applied", "own_z"):
            assert np.array_equal(getattr(frame, name), getattr(columns, name)[at], equal_nan=True), name
        assert frame.fading == block.fading[at]


def test_a_plain_frame_is_a_record_of_one_size() -> None:
    """Whatever its numbers, a plain frame of a schema has one length; a latched one is written by field."""
    sizes = {len(payload(seq, plain=True, quality=share)) for seq in (1, 1 << 31) for share in (0.0, 1.0)}
    assert len(sizes) == 1
    latched = payload(1, plain=True, latched="wake")
    assert latched == payload(1, latched="wake")
    (frame,) = codec.decode_frames(latched)
    assert frame.latched == "wake"


def test_one_bad_record_costs_no_other_sender() -> None:
    """A payload whose tags are wrong goes apart with its sender's others; the others' records are read."""
    arrived = [(topic(1), payload(1, plain=True)), (topic(2), CRAFTED), (topic(3), payload(3, plain=True))]
    (block,), rest = codec.decode_frame_block(arrived)
    assert rest == [(topic(2), CRAFTED)]
    assert [one.sender for one in block.topics] == ["bed-1", "bed-3"]


def test_a_sever_of_no_dreamscape_costs_no_other_sender() -> None:
    """A frame whose stored sever names no Dreamscape goes apart, so that it is refused and stops nothing."""
    named = payload(3, severed=StoredSever("night", 1, 1, "sever"))
    (block,), rest = codec.decode_frame_block([(topic(1), NAMELESS), (topic(3), named)])
    assert rest == [(topic(1), NAMELESS)]
    assert [one.sender for one in block.topics] == ["bed-3"]
    assert same(block.frame(0), *codec.decode_frames(named))
    with pytest.raises(WireError):
        codec.decode_frames(NAMELESS)


@pytest.mark.parametrize("stranger", [99, *(code for code in LAYOUTS if code != words.SCHEMA.code)])
def test_a_bed_of_another_schema_leaves_the_others_in_their_block(stranger: int) -> None:
    """Whatever schema comes first in a read, the frames of each known schema are one block of their own."""
    layout = LAYOUTS.get(stranger, LAYOUTS[words.SCHEMA.code])
    first = pb.Frames.FromString(payload(1))
    first.frames[0].schema = stranger
    first.frames[0].features, first.frames[0].phasors = (
        bytes(layout.features_bytes),
        bytes(layout.phasors_bytes),
    )
    arrived = [(topic(1), first.SerializeToString()), (topic(2), payload(2)), (topic(3), payload(3))]
    blocks, rest = codec.decode_frame_block(arrived)
    senders = {block.schema: [one.sender for one in block.topics] for block in blocks}
    assert senders.pop(words.SCHEMA.code) == ["bed-2", "bed-3"]
    assert (senders, rest) == (({stranger: ["bed-1"]}, []) if stranger in LAYOUTS else ({}, arrived[:1]))
