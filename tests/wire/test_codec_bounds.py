"""The codec's bounds: each refuses by name, and evidence passes."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, isnan, nan

import numpy as np
import pytest
from google.protobuf.message import Message

from dreamd.core import limits
from dreamwire import codec
from dreamwire.codec import bounds
from dreamwire.messages import Ack, Command
from dreamwire.v1 import wire_pb2 as pb
from wire.specimens import ASSIGN, COLLECTIVE, EVENT, FRAME, PRESENCE, SPECIMENS, command, decode

TYPES = {
    "presence": pb.Presence,
    "status": pb.Status,
    "event": pb.PodEvent,
    "collective": pb.Collective,
    "broadcast_encrypted": pb.Collective,
    "command_assign": pb.Command,
    "command_ack": pb.Command,
    "wake_order": pb.WakeOrder,
}

Spoil = Callable[[Message], object]


def _set(path: str, value: object) -> Spoil:
    *parts, last = path.split(".")

    def spoil(raw: Message) -> None:
        for part in parts:
            raw = getattr(raw, part)
        setattr(raw, last, value)

    return spoil


def _first_channel(quality: float) -> Spoil:
    def spoil(raw: Message) -> None:
        raw.channels[0].quality = quality

    return spoil


REFUSED: list[tuple[str, str, Spoil]] = [
    ("presence", "pod", _set("pod", "")),
    ("presence", "pod", _set("pod", "Bed/5")),
    ("presence", "site", _set("site", "a b")),
    ("presence", "schema", _set("schema", "#")),
    ("presence", "device.rate_hz", _set("device.rate_hz", nan)),
    ("presence", "device.rate_hz", _set("device.rate_hz", inf)),
    ("presence", "device.channels", lambda raw: raw.device.channels.extend(["x"] * 512)),
    ("status", "quality", _set("quality", nan)),
    ("status", "quality", _set("quality", 1.01)),
    ("status", "applied", _set("applied", nan)),
    ("status", "applied", _set("applied", -0.5)),
    ("status", "load_cpu", _set("load_cpu", inf)),
    ("status", "channels[0].quality", _first_channel(nan)),
    ("status", "channels", lambda raw: raw.channels.extend([pb.ChannelState()] * 512)),
    ("status", "outcomes", lambda raw: raw.outcomes.extend([pb.CommandOutcome()] * 15)),
    ("status", "severed.dreamscape", _set("severed.dreamscape", "+")),
    ("status", "calibration.clean_s", _set("calibration.clean_s", nan)),
    ("status", "calibration.alpha_hz", _set("calibration.alpha_hz", nan)),
    ("status", "calibration.alpha_hz", _set("calibration.alpha_hz", -1.0)),
    ("status", "calibration.template_db", _set("calibration.template_db", b"")),
    ("status", "calibration.template_db", _set("calibration.template_db", bytes(4 * 4096))),
    ("status", "calibration.template_db", _set("calibration.template_db", np.full(12, nan, "f4").tobytes())),
    ("status", "calibration.scale_db", _set("calibration.scale_db", bytes(44))),
    ("status", "calibration.scale_db", _set("calibration.scale_db", bytes(48))),
    ("event", "id", _set("id", b"short")),
    ("event", "pod", _set("pod", "-")),
    ("event", "dreamscape", _set("dreamscape", "x" * 64)),
    ("collective", "dreamscape", _set("dreamscape", "")),
    ("collective", "r", _set("r", bytes(44))),
    ("collective", "m", _set("m", bytes(47))),
    ("collective", "sum", _set("sum", b"")),
    ("collective", "artist", _set("artist", bytes(4))),
    ("collective", "phase_means", _set("phase_means", bytes(8))),
    ("collective", "coupling", _set("coupling", bytes(257))),
    ("collective", "answered", _set("answered", bytes(4))),
    ("command_assign", "pod", _set("pod", "")),
    ("command_assign", "assign.slot", _set("assign.slot", 256)),
    ("command_assign", "assign.assignment", _set("assign.assignment", 0)),
    ("command_assign", "assign.ceiling", _set("assign.ceiling", nan)),
    ("command_assign", "assign.cap", _set("assign.cap", 1.5)),
    ("command_assign", "assign.seconds_left", _set("assign.seconds_left", inf)),
    ("command_assign", "assign.ramp_s", _set("assign.ramp_s", nan)),
    ("command_assign", "assign.dose_left_min", _set("assign.dose_left_min", nan)),
    ("command_assign", "assign.dose_limit_min", _set("assign.dose_limit_min", -1.0)),
    ("command_assign", "assign.schema", _set("assign.schema", "bands7")),
    ("command_assign", "assign.dreamscape", _set("assign.dreamscape", "")),
    ("command_assign", "assign.mu_db", _set("assign.mu_db", bytes(8))),
    ("command_assign", "assign.key", _set("assign.key", bytes(31))),
    ("command_assign", "assign.consent_subject", _set("assign.consent_subject", "a-name")),
    ("command_assign", "assign.consent_subject", _set("assign.consent_subject", "x" * 33)),
    ("command_assign", "assign.consent_subject", _set("assign.consent_subject", "nina.sleeper@home")),
    ("broadcast_encrypted", "dreamscape", _set("dreamscape", "")),
    ("broadcast_encrypted", "key_number", _set("key_number", 0)),
    ("broadcast_encrypted", "count", _set("count", 0)),
    ("command_assign", "assign.mu_db", _set("assign.mu_db", np.full(12, inf, "f4").tobytes())),
    ("command_assign", "assign.sigma_db", _set("assign.sigma_db", bytes(48))),
    ("command_ack", "ack.ids", lambda raw: raw.ack.ids.append(b"15 bytes of it.")),
    ("command_ack", "ack.ids", lambda raw: raw.ack.ids.extend([bytes(16)] * 1023)),
    ("wake_order", "target", _set("target", "every one")),
]


@pytest.mark.parametrize(("name", "field", "spoil"), REFUSED, ids=[f"{n}-{f}" for n, f, _ in REFUSED])
def test_a_broken_bound_is_refused_by_name(name: str, field: str, spoil: Spoil) -> None:
    """A field out of its bounds refuses the message; the error has the field and the valid values."""
    raw = TYPES[name].FromString(codec.encode(SPECIMENS[name]))
    spoil(raw)
    with pytest.raises(codec.WireError) as caught:
        decode(name, raw.SerializeToString())
    assert caught.value.field == field
    assert caught.value.wrong
    assert caught.value.expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", 1),
        ("features", bytes(44)),
        ("features", bytes(49)),
        ("phasors", b""),
        ("phasors", bytes(84)),
        ("quality", nan),
        ("quality", 1.5),
        ("applied", nan),
        ("applied", -0.25),
    ],
)
def test_a_bad_frame_is_refused_by_name(field: str, value: object) -> None:
    """A frame of an unknown schema, a wrong length or a share outside 0..1 is refused, with its place."""
    raw = pb.Frames.FromString(codec.encode((FRAME, FRAME)))
    setattr(raw.frames[1], field, value)
    with pytest.raises(codec.WireError) as caught:
        codec.decode_frames(raw.SerializeToString())
    assert caught.value.field == f"frames[1].{field}"


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_non_finite_features_are_heard(bad: float) -> None:
    """Features, phasors and own z that are not finite pass: they are the breaker's evidence."""
    features = FRAME.features.copy()
    features[3] = bad
    sick = replace(FRAME, features=features, own_z=bad)
    (heard,) = codec.decode_frames(codec.encode((sick,)))
    assert heard.features.tobytes() == features.tobytes()
    assert isnan(heard.own_z) if isnan(bad) else heard.own_z == bad


