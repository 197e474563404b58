"""The slot table: the columns of some cohorts in a row, with the grants and the exposure of their slots.

Exposure is summed from above. A frame reports the share that was rendered when it was captured. Since then
the share can have risen by RISE at most, and never above the largest grant in force. Of a silent pod nothing
better than that grant is known. A pause of the daemon counts as long as a permission can outlive its last
message.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dreamd.app.collective.grant_history import GrantHistory
from dreamd.app.collective.merged_centres import MergedCentres
from dreamd.core.limits import FRAME_STALE_HOPS, GUIDELINE_CAP, HOP_S, RAMP_MIN_S
from dreamd.fusion.frame_table import FrameTable, Mask
from dreamwire.schema import Schema

RISE = GUIDELINE_CAP / RAMP_MIN_S * (FRAME_STALE_HOPS + 2) * HOP_S
"""How much a share can rise between a frame that is not stale and the tick after next."""
_NEVER = -(1 << 62)


@dataclass(slots=True)
class SlotTable:
    """The columns of one table. granted: uint8[slots], as last broadcast. subject: seat numbers, 0: none.

    most, most_few: the sleepers' own ceilings, as bytes, from five people on and below. ruled, ruled_few:
    those of the guidelines at their assign and since; ruled_share: the same of an artist's share. halved:
    how many times a grant is halved. broker: uint8[slots], of the pod; cut: the way by it is lost.
    float64[slots]: `rate` is an upper bound of the rendered share, `lived_min` its integral in minutes since
    the last charge, `left_min` the minutes that the limit leaves.
    """

    columns: FrameTable
    occupied: Mask
    allowed: Mask
    away: Mask
    broker: NDArray[np.uint8]
    cut: Mask
    since: NDArray[np.int64]
    granted: NDArray[np.uint8]
    grants: GrantHistory
    most: NDArray[np.uint8]
    most_few: NDArray[np.uint8]
    ruled: NDArray[np.uint8]
    ruled_few: NDArray[np.uint8]
    ruled_share: NDArray[np.float64]
    halved: NDArray[np.uint8]
    rate: NDArray[np.float64]
    lived_min: NDArray[np.float64]
    left_min: NDArray[np.float64]
    looked_at: NDArray[np.int64]
    subject: NDArray[np.int32]
    centres: MergedCentres
    seen: tuple[int, Mask] | None = None
    fresh: tuple[int, Mask] | None = None

    @classmethod
    def empty_table(cls, schema: Schema, slots: int) -> Self:
        """Return a table of which no slot has been given."""
        return cls(
            FrameTable(schema, slots),
            np.zeros(slots, dtype=np.bool_),
            np.zeros(slots, dtype=np.bool_),
            np.zeros(slots, dtype=np.bool_),
            np.zeros(slots, dtype=np.uint8),
            np.zeros(slots, dtype=np.bool_),
            np.zeros(slots, dtype=np.int64),
            np.zeros(slots, dtype=np.uint8),
            GrantHistory(slots),
            np.zeros(slots, dtype=np.uint8),
            np.zeros(slots, dtype=np.uint8),
            np.full(slots, 255, dtype=np.uint8),
            np.full(slots, 255, dtype=np.uint8),
            np.ones(slots),
            np.zeros(slots, dtype=np.uint8),
            np.zeros(slots),
            np.zeros(slots),
            np.full(slots, np.inf),
            np.full(slots, _NEVER, dtype=np.int64),
            np.zeros(slots, dtype=np.int32),
            MergedCentres(slots, schema.size),
        )

    @property
    def reachable(self) -> Mask:
        """bool[slots]: those that may have weight and coupling, by their breaker and by their way."""
        return self.allowed & ~self.cut

    def recent(self, instant: int) -> Mask:
        """See `FrameTable.recent`; asked several times a tick, in which nothing is written."""
        if self.seen is None or self.seen[0] != instant:
            self.seen = instant, self.columns.recent(instant)
        return self.seen[1]

    def anew(self, instant: int) -> Mask:
        """Return bool[slots]: the newest frame has come since the last tick that asked.

        A frame that stays the newest for three ticks, because the next are late, is one piece of evidence.
        """
        if self.fresh is None or self.fresh[0] != instant:
            self.fresh = instant, self.columns.instant != self.looked_at
            np.copyto(self.looked_at, self.columns.instant)
        return self.fresh[1]

    def live(self, seconds: float, *, whole: bool = False) -> None:
        """So much time has passed since the last message. whole: a slot that is coupled counts all of it."""
        self.lived_min += (np.ceil(self.rate) if whole else self.rate) * (seconds / 60.0)

    def bound(self, instant: int) -> None:
        """After a message: bound the share that each slot can be rendering until the next."""
        told = self.columns.applied.astype(np.float64)
        granted = self.grants.most()
        risen = np.maximum(told, np.minimum(told + RISE, granted))
        self.rate = np.where(self.recent(instant), risen, granted) * self.occupied
