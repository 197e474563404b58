"""The classes of asks, and the phases of a round in which each is served.

Classes nest: a phase serves its class and every class that is in greater need. A reserve is a minimum
guarantee: berths that the phase of a class gives count for it, and later phases still serve that class.

| phase | serves | until |
|---|---|---|
| 1 | crisis | its reserve of the berths is placed |
| 2 | crisis, community | another reserve is placed |
| 3 | crisis, community, open | all had their turn |
"""

from enum import Enum
from fractions import Fraction
from math import ceil, isfinite
from typing import Final

ATTESTED_S: Final = 14.0 * 86400.0
"""Seconds for which the word of a clinician puts an ask in the class of crisis."""


class AskClass(Enum):
    """The classes, those in greatest need first."""

    CRISIS = "crisis"
    COMMUNITY = "community"
    OPEN = "open"

    @property
    def subsidised(self) -> bool:
        """Whether the pool pays a part of its price."""
        return self is not AskClass.OPEN

    @property
    def phase(self) -> int:
        """The first phase that serves it: 1, 2 or 3."""
        return _FIRST[self]

    def pays(self, price_cents: int) -> int:
        """Return the part of a posted price that the sleeper pays, whole cents: none, half, all."""
        return {AskClass.CRISIS: 0, AskClass.COMMUNITY: price_cents // 2, AskClass.OPEN: price_cents}[self]


_FIRST: Final = {found: number for number, found in enumerate(AskClass, 1)}
PHASES: Final = len(AskClass)


def attestation_holds(attested_s: float, now_s: float) -> bool:
    """Return whether a clinician's attestation counts, unix seconds; NaN does not, nor a later one."""
    return isfinite(attested_s) and 0.0 <= now_s - attested_s <= ATTESTED_S


def part_of(share: float, whole: int) -> int:
    """Return this share of a whole number, exactly, rounded up: a guarantee. So .15 of 20 is 3."""
    return ceil(Fraction(repr(float(share))) * whole)
