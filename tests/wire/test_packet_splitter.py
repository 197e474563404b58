"""The splitter of MQTT packets: whole, in order, and bounded, however the bytes come."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamwire.packet_splitter import PUBLISH_MOST, PacketSplitter, Published


def packet(first: int, body: bytes) -> bytes:
    """One packet with its fixed header."""
    size, length = len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (128 if size else 0))
        if not size:
            return bytes([first, *length]) + body


def published(topic: str, payload: bytes, *, retained: bool = False) -> bytes:
    """A publication at QoS 0."""
    name = topic.encode()
    return packet(0x30 | retained, len(name).to_bytes(2, "big") + name + payload)


def split(chunks: list[bytes]) -> tuple[list[Published | bytes], PacketSplitter]:
    """Split these chunks; return all in order, with neighbouring bytes for the library joined."""
    splitter, found = PacketSplitter(), list[Published | bytes]()
    for chunk in chunks:
        for piece in splitter.split(chunk):
            found += piece.published
            if piece.others and found and isinstance(found[-1], bytes):
                found[-1] += piece.others
            elif piece.others:
                found.append(piece.others)
    return found, splitter


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data, cut at these places."""
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


names = st.text(min_size=0, max_size=12)
ours = st.builds(
    lambda topic, payload, retained: (
        published(topic, payload, retained=retained),
        (topic, payload, retained),
    ),
    names,
    st.binary(max_size=20) | st.integers(120, 300).map(bytes),
    st.booleans(),
)
others = st.one_of(
    st.builds(packet, st.sampled_from([0x20, 0x32, 0x3B, 0x40, 0x90, 0xD0, 0x38]), st.binary(max_size=200)),
    st.just(packet(0x30, b"\x00\x09night")),  # its topic is longer than the packet
    st.just(packet(0x30, b"\x00\x02\xff\xfe-")),  # its topic is no text
).map(lambda data: (data, data))


@given(st.lists(ours | others, max_size=12), st.lists(st.integers(0, 1 << 16), max_size=12))
@settings(max_examples=300, deadline=None)
def test_every_cut_gives_the_same(packets: list[tuple[bytes, Published | bytes]], places: list[int]) -> None:
    """Publications at QoS 0 come out whole, all else byte for byte, in order, wherever the stream is cut."""
    expected = list[Published | bytes]()
    for _, one in packets:
        if isinstance(one, bytes) and expected and isinstance(expected[-1], bytes):
            expected[-1] += one
        else:
            expected.append(one)
    found, _ = split(cut(b"".join(data for data, _ in packets), places))
    assert found == expected


def test_an_oversized_publication_is_dropped_as_it_comes() -> None:
    """Nothing is kept of it, it is counted, and what follows is read."""
    large = published("dreamd/v1/frames/night/0/bed-1", b"x" * (PUBLISH_MOST + 1))
    stream = published("a", b"1") + large + published("b", b"2")
    found, splitter = split([stream[at : at + 1000] for at in range(0, len(stream), 1000)])
    assert (found, splitter.oversized) == ([("a", b"1", False), ("b", b"2", False)], 1)
    splitter = PacketSplitter()
    splitter.split(large[:100_000])
    assert len(splitter._left) == 0


def test_a_malformed_length_goes_to_the_library() -> None:
    """A length of five bytes reaches the library, which ends the connection, with all that came."""
    wrong = b"\x30\xff\xff\xff\xff\xff\x01more"
    assert split([published("a", b"1"), wrong])[0] == [("a", b"1", False), wrong]


@given(st.lists(st.binary(max_size=60), max_size=6))
@settings(max_examples=300, deadline=None)
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    """Any bytes are split without an error, and no byte is kept beyond one packet."""
    _, splitter = split(chunks)
    assert len(splitter._left) <= PUBLISH_MOST + 5
