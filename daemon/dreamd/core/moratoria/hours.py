"""The hours of the guidelines by the wall clock of the site: open now, and until when.

Outside of them no person is merged; a bed in which no person lies has no hours. A change of the clock makes
one night an hour longer or shorter (`core.consent.hours`).
"""

from dataclasses import dataclass
from math import inf

from dreamd.core.consent.hours import Hours
from dreamd.core.guidelines.forms import DAY_MIN, Window


@dataclass(frozen=True, slots=True)
class MergingHours:
    """Whether people may be merged now. changes_s: unix time of the next change; infinity: there is none."""

    open: bool
    changes_s: float


def merging_hours(window: Window, zone: str, now_s: float) -> MergingHours:
    """Return the state of these hours. zone: of the tz database.

    Raises:
        ValueError: the zone is not known.
    """
    if window.length_min == DAY_MIN:
        return MergingHours(open=True, changes_s=inf)
    hours = Hours(window, zone)
    closes_s = hours.open_until_s(now_s)
    if closes_s:
        return MergingHours(open=True, changes_s=closes_s)
    return MergingHours(open=False, changes_s=hours.opens_s(now_s))
