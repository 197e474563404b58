"""Pull: how far a waking sitting lies from the sleeper's own mean towards the collective they were in.

`pull = (x - T).(m - T) / |m - T|^2`: 0 is oneself, 1 is the group. x is a sitting of 120 s with eyes closed,
T the sleeper's own mean over at least three calibration days, m the collective of the night.

Restored (a): the mean of the last SITTINGS sittings, on different days, plus 1.645 s sqrt(1/K + 1/B) lies
below PULL_RESTORED; s is the larger of the sleeper's own and the pooled standard deviation, K the sittings,
B the baseline days.

Rules
- Without a baseline of BASELINE_DAYS days, or where the group's centre lies within CENTRE_LEAST of the
  sleeper, pull cannot be measured, and that is said. It is never a number then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from statistics import stdev
from typing import Final

from dreamd.core.refusals import Code, Refusal

BASELINE_DAYS: Final = 3
SITTINGS: Final = 3
PULL_RESTORED: Final = 0.3
PULL_NOW: Final = 0.5
"""A pull from which a case is of level 1."""
CENTRE_LEAST: Final = 1.5
"""The least distance of the collective from the sleeper's own mean, in units of the shared scale."""
ONE_SIDED_95: Final = 1.645
POOLED_SD: Final = 0.15
"""An assumption: the standard deviation of pull from day to day in people at rest, with drift .35."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """The pull of one sitting. day: the day's number, so that two of one day count once."""

    day: int
    pull: float


def pull(
    sitting: Sequence[float], own: Sequence[float], collective: Sequence[float], days: int
) -> float | Refusal:
    """Return the pull of a sitting. sitting, own, collective: shape (D,). days: of the own mean."""
    if not len(sitting) == len(own) == len(collective) or not sitting:
        raise ValueError(f"shapes {len(sitting)}, {len(own)}, {len(collective)} are not one shape")
    if not days >= BASELINE_DAYS:
        return _cannot(f"the own mean is of {days} calibration days, it takes {BASELINE_DAYS}")
    towards = [m - t for m, t in zip(collective, own, strict=True)]
    length2 = fsum(part * part for part in towards)
    far = sqrt(length2) if length2 >= 0.0 else length2
    if not (isfinite(far) and far >= CENTRE_LEAST):
        return _cannot("the collective lies too near to the sleeper's own pattern")
    away = fsum((x - t) * part for x, t, part in zip(sitting, own, towards, strict=True))
    found = away / length2
    return found if isfinite(found) else _cannot("the sitting holds something that is not a number")


def upper_pull(sittings: Sequence[Sitting], baseline: Sequence[float]) -> float | Refusal:
    """Return the upper limit of the last sittings' mean; below PULL_RESTORED the sleeper is themselves again.

    baseline: the pulls of the baseline days, each against the mean of the others.
    """
    by_day = {one.day: one.pull for one in sorted(sittings, key=lambda one: one.day)}
    last = [by_day[day] for day in sorted(by_day)][-SITTINGS:]
    if len(last) != SITTINGS:
        return _cannot(f"{len(last)} sittings on different days, it takes {SITTINGS}")
    if not len(baseline) >= BASELINE_DAYS:
        return _cannot(f"{len(baseline)} baseline days, it takes {BASELINE_DAYS}")
    spread = max(stdev(baseline), POOLED_SD)
    upper = fsum(last) / SITTINGS + ONE_SIDED_95 * spread * sqrt(1.0 / SITTINGS + 1.0 / len(baseline))
    return upper if isfinite(upper) else _cannot("a sitting holds something that is not a number")


def _cannot(why: str) -> Refusal:
    return Refusal(Code.NOT_MEASURED, f"pull cannot be measured: {why}")
