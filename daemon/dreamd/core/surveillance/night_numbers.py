"""The end of a night by its number: nights go from noon to noon of the house's zone, as those of cases."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Final

NOON: Final = time(12)
_EPOCH: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a calendar day


def night_ends_s(night: int, zone: tzinfo) -> float:
    """Return the unix time of the noon at which this night ends.

    A night with a change of the clock lasts an hour more or less.
    """
    date = datetime.fromordinal(night + _EPOCH) + timedelta(days=1)
    return datetime.combine(date, NOON, zone).timestamp()
