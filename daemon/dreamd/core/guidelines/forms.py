"""The forms of a clause's limit, and the directions in which it is tighter."""

from dataclasses import dataclass
from enum import Enum
from math import inf, isnan, nan
from typing import Final

DAY_MIN: Final = 24 * 60
"""Minutes of a wall-clock day."""


class Form(Enum):
    """The form of a limit."""

    NUMBER = "number"
    WHOLE = "whole number"
    HOURS = "hours"  # a window of wall-clock time, such as 20:00/09:00
    PRINCIPLE = "principle"  # no limit of its own


class Place(Enum):
    """The place that enforces a clause."""

    PLAN = "plan"
    ADMISSION = "admission"
    ASSIGN = "assign"
    POD = "pod"
    ARTIST = "artist"
    EXCHANGE = "exchange"
    REPORT = "report"
    CLINIC = "clinic"
    MORATORIUM = "moratorium"


class Tighter(Enum):
    """The direction in which a limit is tighter."""

    LOWER = "lower"
    HIGHER = "higher"
    WITHIN = "within"  # of hours: a window inside the other


class Only(Enum):
    """The facts under which a key judges. A fact that is missing here makes it judge."""

    ALWAYS = "always"
    INTIMATE = "below five people"
    NEW = "before enough calibration days"
    NEVER = "never by itself: it says when another judges"


@dataclass(frozen=True, slots=True)
class Window:
    """A window of wall-clock time in minutes after midnight, 0..1439; over midnight where end <= start."""

    start_min: int
    end_min: int

    @property
    def length_min(self) -> int:
        """Its length, 1 to 1,440 minutes."""
        return (self.end_min - self.start_min - 1) % DAY_MIN + 1

    def holds(self, minute: float) -> bool:
        """Whether this minute of the day lies in the window, its end excluded; NaN does not."""
        ok = 0.0 <= minute < DAY_MIN
        return ok and (minute - self.start_min) % DAY_MIN < self.length_min

    def within(self, other: "Window") -> bool:
        """Whether each minute of this window lies in the other."""
        offset = (self.start_min - other.start_min) % DAY_MIN
        return other.length_min == DAY_MIN or offset + self.length_min <= other.length_min

    def __str__(self) -> str:
        """The form in which a clause writes it."""
        return f"{clock(self.start_min)}/{clock(self.end_min)}"


def clock(minute: float) -> str:
    """Return a minute of the day as HH:MM."""
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


Limit = float | Window


@dataclass(frozen=True, slots=True)
class Key:
    """One word of the vocabulary.

    fact: the name of the number that it judges. bounds: lowest and highest limit that any ratification may
    set, both included; a principle's one value. absent: the limit of an optional key that no clause sets,
    which is the tightest; NaN for a key that every bundle has.
    """

    name: str
    form: Form
    unit: str
    place: Place
    tighter: Tighter
    fact: str
    bounds: tuple[float, float] = (0.0, inf)
    only: Only = Only.ALWAYS
    absent: float = nan

    @property
    def optional(self) -> bool:
        """Whether a bundle may leave it out."""
        return not isnan(self.absent)

    def allows(self, value: float, limit: Limit) -> bool:
        """Whether the fact keeps to the limit; NaN never does."""
        if isinstance(limit, Window):
            return limit.holds(value)
        return value <= limit if self.tighter is Tighter.LOWER else value >= limit

    def is_tighter(self, limit: Limit, than: Limit) -> bool:
        """Whether the first limit differs from the other and allows nothing that the other refuses."""
        if isinstance(limit, Window) and isinstance(than, Window):
            return limit.within(than) and not than.within(limit)
        if isinstance(limit, Window) or isinstance(than, Window):
            return False
        return limit < than if self.tighter is Tighter.LOWER else limit > than

    def is_bounded(self, limit: Limit) -> bool:
        """Whether the limit keeps to the bounds; NaN and infinity do not."""
        if isinstance(limit, Window):
            return True
        lowest, highest = self.bounds
        return lowest <= limit <= highest and limit < inf

    def shown(self, value: Limit) -> str:
        """A limit or a fact as a refusal shows it: a time of day for hours, else the number."""
        if isinstance(value, Window):
            return str(value)
        if self.form is Form.HOURS and 0.0 <= value < DAY_MIN:
            return clock(value)
        return f"{value:.6g}"
