"""The days on which an anchor session is offered: drawn by lot, so that its effect can be seen.

Of each two days that follow each other one is with and one is without an anchor session; which of them comes
first is drawn. The seed is the case, so each reader draws the same days.
"""

from hashlib import sha256
from typing import Final

DAYS_MOST: Final = 64


def days_offered(case: str, night: int, today: int) -> tuple[int, ...]:
    """Return the days with an anchor session from the night of a case to today: the newest DAYS_MOST."""
    days = (day for day in range(max(night, today - 2 * DAYS_MOST), today + 1) if anchor_offered(case, day))
    return tuple(days)[-DAYS_MOST:]


def anchor_offered(case: str, day: int) -> bool:
    """Return whether an anchor session is offered on this day of a case; see `kept_case.night_of`."""
    pair, second = divmod(day, 2)
    first_is_with = bool(sha256(f"anchor|{case}|{pair}".encode()).digest()[0] & 1)
    return first_is_with != bool(second)
