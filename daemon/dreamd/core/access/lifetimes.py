"""When the credentials of beds end: which have ended since the last look, and how many end soon; pure.

A look costs what has changed, not what there is: thousands of beds wait in a heap.
"""

from heapq import heappop, heappush
from typing import Final

from dreamd.core.access.principals import DAY_S

SOON_S: Final = 7 * DAY_S
"""A bed whose credential ends within this is counted: its agent should have renewed it a week before."""


class Lifetimes:
    """The end of each bed's last credential, in session seconds."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._soon: set[str] = set()
        self._looks: list[tuple[float, str, float]] = []
        self.ended: set[str] = set()
        """Beds whose last credential has ended."""

    @property
    def ending(self) -> int:
        """Beds whose credential ends within SOON_S, as of the last look."""
        return len(self._soon)

    def put(self, bed: str, end_s: float) -> None:
        """The last credential of this bed ends then, in place of what was known."""
        self.ended.discard(bed)
        if self._ends.get(bed) == end_s:
            return
        self._ends[bed] = end_s
        self._soon.discard(bed)
        heappush(self._looks, (end_s - SOON_S, bed, end_s))

    def drop(self, bed: str) -> None:
        """The bed has no credential any more, or none that counts."""
        self._ends.pop(bed, None)
        self._soon.discard(bed)

    def due(self, now_s: float) -> list[str]:
        """The beds whose last credential has ended since the last look, each once."""
        ended: list[str] = []
        while self._looks and not now_s < self._looks[0][0]:
            _, bed, end_s = heappop(self._looks)
            if self._ends.get(bed) != end_s:
                continue
            if now_s < end_s:
                self._soon.add(bed)
                heappush(self._looks, (end_s, bed, end_s))
            else:
                self.drop(bed)
                self.ended.add(bed)
                ended.append(bed)
        return ended
