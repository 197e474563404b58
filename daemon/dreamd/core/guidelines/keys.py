"""The closed vocabulary of clauses: every key, its unit, the place that enforces it, and its hard bounds.

A clause names one key and sets its limit. The key knows the direction in which a limit is tighter, so no
revision has to state whether it loosens. The bounds are the constitution: no ratification passes them.

Rules
- A principle has no limit of its own. Its value is fixed here, and a bundle without its clause is refused.
- Each key judges one fact, a number. A fact that is missing or NaN is refused.
- `calibration_days` judges nothing by itself: below it, `dose_new_min` judges in addition.
- The keys of exchange, report, clinic and moratoria bind those institutions; nothing else judges by them.
- `alarm_cap_share` holds while an alarm of surveillance stands. `watch_rate` is its declared rate, where the
  clause states a basis.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dreamd.core.guidelines.forms import Form, Key, Only, Place, Tighter
from dreamd.core.limits import (
    ANCHOR_MOST_MIN,
    ARTIST_SHARE_MOST,
    ARTIST_SHARE_SLEW_MOST,
    ARTIST_SLEW_MOST,
    CALIBRATION_LIVE_S,
    CEILING_INTIMATE,
    DOSE_DAY_MOST_MIN,
    GUIDELINE_CAP,
    RAMP_MIN_S,
    REPORT_PEOPLE_LEAST,
    SESSION_MAX_S,
)

_N, _W, _H, _P = Form.NUMBER, Form.WHOLE, Form.HOURS, Form.PRINCIPLE
_LOW, _HIGH, _IN = Tighter.LOWER, Tighter.HIGHER, Tighter.WITHIN
_DOSE: Final = "merge-minutes"
_INTIMATE, _SHARE_SLEW = (0.0, CEILING_INTIMATE), (0.0, ARTIST_SHARE_SLEW_MOST)
_DAY, _WEEK = (0.0, DOSE_DAY_MOST_MIN), (0.0, 7.0 * DOSE_DAY_MOST_MIN)

# fmt: off
_ALL: Final = (
    Key("adults_only", _P, "", Place.ADMISSION, _HIGH, "adult", (1.0, 1.0)),
    Key("no_reward", _P, "", Place.PLAN, _LOW, "rewards", (0.0, 0.0)),
    Key("wake_never_refused", _P, "", Place.POD, _LOW, "wakes_refused", (0.0, 0.0)),
    Key("ceiling", _N, "coupling", Place.PLAN, _LOW, "ceiling", (0.0, GUIDELINE_CAP)),
    Key("ceiling_intimate", _N, "coupling", Place.ASSIGN, _LOW, "coupling", _INTIMATE, Only.INTIMATE),
    Key("ramp_s", _N, "s", Place.PLAN, _HIGH, "ramp_s", (RAMP_MIN_S, SESSION_MAX_S)),
    Key("calibration_s", _N, "s", Place.ADMISSION, _HIGH, "calibrated_s", (CALIBRATION_LIVE_S, 3600.0)),
    Key("calibration_days", _W, "days", Place.ADMISSION, _HIGH, "calibration_days", (1.0, 365.0), Only.NEVER),
    Key("dose_24h_min", _N, _DOSE, Place.ADMISSION, _LOW, "dose_24h_min", _DAY),
    Key("dose_7d_min", _N, _DOSE, Place.ADMISSION, _LOW, "dose_7d_min", _WEEK),
    Key("dose_new_min", _N, _DOSE, Place.ADMISSION, _LOW, "dose_24h_min", _DAY, Only.NEW),
    Key("artist_share", _N, "", Place.PLAN, _LOW, "artist_share", (0.0, ARTIST_SHARE_MOST)),
    Key("artist_slew", _N, "1/s", Place.ARTIST, _LOW, "artist_slew", (0.0, ARTIST_SLEW_MOST)),
    Key("artist_share_slew", _N, "1/s", Place.ARTIST, _LOW, "artist_share_slew", _SHARE_SLEW),
    Key("no_commercial", _P, "", Place.PLAN, _LOW, "commercial", (0.0, 0.0)),
    Key("hours", _H, "", Place.MORATORIUM, _IN, "minute_of_day"),
    Key("rest_h", _N, "h", Place.MORATORIUM, _HIGH, "rested_h", (1.0, 336.0)),
    Key("watch_rate", _N, "1/night", Place.REPORT, _LOW, "harm_rate", (0.0, 0.1)),
    Key("alarm_cap_share", _N, "", Place.ASSIGN, _LOW, "cap_share_in_alarm", (0.0, 0.5)),
    Key("reserve_crisis", _N, "", Place.EXCHANGE, _HIGH, "crisis_share", (0.0, 1.0)),
    Key("reserve_community", _N, "", Place.EXCHANGE, _HIGH, "community_share", (0.0, 1.0)),
    Key("levy", _N, "", Place.EXCHANGE, _HIGH, "levy_share", (0.0, 1.0)),
    Key("report_people", _W, "people", Place.REPORT, _HIGH, "cell_people", (REPORT_PEOPLE_LEAST, 1000.0)),
    Key("report_days", _W, "days", Place.REPORT, _HIGH, "period_days", (7.0, 366.0)),
    Key("retain_days", _W, "days", Place.REPORT, _LOW, "retained_days", (0.0, 36500.0), absent=0.0),
    Key("case_now_min", _N, "min", Place.CLINIC, _LOW, "now_waited_min", (0.0, 60.0)),
    Key("case_today_h", _N, "h", Place.CLINIC, _LOW, "today_waited_h", (0.0, 24.0)),
    Key("case_soon_h", _N, "h", Place.CLINIC, _LOW, "soon_waited_h", (0.0, 168.0)),
    Key("anchor_min", _N, "min", Place.CLINIC, _LOW, "anchor_min", (0.0, ANCHOR_MOST_MIN)),
)
# fmt: on

KEYS: Final[Mapping[str, Key]] = MappingProxyType({key.name: key for key in _ALL})
"""Every key by its name."""

ADMISSION_FACTS: Final = (
    "adult",
    "ceiling",
    "people",
    "ramp_s",
    "calibrated_s",
    "calibration_days",
    "dose_24h_min",
    "dose_7d_min",
    "artist_share",
    "commercial",
    "minute_of_day",
    "rested_h",
    "planned_min",
)
"""The facts of an admission that are kept, in this order: numbers, no pseudonym."""


def markdown() -> str:
    """Return the vocabulary as the table of docs/reference.md."""
    lines = ["| key | judges | unit | enforced at | tighter | bounds |", "|---|---|---|---|---|---|"]
    for key in KEYS.values():
        fixed = (
            f"always {key.bounds[0]:g}"
            if key.form is Form.PRINCIPLE
            else f"{key.bounds[0]:g} to {key.bounds[1]:g}"
        )
        bounds = "a window" if key.form is Form.HOURS else fixed
        optional = " (optional)" if key.optional else ""
        cells = (f"`{key.name}`{optional}", f"`{key.fact}`", key.unit or "-", key.place.value)
        lines.append(f"| {' | '.join(cells)} | {key.tighter.value} | {bounds} |")
    return "\n".join(lines) + "\n"


assert len(KEYS) == len(_ALL), "each key once"
