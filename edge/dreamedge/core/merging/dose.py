"""The pod's own dose: the merge-minutes rendered under one assignment, against the sleeper's remaining ones.

The daemon accounts a sleeper's merge-minutes over pods and days; an assign carries the remaining ones. From
there the pod counts by itself, by its own clock, so that a miscounting daemon cannot merge a sleeper for
longer. A restart of the agent loses the count and needs none: its assignment is void, and the next one
carries the remainder after the daemon has charged this one up to the end of lease and fade.

Rules
- The count is an upper bound: between two readings the larger share counts, up to the moment at which a
  renderer without cues has fallen silent. The share is the larger of the agent's own and the device's.
- The dose allows merging only while a stopped agent's remaining output (its renderer's silence and a fade)
  still fits. Once spent it stays spent until the next assign. A missing remainder, or one that is not a
  number, counts as zero.
- At four fifths of the sleeper's whole limit the pod warns, once per assignment. "No limit" is an explicit
  infinity.
- An anchor session counts minutes of merging, whatever the share.
"""

from math import inf, isfinite
from typing import Final

from dreamedge.core.merging.coupling import SEVER_FADE_NS
from dreamedge.core.merging.cue import SILENT_AFTER_S

WARN_SHARE: Final = 0.8
NEVER_NS: Final = 1 << 62

_MIN_NS: Final = 60e9
_SILENT_NS: Final = round(SILENT_AFTER_S * 1e9)
_TAIL_NS: Final = _SILENT_NS + SEVER_FADE_NS


class Dose:
    """Merge-minutes of one assignment."""

    def __init__(self) -> None:
        self._left_min = 0.0
        self._limit_min = 0.0
        self._lived_min = 0.0
        self._whole = False
        self._share = 0.0
        self._seen_ns: int | None = None
        self._warned = True
        self._over = False

    def begin(self, left_min: float, limit_min: float, now_ns: int, *, whole: bool = False) -> None:
        """Restart the count: `left_min` merge-minutes remain, of a limit of `limit_min`.

        whole: minutes of merging are counted, as of an anchor session.
        """
        self._whole = whole
        ok = 0.0 < left_min <= limit_min
        self._left_min, self._limit_min = (left_min, limit_min) if ok else (0.0, 0.0)
        self._lived_min = 0.0
        self._seen_ns = now_ns
        self._warned = not isfinite(self._limit_min)
        self._over = False
        self.live(self._share, now_ns)

    def live(self, share: float, now_ns: int) -> None:
        """Render `share` from now on, 0..1; charge the time since the last call."""
        since_ns = now_ns if self._seen_ns is None else self._seen_ns
        # A renderer without cues is silent after _SILENT_NS: a longer gap adds no merge-minutes.
        lasted_ns = min(max(now_ns - since_ns, 0), _SILENT_NS)
        # The share between two readings is unknown: the larger one is the upper bound.
        self._lived_min += self._counted(max(share, self._share)) * lasted_ns / _MIN_NS
        self._share, self._seen_ns = share, max(now_ns, since_ns)
        ok = self._lived_min + self._counted(share) * _TAIL_NS / _MIN_NS < self._left_min
        self._over = self._over or not ok

    def _counted(self, share: float) -> float:
        return 1.0 if self._whole and not share <= 0.0 else share

    @property
    def lived_min(self) -> float:
        """Merge-minutes used under this assignment."""
        return self._lived_min

    @property
    def allows(self) -> bool:
        """Whether merge-minutes are left."""
        return self._seen_ns is not None and not self._over

    @property
    def told(self) -> str:
        """The evidence as a phrase."""
        return f"{self._lived_min:.3f} of {self._left_min:.3f} {self._unit} lived"

    @property
    def _unit(self) -> str:
        return "minutes of an anchor session" if self._whole else "merge-minutes"

    def warning(self) -> str:
        """The warning at four fifths of the limit, returned once; else empty."""
        used_min = self._limit_min - self._left_min + self._lived_min
        if self._warned or used_min < WARN_SHARE * self._limit_min:
            return ""
        self._warned = True
        return f"{used_min:.3f} of {self._limit_min:.3f} {self._unit} used"

    def due_ns(self, top: float) -> int:
        """When the dose may next end or warn, if at most `top` is rendered."""
        if self._seen_ns is None or not top > 0.0 or self._left_min == inf:
            return NEVER_NS
        room_min = self._left_min - self._lived_min
        if not self._warned:
            room_min = min(room_min, room_min - (1.0 - WARN_SHARE) * self._limit_min)
        top = self._counted(top)
        return self._seen_ns + round(min(max(room_min / top * _MIN_NS - _TAIL_NS, 0.0), float(NEVER_NS // 2)))
