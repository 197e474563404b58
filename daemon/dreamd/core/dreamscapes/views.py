"""What is shown of the fleet and its Dreamscapes: plain values, no arrays, no secrets.

The application fills them, the API and the watchers read them. Times are session-clock seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import inf, nan

from dreamd.core.fleet.freshness import known


class DreamscapeState(Enum):
    """The states of a Dreamscape; the moves between them stand in `dreamscape.MOVES`."""

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
    """Where a seat's sleeper is."""

    WAITING = "waiting"  # invited or selected, not admitted; `refusal` says why
    ADMITTED = "admitted"  # passed the checks, not yet assigned
    COMMITTING = "committing"  # admitted, and waits until the ledger has the seat
    ASSIGNED = "assigned"  # holds a slot; coupling may be zero
    SEVERED = "severed"  # zero; Resume or the breaker's path back
    LEFT = "left"  # gone by own will or release; the slot is never reused


class PodState(Enum):
    """What a pod is doing, as the operator sees it."""

    OFFLINE = "offline"
    IDLE = "idle"  # online, nobody checked in
    CALIBRATING = "calibrating"
    READY = "ready"
    SEATED = "seated"
    LATCHED = "latched"
    UNHEARD = "unheard"  # online by its presence, and silent for too long: how it is, is not known


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel's quality and its cause."""

    name: str
    quality: float
    cause: str


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod as the API shows it.

    heard_age_s: of the pod's last word, infinity: never. Once that is too old (`hearing.known`), quality and
    applied are NaN, the channels are left out and the clock is not synced.
    """

    pod: str
    state: PodState
    online: bool
    site: str
    device_kind: str
    device_model: str
    schema: str
    software: str
    sleeper: str  # pseudonym, empty where nobody is checked in
    dreamscape: str
    seat: int  # 0: none
    quality: float
    quality_cause: str
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
    last_heard_s: float  # session time of its last word; 0: never
    etag: str
    heard_age_s: float = inf

    @property
    def heard(self) -> bool:
        """Whether its last word still says how it is."""
        return known(self.heard_age_s)


@dataclass(frozen=True, slots=True)
class Check:
    """One admission check: passed, or the refusal's code and sentence."""

    name: str
    passed: bool
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of a Dreamscape. granted and applied: coupling 0..1.

    cause: why its sleeper is at zero or the seat was left, the first cause. breaker_cause: why the breaker is
    not closed.
    heard_age_s: of the pod's last word, infinity: never. Once that is too old, applied and quality are NaN.
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
    identity: float = nan  # likeness to the own first window over what it was then; NaN: not known
    heard_age_s: float = inf
    breaker_cause: str = ""

    @property
    def heard(self) -> bool:
        """Whether the pod's last word still says how it is."""
        return known(self.heard_age_s)


@dataclass(frozen=True, slots=True)
class Plan:
    """What CreateDreamscape asked for."""

    dreamscape: str
    seats_min: int
    seats_max: int
    start_at_s: float = 0.0  # 0: by Start alone
    close_at_s: float = 0.0  # 0: never by itself
    pods: tuple[str, ...] = ()  # invitations; empty with no site: every pod of the schema
    site: str = ""
    schema: str = "bands6x2"
    late_joining: bool = True
    intimate: bool = False  # every sleeper agreed to fewer than five, third parties see no collective
    ceiling: float = 0.15
    ramp_s: float = 60.0
    guidelines: str = "shipped-1"
    artist_share: float = 0.0  # most that an artist may have in what is blended; 0: nobody leads


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
    seats: tuple[SeatView, ...]  # empty in a list
    etag: str
    seats_taken: int = 0  # in a list too
    unheard: int = 0  # of the assigned: what they render is not known
    unknown_pods: tuple[str, ...] = ()  # invited, never connected; told before the start


@dataclass(frozen=True, slots=True)
class SynchronyView:
    """Agreement of phases in one band over the last 10 s; NaN: cannot be said."""

    band: str
    ppc: float = nan  # unbiased, 0 at chance
    z: float = nan  # against chance, closed form
    surrogate_z: float = nan  # by circular shifts, of the last check
    order: float = nan  # order parameter of the newest instant, 0..1; shown, never acted on


@dataclass(frozen=True, slots=True)
class IdentityView:
    """Whether people stay who they are, by 60 s means; NaN: cannot be said."""

    dispersion_ratio: float = nan  # over its value at Start
    rank_ratio: float = nan  # effective rank over its value at Start
    i_self: float = nan
    i_others: float = nan
    i_diff: float = nan
    identified: float = nan  # share of sleepers, 0..1


@dataclass(frozen=True, slots=True)
class RunawayView:
    """Whether the loop runs away; NaN: cannot be said."""

    energy: float = nan  # 4 s mean of |mean own z| / sqrt(D)
    energy_limit: float = nan
    lag_correlation: float = nan  # of the centre, 4 s lag, over 60 s


@dataclass(frozen=True, slots=True)
class CrowdView:
    """What the fusion core says of the crowd as a whole, and what was done about it."""

    synchrony: tuple[SynchronyView, ...] = ()  # one a band with phases
    identity: IdentityView = IdentityView()
    runaway: RunawayView = RunawayView()
    level: float = 0.0  # coupling granted to whoever is included, 0..1
    halved_cause: str = ""  # empty: not halved
    artist: tuple[float, ...] = ()  # shared scale; empty: nobody leads
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

    at_s: when the daemon wrote it down. acted_s: when it happened, by the pod's own account; 0: not told.
    reason: what of the sentence may stand in a log: paths and errors, never a person's words or name.
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
    """Answer to Sever, Wake, Release, End: how many were zeroed, how many pods confirmed it by now."""

    zeroed: int
    confirmed: int
    unconfirmed: tuple[str, ...]
