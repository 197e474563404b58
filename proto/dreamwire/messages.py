"""The messages of dreamwire.v1 as plain values, for the pure rooms of both ends.

`codec` translates them to and from bytes. Field meanings and units are in v1/wire.proto; arrays are float32.
A message is data: the receiver decides what it may do.
"""

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.wake_orders import Moratorium as Moratorium  # noqa: PLC0414 -- a message of the wire
from dreamwire.wake_orders import WakeOrder as WakeOrder  # noqa: PLC0414 -- a message of the wire
from dreamwire.wake_orders import WakeScope as WakeScope  # noqa: PLC0414 -- a message of the wire

Floats = NDArray[np.float32]

KEY_BYTES: Final = 32
"""Bytes of a cohort's key."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Software version and highest wire revision of a peer."""

    software: str
    wire: int


@dataclass(frozen=True, slots=True)
class Device:
    """A pod's neuro-interface; `rate_hz` is measured where possible."""

    kind: str
    model: str
    channels: tuple[str, ...]
    rate_hz: float


@dataclass(frozen=True, slots=True)
class Presence:
    """A pod is online, or gone; an incarnation lower than one already seen is a late will.

    gateway: a sender at the broker that may send the pod's frames besides the pod itself; empty: none.
    """

    pod: str
    incarnation: int
    online: bool
    site: str
    device: Device
    schema: str
    versions: Versions
    gateway: str = ""


class CalibrationSource(IntEnum):
    """The source of a scale and template."""

    UNSPECIFIED = 0
    LIVE = 1
    REPLAY = 2
    SIMULATED = 3


@dataclass(frozen=True, slots=True)
class Calibration:
    """A pod's calibration; template and scale are float32[D] in dB, empty until done.

    alpha_hz: the peak of the posterior alpha rhythm, 0 if none was found.
    """

    done: bool
    source: CalibrationSource
    clean_s: float
    template_db: Floats
    scale_db: Floats
    alpha_hz: float = 0.0


NOT_CALIBRATED: Final = Calibration(
    done=False,
    source=CalibrationSource.UNSPECIFIED,
    clean_s=0.0,
    template_db=np.zeros(0, dtype=np.float32),
    scale_db=np.zeros(0, dtype=np.float32),
)


@dataclass(frozen=True, slots=True)
class ClockState:
    """The pod's estimate of the session clock."""

    synced: bool
    offset_us: int
    uncertainty_us: int
    round_trip_us: int


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel's quality 0..1 and the cause if it is below 1."""

    name: str
    quality: float
    cause: str


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """The outcome of the command with this counter; `refused` empty means obeyed."""

    counter: int
    refused: str


@dataclass(frozen=True, slots=True)
class StoredSever:
    """The zero that severed a pod, repeated until a later assign."""

    dreamscape: str
    term: int
    tick: int
    cause: str


@dataclass(frozen=True, slots=True)
class Status:
    """A pod's state, sent once a second. at_us: its CLOCK_BOOTTIME at writing; 0: not given.

    renderer: the kinds of its renderers, joined by commas; `null` renders nothing; empty: not given.
    renderer_fault: why one of them gives nothing; empty: none has failed.
    log_contradiction: how the daemon's audit log contradicts the checkpoint that the pod keeps; empty: not.
    vital: whether it is the vital part alone (`status_parts`).
    unheard_gateway: the gateway that the pod has left because the daemon hears nothing of it; empty: none.
    """

    pod: str
    incarnation: int
    assignment: int
    channels: tuple[ChannelState, ...]
    quality: float
    quality_cause: str
    calibration: Calibration
    clock: ClockState
    applied: float
    latched: str
    severed: StoredSever | None
    outcomes: tuple[CommandOutcome, ...]
    load_cpu: float
    load_rss_kib: int
    refused_broadcasts: int
    recording_ended: bool
    at_us: int = 0
    renderer: str = ""
    renderer_fault: str = ""
    log_contradiction: str = ""
    vital: bool = False
    unheard_gateway: str = ""

    def written_s(self, unknown_s: float) -> float:
        """Session time of the writing, at the earliest; `unknown_s` if the pod gives none."""
        if not (self.at_us and self.clock.synced):
            return unknown_s
        return (self.at_us + self.clock.offset_us - self.clock.uncertainty_us) * 1e-6

    def older_than(self, other: "Status") -> bool:
        """Whether the same process wrote this before `other`; False if either has no time."""
        return 0 < self.at_us < other.at_us and self.incarnation == other.incarnation


class PodEventKind(IntEnum):
    """The kinds of a pod's events."""

    UNSPECIFIED = 0
    MERGED = 1
    SEVERED = 2
    ALONE = 3
    LATCHED = 4
    UNLATCHED = 5
    MALFUNCTION = 6
    LEFT = 7
    WARNED = 8
    DECLINED = 9


