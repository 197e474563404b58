"""Rates of rare events: Wilson's interval under a design effect, and the upper limit of a Poisson count.

Sources: Wilson 1927; Kish, Survey Sampling, 1965 (deff = 1 + (m0 - 1) ICC); the intraclass correlation and m0
of unequal groups by one-way ANOVA (Donner & Koval 1980); Garwood 1936 (exact Poisson limits).
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, fsum, inf, isfinite, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
UPPER: Final = 0.90


def wilson(
    events: float, of: float, deff: float = 1.0, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return Wilson's interval of a share, on `of / deff` observations.

    Raises:
        ValueError: `of` is not above 0, events lie outside 0 to `of`, or deff is below 1.
    """
    if not (isfinite(of) and of > 0.0 and 0.0 <= events <= of and 1.0 <= deff < inf):
        raise ValueError(f"{events} events of {of} with a design effect of {deff} make no share")
    share, n = events / of, of / deff
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    middle = share + z * z / (2.0 * n)
    half = z * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def design_effect(groups: Sequence[Sequence[float]]) -> float:
    """Return how much less the observations of the same sleepers tell; at least 1. groups: one a sleeper.

    1 where no sleeper has two observations or all are equal: there is nothing to correlate.
    """
    sizes = [len(group) for group in groups if group]
    k, n = len(sizes), sum(sizes)
    if k <= 1 or n <= k:
        return 1.0
    means = [sum(group) / len(group) for group in groups if group]
    whole = sum(size * mean for size, mean in zip(sizes, means, strict=True)) / n
    between = sum(size * (mean - whole) ** 2 for size, mean in zip(sizes, means, strict=True)) / (k - 1)
    parts = zip((group for group in groups if group), means, strict=True)
    within = sum((value - mean) ** 2 for group, mean in parts for value in group) / (n - k)
    m0 = (n - sum(size * size for size in sizes) / n) / (k - 1)
    total = between + (m0 - 1.0) * within
    if not total > 0.0:
        return 1.0
    return max(1.0, 1.0 + (m0 - 1.0) * (between - within) / total)


@lru_cache(maxsize=64)
def poisson_upper(events: int, confidence: float = UPPER) -> float:
    """Return the mean below which so few events have a chance of at most 1 - confidence.

    Raises:
        ValueError: events is below 0.
    """
    if events < 0:
        raise ValueError(f"{events} events, expected a count from 0")
    low, high = 0.0, events + 10.0 * sqrt(events + 1.0) + 10.0
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (middle, high) if _at_most(events, middle) > 1.0 - confidence else (low, middle)
    return (low + high) / 2.0


def _at_most(events: int, mean: float) -> float:
    """Return the Poisson chance of at most so many events."""
    if mean <= 0.0:
        return 1.0
    return fsum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(events + 1))
