"""The share that a renderer gives, over time; used by every renderer.

It moves from cue to cue along the cue's raised cosine, and is zero half a second after the last one.
"""

import math

from dreamedge.ports.renderer import SILENT_AFTER_S, Cue

_SILENT_AFTER_NS = int(SILENT_AFTER_S * 1e9)


class RenderedShare:
    """The share of the others as rendered."""

    def __init__(self) -> None:
        self._from = 0.0
        self._to = 0.0
        self._fade_ns = 0.0
        self._cue_ns: int | None = None

    def cue(self, cue: Cue, now_ns: int) -> None:
        """Go to this cue's share; a share that is not a number from 0 to 1 is 0."""
        self._from = self.at(now_ns)
        self._to = cue.share if 0.0 <= cue.share <= 1.0 else 0.0
        self._fade_ns = max(cue.fade_ms, 0.0) * 1e6
        self._cue_ns = now_ns

    def at(self, now_ns: int) -> float:
        """The share rendered at `now_ns`, 0..1."""
        if self._cue_ns is None:
            return 0.0
        age_ns = now_ns - self._cue_ns
        if not age_ns < _SILENT_AFTER_NS:
            return 0.0
        age_ns = max(age_ns, 0)
        if age_ns >= self._fade_ns:
            return self._to
        left = 0.5 + 0.5 * math.cos(math.pi * age_ns / self._fade_ns)
        return self._to + left * (self._from - self._to)

    def stop(self) -> None:
        """Set the share to zero at once."""
        self._cue_ns = None
