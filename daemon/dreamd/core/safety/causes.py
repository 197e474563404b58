"""Causes of a sever: one closed list of stable words, and the effect of each on a breaker.

Pods write these words into frames, events and latches; operators read them; alerts count them. So a word is
never renamed and never reused. The effects of a cause are defined in one table, here.

Kinds
- HARD trips at one observation, SOFT when it persists. Both are faults of the person or the device.
- TRANSPORT is evidence about the network, not the sleeper: it opens and half-opens without limit.
- EXCLUDE takes weight and coupling for as long as it lasts and trips nothing.
- ORDER is a decision about a session (by an operator, or a shutdown): nothing has malfunctioned.

A word from a pod that is not in the list is `unknown` and HARD: a newer pod may know dangers that this daemon
does not.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a breaker treats a cause."""

    HARD = "hard"
    SOFT = "soft"
    TRANSPORT = "transport"
    EXCLUDE = "exclude"
    ORDER = "order"


class Scope(Enum):
    """The subject of a cause."""

    PERSON = "person"
    DEVICE = "device"
    WAY = "way"
    DREAMSCAPE = "dreamscape"


class Cause(Enum):
    """The words, as they stand on the wire."""

    FLAT = "flat"
    RAILED = "railed"
    CONTACT = "contact"
    MAINS = "mains"
    AMPLITUDE = "amplitude"
    HIGHFREQ = "highfreq"
    RESOLUTION = "resolution"
    UNIT = "unit"
    QUALITY = "quality"
    NONFINITE = "nonfinite"
    RANGE = "range"
    RATE = "rate"
    SILENCE = "silence"
    LOST = "lost"
    STALE = "stale"
    FROZEN = "frozen"
    REPLAYED = "replayed"
    CLOCK = "clock"
    LEASE = "lease"
    STALLED = "stalled"
    OUTLIER = "outlier"
    ACTUATOR = "actuator"
    RENDERER = "renderer"
    AROUSAL = "arousal"
    DISTRESS = "distress"
    WAKE = "wake"
    WITHDRAWN = "withdraw"
    LATCHED = "latched"
    EXPIRED = "consent-expired"
    EXPOSURE = "exposure"
    MISFIT = "misfit"
    CROSSTALK = "crosstalk"
    IDENTITY = "identity"
    GAIN = "gain-runaway"
    SYNCHRONY = "synchrony-runaway"
    HOMOGENISED = "homogenise"
    QUORUM = "quorum"
    MASS = "mass"
    OPERATOR = "operator"
    MORATORIUM = "moratorium"
    ELSEWHERE = "elsewhere"
    UNJOINED = "unjoined"
    RELEASED = "release"
    LEFT = "left"
    STOPPED = "stopped"
    DURATION = "duration"
    RECORDING_OVER = "recording-over"
    REASSIGNED = "reassigned"
    TIME_OVER = "time-over"
    ENDED = "ended"
    SHUTDOWN = "shutdown"
    DAEMON = "daemon"
    LEDGER = "ledger"
    UPLINK = "uplink"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """The meaning of a cause: its kind, its subject, and the sentence that people read."""

    kind: Kind
    scope: Scope
    sentence: str


