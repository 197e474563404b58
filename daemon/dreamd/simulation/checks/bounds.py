"""The times by which something must have happened: the design's numbers, in world time."""

from typing import Final

from dreamd.core.limits import (
    BREAKER_OPEN_JITTER,
    BREAKER_OPEN_S,
    HALF_OPEN_TICKS,
    HOP_S,
    LEASE_FADE_S,
    LEASE_S,
)
from dreamd.core.safety.breaker import TRANSPORT_OPEN_S
from dreamd.simulation.schedule import MS_NS, SECOND_NS

LEASE_NS: Final = round(LEASE_S * SECOND_NS)
PERMIT_NS: Final = round((LEASE_S + LEASE_FADE_S) * SECOND_NS)
TIMER_NS: Final = 60 * MS_NS
"""The tether's own timer runs at 20 Hz, so it may act this much later."""
FADE_NS: Final = 50 * MS_NS
HOP_NS: Final = round(HOP_S * SECOND_NS)
SILENT_NS: Final = SECOND_NS // 2
STUCK_NS: Final = 5 * HOP_NS
"""Two frames, and the hops around them."""
SCORED_S: Final = (HALF_OPEN_TICKS - 1) * HOP_S
BACK_AFTER_FAULT_S: Final = BREAKER_OPEN_S * (1 - BREAKER_OPEN_JITTER) + SCORED_S
BACK_AFTER_WAY_S: Final = TRANSPORT_OPEN_S + SCORED_S
