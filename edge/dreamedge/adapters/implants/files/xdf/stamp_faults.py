"""Faults of a stream's stamps, repaired or refused before the stamps become slots.

- Stray: a stamp, or a handful in succession, far from those around it. It follows from its neighbours.
- Out of order: whole chunks were swapped and fill the recording without a hole once sorted. They are sorted.
- A clock set back: long stretches on both sides. The samples go on where they were (`timeline`).
- Every other order is refused, with where and how often the stamps go back.
- A leap ahead while the signal goes on: the clock leapt, not the samples. It is told.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.rate_checks import STAMPS
from dreamedge.adapters.implants.files.xdf.timeline import GAP_S
from dreamedge.core.signal.recording_facts import ALIGNMENT, Note
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

HANDFUL: Final = 8
_FAR_S: Final = 1.0
_LONG_S: Final = 5.0
_TAIL_S: Final = 3600.0
_LEAP_S: Final = 1.0
_CONTINUES: Final = 4.0
"""A signal goes on if its step over a leap is below so many standard deviations of its steps."""
_LEAPS_TOLD: Final = 3
_AGO_S: Final = 5.0
_LEAST_SEEN: Final = 16
_DENSER: Final = 1.1
_STEPS_MOST: Final = 1_000_000
"""A median of so many steps is exact enough."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """Stamps float64[n] in s, the samples' order int64[n] or None if it is that of the file, and notes."""

    stamps_s: Doubles
    order: Numbers | None
    notes: tuple[Note, ...]


def repair(stamps_s: Doubles, nominal_hz: float, what: str) -> Repaired:
    """Repair float64[n] stamps, n >= 2.

    Raises:
        ImplantError: the stamps go back in a way that no rule explains.
    """
    rate_hz = robust_rate_hz(stamps_s, nominal_hz)
    stray = np.zeros(len(stamps_s), np.bool_) if _steady(stamps_s, rate_hz) else _stray(stamps_s, rate_hz)
    notes: list[Note] = []
    if stray.any():
        stamps_s = stamps_s.copy()
        numbers = np.arange(len(stamps_s))
        first = int(np.flatnonzero(stray)[0])
        far_s = float(stamps_s[first])
        stamps_s[stray] = _between(numbers[stray], numbers[~stray], stamps_s[~stray], rate_hz)
        away = f"{abs(far_s - stamps_s[first]):.1f} s off" if np.isfinite(far_s) else "no number"
        notes.append(
            Note(
                STAMPS,
                f"{what} has stray stamps on {int(stray.sum())} of its samples "
                f"(the first at sample {first}, {away}); their neighbours place these samples.",
            )
        )
    order = _order(stamps_s, nominal_hz if nominal_hz > 0 else rate_hz, what)
    if order is not None:
        back = int((np.diff(stamps_s) < 0).sum())
        at_s = float(stamps_s[np.flatnonzero(np.diff(stamps_s) < 0)[0]] - stamps_s.min())
        stamps_s = stamps_s[order]
        notes.append(
            Note(
                STAMPS,
                f"{what} has stamps that go back {back} times, first at {at_s:.1f} s: "
                "whole chunks were out of order, and are sorted.",
            )
        )
    return Repaired(stamps_s, order, tuple(notes))


