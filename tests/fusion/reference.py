"""The collective computed slowly, one sleeper at a time in float64, sharing no code with the fusion."""

import math
from dataclasses import dataclass

Vector = list[float]


@dataclass
class Sleeper:
    """One frame's content, on the shared scale before the clip."""

    raw: Vector
    age: int
    quality: float
    was_good: bool
    allowed: bool

    @property
    def x(self) -> Vector:
        """The state after the clip."""
        return [min(6.0, max(-6.0, value)) for value in self.raw]

    @property
    def eligible(self) -> bool:
        """DESIGN 7.2, taken literally."""
        good = self.quality >= 0.5 or (self.was_good and self.quality >= 0.4)
        return self.allowed and good and -1 <= self.age <= 2 and all(map(math.isfinite, self.raw))


def distance(a: Vector, b: Vector) -> float:
    """Euclidean."""
    return math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True)))


def sums(states: list[Vector], r: Vector) -> tuple[Vector, float]:
    """S and W at r."""
    s, w = [0.0] * len(r), 0.0
    for x in states:
        weight = 1.0 / max(distance(x, r), 1.0)
        s = [total + weight * value for total, value in zip(s, x, strict=True)]
        w += weight
    return s, w


def mean(states: list[Vector]) -> Vector:
    """Arithmetic mean."""
    return [sum(column) / len(states) for column in zip(*states, strict=True)]


def step(states: list[Vector], r: Vector) -> Vector:
    """One Weiszfeld step."""
    s, w = sums(states, r)
    return [value / w for value in s]


def settled(states: list[Vector], r: Vector, most: int = 12) -> Vector:
    """Up to twelve steps, until one is no longer than a thousandth."""
    for _ in range(most):
        m = step(states, r)
        moved = distance(m, r)
        r = m
        if moved <= 1e-3:
            break
    return r


def dispersion(states: list[Vector], m: Vector) -> float:
    """Mean squared distance to m."""
    return sum(distance(x, m) ** 2 for x in states) / len(states)