@dataclass(frozen=True, slots=True)
class PodEvent:
    """A fact at a pod, with the pod's own monotonic stamps in ns (0 = not known)."""

    id: bytes
    pod: str
    incarnation: int
    kind: PodEventKind
    cause: str = ""
    dreamscape: str = ""
    assignment: int = 0
    unix_ms: int = 0
    onset_ns: int = 0
    evidence_ns: int = 0
    zero_ns: int = 0
    alone_ns: int = 0
    term: int = 0
    tick: int = 0
    detail: str = ""
    consent_revision: int = 0
    consent_subject: str = ""


class Modality(Enum):
    """The ways in which feedback reaches a sleeper."""

    SOUND = "sound"
    LIGHT = "light"
    TOUCH = "touch"


@dataclass(frozen=True, slots=True)
class Assign:
    """Permission to take part: a slot of a cohort, with its scale and limits.

    dose_left_min, of dose_limit_min: merge-minutes, infinity for no limit; a missing value means nothing is
    left. key: of the cohort, 32 bytes, which a Collective names as key_number; empty: none.
    consent_revision: of the sleeper's consent, 0: none; consent_subject: the sleeper, as a random id.
    modalities: the ways in which feedback may reach the sleeper; None, from an older daemon: all. anchor: the
    pod's own template stands in the place of the others, and the doses are minutes of merging.
    """

    dreamscape: str
    cohort: int
    slot: int
    assignment: int
    incarnation: int
    term: int
    ceiling: float
    cap: float
    seconds_left: float
    schema: str
    mu_db: Floats
    sigma_db: Floats
    ramp_s: float
    dose_left_min: float = 0.0
    dose_limit_min: float = 0.0
    key: bytes = field(default=b"", repr=False)
    key_number: int = 0
    consent_revision: int = 0
    consent_subject: str = ""
    modalities: frozenset[Modality] | None = None
    anchor: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """Leave the Dreamscape; never refused.

    term, tick: of the first zero of a planned stop, sent to a pod without any evidence against it; 0: no
    stop.
    """

    reason: str
    term: int = 0
    tick: int = 0


@dataclass(frozen=True, slots=True)
class WakePod:
    """Sever, latch, then wake the sleeper; never refused."""

    reason: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Recalibrate:
    """Forget the calibration and begin again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The daemon has stored these events; the outbox may drop them."""

    ids: tuple[bytes, ...]


What = Assign | Release | WakePod | Recalibrate | Ack


@dataclass(frozen=True, slots=True)
class Command:
    """One command to one pod; `not_after_ms` is session time, ignored for release, wake and ack."""

    pod: str
    counter: int
    incarnation: int
    not_after_ms: int
    what: What


@dataclass(frozen=True, slots=True)
class ClockProbe:
    """One NTP-style exchange; t0 by the pod's monotonic clock, t1 and t2 by the session clock.

    frame_instant: in an answer, the grid instant of the pod's newest frame, or since which its slot waits for
    one; 0: not told.
    """

    nonce: int
    t0_us: int
    t1_us: int = 0
    t2_us: int = 0
    frame_instant: int = 0


@dataclass(slots=True)  # frozen it would take four times as long to make, at both ends; no code changes it
class Frame:
    """One hop's features. features: float32[D] dB; phasors: float32[2, B, 2] (re, im), NaN = omitted."""

    assignment: int
    seq: int
    instant: int
    offset_error_us: int
    uncertainty_us: int
    schema: int
    features: Floats
    phasors: Floats
    quality: float
    applied: float
    fading: bool
    latched: str
    heard_term: int
    heard_tick: int
    severed: StoredSever | None
    own_z: float


@dataclass(frozen=True, slots=True)
class Collective:
    """A cohort's broadcast of a tick. r, m, sum: float32[D]; coupling: uint8[S]; answered: uint16[S]."""

    dreamscape: str
    cohort: int
    tick: int
    instant: int
    term: int
    min_reader: int
    r: Floats
    m: Floats
    sum: Floats
    weight: float
    coupling: NDArray[np.uint8]
    answered: NDArray[np.uint16]
    artist: Floats = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    share: float = 0.0
    phase_means: Floats = field(default_factory=lambda: np.zeros((0, 2), dtype=np.float32))


@dataclass(frozen=True, slots=True)
class EncryptedCollective:
    """A Collective of which all that speaks of sleepers is encrypted under a cohort's key.

    key_number: of the key. count: of the messages under it, from 1. ciphertext: see `dreamwire.cohort_key`.
    """

    dreamscape: str
    cohort: int
    tick: int
    instant: int
    term: int
    min_reader: int
    key_number: int
    count: int
    ciphertext: bytes


Broadcast = Collective | EncryptedCollective
"""The message of a cohort and a tick: encrypted where it grants a coupling, else in the clear."""


@dataclass(frozen=True, slots=True)
class DaemonPresence:
    """The daemon is online, or gone.

    writes: of its ledger so far; 0: not given. checkpoint: of its audit log, a signed note; empty: not given.
    """

    instance: str
    online: bool
    versions: Versions
    at_ms: int
    writes: int = 0
    checkpoint: str = ""
