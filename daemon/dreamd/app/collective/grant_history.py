"""The grants of the last seconds, slot by slot, held against the shares that frames report as rendered.

A pod may render no more than the largest grant of the last lease and fade; its frames report how much it
renders. One that reports more, in two frames running, has an actuator that does not obey (or a liar for an
agent): either way it must not stay merged. The pod's own guard asks the same of its renderer.

A frame is held against the grants that could have been in force when it was captured, never against those
of now. It was captured at most `age` ago: the hops by which its instant is behind the tick, and how far its
pod's clock may be off. A tick's grant answers a frame from before the tick closed, and lives for lease and
fade after that frame. So a frame of this age is judged by the grants of the last REACH_S + age, and by no
others. The grants before a slot was given do not count: for REACH_S its pod may still
fade out of what an earlier daemon, or another slot, had granted. Grants are kept for
REACH_S + ACTUATOR_AGE_S. A frame that may be older, or that is too new for its slot, is not judged at all,
neither for its pod nor against it: the first is evidence of the way to us.
"""

from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import (
    ACTUATOR_AGE_S,
    ACTUATOR_FRAMES,
    FRAME_STALE_HOPS,
    HOP_S,
    LEASE_FADE_S,
    LEASE_S,
    SEVER_FADE_S,
    TICK_CLOSES_AFTER_S,
)
from dreamd.fusion.frame_table import FrameTable, Mask

REACH_S: Final = LEASE_S + LEASE_FADE_S + SEVER_FADE_S + TICK_CLOSES_AFTER_S
"""From the instant of a tick to when nothing of its grant is rendered any more, at the latest."""
HELD_HOPS: Final = round((LEASE_S + LEASE_FADE_S) / HOP_S) + FRAME_STALE_HOPS
"""The newest ticks that say what may be rendered by now, and in any frame that is not stale."""
KEPT_HOPS: Final = ceil((REACH_S + ACTUATOR_AGE_S) / HOP_S) - 1
"""The newest ticks that any frame that is judged can speak of."""
SLACK: Final = 1.0 / 255.0
"""Grants travel as bytes, rounded down; shares as float32."""

_NEVER: Final = -(1 << 62)

assert HELD_HOPS <= KEPT_HOPS


class GrantHistory:
    """The newest grants of one cohort. Arrays are by slot. frames_above: so many have reported too much."""

    def __init__(self, slots: int) -> None:
        self._ring: NDArray[np.uint8] = np.zeros((KEPT_HOPS, slots), dtype=np.uint8)
        self._newest = _NEVER
        self._most = np.zeros(slots)
        self.frames_above = 0
        self._judged = np.full(slots, _NEVER, dtype=np.int64)
        self._given = np.full(slots, _NEVER, dtype=np.int64)
        self._over = np.zeros(slots, dtype=np.int8)
        self._counting = False
        self._above = np.zeros(slots, dtype=np.bool_)

    def record_grants(self, instant: int, granted: NDArray[np.uint8]) -> None:
        """Keep what was broadcast at this grid instant, uint8[slots]; twice at one instant: the larger."""
        for hop in range(max(self._newest + 1, instant - KEPT_HOPS + 1), instant + 1):
            self._ring[hop % KEPT_HOPS] = 0
        self._newest = max(self._newest, instant)
        row = self._ring[instant % KEPT_HOPS]
        np.maximum(row, granted, out=row)
        self._most = np.maximum.reduce(self._ring[self._places(HELD_HOPS)]) / 255.0

    def _places(self, hops: int) -> list[int]:
        """Where the newest ticks stand, newest first."""
        return [(self._newest - back) % KEPT_HOPS for back in range(hops)]

    def new_holder(self, slot: int, instant: int) -> None:
        """The slot has another holder from this grid instant on: nothing has been granted to them here."""
        self._given[slot] = instant
        self._ring[:, slot] = self._most[slot] = 0
        self._judged[slot] = _NEVER
        self._over[slot] = 0
        self._above[slot] = False

    def disobeyed(self, columns: FrameTable, instant: int) -> Mask:
        """Judge every frame not judged before, each once; bool[slots]: too much, so often running.

        instant: the grid instant that closes, whose grants have not been noted yet.
        """
        within = columns.applied <= self._most + SLACK
        if self._counting or not within.all():
            age_s = (instant - columns.instant) * HOP_S + columns.uncertain_s
            held_s = (columns.instant - self._given) * HOP_S - columns.uncertain_s
            young = columns.present & (age_s <= ACTUATOR_AGE_S) & (held_s >= REACH_S)
            ok = within | (columns.applied <= self._most_at(age_s) + SLACK)
            new = young & (columns.instant > self._judged)
            known = columns.instant == self._judged
            self._above = np.where(known, self._above, new & ~ok)
            self.frames_above += int(np.count_nonzero(new & ~ok))
            running = np.where(ok, 0, np.minimum(self._over + 1, ACTUATOR_FRAMES))
            self._over = np.where(new, running, self._over).astype(np.int8)
            self._counting = bool(self._over.any() or self._above.any())
        np.copyto(self._judged, columns.instant)  # a row's instant only grows, or is cleared with ours
        return np.asarray(self._over >= ACTUATOR_FRAMES)

    def _most_at(self, age_s: NDArray[np.floating]) -> NDArray[np.float64]:
        """The largest grants that could be in force when a frame of this age was captured, by slot."""
        newest_first = np.maximum.accumulate(self._ring[self._places(KEPT_HOPS)])
        hops = np.ceil((age_s + REACH_S) / HOP_S) - 1.0
        reach = np.clip(hops, HELD_HOPS, KEPT_HOPS).astype(np.int64) - 1
        return np.asarray(np.take_along_axis(newest_first, reach[np.newaxis], axis=0)[0] / 255.0)

    @property
    def above(self) -> Mask:
        """bool[slots]: the newest frame, where it was young enough to be judged, reports too much."""
        return self._above

    def most(self) -> NDArray[np.float64]:
        """The largest grants still in force, 0..1, by slot."""
        return self._most

    def largest(self, slot: int) -> float:
        """The largest grant still in force for this slot, 0..1."""
        return float(self._ring[self._places(HELD_HOPS), slot].max()) / 255.0
