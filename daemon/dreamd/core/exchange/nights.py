"""The nights of offers: from noon to noon by the clock of the house, named by the date of their evening."""

from datetime import date, datetime, time, timedelta, tzinfo

_NOON = time(12)
_HALF_A_DAY = timedelta(hours=12)


def night_named(at_s: float, zone: tzinfo) -> str:
    """Return the night of this unix time, such as 2026-11-30."""
    return (datetime.fromtimestamp(at_s, zone).replace(tzinfo=None) - _HALF_A_DAY).date().isoformat()


def night_over_s(night: str, zone: tzinfo) -> float:
    """Return the unix time of the noon at which a night ends.

    Raises:
        ValueError: it is no date.
    """
    last = date.fromisoformat(night) + timedelta(days=1)
    return datetime.combine(last, _NOON, zone).timestamp()
