"""Views of the fleet and its Dreamscapes: plain values, no arrays, no secrets.

The application fills them, the API and the watchers read them. Times are session-clock seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from math import inf, nan
from typing import Final, TypeVar

from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.fleet.freshness import known


class DreamscapeState(Enum):
    """The states of a Dreamscape; the moves between them are in `states.MOVES`."""

    PLANNED = "planned"
    GATHERING = "gathering"
    DREAMING = "dreaming"
    SEVERED = "severed"
    WAKING = "waking"
    ENDED = "ended"


class BreakerState(Enum):
    """The states of a breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    LOCKED = "locked"


class SeatState(Enum):
    """The state of a seat."""

    WAITING = "waiting"  # invited or selected, not admitted; `refusal` has the reason
    ADMITTED = "admitted"  # passed the checks, not yet assigned
    COMMITTING = "committing"  # admitted, and waits until the ledger has the seat
    ASSIGNED = "assigned"  # holds a slot; coupling may be zero
    SEVERED = "severed"  # zero; Resume or the breaker's path back
    LEFT = "left"  # gone by own will or release; the slot is never reused


class PodState(Enum):
    """The state of a pod, as the operator sees it."""

    OFFLINE = "offline"
    IDLE = "idle"  # online, no sleeper checked in
    CALIBRATING = "calibrating"
    READY = "ready"
    SEATED = "seated"
    LATCHED = "latched"
    UNHEARD = "unheard"  # online by its presence, but silent for too long: its state is not known


RENDERS_NOTHING: Final = "this bed renders nothing: its sleeper hears nothing"
"""The sentence at check-in, at admission and in lists."""
_NULL: Final = "null"


def renders_nothing(renderer: str) -> bool:
    """Whether a pod with these renderers, as it reports them, gives its sleeper nothing."""
    return renderer == _NULL


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel's quality and the cause of a low one."""

    name: str
    quality: float
    cause: str


Plain = TypeVar("Plain", bool, int, float, str)


def reported(default: Plain) -> Plain:
    """A field of `PodView` that shows the field of the same name in the pod's last status, unchanged.

    Such a field reaches the API message (field of the same name), the console JSON and `dreamd pods get`
    without a line there. default: shown where the last status is too old to describe the pod.
    """
    return field(default=default, metadata={"reported": True})


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod as the API shows it.

    heard_age_s: of the pod's last report, infinity: none. Once that is too old (`freshness.known`), quality
    and applied are NaN, the channels are left out and the clock is not synced.
    """

    pod: str
    state: PodState
    online: bool
    site: str
    device_kind: str
    device_model: str
    schema: str
    software: str
    sleeper: str  # pseudonym, empty where no sleeper is checked in
    dreamscape: str
    seat: int  # 0: none
    quality: float
    channels: tuple[ChannelView, ...]
    calibrated: bool
    calibration_source: str
    calibration_clean_s: float
    alpha_hz: float  # 0: none found
    clock_synced: bool
    clock_uncertainty_us: int
    applied: float
    latched: str
    breaker: BreakerState
    breaker_cause: str
    last_heard_s: float  # session time of its last report; 0: none
    etag: str
    heard_age_s: float = inf
    gateway: str = ""  # the sender that may send its frames besides itself; empty: none
    wire: int = 0  # the newest revision that its agent reads; 0: not known
    quality_cause: str = reported("")
    renderer: str = reported("")  # kinds, joined by commas; empty: not known
    renderer_fault: str = reported("")  # why a renderer gives nothing; empty: none has failed
    unheard_gateway: str = reported("")  # the gateway that it has left, as the daemon hears nothing of it

    @property
    def heard(self) -> bool:
        """Whether its last report still describes it."""
        return known(self.heard_age_s)

    @property
    def renders_nothing(self) -> bool:
        """Whether its sleeper gets nothing, by the pod's own report."""
        return renders_nothing(self.renderer)


REPORTED: Final = tuple(one.name for one in fields(PodView) if one.metadata.get("reported"))
"""The names of the fields of a pod that are shown as its status has them."""


