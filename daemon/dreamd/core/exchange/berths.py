"""The berths of a clearing under way: free places by offer, holders by offer, and the way to make room.

Asks and offers are numbers here. The lists of holders keep the order in which they came.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Step:
    """An ask takes an offer. left: the offer that it held; NONE: it held none."""

    ask: int
    left: int
    took: int


class Berths:
    """Free and held berths. `left` by offer: free places. `held` by ask: its offer, or NONE."""

    def __init__(self, listed: Sequence[Sequence[int]], counts: Sequence[int]) -> None:
        """listed: the offers of each ask, best first. counts: the berths of each offer."""
        self._listed = listed
        self.left = list(counts)
        self.held = [NONE] * len(listed)
        self._holders: list[dict[int, None]] = [{} for _ in counts]
        self._closed = [False] * len(counts)

    def best_left(self, ask: int) -> int:
        """Return the first listed offer with a free place, or NONE."""
        left = self.left
        return next((offer for offer in self._listed[ask] if left[offer]), NONE)

    def carry_out(self, step: Step) -> None:
        """Let an ask take an offer that has a free place, and leave its own."""
        if step.left != NONE:
            del self._holders[step.left][step.ask]
            self.left[step.left] += 1
        self.held[step.ask] = step.took
        self._holders[step.took][step.ask] = None
        self.left[step.took] -= 1

    def way_for(self, ask: int) -> list[Step]:
        """Return the shortest chain of steps that gives this ask a berth; empty: there is none.

        The steps are in the order in which they are carried out: the first one takes a free berth, the last
        one is the ask's own. Among equals, the holder that came last is moved first. A search that fails
        closes what it reached.
        """
        reached = {offer: Step(ask, NONE, offer) for offer in self._listed[ask] if not self._closed[offer]}
        frontier = deque(reached)
        while frontier:
            offer = frontier.popleft()
            if self.left[offer]:
                return _chain(reached, offer)
            for holder in reversed(self._holders[offer]):
                for other in self._listed[holder]:
                    if other not in reached and not self._closed[other]:
                        reached[other] = Step(holder, offer, other)
                        if self.left[other]:
                            return _chain(reached, other)
                        frontier.append(other)
        for offer in reached:
            self._closed[offer] = True
        return []


def _chain(reached: dict[int, Step], offer: int) -> list[Step]:
    steps = [reached[offer]]
    while steps[-1].left != NONE:
        steps.append(reached[steps[-1].left])
    return steps
