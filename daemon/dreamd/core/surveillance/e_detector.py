"""The e-detector: an alarm when nights with harm come more often than the declared rate.

The unit is one Dreamscape-night: whether any case arose in it, and its sleeper-nights. A night is the
product over its Dreamscapes; a night without a Dreamscape changes nothing. Each alternative is a rate ratio
RR in RATIOS with the evidence R_RR <- (1 + R_RR) e_RR, where e_RR is the likelihood ratio of the night
against the declared rate. The value is the mean of R over RATIOS. Under any rate up to the declared one,
value - nights is a supermartingale, so the mean number of nights to a false alarm is at least the threshold
(Shin, Ramdas & Rinaldo, E-detectors, 2022).

Rules
- Nothing is judged until a rate is declared: the detector is blind, and says so.
- The threshold is NIGHTS_LEAST for each kind that is watched: at most one false alarm in ten years on
  average.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, expm1, inf, isfinite
from typing import Final

RATIOS: Final = (1.25, 1.5, 2.0, 3.0, 5.0)
NIGHTS_LEAST: Final = 3650.0
SLEEPER_NIGHTS_LEAST: Final = 500.0
"""Sleeper-nights from which a rate can be declared."""


@dataclass(frozen=True, slots=True)
class Night:
    """One Dreamscape in one night. sleepers: sleeper-nights, above 0. harmed: a case of level 1 to 3."""

    sleepers: float
    harmed: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence by rate ratio, in the order of RATIOS; 0 at the start and after an alarm was lifted."""

    by_ratio: tuple[float, ...] = (0.0,) * len(RATIOS)

    @property
    def value(self) -> float:
        """The mean over the ratios."""
        return sum(self.by_ratio) / len(self.by_ratio)

    def alarms(self, kinds: int) -> bool:
        """Whether this is an alarm where so many kinds are watched. A value that is no number is one."""
        ok = self.value < NIGHTS_LEAST * kinds
        return not ok


def observe(evidence: Evidence, nights: Sequence[Night], rate: float) -> Evidence:
    """Return the evidence after one night with these Dreamscapes.

    rate: declared cases a sleeper-night, above 0.

    Raises:
        ValueError: the rate, or a number of sleeper-nights, is not above 0 and finite.
    """
    if not (isfinite(rate) and rate > 0.0):
        raise ValueError(f"the declared rate is {rate}, expected cases a sleeper-night above 0")
    counted = [one for one in nights if _counts(one)]
    if not counted:
        return evidence
    after = tuple(
        (1.0 + held) * _likelihood_ratio(counted, rate, ratio)
        for held, ratio in zip(evidence.by_ratio, RATIOS, strict=True)
    )
    return Evidence(after)


def _counts(night: Night) -> bool:
    if not (isfinite(night.sleepers) and night.sleepers > 0.0):
        raise ValueError(f"a Dreamscape of {night.sleepers} sleeper-nights, expected a number above 0")
    return True


def _likelihood_ratio(nights: Sequence[Night], rate: float, ratio: float) -> float:
    """Return the product over the Dreamscapes; infinity where it passes what a float holds."""
    product = 1.0
    for night in nights:
        usual = rate * night.sleepers
        more = ratio * usual
        product *= expm1(-more) / expm1(-usual) if night.harmed else exp(usual - more)
    return product if isfinite(product) else inf
