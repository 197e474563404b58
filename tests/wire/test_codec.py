"""The codec: a message survives the wire unchanged, and anything else is a WireError."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamwire import codec, messages, topics
from dreamwire.text import fit
from dreamwire.v1 import wire_pb2 as pb
from wire.specimens import COLLECTIVE, DECODERS, FRAME, SPECIMENS, decode, same
from wire.strategies import MESSAGES

UNKNOWN_FIELD = b"\x82\x7d\x03new"
"""Field 2000, length-delimited: no revision of ours has it."""


@pytest.mark.parametrize("kind", MESSAGES)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_every_message_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    """Any message survives encode and decode: every field, every bit of every array."""
    message = data.draw(MESSAGES[kind])
    assert same(DECODERS[kind](codec.encode(message)), message)


@pytest.mark.parametrize("kind", DECODERS)
@settings(deadline=None, max_examples=60)
@given(payload=st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_wire_error(kind: str, payload: bytes) -> None:
    """Random bytes are decoded or refused with a WireError, never anything else."""
    _heard_or_refused(kind, payload)


@pytest.mark.parametrize("name", SPECIMENS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_messages_raise_nothing_but_wire_error(name: str, data: st.DataObject) -> None:
    """A message cut short, with flipped bits or bytes pushed in is decoded or refused with a WireError."""
    payload = bytearray(codec.encode(SPECIMENS[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] ^= 1 << data.draw(st.integers(0, 7))
    at = data.draw(st.integers(0, len(payload)))
    payload[at:at] = data.draw(st.binary(max_size=4))
    _heard_or_refused(name, bytes(payload[: data.draw(st.integers(0, len(payload)))]))


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_prefix_raises_nothing_but_wire_error(name: str) -> None:
    """A message cut off at any byte is decoded or refused with a WireError."""
    payload = codec.encode(SPECIMENS[name])
    for length in range(len(payload)):
        _heard_or_refused(name, payload[:length])


def _heard_or_refused(name: str, payload: bytes) -> None:
    try:
        heard = decode(name, payload)
    except codec.WireError:
        return
    if isinstance(heard, tuple):
        assert all(0.0 <= frame.quality <= 1.0 and 0.0 <= frame.applied <= 1.0 for frame in heard)
        assert all(frame.features.shape == (12,) and frame.phasors.shape == (2, 5, 2) for frame in heard)
    if isinstance(heard, messages.Collective):
        assert heard.coupling.size == heard.answered.size <= 256
        assert heard.r.shape == heard.m.shape == heard.sum.shape


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_newer_peers_unknown_fields_change_nothing(name: str) -> None:
    """A field that no revision of ours has is ignored."""
    payload = codec.encode(SPECIMENS[name])
    assert same(decode(name, payload + UNKNOWN_FIELD), SPECIMENS[name])
    assert same(decode(name, UNKNOWN_FIELD + payload), SPECIMENS[name])


def test_unknown_fields_inside_a_frame_change_nothing() -> None:
    """A newer pod's frame with a field of its own reads as the frame it is."""
    raw = pb.Frame.FromString(pb.Frames.FromString(codec.encode((FRAME,))).frames[0].SerializeToString())
    raw.MergeFromString(UNKNOWN_FIELD)
    assert same(codec.decode_frames(pb.Frames(frames=[raw]).SerializeToString()), (FRAME,))


def test_unknown_fields_loosen_nothing() -> None:
    """A bound that refuses a message refuses it with unknown fields too, and couplings stay as they were."""
    wrong = pb.Status.FromString(codec.encode(SPECIMENS["status"]))
    wrong.quality = 1.5
    with pytest.raises(codec.WireError, match="quality"):
        codec.decode_status(wrong.SerializeToString() + UNKNOWN_FIELD)
    heard = codec.decode_collective(codec.encode(COLLECTIVE) + UNKNOWN_FIELD)
    assert heard.coupling.tolist() == COLLECTIVE.coupling.tolist()
    assert heard.min_reader == COLLECTIVE.min_reader


def test_an_order_of_a_newer_daemon_is_refused_by_name() -> None:
    """A command with an unknown order (field 10, the future anchor) is refused by name."""
    payload = pb.Command(pod="bed-5", counter=1).SerializeToString() + b"\x52\x00"
    with pytest.raises(codec.WireError, match="no order this reader knows"):
        codec.decode_command(payload)


def test_enum_values_of_a_newer_peer_read_as_unspecified() -> None:
    """An event of an unknown kind can still be acknowledged: it reads as UNSPECIFIED."""
    raw = pb.PodEvent.FromString(codec.encode(SPECIMENS["event"]))
    raw.MergeFromString(b"\x20\x63")
    event = codec.decode_event(raw.SerializeToString())
    assert event.kind is messages.PodEventKind.UNSPECIFIED
    assert event.id == bytes(range(16))


def test_arrays_are_read_only() -> None:
    """Decoded arrays are read-only."""
    (frame,) = codec.decode_frames(codec.encode((FRAME,)))
    heard = codec.decode_collective(codec.encode(COLLECTIVE))
    arrays = (frame.features, frame.phasors, heard.sum, heard.coupling, heard.answered)
    assert not any(array.flags.writeable for array in arrays)


def test_a_frame_and_a_cohorts_broadcast_have_the_size_designed() -> None:
    """A frame takes about 220 bytes, a broadcast to 256 slots about 1 kB."""
    full = _full_collective()
    assert len(codec.encode((FRAME,))) <= 260
    assert len(codec.encode(full)) <= 1_200


