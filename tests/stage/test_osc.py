"""OSC in and out: what is read, what is a fault, and that nothing is raised or logged."""

import logging
import math
import struct
from random import Random

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage

from depth import LONG
from dreamd.stage.addresses import LEAD, SEVER, NotTaken, Reader, WayOut
from dreamd.stage.inbox import TOLD_EACH_S, Inbox
from dreamd.stage.live_input import LiveInput
from dreamd.stage.osc import DATAGRAM_MOST, Fault, Message, decoded, encoded
from dreamwire.schema import BANDS6X2

DATAGRAMS = 100_000 if LONG else 400


def raw(address: str, tags: str, payload: bytes = b"") -> bytes:
    """A message by hand."""

    def text(value: str) -> bytes:
        told = value.encode() + b"\0"
        return told + b"\0" * (-len(told) % 4)

    return text(address) + text("," + tags) + payload


def bundle(*parts: bytes, tag: int = 1) -> bytes:
    """A bundle by hand, with this time tag."""
    told = b"".join(struct.pack(">i", len(part)) + part for part in parts)
    return b"#bundle\0" + struct.pack(">Q", tag) + told


def test_numbers_and_texts_come_back_as_they_were() -> None:
    """A float, an int and a text are read as they were written; numbers of both widths are taken."""
    assert decoded(encoded("/a", (0.5, 3, "näher"))) == (Message("/a", (0.5, 3, "näher")),)
    wide = raw("/a", "hd", struct.pack(">qd", 2**40, 0.1))
    assert decoded(wide) == (Message("/a", (2**40, 0.1)),)
    assert decoded(b"/bang\0\0\0") == (Message("/bang"),)
    assert decoded(raw("/bang", "")) == (Message("/bang"),)


def test_a_bundle_counts_now_and_is_one_deep() -> None:
    """A bundle tagged years ahead is read at once; a bundle in it is a fault, and its neighbours count."""
    inner, a, b = bundle(raw("/c", "")), raw("/a", ""), raw("/b", "")
    assert decoded(bundle(a, inner, b, tag=2**64 - 1)) == (
        Message("/a"),
        Message("", fault=Fault.NESTED),
        Message("/b"),
    )
    theirs = OscBundleBuilder(2e9)  # in the year 2033
    theirs.add_content(OscMessage(encoded("/a", (1.0,))))
    assert decoded(theirs.build().dgram) == (Message("/a", (1.0,)),)
    assert decoded(bundle()) == ()


@pytest.mark.parametrize(
    ("datagram", "fault"),
    [
        (b"", Fault.NOT_OSC),
        (b"hello\0\0\0", Fault.NOT_OSC),
        (b"/no-end", Fault.NOT_OSC),
        (b"\xff\xfe/x\0", Fault.NOT_OSC),
        (raw("/a", "f"), Fault.NOT_OSC),
        (raw("/a", "ff", struct.pack(">f", 1) + b"\0\0"), Fault.NOT_OSC),
        (raw("/a", "sf", b"x\0\0\0"), Fault.NOT_OSC),
        (raw("/a", "f", b"\0" * 8), Fault.NOT_OSC),
        (b"/a\0\0no,\0", Fault.NOT_OSC),
        (raw("/a", "b", b"\0\0\0\4abcd"), Fault.KIND),
        (raw("/a", "[[f]]", struct.pack(">f", 1)), Fault.KIND),
        (raw("/a", "Q"), Fault.KIND),
        (raw("/a", "f", struct.pack(">f", math.nan)), Fault.NOT_FINITE),
        (raw("/a", "d", struct.pack(">d", -math.inf)), Fault.NOT_FINITE),
        (raw("/a", "s", b"x" * DATAGRAM_MOST), Fault.TOO_LONG),
        (b"#bundle\0", Fault.NOT_OSC),
        (b"#bundle\0" + b"\0" * 8 + b"\xff\xff\xff\xff", Fault.NOT_OSC),
        (b"#bundle\0" + b"\0" * 12, Fault.NOT_OSC),
    ],
)
def test_each_fault_has_its_word(datagram: bytes, fault: Fault) -> None:
    """A datagram that cannot be read is one message with its fault, and nothing is raised."""
    (message,) = decoded(datagram)
    assert message.fault is fault
    assert message.values == ()


def test_a_datagram_of_1472_bytes_is_read() -> None:
    """The longest datagram of an Ethernet frame is read, one byte more is not."""
    longest = encoded("/a", ("x" * (DATAGRAM_MOST - 9),))
    assert len(longest) == DATAGRAM_MOST
    assert decoded(longest)[0].fault is None
    assert decoded(longest + b"\0")[0].fault is Fault.TOO_LONG


def mangled(rng: Random) -> bytes:
    """A datagram of a kind that programs, cables and attackers make."""
    whole = encoded(LEAD, tuple(rng.uniform(-9, 9) for _ in range(12)))
    kinds = (
        lambda: rng.randbytes(rng.randrange(200)),
        lambda: whole[: rng.randrange(len(whole))],
        lambda: bytes(b ^ (1 << rng.randrange(8)) if rng.random() < 0.03 else b for b in whole),
        lambda: bundle(*(mangled(rng)[:400] for _ in range(rng.randrange(4)))),
        lambda: raw("/" + "".join(map(chr, rng.choices(range(1, 300), k=9))), rng.choice("ifsbTFN[]rmthdQ")),
        lambda: b"#bundle\0" + rng.randbytes(rng.randrange(60)),
        lambda: bundle(bundle(bundle(whole))) * rng.randrange(1, 12),
        lambda: raw(LEAD, "f" * 12, struct.pack(">12f", *rng.choices((math.nan, math.inf, 1e38, -6), k=12))),
    )
    return kinds[rng.randrange(len(kinds))]()


def test_mangled_datagrams_are_nothing_but_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Of mangled datagrams none raises or logs; each is taken or counted, and the vector stays finite."""
    told: list[NotTaken] = []
    now_s = [0.0]
    live = LiveInput(BANDS6X2.size)
    inbox = Inbox(Reader(BANDS6X2, 0.3), live, lambda: now_s[0], lambda: None, told.append)
    rng, messages = Random(19), 0
    with caplog.at_level(logging.DEBUG):
        for _ in range(DATAGRAMS):
            datagram = mangled(rng)
            messages += len(decoded(datagram))
            inbox.hear_datagram(datagram)
            now_s[0] += 0.01
    assert sum(inbox.counts.values()) == messages
    assert set(inbox.counts) - {"taken"} <= {fault.name for fault in Fault} | {
        "ADDRESS",
        "ARGUMENTS",
        "RANGE",
    }
    assert 0 < len(told) <= DATAGRAMS * 0.01 / TOLD_EACH_S + 1
    assert all(abs(value) <= 6.0 for value in live.vector)
    assert not caplog.records


def test_a_way_out_needs_no_argument() -> None:
    """A sever acts with any argument: none, a release of a button, NaN, an unknown tag, inside a bundle."""
    reader = Reader(BANDS6X2, 0.3)
    not_a_number = raw(SEVER, "f", struct.pack(">f", math.nan))
    for datagram in (raw(SEVER, ""), encoded(SEVER, (0.0,)), not_a_number, raw(SEVER, "Q"), raw(SEVER, "f")):
        (message,) = decoded(datagram)
        assert reader.effect_of(message) == WayOut(wake=False)
        assert reader.effect_of(decoded(bundle(b"nonsense", datagram))[1]) == WayOut(wake=False)
