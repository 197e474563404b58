"""The facts of one sleeper's night, from check-in to check-out: plain values. Times are session seconds.

Rules
- A fact that is missing is None, NaN or empty, and the letter tells that it is not known.
- An interval begins with the bed's report of a merge and ends with its report of zero, by its own stamps.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from math import inf, isfinite, nan
from re import fullmatch
from typing import Final

from dreamd.core.limits import EXPOSURE_WARN_SHARE
from dreamd.core.safety.causes import Cause

SPANS_KEPT: Final = 256
"""Intervals and stops of a night that are kept; further ones are counted."""
LEADS_KEPT: Final = 32
"""Artists of a night that are kept, the last ones."""
BACK_BELOW_SHARE: Final = EXPOSURE_WARN_SHARE
"""The share of a limit below which a sleeper is admitted again."""


class Oneself(Enum):
    """Whether the sleeper stayed like themselves, by the daemon's own comparison with their first minute."""

    NOT_MEASURED = "not measured"
    WITHIN = "within"
    HALVED = "halved"  # below their own band for a while: their coupling was halved
    LOST = "lost"  # far below: the sleeper was severed


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the sleeper was merged. end_s: NaN where its end is not known."""

    begin_s: float
    end_s: float

    @property
    def lasted_s(self) -> float:
        """Its length, seconds; 0 where its end is not known."""
        return max(0.0, self.end_s - self.begin_s) if isfinite(self.end_s) else 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of an interval, or of a place that led to none: its instant and its first cause."""

    at_s: float
    cause: Cause


@dataclass(frozen=True, slots=True)
class Lead:
    """An artist's lead while this sleeper had a place. artist, title: empty where not known.

    share: the largest that was broadcast in that time, 0..1; NaN: not known.
    """

    begin_s: float
    end_s: float
    artist: str = ""
    title: str = ""
    share: float = nan


@dataclass(frozen=True, slots=True)
class WindowDose:
    """Merge-minutes charged in one rolling window, as of the letter. limit_min: infinity where there is none.

    below_s: when the sum is below 80 % again; 0: it is, infinity: never, as the limit is 0.
    """

    used_min: float
    limit_min: float = inf
    below_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Yes:
    """The consent in force at the check-out. state: of `core.consent.course`, empty: not known.

    until_s: its end by expiry, 0: none is given. hours: the daily window, `22:00/07:00`; empty: all day.
    """

    state: str = ""
    scopes: tuple[str, ...] = ()
    until_s: float = 0.0
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Night:
    """One night of one sleeper.

    more: intervals beyond those kept. lived_min: merge-minutes charged, planned_min: planned at the first
    assign; NaN: not known. day, week: the rolling windows; None: not known. missed: a restart of the daemon
    in the night, so that something may be missing. case: the sleeper's open case at the clinic, empty: none.
    held: whether it holds them. anchored_min: minutes of anchor sessions; they are in no span. end_known:
    else `end_s` is the instant of the letter.
    """

    bed: str
    begin_s: float
    end_s: float
    spans: tuple[Span, ...] = ()
    stops: tuple[Stop, ...] = ()
    more: int = 0
    lived_min: float = nan
    planned_min: float = nan
    day: WindowDose | None = None
    week: WindowDose | None = None
    oneself: Oneself = Oneself.NOT_MEASURED
    leads: tuple[Lead, ...] = ()
    yes: Yes = Yes()
    missed: bool = False
    end_known: bool = True
    case: str = ""
    held: bool = False
    anchored_min: float = 0.0

    @property
    def id(self) -> str:
        """The name of the night: its check-in in UTC."""
        return night_id(self.begin_s)

    @property
    def merged_s(self) -> float:
        """Seconds merged, of the intervals kept."""
        return sum(span.lasted_s for span in self.spans)


def is_night_id(text: str) -> bool:
    """Whether this is the name of a night."""
    return fullmatch("[0-9]{8}T[0-9]{6}Z", text) is not None


def night_id(begin_s: float) -> str:
    """Return the name of the night that began then: `20261130T214100Z`."""
    return datetime.fromtimestamp(begin_s, UTC).strftime("%Y%m%dT%H%M%SZ")
