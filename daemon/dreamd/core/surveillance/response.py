"""Exposure-response: how the chance of a low check-in goes with the dose that was planned for the night.

The planned dose counts, as in intention to treat: people on a bad night leave early, so the dose they lived
makes a harmful merge look protective. The slope is a logistic regression with Firth's penalty (Firth 1993),
which is finite where no event falls on one side. Its errors are by sleeper (the sandwich of Liang & Zeger
1986, with m / (m - 1)), and its interval is Student's with m - 1 degrees of freedom.

Rules
- Below SLEEPERS_LEAST sleepers or EVENTS_LEAST events there is no slope: it is refused, with both counts.
- Observations of one sleeper stand together, whatever their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, exp, isfinite, lgamma, log, pi, sqrt
from typing import Final

from dreamd.core.refusals import Code, Refusal

SLEEPERS_LEAST: Final = 20
EVENTS_LEAST: Final = 10
STEPS_MOST: Final = 200
STEP_MOST: Final = 2.0
"""The most a coefficient moves in one step, log-odds."""
SETTLED: Final = 1e-10
HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Morning:
    """One night and its morning. sleeper: any number that stands for one person. dose_min: planned."""

    sleeper: int
    dose_min: float
    low: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """Log-odds at dose 0 and a unit of dose, and the model's own standard errors."""

    intercept: float
    slope: float
    intercept_se: float
    slope_se: float


@dataclass(frozen=True, slots=True)
class Response:
    """The slope a merge-minute, its standard error by sleeper, and its 95 % interval."""

    fit: Fit
    slope_se: float
    low: float
    high: float
    sleepers: int
    events: int


def firth(doses: Sequence[float], events: Sequence[bool]) -> Fit:
    """Return the logistic regression of events on doses, with Firth's penalty.

    Raises:
        ValueError: the lengths differ, a dose is not finite, all doses are equal, or it does not settle.
    """
    if len(doses) != len(events) or not all(map(isfinite, doses)) or len(set(doses)) <= 1:
        raise ValueError("expected as many events as doses, all finite, and two different doses at least")
    at, scale = min(doses), max(doses) - min(doses)
    units = [(dose - at) / scale for dose in doses]
    a = b = 0.0
    for _ in range(STEPS_MOST):
        weights, information = _information(units, a, b)
        inverse = _inverse(information)
        score_a = score_b = 0.0
        for x, low, w in zip(units, events, weights, strict=True):
            p = _chance(a + b * x)
            h = w * (inverse[0] + 2.0 * inverse[1] * x + inverse[2] * x * x)
            residual = low - p + h * (0.5 - p)
            score_a += residual
            score_b += residual * x
        step_a = _limited(inverse[0] * score_a + inverse[1] * score_b)
        step_b = _limited(inverse[1] * score_a + inverse[2] * score_b)
        a, b = a + step_a, b + step_b
        if max(abs(step_a), abs(step_b)) < SETTLED:
            break
    else:
        raise ValueError(f"the regression of {len(doses)} mornings does not settle")
    slope = b / scale
    inverse = _inverse(_information(units, a, b)[1])
    move = at / scale
    variance = inverse[0] - 2.0 * move * inverse[1] + move * move * inverse[2]
    return Fit(a - slope * at, slope, sqrt(variance), sqrt(inverse[2]) / scale)


def response(mornings: Sequence[Morning]) -> Response | Refusal:
    """Return the slope over these mornings; refused where they are too few."""
    sleepers = {one.sleeper for one in mornings}
    events = sum(one.low for one in mornings)
    doses = [one.dose_min for one in mornings]
    if not (len(sleepers) >= SLEEPERS_LEAST and events >= EVENTS_LEAST):
        sentence = (
            f"{len(sleepers)} sleepers and {events} low check-ins tell no slope; "
            f"it takes {SLEEPERS_LEAST} sleepers and {EVENTS_LEAST} low check-ins"
        )
        return Refusal(Code.NOT_MEASURED, sentence)
    if len(set(doses)) <= 1:
        return Refusal(Code.NOT_MEASURED, "each night had the same planned dose, so there is no slope")
    fit = firth(doses, [one.low for one in mornings])
    se = _sandwich(mornings, fit)
    reach = student(0.975, len(sleepers) - 1) * se
    return Response(fit, se, fit.slope - reach, fit.slope + reach, len(sleepers), events)


def _sandwich(mornings: Sequence[Morning], fit: Fit) -> float:
    """Return the standard error of the slope from the scores of each sleeper."""
    doses = [one.dose_min for one in mornings]
    inverse = _inverse(_information(doses, fit.intercept, fit.slope)[1])
    scores: dict[int, float] = {}
    for one in mornings:
        residual = one.low - _chance(fit.intercept + fit.slope * one.dose_min)
        pulled = residual * (inverse[1] + inverse[2] * one.dose_min)
        scores[one.sleeper] = scores.get(one.sleeper, 0.0) + pulled
    m = len(scores)
    return sqrt(m / (m - 1) * sum(score * score for score in scores.values()))


def _chance(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-max(-500.0, min(500.0, log_odds))))


def _information(
    doses: Sequence[float], a: float, b: float
) -> tuple[list[float], tuple[float, float, float]]:
    """Return p (1 - p) of each, and the information matrix as (aa, ab, bb)."""
    chances = [_chance(a + b * x) for x in doses]
    weights = [p * (1.0 - p) for p in chances]
    aa = sum(weights)
    ab = sum(w * x for w, x in zip(weights, doses, strict=True))
    bb = sum(w * x * x for w, x in zip(weights, doses, strict=True))
    return weights, (aa, ab, bb)


def _inverse(matrix: tuple[float, float, float]) -> tuple[float, float, float]:
    aa, ab, bb = matrix
    det = aa * bb - ab * ab
    if not det > 0.0:
        raise ValueError("the mornings do not tell intercept and slope apart")
    return bb / det, -ab / det, aa / det


def _limited(step: float) -> float:
    return max(-STEP_MOST, min(STEP_MOST, step))


def student(share: float, degrees: int) -> float:
    """Return the quantile of Student's distribution, share above .5, by bisection on its integral.

    Raises:
        ValueError: share is not between .5 and 1, or degrees is below 1.
    """
    if not (HALF < share < 1.0 and degrees >= 1):
        raise ValueError(f"a quantile of {share} with {degrees} degrees of freedom")
    low, high = 0.0, 1.0
    while _student_below(high, degrees) < share:
        high *= 2.0
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _student_below(middle, degrees) < share else (low, middle)
    return (low + high) / 2.0


def _student_below(t: float, degrees: int) -> float:
    """Return the chance of a value below t; with t = sqrt(n) tan(u) it integrates a power of cosine."""
    log_scale = lgamma((degrees + 1) / 2.0) - lgamma(degrees / 2.0) - 0.5 * log(degrees * pi)
    end, parts = atan(t / sqrt(degrees)), 400
    width = end / parts
    total = 0.0
    for part in range(parts + 1):
        weight = 1.0 if part in (0, parts) else (4.0 if part % 2 else 2.0)
        total += weight * cos(part * width) ** (degrees - 1)
    return 0.5 + exp(log_scale) * sqrt(degrees) * total * width / 3.0
