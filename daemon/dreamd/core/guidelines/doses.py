"""The limits of dose that a revision sets for a sleeper.

A sleeper with fewer calibration days than the clause asks is a walk-in: the walk-in's dose limits 24 hours,
where it is lower.
"""

from dreamd.core.exposure.dose import DoseLimits
from dreamd.core.guidelines.bundle import Bundle


def dose_limits(bundle: Bundle, calibration_days: float) -> DoseLimits:
    """Return the limits that a revision sets for a sleeper with so many calibration days; NaN: a walk-in."""
    day, week, new = (bundle.by_key[key] for key in ("dose_24h_min", "dose_7d_min", "dose_new_min"))
    day_min, new_min = bundle.number("dose_24h_min"), bundle.number("dose_new_min")
    full = calibration_days >= bundle.number("calibration_days") or not new_min < day_min
    day_clause, day_min = (day, day_min) if full else (new, new_min)
    week_min = bundle.number("dose_7d_min")
    return DoseLimits(day_min, week_min, day_clause.name, week.name, bundle.revision)
