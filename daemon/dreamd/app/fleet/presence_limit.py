"""The presence limit: pods that have sent a presence, and no status since.

A forged presence costs its sender nothing, and a record of the fleet is kept for the life of the daemon. So a
record is kept for good only once its pod has sent a status, or a sleeper lies in it, or its breaker is
locked. Any other is forgotten after GHOST_S, and before that where the fleet is full: the oldest first, so
that no real pod is refused for them. A forgotten pod appears again with its next presence.
"""

from typing import Final

from dreamd.core.limits import GHOST_S

LATE_WORD: Final = "a late word of an earlier incarnation"
"""Why most refused presences are refused: they are the will of a process that has been replaced."""


class PresenceLimit:
    """Pods without a status, by when they were first heard of, the oldest first."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}

    def __len__(self) -> int:
        """How many."""
        return len(self._since_s)

    def add_pod(self, pod: str, now_s: float) -> None:
        """A pod is heard of for the first time."""
        self._since_s[pod] = now_s

    def spoke(self, pod: str) -> None:
        """The pod has sent a status, or is known otherwise."""
        self._since_s.pop(pod, None)

    def oldest(self) -> str:
        """The one that was heard of first; empty: there is none."""
        return next(iter(self._since_s), "")

    def due(self, now_s: float) -> str:
        """One that has been silent for GHOST_S; empty: there is none."""
        oldest = self.oldest()
        return oldest if oldest and not now_s - self._since_s[oldest] <= GHOST_S else ""
