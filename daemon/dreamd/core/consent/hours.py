"""Hours of consent by the wall clock of a zone: when a window is open, and until when.

A window opens at the first instant of a day at which the wall clock shows its start or later, and closes at
the first one at which the clock shows its end or later. So a night in which clocks change lasts an hour more
or less, and an hour that the clock skips or shows twice opens and closes each window once.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dreamd.core.guidelines.forms import Window
from dreamd.core.limits import CONSENT_NIGHT_S


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily window by the wall clock of a zone of the tz database."""

    window: Window
    zone: str

    def open_until_s(self, now_s: float) -> float:
        """Return the unix time at which the window closes that is open now; 0: none is.

        Raises:
            ValueError: the zone is not known.
        """
        today = datetime.fromtimestamp(now_s, UTC).astimezone(zone_of(self.zone)).date()
        for day in (today - timedelta(days=1), today):
            opens_s, closes_s = _night(self, day)
            if opens_s <= now_s < closes_s:
                return closes_s
        return 0.0

    def opens_s(self, now_s: float) -> float:
        """Return the unix time at which the window opens next, or has opened where it is open now.

        Raises:
            ValueError: the zone is not known.
        """
        today = datetime.fromtimestamp(now_s, UTC).astimezone(zone_of(self.zone)).date()
        nights = (_night(self, today + timedelta(days=n)) for n in (-1, 0, 1, 2))
        return next(opens_s for opens_s, closes_s in nights if now_s < closes_s)


def night_end_s(hours: Hours | None, now_s: float) -> float:
    """Return the end of this night: of the hours that are open or open next, else CONSENT_NIGHT_S from now.

    Raises:
        ValueError: the zone is not known.
    """
    return now_s + CONSENT_NIGHT_S if hours is None else hours.open_until_s(hours.opens_s(now_s))


def zone_of(name: str) -> ZoneInfo:
    """Return the zone of this name, such as Europe/Zurich.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no time zone {name!r}") from error


@lru_cache(maxsize=1024)
def _night(hours: Hours, day: date) -> tuple[float, float]:
    """Return when the window of this day opens and closes, unix seconds."""
    window, zone = hours.window, zone_of(hours.zone)
    last = day + timedelta(days=window.end_min <= window.start_min)
    return _first_s(day, window.start_min, zone), _first_s(last, window.end_min, zone)


def _first_s(day: date, minute: int, zone: ZoneInfo) -> float:
    """Return the first instant at which the wall clock of this day shows this minute or a later one."""
    wall = datetime.combine(day, time(minute // 60, minute % 60), zone)
    first, second = wall.timestamp(), wall.replace(fold=1).timestamp()
    if first <= second:  # shown once, or twice: the first time
        return first
    # Skipped: the clock jumps between the two readings of a time that does not exist.
    before, after = second, first
    was = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1.0:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after
