"""The scene of `dreamd top` as values: one Dreamscape, its sleepers, its group. Made from the API's messages.

A value that the daemon does not know is NaN here and "not known" on the screen. No number is live by this
file alone: `Link` tells whether the whole picture may be believed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from google.protobuf.message import Message

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.core.dreamscapes.states import rank
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.fleet.freshness import known
from dreamd.core.safety.causes import Cause
from dreamd.terminal.sleeper_row import State

NOT_KNOWN: Final = "not known"
_STANDING: Final = {
    State.COMING: "not admitted",
    State.READY: "ready",
    State.DREAMING: "merged",
    State.HERE: "alone",
    State.UNKNOWN: NOT_KNOWN,
}
TOLD_LATE_S: Final = 2.0
WOKEN: Final = (Cause.WAKE.value, Cause.DISTRESS.value, Cause.WITHDRAWN.value)
"""Causes by which a sleeper's own latch, or a wake order, ends the seat."""


class Link(Enum):
    """Whether the picture is current."""

    NEVER = "never"  # nothing has been received yet
    LIVE = "live"
    STILL = "still"  # the daemon answers and does not tick, though the Dreamscape dreams
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A seat. granted, applied: coupling 0..1. heard_age_s: of the bed's last report. NaN: not known.

    consent: its state in a word. dose_share: of the nearer limit of dose.
    """

    seat: int
    pod: str
    sleeper: str
    state: State
    locked: bool
    breaker: str
    cause: str
    granted: float
    applied: float
    quality: float
    distance: float
    synchrony: float
    identity: float
    heard_age_s: float = math.nan
    consent: str = ""
    dose_share: float = math.nan

    @property
    def seated(self) -> bool:
        """Whether the sleeper holds a slot."""
        return self.state in (State.SEVERED, State.HERE, State.DREAMING, State.UNKNOWN)

    @property
    def words(self) -> str:
        """How this sleeper is, in the words of the console (`standing` in its words.js)."""
        words = self._words
        return f"{words}, not heard" if self.seated and self.unheard and words != NOT_KNOWN else words

    @property
    def unheard(self) -> bool:
        """Whether the bed's last report is too old to be believed, or there is none."""
        return not known(self.heard_age_s)

    @property
    def _words(self) -> str:
        """Without the age of the report."""
        if self.state in (State.LEFT, State.AWAKE, State.HOME):
            return f"left: {self.cause}" if self.cause else "left"
        if self.locked:
            return f"locked: {self.cause or NOT_KNOWN}"
        if self.breaker == "half-open":
            return f"on trial after {self.cause or 'a sever'}"
        if self.breaker == "open" or self.state is State.SEVERED:
            return f"severed: {self.cause or NOT_KNOWN}"
        return _STANDING[self.state] + (
            f": {self.cause}" if self.cause and self.state is State.COMING else ""
        )


@dataclass(frozen=True, slots=True)
class Band:
    """Synchrony of one band; NaN: not known."""

    band: str
    ppc: float
    z: float
    surrogate_z: float
    order: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """The group statistics of the fusion core, under the names the API has; NaN: not known."""

    synchrony: tuple[Band, ...] = ()
    dispersion_ratio: float = math.nan
    rank_ratio: float = math.nan
    i_self: float = math.nan
    i_others: float = math.nan
    i_diff: float = math.nan
    identified: float = math.nan
    energy: float = math.nan
    energy_limit: float = math.nan
    lag_correlation: float = math.nan
    level: float = math.nan
    halved_cause: str = ""
    artist_share: float = math.nan


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the journal. Unix times: at_s when it was written down, acted_s when it happened."""

    cursor: int
    at_s: float
    kind: str
    pod: str
    cause: str
    sentence: str
    acted_s: float = math.nan

    @property
    def late(self) -> bool:
        """Whether it was reported long after it happened, as after an outage."""
        return self.at_s - self.acted_s > TOLD_LATE_S


@dataclass(frozen=True, slots=True)
class ViewModel:
    """The picture. age_s: since the last message; tick_age_s: since a tick; both NaN: never.

    coupled: pods that render more than they were granted. others: the other Dreamscapes as (name, state).
    trouble: the reason that no daemon answers. troubles: faults of broker, ledger and the link to the pods.
    """

    link: Link = Link.NEVER
    age_s: float = math.nan
    tick_age_s: float = math.nan
    trouble: str = ""
    dreamscape: str = ""
    state: str = ""
    state_cause: str = ""
    term: int = 0
    tick: int = 0
    instant_s: float = math.nan
    tick_ms: float = math.nan
    ticks_skipped: int = 0
    assigned: int = 0
    merged: int = 0
    included: int = 0
    seats_min: int = 0
    ceiling: float = math.nan
    sleepers: tuple[Sleeper, ...] = ()
    crowd: Crowd = Crowd()
    coupled: tuple[str, ...] = ()
    events: tuple[Happening, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def unheard(self) -> tuple[str, ...]:
        """Beds with a slot of which nothing is known now."""
        return tuple(one.pod for one in self.sleepers if one.seated and one.unheard)

    @property
    def data_age_s(self) -> float:
        """Age of the oldest report among the beds with a slot; of the daemon's last word without any."""
        seated = [one.heard_age_s for one in self.sleepers if one.seated]
        return max(seated, default=self.age_s)


