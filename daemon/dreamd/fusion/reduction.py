"""One tick's sums from several houses, put together: the decisions of a reducer, without its transport.

Each house sums up its own sleepers at the last common centre and adds the `Part` here. A tick closes when
every house has added its part that added one lately, or `within_s` after its first part. All that wait for
the tick then have the same answer. A reducer with a parent hands its sum on as one part, so reducers make a
tree. Time is an argument.

Rules
- Parts at different centres are never added up. The centre with the most sleepers counts, and the smaller
  bytes among equals; houses at another are left out of the tick, and go on from the answer's centre.
- A part that comes after its tick has closed is in no sum. Its house has the answer, and is waited for again
  in the next tick. A house that is missing delays one tick, and none after it.
- A house with a wrong clock opens ticks of its own far away and delays no other.
- Sums that are not finite, or whose centre lies beyond what any frame can hold, are in no answer.
- Nothing grows: TICKS ticks and HOUSES_MAX houses are remembered, the oldest are forgotten first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from typing import Final

import numpy as np

from dreamd.core.limits import HOUSES_MAX
from dreamd.fusion import synchrony
from dreamd.fusion.summary import Summary, merge
from dreamd.fusion.synchrony import PhaseSums

TICKS: Final = 16
"""Ticks remembered, open or closed: four seconds."""
LATELY_HOPS: Final = 4
CENTRE_MOST: Final = 500.0
"""Shared-scale units from zero to any centre: features are within 200 dB, and a scale is 1 dB at least."""

Sums = Summary | PhaseSums
Counts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The sums of some houses at one tick; the answer is a part too, of all houses.

    sender: the house or the reducer. instant: of the grid. centre: identifies scale and r, empty where the
    sums have no centre. houses: those in the sums. counts: assigned, healthy and away in them. halted: the
    cause for which a house of them has severed the whole Dreamscape; empty: none.
    """

    sender: str
    instant: int
    centre: bytes
    sums: Sums
    houses: frozenset[str]
    counts: Counts = (0, 0, 0)
    halted: str = ""

    @property
    def weight(self) -> int:
        """The number of sleepers in the sums."""
        return self.sums.n if isinstance(self.sums, Summary) else len(self.houses)

    @property
    def sound(self) -> bool:
        """Whether the sums are finite, and their centre within CENTRE_MOST; NaN is never sound."""
        sums = self.sums
        if isinstance(sums, PhaseSums):
            return bool(np.isfinite(sums.g).all() and np.isfinite(sums.k).all())
        spread = sums.squares, sums.distances, *sums.x.tolist(), *sums.phase_n.tolist()
        finite = bool(np.isfinite(spread).all() and np.isfinite(sums.phases).all())
        within = bool((np.abs(sums.s) <= CENTRE_MOST * sums.w).all())
        return finite and within and 0.0 <= sums.w < float("inf") and sums.n >= 0


Reply = Callable[[Part | None], object]
Forward = Callable[[Part, Reply], None]


@dataclass(slots=True)
class _Tick:
    """A tick that is open, or handed on to the parent (`sent`)."""

    due_s: float
    parts: dict[str, Part] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    sent: bool = False


def add_up(a: Sums, b: Sums) -> Sums:
    """Return the sums of both, which are of one kind.

    Raises:
        TypeError: they are of two kinds.
    """
    if isinstance(a, Summary) and isinstance(b, Summary):
        return merge(a, b)
    if isinstance(a, PhaseSums) and isinstance(b, PhaseSums):
        return synchrony.merge(a, b)
    raise TypeError(f"{type(a).__name__} and {type(b).__name__} have no sum")


def unite(sender: str, parts: list[Part]) -> Part:
    """Return the sum of the parts at the centre with the most sleepers; at least one part is given."""
    weights: dict[bytes, int] = {}
    for part in parts:
        weights[part.centre] = weights.get(part.centre, 0) + part.weight
    centre = min(weights, key=lambda one: (-weights[one], one))
    agreed = sorted((part for part in parts if part.centre == centre), key=lambda part: part.sender)
    assigned, healthy, away = (sum(part.counts[k] for part in agreed) for k in range(3))
    return Part(
        sender=sender,
        instant=parts[0].instant,
        centre=centre,
        sums=reduce(add_up, (part.sums for part in agreed)),
        houses=frozenset(chain.from_iterable(part.houses for part in agreed)),
        counts=(assigned, healthy, away),
        halted=min((part.halted for part in parts if part.halted), default=""),
    )


class Reduction:
    """The ticks of one Dreamscape at one reducer, of one kind of sums."""

    def __init__(self, name: str, within_s: float, forward: Forward | None = None) -> None:
        """within_s: a tick waits so long after its first part. forward: to the parent; None: the root."""
        self._name, self._within_s, self._forward = name, within_s, forward
        self._ticks: dict[int, _Tick] = {}
        self._closed: dict[int, Part] = {}
        self._last: dict[str, int] = {}
        self._missing: set[str] = set()

    def add_part(self, part: Part, now_s: float, reply: Reply) -> None:
        """Add a part; `reply` is called once, now or later, with the answer, or with None: there is none."""
        if not part.sound:
            reply(None)
            return
        self._note(part)
        tick = self._ticks.get(part.instant)
        if tick is None:
            if part.instant in self._closed:
                reply(self._newest(part.instant))
                return
            tick = self._ticks[part.instant] = _Tick(now_s + self._within_s)
            self._forget()
        tick.replies.append(reply)
        if not tick.sent:
            tick.parts[part.sender] = part
            if self._expected(part.instant) <= tick.parts.keys():
                self._close(part.instant, tick)

    def close_due(self, now_s: float) -> None:
        """Close the ticks that have waited long enough."""
        for instant, tick in sorted(self._ticks.items()):
            if not tick.sent and tick.due_s <= now_s:
                self._close(instant, tick)

    def due_s(self) -> float:
        """When `close_due` has something to do; infinity: not before the next part."""
        return min((tick.due_s for tick in self._ticks.values() if not tick.sent), default=float("inf"))

    def _note(self, part: Part) -> None:
        self._missing.discard(part.sender)
        self._last.pop(part.sender, None)
        self._last[part.sender] = part.instant
        while len(self._last) > HOUSES_MAX:
            self._missing.discard(gone := next(iter(self._last)))
            del self._last[gone]

    def _expected(self, instant: int) -> set[str]:
        lately = range(instant - LATELY_HOPS, instant + 2)
        return {house for house, last in self._last.items() if last in lately} - self._missing

    def _close(self, instant: int, tick: _Tick) -> None:
        self._missing |= self._expected(instant) - tick.parts.keys()
        whole = unite(self._name, list(tick.parts.values()))
        tick.sent = True
        if self._forward is None:
            self._answer(instant, whole)
        else:
            self._forward(whole, lambda answer: self._answer(instant, answer))

    def _answer(self, instant: int, answer: Part | None) -> None:
        tick = self._ticks.pop(instant, None)
        if tick is None:
            return
        if answer is not None:
            self._closed[instant] = replace(answer, sender=self._name)
            while len(self._closed) > TICKS:
                del self._closed[next(iter(self._closed))]
        for reply in tick.replies:
            reply(answer)

    def _newest(self, instant: int) -> Part:
        """The newest answer from this instant on: a late house goes on from there."""
        return self._closed[max(at for at in self._closed if instant <= at <= instant + LATELY_HOPS)]

    def _forget(self) -> None:
        while len(self._ticks) > TICKS:
            oldest = self._ticks.pop(next(iter(self._ticks)))
            for reply in oldest.replies:
                reply(None)