def robust_rate_hz(stamps_s: Doubles, nominal_hz: float) -> float:
    """The median rate over about five seconds, float64[n] stamps; a few false stamps do not change it."""
    count = len(stamps_s)
    lag = round(_AGO_S * nominal_hz) if nominal_hz > 0 else count // 20
    lag = max(1, min(lag, count // 2))
    stride = max(1, count // _STEPS_MOST)
    steps = stamps_s[lag::stride] - stamps_s[:-lag:stride]
    steps = steps[np.isfinite(steps)]
    period_s = float(np.median(steps)) / lag if len(steps) else 0.0
    if period_s > 0:
        return 1.0 / period_s
    return nominal_hz if nominal_hz > 0 else 1.0


def leaps(stamps_s: Doubles, samples: NDArray[Any], rate_hz: float, what: str) -> tuple[Note, ...]:
    """A note on each leap ahead of a second or more over which the signal [n, channels] goes on."""
    found = []
    for at in np.flatnonzero(np.diff(stamps_s) > _LEAP_S + 1 / rate_hz):
        seen = samples[max(0, at - round(_AGO_S * rate_hz)) : at + 1].astype(np.float64)
        if len(seen) < _LEAST_SEEN:
            continue
        spread = np.sqrt(np.mean(np.diff(seen, axis=0) ** 2, axis=0))
        step = np.abs(samples[at + 1].astype(np.float64) - samples[at].astype(np.float64))
        moving = spread > 0
        if moving.any() and bool((step[moving] <= _CONTINUES * spread[moving]).all()):
            found.append((float(stamps_s[at] - stamps_s[0]), float(stamps_s[at + 1] - stamps_s[at])))
    told = found[:_LEAPS_TOLD]
    more = f" {len(found) - len(told)} more such leaps follow." if len(found) > len(told) else ""
    missing_s = sum(leap_s - 1 / rate_hz for _, leap_s in found)
    return tuple(
        Note(
            ALIGNMENT,
            f"{what} leaps ahead {leap_s:.1f} s at {at_s:.1f} s while its signal goes on, and by the "
            f"count of its samples {missing_s:.1f} s are missing in all: its alignment to others "
            f"is doubtful from there.{more}",
        )
        for at_s, leap_s in told
    )


def _stray(stamps_s: Doubles, rate_hz: float) -> NDArray[np.bool_]:
    """Which stamps are no instant of this recording."""
    wrong = ~np.isfinite(stamps_s)
    where = np.flatnonzero(~wrong)
    late = stamps_s[where] - where / rate_hz
    edges = [0, *(np.flatnonzero(np.abs(np.diff(late)) > _FAR_S) + 1), len(where)]
    pieces = [(int(a), int(b)) for a, b in pairwise(edges)]
    if len(pieces) == 1:
        return wrong
    long = [piece for piece in pieces if piece[1] - piece[0] > HANDFUL]
    if not long:
        return wrong
    middles = np.array([(piece[0] + piece[1]) / 2 for piece in long])
    levels = np.array([np.median(late[slice(*piece)]) for piece in long])
    sound = []
    for piece in pieces:
        near = levels[int(np.abs(middles - piece[0]).argmin())]
        if piece in long or abs(late[piece[0]] - near) <= _FAR_S:
            sound.append(piece)
    ends = [piece[1] for piece in sound]
    kept = set(sound)
    sorted_s = np.sort(stamps_s[where])
    for piece in pieces:
        if piece in kept:
            continue
        begin, end = piece
        later = int(np.searchsorted(ends, begin, side="right"))
        before = late[sound[later - 1][1] - 1] if later else None
        after = late[sound[later][0]] if later < len(sound) else None
        if before is not None and after is not None:
            false = abs(after - before) <= _FAR_S
        elif before is not None:
            false = not -_FAR_S <= late[begin] - before <= _TAIL_S
        else:
            false = after is not None and not -_FAR_S <= after - late[begin] <= _TAIL_S
        if false and not _fits(sorted_s, stamps_s[where[begin:end]], rate_hz):
            wrong[where[begin:end]] = True
    return wrong


def _steady(stamps_s: Doubles, rate_hz: float) -> bool:
    """Whether every stamp is a number near the one before, so that none is stray."""
    steps = np.diff(stamps_s)
    steps -= 1 / rate_hz
    return bool(np.abs(steps, out=steps).max() <= _FAR_S)


def _fits(sorted_s: Doubles, piece_s: Doubles, rate_hz: float) -> bool:
    """Whether the stamps of a piece fill a hole of the others: a chunk out of order."""
    first_s, last_s = piece_s.min(), piece_s.max()
    low, high = (
        int(np.searchsorted(sorted_s, first_s, "left")),
        int(np.searchsorted(sorted_s, last_s, "right")),
    )
    if low == 0 or high >= len(sorted_s) or high - low != len(piece_s):
        return False
    most_s = max(GAP_S, 2 / rate_hz)
    before_s, after_s = first_s - sorted_s[low - 1], sorted_s[high] - last_s
    hole_s = sorted_s[high] - sorted_s[low - 1]
    return bool(before_s <= most_s and after_s <= most_s and hole_s >= (len(piece_s) + 0.5) / rate_hz)


def _between(wanted: Numbers, numbers: Numbers, stamps_s: Doubles, rate_hz: float) -> Doubles:
    """Stamps of the samples `wanted`, on the line of the nearest sound samples."""
    late = stamps_s - numbers / rate_hz
    return np.asarray(np.interp(wanted, numbers, late) + wanted / rate_hz, dtype=np.float64)


def _as_dense(sorted_s: Doubles, order: Numbers, rate_hz: float) -> bool:
    """Whether sorting makes no stretch denser than the rate: stretches of one time are no swapped chunks."""
    moved = np.flatnonzero(order != np.arange(len(order)))
    span_s = float(sorted_s[moved[-1]] - sorted_s[moved[0]])
    return bool(moved[-1] - moved[0] + 1 <= _DENSER * (span_s + GAP_S) * rate_hz)


def _order(stamps_s: Doubles, rate_hz: float, what: str) -> Numbers | None:
    """The order that sorts swapped chunks; None if nothing is to be sorted.

    Raises:
        ImplantError: the stamps go back, and neither a swap nor a clock that was set back explains it.
    """
    steps = np.diff(stamps_s)
    back = np.flatnonzero(steps < -1.5 / rate_hz)
    if not len(back):
        return None
    order = np.argsort(stamps_s, kind="stable").astype(np.int64)
    sorted_steps = np.diff(stamps_s[order])
    joined = np.diff(order) != 1
    hole_s = max(GAP_S, 2 / rate_hz)
    whole = bool((sorted_steps[joined] <= hole_s).all() and (sorted_steps[joined] >= 0.5 / rate_hz).all())
    if whole and _as_dense(stamps_s[order], order, rate_hz):
        return order
    if (steps[back] >= -GAP_S).all():
        return None
    far = back[steps[back] < -GAP_S]
    stretches = np.diff([0, *(far + 1), len(stamps_s)])
    if (stretches >= _LONG_S * rate_hz).all():
        return None
    at_s = float(stamps_s[far[0]] - stamps_s[0])
    raise ImplantError(
        f"{what} has stamps that go back {len(far)} times, first at sample {far[0] + 1} ({at_s:.1f} s, by "
        f"{-steps[far[0]]:.2f} s), and sorting them leaves samples in one another's place; "
        "record it again with one sender per stream.",
        STAMPS,
    )