@dataclass(frozen=True, slots=True)
class Check:
    """One admission check: passed, or the refusal's code, sentence and metadata (clause, limit, value)."""

    name: str
    passed: bool
    code: str = ""
    sentence: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of a Dreamscape. granted and applied: coupling 0..1.

    cause: the first cause of the zero, or of leaving the seat. breaker_cause: why the breaker is not closed.
    heard_age_s: of the pod's last report, infinity: none. Once that is too old, applied and quality are NaN.
    consent: the state of the sleeper's consent in a word, and no more of it; empty: not known. dose_share: of
    the nearer limit of dose, 1 at the limit; NaN: not known.
    """

    seat: int
    pod: str
    sleeper: str
    state: SeatState
    refusal_code: str
    refusal: str
    granted: float
    applied: float
    quality: float
    breaker: BreakerState
    cause: str
    distance: float  # to the collective, shared scale; 0 where not known
    synchrony: float = nan  # own PPC with the group, mean over bands; NaN: not known
    identity: float = nan  # likeness to the own first window over its value then; NaN: not known
    heard_age_s: float = inf
    breaker_cause: str = ""
    consent: str = ""
    dose_share: float = nan

    @property
    def heard(self) -> bool:
        """Whether the pod's last report still describes it."""
        return known(self.heard_age_s)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a Dreamscape, as CreateDreamscape received it."""

    dreamscape: str
    seats_min: int
    seats_max: int
    start_at_s: float = 0.0  # 0: by Start alone
    close_at_s: float = 0.0  # 0: never by itself
    pods: tuple[str, ...] = ()  # invitations; empty with no site: every pod of the schema
    site: str = ""
    schema: str = "bands6x2"
    late_joining: bool = True
    intimate: bool = False  # fewer than five may dream, third parties see no collective
    ceiling: float = 0.15
    ramp_s: float = 60.0
    guidelines: str = "shipped-1"
    artist_share: float = 0.0  # largest share of an artist in the blend; 0: no artist leads
    record: bool = False  # features, collective and events are recorded
    kind: DreamscapeKind = DreamscapeKind.SHARED


IS_RECORDED: Final = "{dreamscape} is recorded, without names: each sleeper seated there has granted record"
"""The sentence at check-in and at admission."""


class RecordingState(Enum):
    """The state of a recording."""

    WAITING = "waiting"  # the plan asks for one; it begins with the first tick
    RUNNING = "running"
    STOPPED = "stopped"  # before the Dreamscape; `trouble` has the reason
    COMPLETE = "complete"  # the Dreamscape has ended


@dataclass(frozen=True, slots=True)
class RecordingView:
    """The recording of a Dreamscape.

    directory: on the daemon's machine; empty until the disk has it. written_s: from its first tick to the
    last one on the disk. parts: whole parts on the disk. missing: ticks and events that a slow disk has cost.
    """

    state: RecordingState
    directory: str = ""
    written_s: float = 0.0
    parts: int = 0
    missing: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DreamscapeView:
    """A Dreamscape as the API shows it."""

    plan: Plan
    state: DreamscapeState
    state_cause: str
    created_s: float
    term: int
    tick: int
    ticks_skipped: int
    assigned: int
    merged: int
    seats: Sequence[SeatView]  # empty in a list
    etag: str
    seats_taken: int = 0  # filled in a list too
    unheard: int = 0  # of the assigned: what they render is not known
    unknown_pods: tuple[str, ...] = ()  # invited, never connected; listed before the start
    recording: RecordingView | None = None  # None: not asked for, or it ended before it began


@dataclass(frozen=True, slots=True)
class SynchronyView:
    """Agreement of phases in one band over the last 10 s; NaN: not known."""

    band: str
    ppc: float = nan  # unbiased, 0 at chance
    z: float = nan  # against chance, closed form
    surrogate_z: float = nan  # by circular shifts, of the last check
    order: float = nan  # order parameter of the newest instant, 0..1; shown only, no decision uses it


@dataclass(frozen=True, slots=True)
class IdentityView:
    """Whether people stay distinct and themselves, by 60 s means; NaN: not known."""

    dispersion_ratio: float = nan  # over its value at Start
    rank_ratio: float = nan  # effective rank over its value at Start
    i_self: float = nan
    i_others: float = nan
    i_diff: float = nan
    identified: float = nan  # share of sleepers, 0..1


@dataclass(frozen=True, slots=True)
class RunawayView:
    """Whether the loop runs away; NaN: not known."""

    energy: float = nan  # 4 s mean of |mean own z| / sqrt(D)
    energy_limit: float = nan
    lag_correlation: float = nan  # of the centre, 4 s lag, over 60 s


@dataclass(frozen=True, slots=True)
class CrowdView:
    """The fusion core's readings of the group as a whole, and the daemon's response."""

    synchrony: tuple[SynchronyView, ...] = ()  # one a band with phases
    identity: IdentityView = IdentityView()
    runaway: RunawayView = RunawayView()
    level: float = 0.0  # coupling granted to each included sleeper, 0..1
    halved_cause: str = ""  # empty: not halved
    artist: tuple[float, ...] = ()  # shared scale; empty: no artist leads
    artist_share: float = 0.0


@dataclass(frozen=True, slots=True)
class CollectiveView:
    """One tick of the collective as watchers see it; `skipped` ticks were dropped for this watcher."""

    dreamscape: str
    term: int
    tick: int
    instant_s: float
    centre: tuple[float, ...]  # empty where hidden (intimate, or fewer than five)
    centre_hidden: bool
    included: int
    assigned: int
    merged: int
    dispersion: float  # mean distance to the centre, shared scale
    seats: Sequence[SeatView]
    tick_ms: float
    skipped: int = 0
    crowd: CrowdView = CrowdView()
    unheard: int = 0  # of the assigned: what they render is not known


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the journal. `cursor` grows by one; `resource` is an API name such as pods/bed-1.

    at_s: time of the journal entry. acted_s: time of the act by the pod's own report; 0: not reported.
    reason: the part of the sentence that may stand in a log: paths and errors, never a person's words or
    name.
    """

    cursor: int
    at_s: float
    kind: str  # one of core.event_kinds.KINDS
    dreamscape: str
    pod: str
    seat: int
    cause: str
    sentence: str
    values: dict[str, float] = field(default_factory=dict)
    acted_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SeverOutcome:
    """Answer to Sever, Wake, Release, End: pods set to zero, and pods that have confirmed zero by now."""

    zeroed: int
    confirmed: int
    unconfirmed: tuple[str, ...]
