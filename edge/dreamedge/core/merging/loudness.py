"""How loud a bed may be, by the dose of WHO-ITU H.870.

H.870 allows an adult 80 dB(A) for 40 hours a week; 3 dB more halve the time. A dose over a week would need a
memory across restarts, beds and sleepers. A level that may be borne for all 168 hours of a week needs none:
80 dB less 10 log10(168 / 40), which is 73.8 dB(A). So no setting and no fault of the synthesis gives more,
whatever the hours.

The agent cannot know the level at the pillow. It counts from the level of a sine at full scale: as it was
measured for this bed, or 100 dB(A), the most that a player with its headphones may give by EN 50332. A square
wave of the same height is 3 dB louder; the bound holds for any waveform.
"""

from dataclasses import dataclass
from math import isfinite, log10
from typing import Final

H870_DB: Final = 80.0
"""dB(A) that H.870 allows for H870_HOURS a week."""
H870_HOURS: Final = 40.0
_WEEK_HOURS: Final = 168.0
ALWAYS_DB: Final = H870_DB - 10.0 * log10(_WEEK_HOURS / H870_HOURS)
"""dB(A) whose dose in a whole week is that of H.870: 73.77."""
SQUARE_DB: Final = 10.0 * log10(2.0)
"""A square wave against a sine of the same peak."""

VOLUME_DB: Final = (20.0, 73.0)
"""Bounds of the loudest level of a bed."""
FULL_SCALE_DB: Final = (60.0, 140.0)
"""Bounds of the level at full scale."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How loud a bed may be. max_db: dB(A) at the pillow; full_scale_db: that of a sine at full scale."""

    max_db: float = 60.0
    full_scale_db: float = 100.0

    @property
    def peak(self) -> float:
        """The largest sample, 0..1 of full scale: no waveform within it is louder than `max_db`."""
        level_db = min(self.max_db, ALWAYS_DB) - SQUARE_DB - self.full_scale_db
        return float(min(10.0 ** (level_db / 20.0), 1.0)) if isfinite(level_db) else 0.0