def sleeper_of(seat: dreams.Seat, since_s: float = 0.0) -> Sleeper:
    """A seat as it is shown; since_s: the age of its data."""
    age_s = seat.heard_age.ToMilliseconds() / 1e3 + since_s if seat.HasField("heard_age") else math.nan
    heard = known(age_s)
    number = names.bare(seat.name)
    breaker = names.word(Breaker.State, seat.breaker.state)
    seated = seat.state in (dreams.Seat.STATE_ASSIGNED, dreams.Seat.STATE_SEVERED)
    refusal = seat.refusal_code.lower().replace("_", "-") if seat.state == dreams.Seat.STATE_WAITING else ""
    return Sleeper(
        seat=int(number) if number.isdecimal() else 0,
        pod=names.bare(seat.pod),
        sleeper=names.bare(seat.sleeper),
        state=_state(seat, heard=heard),
        locked=seat.breaker.state == Breaker.STATE_LOCKED,
        breaker=breaker,
        cause=seat.cause or seat.breaker.cause or refusal,
        granted=seat.granted,
        applied=number_of(seat, "applied") if heard else math.nan,
        quality=number_of(seat, "quality") if seated and heard else math.nan,
        distance=seat.distance if seated and seat.distance > 0.0 else math.nan,
        synchrony=number_of(seat, "synchrony"),
        identity=number_of(seat, "identity"),
        heard_age_s=age_s,
        consent=seat.consent,
        dose_share=number_of(seat, "dose_share"),
    )


def _state(seat: dreams.Seat, *, heard: bool) -> State:
    match seat.state:
        case dreams.Seat.STATE_LEFT:
            if seat.cause in WOKEN:
                return State.AWAKE
            return State.HOME if seat.cause == "home" else State.LEFT
        case dreams.Seat.STATE_SEVERED:
            return State.SEVERED
        case dreams.Seat.STATE_ADMITTED | dreams.Seat.STATE_COMMITTING:
            return State.READY
        case dreams.Seat.STATE_ASSIGNED:
            alone_or_merged = State.DREAMING if seat.applied > 0.0 else State.HERE
            return alone_or_merged if heard else State.UNKNOWN
        case _:
            return State.COMING


def number_of(message: Message, field: str) -> float:
    """An optional number of a message; NaN where it is absent."""
    value = float(getattr(message, field)) if message.HasField(field) else math.nan
    return value if math.isfinite(value) else math.nan


def crowd_of(tick: dreams.Collective) -> Crowd:
    """The group statistics of a tick."""
    identity, runaway = tick.identity, tick.runaway
    return Crowd(
        synchrony=tuple(
            Band(one.band, *(number_of(one, field) for field in ("ppc", "z", "surrogate_z", "order")))
            for one in tick.synchrony
        ),
        dispersion_ratio=number_of(identity, "dispersion_ratio"),
        rank_ratio=number_of(identity, "rank_ratio"),
        i_self=number_of(identity, "i_self"),
        i_others=number_of(identity, "i_others"),
        i_diff=number_of(identity, "i_diff"),
        identified=number_of(identity, "identified"),
        energy=number_of(runaway, "energy"),
        energy_limit=number_of(runaway, "energy_limit"),
        lag_correlation=number_of(runaway, "lag_correlation"),
        level=tick.level,
        halved_cause=tick.halved_cause,
        artist_share=tick.artist_share if tick.artist else 0.0,
    )


def happening_of(event: dreams.Event) -> Happening:
    """An event of the journal."""
    at_s = event.event_time.seconds + event.event_time.nanos / 1e9
    acted_s = event.act_time.seconds + event.act_time.nanos / 1e9 if event.HasField("act_time") else math.nan
    pod, sentence = names.bare(event.pod), event.sentence or event.kind
    return Happening(event.cursor, at_s, event.kind, pod, event.cause, sentence, acted_s)


def chosen(dreamscapes: Sequence[dreams.Dreamscape], wish: str, turns: int) -> str:
    """The Dreamscape to show: the requested one; else the one that a person should look at first.

    `turns`: how often the next one was requested. Empty: there is none.
    """
    if wish:
        return wish
    live = [one for one in dreamscapes if one.state != dreams.Dreamscape.STATE_ENDED] or list(dreamscapes[:1])
    live.sort(key=_rank)
    return names.bare(live[turns % len(live)].name) if live else ""


def _rank(one: dreams.Dreamscape) -> int:
    state = DreamscapeState(names.word(dreams.Dreamscape.State, one.state))
    return rank(state, troubled=one.unheard > 0 or one.merged < one.assigned)
