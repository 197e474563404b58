"""What was granted lately, slot by slot, held against what frames say is rendered.

A pod may render no more than the largest grant of the last lease and fade; its frames say how much it
renders. One that says more, in two frames running, has an actuator that does not obey (or a liar for an
agent): either way nobody should be merged with it. The pod's own guard asks the same of its renderer.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import ACTUATOR_FRAMES, FRAME_FRESH_HOPS, HOP_S, LEASE_FADE_S, LEASE_S
from dreamd.fusion.columns import Columns, Mask

HELD_HOPS: Final = round((LEASE_S + LEASE_FADE_S) / HOP_S) + FRAME_FRESH_HOPS + 1
"""A fresh frame is at most so old, and speaks of the grants of a lease and a fade before it."""
SLACK: Final = 1.0 / 255.0
"""Grants travel as bytes, rounded down; shares as float32."""

_NEVER: Final = -(1 << 62)


class Grants:
    """The newest grants of one cohort. Arrays are by slot. frames_above: so many have said too much."""

    def __init__(self, slots: int) -> None:
        self._ring: NDArray[np.uint8] = np.zeros((HELD_HOPS, slots), dtype=np.uint8)
        self._newest = _NEVER
        self._most = np.zeros(slots)
        self.frames_above = 0
        self._judged = np.full(slots, _NEVER, dtype=np.int64)
        self._over = np.zeros(slots, dtype=np.int8)
        self._counting = False
        self._above = np.zeros(slots, dtype=np.bool_)

    def note(self, instant: int, granted: NDArray[np.uint8]) -> None:
        """Keep what was broadcast at this grid instant, uint8[slots]; twice at one instant: the larger."""
        for hop in range(max(self._newest + 1, instant - HELD_HOPS + 1), instant + 1):
            self._ring[hop % HELD_HOPS] = 0
        self._newest = max(self._newest, instant)
        row = self._ring[instant % HELD_HOPS]
        np.maximum(row, granted, out=row)
        self._most = np.maximum.reduce(self._ring) / 255.0

    def clear(self, slot: int) -> None:
        """The slot has another holder, or none: nothing has been granted to them."""
        self._ring[:, slot] = self._most[slot] = 0
        self._judged[slot] = _NEVER
        self._over[slot] = 0
        self._above[slot] = False

    def disobeyed(self, columns: Columns) -> Mask:
        """Judge every frame not judged before, each once; bool[slots]: too much, so often running."""
        ok = columns.applied <= self._most + SLACK
        if self._counting or not ok.all():
            new = columns.present & (columns.instant > self._judged)
            self._above = columns.present & ~ok
            self.frames_above += int(np.count_nonzero(new & ~ok))
            running = np.where(ok, 0, np.minimum(self._over + 1, ACTUATOR_FRAMES))
            self._over = np.where(new, running, self._over).astype(np.int8)
            self._counting = bool(self._over.any() or self._above.any())
        np.copyto(self._judged, columns.instant)  # a row's instant only grows, or is cleared with ours
        return np.asarray(self._over >= ACTUATOR_FRAMES)

    @property
    def above(self) -> Mask:
        """Who says too much in the newest frame, as of the last judgement; bool[slots]."""
        return self._above

    def most(self) -> NDArray[np.float64]:
        """The largest grants still in force, 0..1, by slot."""
        return self._most

    def largest(self, slot: int) -> float:
        """The largest grant still in force for this slot, 0..1."""
        return float(self._ring[:, slot].max()) / 255.0
