"""One fixed specimen of every message, every field set, and the equality of two values."""

from dataclasses import fields, is_dataclass, replace
from math import inf

import numpy as np

from dreamwire import codec
from dreamwire.cohort_key import CohortKey
from dreamwire.messages import (
    Ack,
    Assign,
    Calibration,
    CalibrationSource,
    ChannelState,
    ClockProbe,
    ClockState,
    Collective,
    Command,
    CommandOutcome,
    DaemonPresence,
    Device,
    Floats,
    Frame,
    Modality,
    Moratorium,
    PodEvent,
    PodEventKind,
    Presence,
    Recalibrate,
    Release,
    Status,
    StoredSever,
    Versions,
    WakeOrder,
    WakePod,
    WakeScope,
)
from dreamwire.schema import BANDS6X2


def same(left: object, right: object) -> bool:
    """Whether two messages are the same value: types, shapes, dtypes, and every bit of every array."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if is_dataclass(left) and not isinstance(left, type):
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or (left != left and right != right)  # noqa: PLR0124 -- NaN is NaN here


def ladder(size: int, first: float, step: float) -> Floats:
    """Return float32[size], values that float32 holds exactly."""
    return (first + step * np.arange(size)).astype(np.float32)


SEVER = StoredSever("night-1", 1_700_000_000_123, 4_001, "railed")

PHASORS = ladder(20, -1.0, 0.125).reshape(2, 5, 2)
PHASORS[1, 3] = np.nan

FRAME = Frame(
    assignment=0xFEDC_BA98_7654_3210,
    seq=0xFFFF_0001,
    instant=6_800_000_123,
    offset_error_us=-1_500,
    uncertainty_us=240,
    schema=BANDS6X2.code,
    features=ladder(12, -3.5, 1.75),
    phasors=PHASORS,
    quality=0.875,
    applied=0.125,
    fading=True,
    latched="wake",
    heard_term=1_700_000_000_123,
    heard_tick=4_000,
    severed=SEVER,
    own_z=1.5,
)

PLAIN_FRAME = Frame(
    assignment=7,
    seq=1,
    instant=-4,
    offset_error_us=0,
    uncertainty_us=0,
    schema=BANDS6X2.code,
    features=ladder(12, 0.0, 0.5),
    phasors=np.zeros((2, 5, 2), dtype=np.float32),
    quality=0.0,
    applied=0.0,
    fading=False,
    latched="",
    heard_term=0,
    heard_tick=0,
    severed=None,
    own_z=0.0,
)

PRESENCE = Presence(
    pod="bed-5",
    incarnation=1_700_000_000_000_000_001,
    online=True,
    site="ward_a.2",
    device=Device("edf", "Modèle 8", ("Fp1", "O2"), 256.0),
    schema="bands6x2",
    versions=Versions("0.1.0", 1),
)

STATUS = Status(
    pod="bed-5",
    incarnation=3,
    assignment=9,
    channels=(ChannelState("Fp1", 1.0, ""), ChannelState("O2", 0.25, "line noise")),
    quality=0.625,
    quality_cause="line noise",
    calibration=Calibration(
        done=True,
        source=CalibrationSource.LIVE,
        clean_s=121.5,
        template_db=ladder(12, 2.0, 1.5),
        scale_db=ladder(12, 1.5, 0.25),
    ),
    clock=ClockState(synced=True, offset_us=-1_699_999_999_000_000, uncertainty_us=180, round_trip_us=360),
    applied=0.0625,
    latched="distress",
    severed=SEVER,
    outcomes=(CommandOutcome(41, ""), CommandOutcome(42, "older than a release seen")),
    load_cpu=0.03125,
    load_rss_kib=61_440,
    refused_broadcasts=5,
    recording_ended=True,
)

EVENT = PodEvent(
    id=bytes(range(16)),
    pod="bed-5",
    incarnation=3,
    kind=PodEventKind.SEVERED,
    cause="railed",
    dreamscape="night-1",
    assignment=9,
    unix_ms=1_700_000_123_456,
    onset_ns=5_000_000_001,
    evidence_ns=5_250_000_002,
    zero_ns=5_250_900_003,
    alone_ns=5_300_900_004,
    term=1_700_000_000_123,
    tick=4_001,
    detail="O2 at full scale for 2 s",
)

PROBE = ClockProbe(
    nonce=0x0123_4567_89AB_CDEF, t0_us=5_000_000, t1_us=1_700_000_000_000_000, t2_us=1_700_000_000_000_090
)

PROBE_ANSWERED = replace(PROBE, frame_instant=6_800_000_123)

COLLECTIVE = Collective(
    dreamscape="night-1",
    cohort=1,
    tick=4_001,
    instant=6_800_000_124,
    term=1_700_000_000_123,
    min_reader=1,
    r=ladder(12, -1.0, 0.25),
    m=ladder(12, -0.75, 0.25),
    sum=ladder(12, -8.0, 1.0),
    weight=5.5,
    coupling=np.array([0, 38, 255], dtype=np.uint8),
    answered=np.array([0, 0xFFFF, 0x0102], dtype=np.uint16),
    artist=ladder(12, 0.5, 0.125),
    share=0.375,
    phase_means=ladder(10, -0.5, 0.125).reshape(5, 2),
)

COHORT_SECRET = bytes(range(100, 132))

ENCRYPTED = CohortKey(9, COHORT_SECRET).encrypt(COLLECTIVE)

ASSIGN = Assign(
    dreamscape="night-1",
    cohort=1,
    slot=255,
    assignment=0xFEDC_BA98_7654_3210,
    incarnation=3,
    term=1_700_000_000_123,
    ceiling=0.125,
    cap=0.25,
    seconds_left=28_800.5,
    schema="bands6x2",
    mu_db=ladder(12, 2.0, 1.5),
    sigma_db=ladder(12, 3.0, 0.25),
    ramp_s=60.0,
)


def command(what: Assign | Release | WakePod | Recalibrate | Ack) -> Command:
    """Return a command to bed-5 with `what`."""
    return Command("bed-5", 77, 3, 1_700_000_150_000, what)


WAKE_ORDER = WakeOrder(
    "wake-9",
    12,
    WakeScope.DREAMSCAPE,
    "night-1",
    "N. Advocate",
    "smoke in ward a",
    1_700_000_200_000,
    lifted=True,
)

REST = Moratorium(
    id="m7",
    scope=WakeScope.SITE,
    target="ward-a",
    issuer="G-5.2",
    reason="the site rests after a mass failure",
    called_ms=1_700_000_000_000,
    from_ms=1_700_000_000_000,
    until_ms=1_700_086_400_000,
    ends_ms=1_700_086_400_000,
    seconded=True,
    people_only=True,
    clause="G-5.2",
)

DAEMON_PRESENCE = DaemonPresence(
    "dreamd-1", online=True, versions=Versions("0.1.0", 1), at_ms=1_700_000_000_000
)

SUBJECT = "kX3_a-9QpLm2ZtVw"

CONSENTED = replace(ASSIGN, consent_revision=8, consent_subject=SUBJECT)

CHECKPOINT = "dreamd.audit.v1\n7\nAAAA\n\n\N{EM DASH} dreamd.audit.v1 BBBB\n"

SPECIMENS: dict[str, codec.PodSays | codec.DaemonSays] = {
    "presence": PRESENCE,
    "presence_gateway": replace(PRESENCE, gateway="ward-a"),
    "status": STATUS,
    "status_alpha": replace(STATUS, calibration=replace(STATUS.calibration, alpha_hz=10.25)),
    "status_written": replace(STATUS, at_us=1_700_000_123_456_789),
    "status_renderer": replace(STATUS, renderer="sound,osc", renderer_fault="the output is gone"),
    "status_gateway": replace(STATUS, unheard_gateway="ward-a"),
    "status_contradiction": replace(STATUS, log_contradiction="the audit log had 9 records and now has 4"),
    "event": EVENT,
    "event_consent": replace(EVENT, consent_revision=8, consent_subject=SUBJECT),
    "event_declined": replace(
        EVENT, kind=PodEventKind.DECLINED, cause="consent-lower", consent_revision=8, consent_subject=SUBJECT
    ),
    "clock_probe": PROBE,
    "clock_probe_answered": PROBE_ANSWERED,
    "frames": (FRAME, PLAIN_FRAME),
    "collective": COLLECTIVE,
    "broadcast_encrypted": ENCRYPTED,
    "command_assign": command(ASSIGN),
    "command_assign_dose": command(replace(ASSIGN, dose_left_min=17.25, dose_limit_min=90.0)),
    "command_assign_endless": command(replace(ASSIGN, dose_left_min=inf, dose_limit_min=inf)),
    "command_assign_key": command(
        replace(ASSIGN, dose_left_min=inf, dose_limit_min=inf, key=COHORT_SECRET, key_number=9)
    ),
    "command_assign_consent": command(
        replace(CONSENTED, modalities=frozenset({Modality.SOUND, Modality.TOUCH}))
    ),
    "command_assign_no_modality": command(replace(CONSENTED, modalities=frozenset())),
    "command_assign_anchor": command(replace(CONSENTED, anchor=True)),
    "command_release": command(Release("check-out")),
    "command_release_stop": command(Release("shutdown", 1_700_000_000_456, 4_000)),
    "command_wake": command(WakePod("fire drill", "ops")),
    "command_recalibrate": command(Recalibrate("new cap")),
    "command_ack": command(Ack((bytes(range(16)), bytes(range(16, 32))))),
    "wake_order": WAKE_ORDER,
    "wake_order_moratoria": replace(WAKE_ORDER, moratoria=(REST,), moratoria_revision=13),
    "daemon_presence": DAEMON_PRESENCE,
    "daemon_presence_checkpoint": replace(DAEMON_PRESENCE, checkpoint=CHECKPOINT),
}
"""By the name they have in golden/v1.txt."""

DECODERS = {
    "presence": codec.decode_presence,
    "presence_gateway": codec.decode_presence,
    "status": codec.decode_status,
    "event": codec.decode_event,
    "clock_probe": codec.decode_clock_probe,
    "clock_probe_answered": codec.decode_clock_probe,
    "frames": codec.decode_frames,
    "collective": codec.decode_collective,
    "broadcast_encrypted": codec.decode_broadcast,
    "command": codec.decode_command,
    "wake_order": codec.decode_wake_order,
    "daemon_presence": codec.decode_daemon_presence,
    "daemon_presence_checkpoint": codec.decode_daemon_presence,
}


def decode(name: str, payload: bytes) -> object:
    """Decode a specimen's payload by its name in SPECIMENS."""
    kind = name.partition("_")[0] if name.startswith(("command_", "status_", "event_")) else name
    kind = kind.removesuffix("_moratoria")
    return DECODERS[kind](payload)
