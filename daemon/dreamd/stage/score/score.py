"""A score: the vector and the share that an artist wants at each instant, and named cues.

| part | meaning |
|---|---|
| move | at its instant, vector and share have been reached, from the move before, along its curve |
| curve | `cosine`: (1 - cos pi u) / 2 of the way, at rest at both ends; `linear`: u of the way |
| cue | a name that the journal keeps, as a marker |

Rules
- A score begins at 0 s from the zero vector and share 0, as each lead does. After the last move both are held
  until the score is over.
- Before its beginning, after its end and at an instant that is not a number, nothing is wanted: share 0.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import cos, pi
from typing import Final

from dreamwire.schema import Schema

Lead = tuple[tuple[float, ...], float]
"""A vector of D numbers on the shared scale, and its share 0..1."""


class Curve(Enum):
    """The way from one move to the next."""

    COSINE = "cosine"
    LINEAR = "linear"

    def reached(self, time: float) -> float:
        """Return the share of the way after this share of the time, both 0..1."""
        return _WAYS[self](time)

    @property
    def steepest(self) -> float:
        """The fastest rate on the way, over the average one."""
        return pi / 2.0 if self is Curve.COSINE else 1.0


_WAYS: Final[dict[Curve, Callable[[float], float]]] = {
    Curve.COSINE: lambda u: (1.0 - cos(pi * u)) / 2.0,
    Curve.LINEAR: lambda u: u,
}


@dataclass(frozen=True, slots=True)
class Move:
    """Where the lead is at an instant. curve: of the way to it; line: in the file, 0 for the beginning."""

    at_s: float
    vector: tuple[float, ...]
    share: float
    curve: Curve
    line: int

    @property
    def lead(self) -> Lead:
        """Vector and share."""
        return self.vector, self.share


@dataclass(frozen=True, slots=True)
class Cue:
    """A named instant."""

    at_s: float
    name: str


@dataclass(frozen=True)
class Score:
    """A score as it was read.

    moves: in the order of their times, at least one. share_most: the largest share of any. sha256: of the
    file's bytes, hexadecimal. lines: of the members that a judgement may name.
    """

    title: str
    artist: str
    schema: Schema
    duration_s: float
    share_most: float
    commercial: bool
    moves: tuple[Move, ...]
    cues: tuple[Cue, ...]
    sha256: str
    lines: dict[str, int]

    @cached_property
    def zero(self) -> Lead:
        """The lead that changes nothing."""
        return (0.0,) * self.schema.size, 0.0

    @cached_property
    def way(self) -> tuple[Move, ...]:
        """The moves, with the beginning in front of a first move that comes later."""
        if self.moves[0].at_s == 0.0:
            return self.moves
        return (Move(0.0, *self.zero, Curve.LINEAR, 0), *self.moves)

    @cached_property
    def _times(self) -> tuple[float, ...]:
        return tuple(move.at_s for move in self.way)

    def lead_at(self, at_s: float) -> Lead:
        """Return vector and share wanted at this second of the score."""
        if not 0.0 <= at_s <= self.duration_s:
            return self.zero
        after = bisect_right(self._times, at_s)
        start = self.way[after - 1]
        if after == len(self.way):
            return start.lead
        end = self.way[after]
        reached = end.curve.reached((at_s - start.at_s) / (end.at_s - start.at_s))
        vector = tuple(v + (w - v) * reached for v, w in zip(start.vector, end.vector, strict=True))
        return vector, start.share + (end.share - start.share) * reached

    def cues_until(self, after_s: float, until_s: float) -> tuple[Cue, ...]:
        """Return the cues after one second of the score and not after another, in order."""
        return tuple(cue for cue in self.cues if after_s < cue.at_s <= until_s)