CAUSES: Final[dict[Cause, Row]] = {
    Cause.FLAT: Row(Kind.SOFT, Scope.DEVICE, "a channel carries no signal"),
    Cause.RAILED: Row(Kind.SOFT, Scope.DEVICE, "a channel's amplifier is saturated"),
    Cause.CONTACT: Row(Kind.SOFT, Scope.DEVICE, "an electrode has lost contact"),
    Cause.MAINS: Row(Kind.SOFT, Scope.DEVICE, "line noise drowns the signal"),
    Cause.AMPLITUDE: Row(Kind.SOFT, Scope.DEVICE, "the signal is larger than sleep explains"),
    Cause.RESOLUTION: Row(Kind.SOFT, Scope.DEVICE, "one digital step is larger than the signal"),
    Cause.HIGHFREQ: Row(
        Kind.SOFT, Scope.DEVICE, "high-frequency power is far above this sleeper's own level"
    ),
    Cause.UNIT: Row(Kind.SOFT, Scope.DEVICE, "the signal is not in microvolts"),
    Cause.QUALITY: Row(Kind.SOFT, Scope.DEVICE, "signal quality is too low"),
    Cause.NONFINITE: Row(Kind.HARD, Scope.DEVICE, "a number is not finite"),
    Cause.RANGE: Row(Kind.HARD, Scope.DEVICE, "a number is outside its range"),
    Cause.RATE: Row(Kind.HARD, Scope.DEVICE, "the sampling rate differs from the device's own"),
    Cause.SILENCE: Row(Kind.TRANSPORT, Scope.WAY, "no frames arrive"),
    Cause.LOST: Row(Kind.TRANSPORT, Scope.WAY, "too many frames are lost"),
    Cause.STALE: Row(Kind.TRANSPORT, Scope.WAY, "frames arrive too late"),
    Cause.FROZEN: Row(Kind.HARD, Scope.DEVICE, "the features repeat without a change"),
    Cause.REPLAYED: Row(Kind.HARD, Scope.DEVICE, "a frame's number or instant went back"),
    Cause.CLOCK: Row(Kind.TRANSPORT, Scope.WAY, "the pod's clock jumped"),
    Cause.LEASE: Row(Kind.TRANSPORT, Scope.WAY, "the pod's permission expired"),
    Cause.STALLED: Row(Kind.TRANSPORT, Scope.WAY, "the pod's agent stalled"),
    Cause.OUTLIER: Row(Kind.EXCLUDE, Scope.PERSON, "the signal is far from all others"),
    Cause.ACTUATOR: Row(Kind.HARD, Scope.DEVICE, "more coupling was rendered than granted"),
    Cause.RENDERER: Row(Kind.SOFT, Scope.DEVICE, "the bed's renderer gives nothing"),
    Cause.AROUSAL: Row(Kind.HARD, Scope.PERSON, "the sleeper was aroused"),
    Cause.DISTRESS: Row(Kind.HARD, Scope.PERSON, "the sleeper was in distress"),
    Cause.WAKE: Row(Kind.HARD, Scope.PERSON, "the sleeper was woken or asked to wake"),
    Cause.WITHDRAWN: Row(Kind.HARD, Scope.PERSON, "the sleeper withdrew consent"),
    Cause.LATCHED: Row(Kind.HARD, Scope.PERSON, "the pod is latched"),
    Cause.EXPIRED: Row(Kind.ORDER, Scope.PERSON, "the sleeper's consent has expired"),
    Cause.EXPOSURE: Row(Kind.ORDER, Scope.PERSON, "the sleeper has reached the limit of merged time"),
    Cause.MISFIT: Row(Kind.HARD, Scope.DEVICE, "frames of another schema or shape"),
    Cause.CROSSTALK: Row(Kind.HARD, Scope.DEVICE, "two pods carry the signal of one brain"),
    Cause.IDENTITY: Row(Kind.HARD, Scope.PERSON, "the sleeper's signal was growing too much like the others"),
    Cause.GAIN: Row(Kind.ORDER, Scope.DREAMSCAPE, "the loop through the group ran away"),
    Cause.SYNCHRONY: Row(Kind.ORDER, Scope.DREAMSCAPE, "the group locked into one rhythm"),
    Cause.HOMOGENISED: Row(Kind.ORDER, Scope.DREAMSCAPE, "the sleepers' signals were growing alike"),
    Cause.QUORUM: Row(Kind.ORDER, Scope.DREAMSCAPE, "too few healthy sleepers are left"),
    Cause.MASS: Row(Kind.ORDER, Scope.DREAMSCAPE, "many sleepers failed at once"),
    Cause.OPERATOR: Row(Kind.ORDER, Scope.DREAMSCAPE, "an operator severed"),
    Cause.MORATORIUM: Row(Kind.ORDER, Scope.DREAMSCAPE, "a moratorium holds: no sleeper in its scope merges"),
    Cause.ELSEWHERE: Row(Kind.ORDER, Scope.DREAMSCAPE, "another house of the Dreamscape severed it"),
    Cause.UNJOINED: Row(
        Kind.ORDER, Scope.DREAMSCAPE, "the sums of the Dreamscape's other houses do not come"
    ),
    Cause.RELEASED: Row(Kind.ORDER, Scope.PERSON, "the bed was released"),
    Cause.LEFT: Row(Kind.ORDER, Scope.PERSON, "the pod left by itself"),
    Cause.STOPPED: Row(Kind.ORDER, Scope.PERSON, "the pod's agent was asked to stop"),
    Cause.DURATION: Row(Kind.ORDER, Scope.PERSON, "the pod's set duration was over"),
    Cause.RECORDING_OVER: Row(Kind.ORDER, Scope.PERSON, "the recording is over"),
    Cause.REASSIGNED: Row(Kind.ORDER, Scope.PERSON, "the pod was given another slot"),
    Cause.TIME_OVER: Row(Kind.ORDER, Scope.PERSON, "the assignment has expired"),
    Cause.ENDED: Row(Kind.ORDER, Scope.DREAMSCAPE, "the Dreamscape ended"),
    Cause.SHUTDOWN: Row(Kind.ORDER, Scope.DREAMSCAPE, "the daemon shut down"),
    Cause.DAEMON: Row(Kind.ORDER, Scope.PERSON, "the daemon set the coupling to zero"),
    Cause.LEDGER: Row(
        Kind.ORDER, Scope.DREAMSCAPE, "the ledger is not writable, so no sleeper can be merged"
    ),
    Cause.UPLINK: Row(
        Kind.TRANSPORT,
        Scope.WAY,
        "no data from most beds at once: the broker or the daemon's network is down",
    ),
    Cause.UNKNOWN: Row(Kind.HARD, Scope.DEVICE, "the pod named a cause this daemon does not know"),
}
"""Every cause has its row."""

_BY_WORD: Final = {cause.value: cause for cause in Cause}


def cause_named(word: str) -> Cause:
    """Return the cause for a pod's word; a word that is not in the list is UNKNOWN, which is HARD."""
    return _BY_WORD.get(word, Cause.UNKNOWN)


def is_cause(word: str) -> bool:
    """Return whether this word is in the list."""
    return word in _BY_WORD


def act(told: str, zeroed_for: str) -> str:
    """Return the one word for a sever that a pod reports.

    A pod at which a broadcast set the coupling to zero can only report `daemon`. `zeroed_for` is the daemon's
    own cause for that zero, empty where it has none.
    """
    return zeroed_for or told if told == Cause.DAEMON.value else told


def kind_of(cause: Cause) -> Kind:
    """Return how a breaker treats this cause."""
    return CAUSES[cause].kind


assert set(CAUSES) == set(Cause), "every cause has its row"