def _full_collective() -> messages.Collective:
    raw = pb.Collective.FromString(codec.encode(COLLECTIVE))
    raw.coupling = bytes(256)
    raw.answered = bytes(512)
    return codec.decode_collective(raw.SerializeToString())


@pytest.mark.parametrize(
    "value",
    [
        messages.Versions,
        messages.Device,
        messages.Presence,
        messages.Calibration,
        messages.ClockState,
        messages.ChannelState,
        messages.CommandOutcome,
        messages.StoredSever,
        messages.Status,
        messages.PodEvent,
        messages.Assign,
        messages.Release,
        messages.WakePod,
        messages.Recalibrate,
        messages.Ack,
        messages.ClockProbe,
        messages.Frame,
        messages.WakeOrder,
        messages.DaemonPresence,
    ],
)
def test_values_and_protobuf_name_the_same_fields(value: type) -> None:
    """Every message has the same fields as a value and in wire.proto."""
    descriptor = pb.DESCRIPTOR.message_types_by_name[value.__name__]
    assert {field.name for field in fields(value)} == {field.name for field in descriptor.fields}


def test_a_collective_is_in_the_clear_or_encrypted_and_the_wire_has_both() -> None:
    """Both values have its place and time; the wire has the fields of the two, and no other."""
    clear = {field.name for field in fields(messages.Collective)}
    encrypted = {field.name for field in fields(messages.EncryptedCollective)}
    assert clear | encrypted == {field.name for field in pb.Collective.DESCRIPTOR.fields}
    assert clear & encrypted == {"dreamscape", "cohort", "tick", "instant", "term", "min_reader"}


@pytest.mark.parametrize("value", [messages.CalibrationSource, messages.PodEventKind, messages.WakeScope])
def test_enums_have_the_same_members(value: type[messages.PodEventKind]) -> None:
    """Every enum has the same numbers and names as in wire.proto."""
    numbers = {member.value for member in value}
    described = pb.DESCRIPTOR.enum_types_by_name[value.__name__].values_by_number
    assert numbers == set(described)
    assert all(described[member.value].name.endswith(f"_{member.name}") for member in value)


LATIN_1 = "caf\udce9"
"""`café` of a Latin-1 terminal, as Python has the argument."""


@settings(deadline=None)
@given(odd=st.text(st.characters() | st.characters(categories=["Cs"])), cause=st.sampled_from(("", LATIN_1)))
def test_no_text_keeps_an_order_to_let_go_from_being_written(odd: str, cause: str) -> None:
    """Release and wake are written whatever their reason and issuer hold, and read as fit text."""
    for what in (messages.Release(odd + cause), messages.WakePod(odd, odd + cause)):
        heard = codec.decode_command(codec.encode(messages.Command("bed-1", 1, 1, 0, what)))
        assert isinstance(heard.what, messages.Release | messages.WakePod)
        assert heard.what.reason == fit(what.reason)
    order = messages.WakeOrder("w-1", 1, messages.WakeScope.FLEET, "", odd, odd + cause, 0, False)
    assert codec.decode_wake_order(codec.encode(order)).reason == fit(odd + cause)


def test_odd_words_of_a_bed_cost_it_nothing() -> None:
    """Device, channels, causes and details with odd characters are written and read, repaired."""
    status, presence, event = (SPECIMENS[name] for name in ("status", "presence", "event"))
    assert isinstance(status, messages.Status)
    assert isinstance(presence, messages.Presence)
    assert isinstance(event, messages.PodEvent)
    odd = "\x1b[2J" + LATIN_1
    told = replace(
        status,
        channels=(messages.ChannelState(odd, 0.5, odd),),
        quality_cause=odd,
        outcomes=(messages.CommandOutcome(1, odd),),
    )
    heard = codec.decode_status(codec.encode(told))
    assert heard.channels == (messages.ChannelState(fit(odd), 0.5, fit(odd)),)
    assert (heard.quality_cause, heard.outcomes[0].refused) == (fit(odd), fit(odd))
    there = replace(presence, device=messages.Device(odd, odd, (odd,), 250.0))
    assert codec.decode_presence(codec.encode(there)).device.model == fit(odd)
    assert codec.decode_event(codec.encode(replace(event, cause=odd, detail=odd))).detail == fit(odd)


def test_a_strangers_odd_words_are_read_as_fit_text() -> None:
    """Another author's odd text is repaired on reading: a screen gets no escape sequence."""
    raw = pb.Presence(pod="bed-1", device=pb.Device(kind="a\nbed-9 seated", model="\x1b]0;owned\x07"))
    device = codec.decode_presence(raw.SerializeToString()).device
    assert (device.kind, device.model) == ("a bed-9 seated", "\ufffd]0;owned\ufffd")


@pytest.mark.parametrize("decode_of", [codec.decode_presence, codec.decode_status, codec.decode_event])
def test_no_pod_has_the_daemons_name(decode_of: Callable[[bytes], object]) -> None:
    """A pod named `dreamd` is refused by name: at the broker it would be the daemon."""
    kind = {codec.decode_presence: pb.Presence, codec.decode_status: pb.Status}.get(decode_of, pb.PodEvent)
    body = {"pod": "dreamd", **({"id": bytes(16)} if kind is pb.PodEvent else {})}
    with pytest.raises(codec.WireError, match="'dreamd' is the daemon's own name"):
        decode_of(kind(**body).SerializeToString())
    assert topics.parse("dreamd/v1/pods/dreamd/status") is None
    assert topics.parse("dreamd/v1/frames/night/0/dreamd") is None
