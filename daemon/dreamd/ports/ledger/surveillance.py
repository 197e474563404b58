"""Surveillance: the counts of each Dreamscape by night, the watch over each kind, and the past of each watch.

Nothing here names a person.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from dreamd.core.surveillance.watch import NightCount, Watch

NIGHTS_KEPT: Final = 800
"""Nights of which counts and past are kept; older ones are dropped once a day."""


@dataclass(frozen=True, slots=True)
class JudgedNight:
    """One night of one watch, after it was judged.

    dreamscapes: with a sleeper, of low check-ins with an answer. harmed: of these, with a case. sleepers:
    sleeper-nights, of low check-ins answers. value: the evidence
    then; NaN: blind. rate: cases a sleeper-night by which it was judged; NaN: blind.
    """

    night: int
    kind: str
    dreamscapes: int
    harmed: int
    sleepers: int
    value: float
    rate: float


class SurveillanceLedger(Protocol):
    """Counts, watches, judged nights."""

    def night_counts(self, since: int) -> tuple[NightCount, ...]:
        """MUST return the counts of this night and those after it, by night and Dreamscape."""
        ...

    def watches(self) -> tuple[Watch, ...]:
        """MUST return every watch, by the word of its kind."""
        ...

    def judged_nights(self) -> tuple[JudgedNight, ...]:
        """MUST return every judged night that is kept, by night and kind."""
        ...
