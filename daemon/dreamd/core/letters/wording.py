"""Times, lengths and figures in words, by the wall clock of one zone. English alone; no locale is read."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import isfinite
from typing import Final

NOT_KNOWN: Final = "not known"
HARD: Final = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall clock of a zone over one night, unix seconds.

    A night in which clocks change shows each time with the zone's abbreviation, for an hour may come twice.
    One of a day or more shows weekdays.
    """

    zone: tzinfo
    begin_s: float
    end_s: float

    def time(self, at_s: float) -> str:
        """Return a time in this night: `02:30`."""
        at = datetime.fromtimestamp(at_s, self.zone)
        begin, end = (datetime.fromtimestamp(one, self.zone) for one in (self.begin_s, self.end_s))
        day = f"{_DAYS[at.weekday()]} " if not self.end_s - self.begin_s < _DAY_S else ""
        change = f" {at.tzname()}" if begin.utcoffset() != end.utcoffset() else ""
        return f"{day}{at:%H:%M}{change}"

    def day(self, at_s: float) -> str:
        """Return a date and time outside this night: `Tuesday 1 December, 21:40`."""
        at = datetime.fromtimestamp(at_s, self.zone)
        return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}, {at:%H:%M}"

    def night(self) -> str:
        """Return the night's dates: `29 to 30 November 2026`."""
        begin, end = (datetime.fromtimestamp(one, self.zone) for one in (self.begin_s, self.end_s))
        last = f"{end.day} {_MONTHS[end.month - 1]} {end.year}"
        if begin.date() == end.date():
            return last
        first = str(begin.day)
        if (begin.year, begin.month) != (end.year, end.month):
            first += f" {_MONTHS[begin.month - 1]}"
        if begin.year != end.year:
            first += f" {begin.year}"
        return f"{first} to {last}"


def length(seconds: float) -> str:
    """Return a length, with no-break spaces: `5 h 12 min`, `12 min`, `less than a minute`."""
    if not isfinite(seconds):
        return NOT_KNOWN
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours}{HARD}h" * (hours > 0), f"{rest}{HARD}min" * (rest > 0)) if part
    )


def minutes(value: float) -> str:
    """Return merge-minutes: `7.4`; a figure that is not there is not known."""
    return f"{value:.1f}" if isfinite(value) else NOT_KNOWN


def share(value: float) -> str:
    """Return a share of 1 in percent, with a no-break space: `30 %`."""
    return f"{value:.0%}".replace("%", f"{HARD}%") if isfinite(value) else NOT_KNOWN


def listed(parts: list[str]) -> str:
    """Return `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def first_words(text: str, most: int) -> str:
    """Return the first words of a text; a longer one ends with an ellipsis."""
    words = text.split()
    return " ".join(words[:most]) + "…" * (len(words) > most)
