"""The beds that hold no seat, for the overview of the house: a part of the fleet at a time.

A list of the house looks at LOOKED_AT pods and goes on behind them next time, so that it costs the same for
ten beds and for ten thousand. A row is therefore at most one pass over the fleet old. The page works out ages
from the session time of the pod's last report.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from dreamd.core.dreamscapes.views import BreakerState, PodView

LOOKED_AT: Final = 64
"""Pods that one list looks at: about a millisecond of the application's thread."""
BEDS_MAX: Final = 300
"""Free beds that are kept; of more their number is given."""


def urgency(bed: PodView) -> int:
    """How soon a person should look at a free bed: 0 first. Up to 2 the bed needs a person."""
    occupied = bool(bed.sleeper)
    ranks = (
        bed.breaker is BreakerState.LOCKED,
        occupied and not bed.heard,
        occupied and bed.breaker is not BreakerState.CLOSED,
        occupied and bool(bed.quality_cause),
        occupied,
        bed.online,
    )
    return next((rank for rank, applies in enumerate(ranks) if applies), len(ranks))


class FreeBeds:
    """The free beds found so far; one for the process, on the application's thread."""

    def __init__(self) -> None:
        self._found: dict[str, PodView] = {}
        self._after = ""
        self._beyond = self.more = 0

    def look(self, pods: Callable[[str], Iterator[PodView]]) -> tuple[PodView, ...]:
        """Look at the next part of the fleet.

        Args:
            pods: the fleet in the order of its names, behind a name.

        Returns:
            The free beds that are kept, the most urgent first. `more` says how many a pass left out.
        """
        part = list(islice(pods(self._after), LOOKED_AT))
        ends = len(part) < LOOKED_AT
        last = "" if ends else part[-1].pod
        here = {bed.pod: bed for bed in part if not bed.dreamscape}
        for pod in [one for one in self._found if self._after < one and (ends or one <= last)]:
            if pod not in here:
                del self._found[pod]
        for pod, bed in here.items():
            if pod in self._found or len(self._found) < BEDS_MAX:
                self._found[pod] = bed
            else:
                self._beyond += 1
        self._after = last
        if ends:
            self.more, self._beyond = self._beyond, 0
        return tuple(sorted(self._found.values(), key=lambda bed: (urgency(bed), bed.pod)))
