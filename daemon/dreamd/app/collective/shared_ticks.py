"""The Dreamscapes that this house shares with other houses: the engine that joins them, and their answers.

One thread: the engine's answers are brought to the application's thread before they come here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from dreamd.core.limits import ALONE_WITHIN_S
from dreamd.fusion.reduction import Counts, Part
from dreamd.ports.cohort_engine import CohortEngine, NoEngine

NOBODY: Final[Counts] = (0, 0, 0)
Attempt = Callable[[str, Callable[[], Any], str], object]


class SharedTick(Protocol):
    """The ticks of one shared Dreamscape."""

    @property
    def due_s(self) -> float:
        """Session time at which the open tick gives up waiting; infinity: none is open."""
        ...

    def join_answer(self, answer: Part) -> None:
        """An answer has come, to the open tick or a late one."""
        ...

    def give_up(self) -> None:
        """Close the open tick without an answer."""
        ...


@dataclass(frozen=True, slots=True)
class _Others:
    """The other houses. counts: of those in the newest answer. assigned: when all of `houses` were in one."""

    heard_s: float
    counts: Counts
    houses: frozenset[str]
    assigned: int


_NONE: Final = _Others(0.0, NOBODY, frozenset(), 0)


class SharedTicks:
    """All shared Dreamscapes of this house. house: its name among the houses."""

    def __init__(self) -> None:
        self.engine: CohortEngine = NoEngine()
        self.house = ""
        self._names: frozenset[str] = frozenset()
        self._ticks: dict[str, SharedTick] = {}
        self._others: dict[str, _Others] = {}

    def join(self, engine: CohortEngine, house: str, names: Iterable[str]) -> None:
        """Share the Dreamscapes of these names over this engine; before the first of them starts."""
        self.engine, self.house, self._names = engine, house, frozenset(names)

    def shares(self, dreamscape: str) -> bool:
        """Whether this Dreamscape has sleepers in other houses."""
        return dreamscape in self._names

    def drive(self, dreamscape: str, tick: SharedTick) -> None:
        """Pass this Dreamscape's answers to `tick` from now on."""
        self._ticks[dreamscape] = tick

    def forget_dreamscape(self, dreamscape: str) -> None:
        """It has ended."""
        self._ticks.pop(dreamscape, None)
        self._others.pop(dreamscape, None)

    def pass_answer(self, dreamscape: str, answer: Part) -> None:
        """Pass an answer on."""
        tick = self._ticks.get(dreamscape)
        if tick is not None:
            tick.join_answer(answer)

    def due_s(self) -> float:
        """When `expire` has something to do."""
        return min((tick.due_s for tick in self._ticks.values()), default=float("inf"))

    def expire(self, now_s: float, attempt: Attempt) -> None:
        """Close the ticks that have waited long enough."""
        for name, tick in tuple(self._ticks.items()):
            if tick.due_s <= now_s:
                attempt("tick", tick.give_up, name)

    # -- the others -------------------------------------------------------------------------------

    def note_others(self, dreamscape: str, now_s: float, counts: Counts, houses: frozenset[str]) -> None:
        """These other houses have so many sleepers assigned, healthy and away."""
        known = self._others.get(dreamscape, _NONE)
        if houses >= known.houses:
            self._others[dreamscape] = _Others(now_s, counts, houses, counts[0])
        else:
            self._others[dreamscape] = replace(known, heard_s=now_s, counts=counts)

    def whole(self, dreamscape: str, own: Counts, now_s: float) -> Counts:
        """Return (assigned, healthy, away) of all houses, for the quorum.

        The sleepers of a house that was in the sums and is not now are away, as are all others when no answer
        has come for ALONE_WITHIN_S: a network is no evidence against a person.
        """
        others = self._others.get(dreamscape, _NONE)
        lately = now_s - others.heard_s <= ALONE_WITHIN_S
        there, healthy, away = others.counts if lately else NOBODY
        assigned = max(others.assigned, there)
        return own[0] + assigned, own[1] + healthy, own[2] + away + assigned - there