def test_a_collective_that_is_not_finite_still_brings_its_zeros() -> None:
    """A broadcast with NaN sums passes: pods judge its numbers, and its zeros need no lease."""
    sick = replace(COLLECTIVE, sum=np.full(12, nan, np.float32), weight=nan, share=nan)
    heard = codec.decode_collective(codec.encode(sick))
    assert isnan(heard.weight)
    assert np.isnan(heard.sum).all()
    assert heard.coupling.tolist() == [0, 38, 255]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("presence", b"edf"),
        ("status", b"railed"),
        ("event", b"O2 at full"),
        ("frames", b"wake"),
        ("collective", b"night-1"),
        ("command_release", b"check-out"),
        ("wake_order", b"smoke"),
        ("daemon_presence", b"dreamd-1"),
    ],
)
def test_text_that_is_not_utf8_is_refused(name: str, text: bytes) -> None:
    """A text that is not UTF-8 refuses the payload, instead of a decoding error later."""
    payload = codec.encode(SPECIMENS[name])
    assert text in payload
    with pytest.raises(codec.WireError, match="UTF-8"):
        decode(name, payload.replace(text, b"\xff" * len(text)))


@pytest.mark.parametrize("name", SPECIMENS)
def test_empty_and_oversize_payloads_are_refused(name: str) -> None:
    """An empty payload, or more than 64 KiB, is refused before it is parsed."""
    for payload in (b"", codec.encode(SPECIMENS[name]) + bytes(codec.BYTES_MAX)):
        with pytest.raises(codec.WireError, match="1 to 65536"):
            decode(name, payload)


def test_encode_refuses_oversized_messages() -> None:
    """Too many frames, slots or acks, an id too short, or a payload above 64 KiB is refused by encode."""
    slots = np.zeros(257, np.uint8)
    for message in (
        (),
        (FRAME,) * 257,
        replace(COLLECTIVE, coupling=slots, answered=slots.astype(np.uint16)),
        replace(EVENT, id=b""),
        replace(PRESENCE, device=replace(PRESENCE.device, channels=("x" * 200,) * 400)),
        command(Ack((bytes(16),) * 1025)),
    ):
        with pytest.raises(codec.WireError):
            codec.encode(message)


def test_a_pod_not_calibrated_needs_no_template() -> None:
    """A status before calibration has empty arrays, and missing parts read as their most cautious value."""
    status = codec.decode_status(pb.Status(pod="bed-1").SerializeToString())
    assert not status.calibration.done
    assert status.calibration.template_db.size == 0
    assert not status.clock.synced
    assert status.severed is None


def test_a_release_has_nothing_to_stumble_over() -> None:
    """A release is read whatever its age, counter or incarnation: the pod's name suffices."""
    raw = pb.Command(pod="bed-1", release=pb.Release())
    heard = codec.decode_command(raw.SerializeToString())
    assert isinstance(heard, Command)
    assert heard.not_after_ms == 0


def test_errors_show_no_sample_and_little_of_a_strangers_text() -> None:
    """An error about an array has only its length, and a foreign name is cut to forty characters."""
    wrong = replace(ASSIGN, mu_db=np.array([123.456] * 11, np.float32))
    with pytest.raises(codec.WireError) as caught:
        codec.decode_command(codec.encode(command(wrong)))
    assert "123" not in str(caught.value)
    with pytest.raises(codec.WireError) as caught:
        codec.decode_presence(pb.Presence(pod="A" * 5_000).SerializeToString())
    assert len(str(caught.value)) < 200


def test_both_ends_count_a_cohorts_slots_alike() -> None:
    """The daemon's slots of a cohort are the slots the wire carries."""
    assert limits.COHORT_SLOTS == bounds.SLOTS_MAX
