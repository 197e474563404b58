"""Golden bytes: pods in the field were built with these; today's code must read and write them alike.

A line of golden/v1.txt is a name and the payload in hexadecimal. Lines are never changed: a new field gets a
new specimen and a new line, and an old line must still decode to its old values.
"""

from pathlib import Path

import pytest

from dreamwire import codec, signing
from dreamwire.topics import FramesTopic
from wire.specimens import COLLECTIVE, PLAIN_FRAME, SPECIMENS, decode, same

GOLDEN = dict(
    line.split() for line in (Path(__file__).parent / "golden" / "v1.txt").read_text().splitlines() if line
)
KEY = signing.SigningKey.from_seed(bytes(range(32)))


@pytest.mark.parametrize("name", SPECIMENS)
def test_golden_bytes_decode_to_their_values(name: str) -> None:
    """The committed bytes of each message decode to exactly its values."""
    assert same(decode(name, bytes.fromhex(GOLDEN[name])), SPECIMENS[name])


@pytest.mark.parametrize("name", SPECIMENS)
def test_todays_encoder_writes_the_golden_bytes(name: str) -> None:
    """Encoding each message gives the committed bytes, byte for byte."""
    assert codec.encode(SPECIMENS[name]).hex() == GOLDEN[name]


def test_the_golden_envelope_opens_and_is_made_again() -> None:
    """A Collective sealed by a known key is made again byte for byte (Ed25519 is deterministic) and opens."""
    payload = bytes.fromhex(GOLDEN["sealed_collective"])
    body = signing.unseal(KEY.public, codec.COLLECTIVE, payload)
    assert same(codec.decode_collective(body), COLLECTIVE)
    assert signing.seal(KEY, codec.COLLECTIVE, codec.encode(COLLECTIVE)) == payload


def test_golden_frames_of_fixed_layout_are_read_and_written() -> None:
    """A frame of fixed layout is written byte for byte, and read with and without a parser."""
    payload, plain = bytes.fromhex(GOLDEN["frames_plain"]), (PLAIN_FRAME,)
    assert codec.encode_frames(plain, plain=True) == payload
    assert same(codec.decode_frames(payload), plain)
    (block,), rest = codec.decode_frame_block([(FramesTopic("night", 0, "bed-1"), payload)])
    assert rest == []
    assert same((block.frame(0),), plain)


def test_every_golden_line_is_tested() -> None:
    """Every committed line is tested."""
    assert set(GOLDEN) == {*SPECIMENS, "sealed_collective", "frames_plain"}
