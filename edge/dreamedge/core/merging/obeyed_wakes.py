"""Wakes that this pod has obeyed, kept on its disk, so that a recording of one is not a second wake.

A wake is obeyed at any age, in any order, from any term; no lower limit of a counter may refuse a wake that
has never arrived. Only a copy is refused: the very command (its counter) or wake order (its revision) that
was obeyed before and whose latch the sleeper has cleared since. Counters and revisions are never used twice,
so a daemon that wakes again uses a new one. A copy is answered as obeyed, and not obeyed again.

The list is stored after the zero and the latch, by the disk's own thread. If it is lost, a copy wakes once
more. The newest KEPT are kept.
"""

from collections.abc import Iterable
from typing import Final

KEPT: Final = 64

COMMAND: Final = "command"
ORDER: Final = "order"

Wake = tuple[str, int]
"""COMMAND and its counter, or ORDER and its revision."""


class ObeyedWakes:
    """The wakes obeyed, oldest first, and those that the sleeper has answered by clearing the latch."""

    def __init__(self, kept: Iterable[Wake] = (), *, latched: bool = False) -> None:
        """kept: the wakes on the disk. latched: their latch still holds."""
        self._obeyed: dict[Wake, None] = dict.fromkeys(kept)
        self._cleared: set[Wake] = set() if latched else set(self._obeyed)

    @property
    def kept(self) -> tuple[Wake, ...]:
        """The wakes to store on the disk."""
        return tuple(self._obeyed)

    def obeyed(self, wake: Wake) -> None:
        """Record that this wake was obeyed."""
        self._obeyed.pop(wake, None)
        self._obeyed[wake] = None
        self._cleared.discard(wake)
        while len(self._obeyed) > KEPT:
            oldest = next(iter(self._obeyed))
            del self._obeyed[oldest]
            self._cleared.discard(oldest)

    def cleared(self) -> None:
        """Record that the sleeper has cleared the latch."""
        self._cleared.update(self._obeyed)

    def replayed(self, wake: Wake) -> bool:
        """Whether this is a copy of a wake that the sleeper has answered."""
        return wake in self._cleared
