"""Merge-minutes of sleepers in buckets of ten minutes, and their sums over rolling windows.

Rules
- Minutes are charged in the bucket of the instant of the charge, which is never before they were lived. A
  window counts every bucket that it touches. So a sum is never under the minutes lived in the window.
- A sum may be over by what was lived in one bucket, and in the time between two charges.
- Buckets that end FOLDED_AFTER_S ago are folded into days: no window reaches them.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor, inf
from typing import Final

BUCKET_S: Final = 600.0
DAY_S: Final = 24 * 3600.0
WEEK_S: Final = 7 * DAY_S
BUCKETS_A_DAY: Final = int(DAY_S / BUCKET_S)
FOLDED_AFTER_S: Final = 8 * DAY_S
"""A day more than the longest window: clocks are set back, and the daemon that folds may be another one."""


def bucket_of(at_s: float) -> int:
    """Return the number of the bucket of a session time."""
    return floor(at_s / BUCKET_S)


def folded_below(now_s: float) -> int:
    """Return the bucket, the first of a day, below which every bucket is folded into days."""
    return floor((now_s - FOLDED_AFTER_S) / DAY_S) * BUCKETS_A_DAY


@dataclass(slots=True)
class DoseAccount:
    """The buckets of one sleeper, in order, and the sums of the two windows as they were last asked for."""

    buckets: list[int] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)
    _first: tuple[int, int] = (0, 0)
    _sums: tuple[float, float] | None = None

    def charge(self, bucket: int, minutes: float) -> None:
        """Add minutes to a bucket."""
        at = bisect_left(self.buckets, bucket)
        if at < len(self.buckets) and self.buckets[at] == bucket:
            self.minutes[at] += minutes
        else:
            self.buckets.insert(at, bucket)
            self.minutes.insert(at, minutes)
        self._sums = None

    def sums_min(self, now_s: float) -> tuple[float, float]:
        """Return the merge-minutes of the last 24 hours and of the last 7 days."""
        first = bucket_of(now_s - DAY_S), bucket_of(now_s - WEEK_S)
        if self._sums is None or first != self._first:
            day, week = (sum(self.minutes[bisect_left(self.buckets, one) :]) for one in first)
            self._first, self._sums = first, (day, week)
        return self._sums

    def drop_below(self, below: int) -> None:
        """Drop the buckets below this one."""
        at = bisect_left(self.buckets, below)
        if at:
            del self.buckets[:at], self.minutes[:at]
            self._sums = None

    def below_s(self, now_s: float, window_s: float, allowed_min: float) -> float:
        """Return when the sum is below `allowed_min`, if no more is charged; infinity: never."""
        first = bisect_left(self.buckets, bucket_of(now_s - window_s))
        left_min = sum(self.minutes[first:])
        if left_min < allowed_min:
            return now_s
        for at in range(first, len(self.buckets)):
            left_min = sum(self.minutes[at + 1 :])
            if left_min < allowed_min:
                return (self.buckets[at] + 1) * BUCKET_S + window_s
        return inf


def account_of(buckets: Mapping[int, float]) -> DoseAccount:
    """Return the account of a sleeper with these merge-minutes by bucket."""
    ordered = sorted(buckets.items())
    return DoseAccount([bucket for bucket, _ in ordered], [minutes for _, minutes in ordered])


class DoseAccounts:
    """The buckets of all sleepers; it answers from memory."""

    def __init__(self, kept: Mapping[str, Mapping[int, float]]) -> None:
        """Begin with the buckets that a ledger has kept, by sleeper."""
        self._of: dict[str, DoseAccount] = {}
        for sleeper, buckets in kept.items():
            self._of[sleeper] = account_of(buckets)
        self._forgotten = 0

    def charge(self, minutes: Mapping[str, float], at_s: float) -> None:
        """Add each sleeper's minutes to the bucket of this instant; daily forget what no window reaches."""
        bucket = bucket_of(at_s)
        for sleeper, lived_min in minutes.items():
            if lived_min:
                self._of.setdefault(sleeper, DoseAccount()).charge(bucket, lived_min)
        below = folded_below(at_s)
        if below > self._forgotten:
            self._forgotten = below
            for sleeper, account in tuple(self._of.items()):
                account.drop_below(below)
                if not account.buckets:
                    del self._of[sleeper]

    def sums_min(self, sleeper: str, now_s: float) -> tuple[float, float]:
        """Return the merge-minutes of a sleeper in the last 24 hours and in the last 7 days."""
        account = self._of.get(sleeper)
        return (0.0, 0.0) if account is None else account.sums_min(now_s)

    def drop_account(self, sleeper: str) -> None:
        """Drop the buckets of a sleeper."""
        self._of.pop(sleeper, None)

    def sleepers(self) -> tuple[str, ...]:
        """Return every sleeper with a bucket."""
        return tuple(self._of)

    def account(self, sleeper: str) -> DoseAccount:
        """Return the buckets of a sleeper; an empty account for one that was never charged."""
        return self._of.get(sleeper) or DoseAccount()
