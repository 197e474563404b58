"""A stream's stamps converted to the recorder's clock by the offsets that the recorder measured.

An offset is recorder minus stream, measured at a stamp of the stream. A clock that was reset begins a segment
of offsets, and each segment has its own fit, as in pyxdf: a straight line under Huber's loss (0.1 ms).

A false offset is dropped. It is a short group of offsets, more than a second from the others, that no reset
explains: the offsets before and after it agree, or it is the first or last while the stream's clock ran on,
or its instant on the recorder's clock is impossible. Outlets that close while they are recorded leave one.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_AGREE_S: Final = 1.0
_RESET_S: Final = 5.0
_RESET_SPREADS: Final = (5.0, 10.0)
"""A reset deviates by so many median deviations in the offsets' instants, and in their values (pyxdf)."""
_HUBER_S: Final = 1e-4
_LEAST: Final = 3
_SHORT: Final = 5
"""A group of at most a fifth of the offsets can be false."""
_PAUSE: Final = 10.0
"""The recorder measures regularly; a break of more intervals is none that a reset explains."""
_ROUNDS: Final = 200


def sound(times_s: Doubles, values_s: Doubles) -> NDArray[np.bool_]:
    """Which offsets are true: bool[n] for instants and values float64[n]."""
    count = len(times_s)
    kept = np.isfinite(times_s) & np.isfinite(values_s)
    where = np.flatnonzero(kept)
    if len(where) < _LEAST:
        return kept
    times, values = times_s[where], values_s[where]
    edges = [0, *(np.flatnonzero(np.abs(np.diff(values)) > _AGREE_S) + 1), len(where)]
    groups = [(int(a), int(b)) for a, b in pairwise(edges)]
    interval_s = float(np.median(np.abs(np.diff(times))))
    for number, (begin, end) in enumerate(groups):
        if len(groups) > 1 and end - begin <= max(1, count // _SHORT):
            before = groups[number - 1] if number else None
            after = groups[number + 1] if number + 1 < len(groups) else None
            if _is_false(times, values, (begin, end), before, after, interval_s):
                kept[where[begin:end]] = False
    return kept


def _is_false(
    times: Doubles,
    values: Doubles,
    group: tuple[int, int],
    before: tuple[int, int] | None,
    after: tuple[int, int] | None,
    interval_s: float,
) -> bool:
    begin, end = group
    if before and after:
        return bool(abs(values[after[0]] - values[begin - 1]) <= _AGREE_S)
    last, first = (begin - 1, begin) if before else (end - 1, end)
    ran_on = 0 <= times[first] - times[last] <= 2 * interval_s
    passed_s = times[first] + values[first] - times[last] - values[last]
    return bool(ran_on or not 0 <= passed_s <= _PAUSE * max(interval_s, _RESET_S))


def segments(times_s: Doubles, values_s: Doubles) -> tuple[tuple[int, int], ...]:
    """The ranges [begin, end) of offsets between resets of the stream's clock."""
    steps = np.diff(times_s)
    leaps = _apart(steps, _RESET_S, _RESET_SPREADS[0])
    leaps &= _apart(np.diff(values_s), _AGREE_S, _RESET_SPREADS[1])
    edges = [0, *(np.flatnonzero((steps < 0) | leaps) + 1), len(times_s)]
    return tuple((int(a), int(b)) for a, b in pairwise(edges))


def on_recorder(stamps_s: Doubles, times_s: Doubles, values_s: Doubles) -> tuple[Doubles, tuple[int, ...]]:
    """Stamps float64[n] on the recorder's clock, and the numbers of the samples that begin a segment."""
    moved = stamps_s.copy()
    ranges = segments(times_s, values_s) if len(times_s) else ()
    begin, resets = 0, []
    for number, (first, end) in enumerate(ranges):
        stop = len(stamps_s)
        if number + 1 < len(ranges):
            rest = stamps_s[begin:]
            nearer = np.abs(rest - times_s[end - 1]) < np.abs(rest - times_s[end])
            # The split that most stamps agree with: one stray stamp does not move it.
            score = np.concatenate([[0], np.cumsum(np.where(nearer, 1, -1))])
            stop = begin + int(np.argmax(score))
        offset_s, drift = _line(times_s[first:end], values_s[first:end])
        moved[begin:stop] += offset_s + drift * (stamps_s[begin:stop] - times_s[first])
        if begin and begin < stop:
            resets.append(begin)
        begin = stop
    return moved, tuple(resets)


def _apart(steps: Doubles, least_s: float, spreads: float) -> NDArray[np.bool_]:
    away = np.abs(steps - np.median(steps)) if len(steps) else steps
    spread = float(np.median(away)) if len(steps) else 0.0
    return (away > least_s) & (away > spreads * (spread + np.finfo(float).eps))


def _line(times_s: Doubles, values_s: Doubles) -> tuple[float, float]:
    """Offset at the first instant and drift, by Huber's loss."""
    if len(times_s) == 1 or not np.ptp(times_s) > 0:
        return float(np.median(values_s)), 0.0
    passed = times_s - times_s[0]
    weights = np.ones(len(passed))
    offset, drift = float(np.median(values_s)), 0.0
    for _ in range(_ROUNDS):
        mean = float(weights @ passed) / float(weights.sum())
        level = float(weights @ values_s) / float(weights.sum())
        spread = float(weights @ (passed - mean) ** 2)
        slope = float(weights @ ((passed - mean) * (values_s - level))) / spread if spread > 0 else 0.0
        was, (offset, drift) = (offset, drift), (level - slope * mean, slope)
        away = np.abs(values_s - offset - drift * passed)
        weights = np.minimum(1.0, _HUBER_S / np.maximum(away, 1e-12))
        if abs(was[0] - offset) < 1e-9 and abs(was[1] - drift) * passed[-1] < 1e-9:  # noqa: PLR2004 - 1 ns
            break
    return offset, drift
