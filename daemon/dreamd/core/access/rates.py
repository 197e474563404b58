"""Rates: how many calls a principal may make in a second. A way out has no rate."""

from dataclasses import dataclass
from typing import Final

from dreamd.core.access.rules import Effect


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket's rate: calls a second on average, and at once after a silence."""

    each_s: float
    at_once: float


RATES: Final = {
    Effect.READS: Rate(50.0, 100.0),
    Effect.BINDS: Rate(5.0, 20.0),
    Effect.GOVERNS: Rate(5.0, 20.0),
}
"""By effect; FREES is not among them."""
REDEEMED: Final = Rate(1.0, 5.0)
"""Attempts to redeem a code, of one source."""


@dataclass(slots=True)
class Bucket:
    """The calls that are left now. It starts full. Time that goes back fills nothing."""

    rate: Rate
    left: float
    counted_s: float

    @classmethod
    def full(cls, rate: Rate, now_s: float) -> "Bucket":
        """A bucket of this rate, full at `now_s`."""
        return cls(rate, rate.at_once, now_s)

    def take_call(self, now_s: float) -> float:
        """Take one call; return 0, or the seconds until there is one. now_s: seconds of any steady clock."""
        earned = max(0.0, now_s - self.counted_s) * self.rate.each_s
        self.left, self.counted_s = min(self.rate.at_once, self.left + earned), max(self.counted_s, now_s)
        if self.left >= 1.0:
            self.left -= 1.0
            return 0.0
        return (1.0 - self.left) / self.rate.each_s
