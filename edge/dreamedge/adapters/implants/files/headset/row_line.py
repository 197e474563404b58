"""Rows on a line of slots: by the packet counter within a stretch, by the stamps between stretches.

Stamps of a headset arrive in bursts, and several rows share one. A counter is exact, but knows a loss only up
to whole turns. So the counter gives each row its number, and the stamps are read against these numbers
(`timeline`).

Where the stamps show a gap
- its length is that of the counter and so many whole turns as the stamps show, if both agree;
- there is none if the counter goes on and no number of turns explains it: the clock leapt;
- the stamps decide if the counter does not go on, because the device was started again.
Where the stamps go back by more than a second, the clock was set, and the samples go on.

A radio that stalls for seconds and then delivers all of it is no gap either: its stamps fall back to the line
on which they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.headset.packet_counter import Counted
from dreamedge.adapters.implants.files.xdf.timeline import GAP_S, timeline

Doubles = NDArray[np.float64]
Numbers = NDArray[np.int64]

_NEAR_S: Final = 0.1
"""Stamps of a stretch show its beginning this well."""
_SET_BACK_S: Final = 1.0
_STALL_S: Final = 0.8
"""Shorter stalls do not hide the line from the timeline, which looks a second ahead."""
_STALLED_MOST_S: Final = 30.0
_STALLS_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """The slot of every row, int64[n], ascending, and the measured rate.

    stalls: how often a burst followed a stall. stamps_s: float64[n], without stalls and denied leaps.
    denied: leaps of the clock that no sample followed, as seconds from the first row and their size in s,
    below 0 where it was set back.
    """

    at: Numbers
    rate_hz: float
    stalls: int
    stamps_s: Doubles
    denied: tuple[tuple[float, float], ...] = ()


def on_line(stamps_s: Doubles, counted: Counted | None, assumed_hz: float, breaks: Sequence[int]) -> Line:
    """Put rows on a line by their stamps, float64[n], n >= 2, and their packet counter.

    assumed_hz: near the true rate. breaks: rows that begin another recording.
    """
    numbers = np.arange(len(stamps_s)) if counted is None else counted.numbers
    restarts = {row for row in breaks if 0 < row < len(numbers)}
    if counted is not None:
        # A long loss by the counter may as well be a restart of the device: the stamps decide.
        restarts |= {int(row) + 1 for row in np.flatnonzero(np.diff(numbers) > GAP_S * assumed_hz + 1)}
    resets = tuple(int(numbers[row]) for row in sorted(restarts))
    stamps_s, stalls = without_stalls(_with_lost(stamps_s, numbers, assumed_hz), assumed_hz)
    lines = timeline(stamps_s, assumed_hz, resets)
    stamps_s = stamps_s if len(stamps_s) == len(numbers) else stamps_s[numbers]
    edges = np.cumsum([0, *lines.counts])
    rows = np.searchsorted(numbers, edges)
    turn = 0 if counted is None else counted.turn
    near = min(_NEAR_S * lines.rate_hz + 2, turn / 4)
    at = numbers.copy()
    denied: list[tuple[int, float]] = []
    end, moved = 0, 0
    for n, begin_s in enumerate(lines.begins_s):
        first, stop = int(rows[n]), int(rows[n + 1])
        begin = round((begin_s - lines.begins_s[0]) * lines.rate_hz) + moved
        if n and turn:
            lost = int(numbers[first]) - int(numbers[first - 1]) - 1
            turns = round((begin - end - lost) / turn)
            if turns >= 0 and abs(begin - end - lost - turns * turn) <= near:
                begin = end + lost + turns * turn
            elif not lost and begin > end and first not in restarts:
                denied.append((first, (begin - end) / lines.rate_hz))
                moved -= begin - end
                begin = end
        if begin < end - _SET_BACK_S * lines.rate_hz:
            moved += end - begin
            if first not in restarts:
                denied.append((first, (begin - end) / lines.rate_hz))
        at[first:stop] += max(begin, end) - int(edges[n])
        end = int(at[stop - 1]) + 1
    return Line(at, lines.rate_hz, stalls, *_without(stamps_s, denied))


def without_stalls(stamps_s: Doubles, rate_hz: float) -> tuple[Doubles, int]:
    """Stamps float64[n] with each burst after a stall on the line before it, and how many there were."""
    late_steps = np.flatnonzero(np.diff(stamps_s) > _STALL_S + 1 / rate_hz)
    if not 0 < len(late_steps) <= _STALLS_MOST:
        return stamps_s, 0
    stamps_s = stamps_s.copy()
    found = 0
    for row in late_steps.tolist():
        begin = max(0, row + 1 - round(rate_hz))
        stop = min(len(stamps_s), row + 1 + round(_STALLED_MOST_S * rate_hz))
        late = stamps_s[begin:stop] - np.arange(begin, stop) / rate_hz
        line, burst = float(late[: row + 1 - begin].min()), late[row + 1 - begin :]
        back = np.flatnonzero(burst <= line + GAP_S)
        # A clock that is set back falls in one step; a burst falls sample by sample.
        if len(back) and back[0] and bool((np.diff(burst[: back[0] + 1]) > -_STALL_S / 2).all()):
            rows = np.arange(row + 1, row + 1 + int(back[0]))
            stamps_s[rows] = line + rows / rate_hz
            found += 1
    return stamps_s, found


def _without(
    stamps_s: Doubles, denied: Sequence[tuple[int, float]]
) -> tuple[Doubles, tuple[tuple[float, float], ...]]:
    """The stamps without these leaps at rows, and the leaps at seconds from the first row."""
    if not denied:
        return stamps_s, ()
    stamps_s = stamps_s.copy()
    told = []
    for row, leap_s in denied:
        stamps_s[row:] -= leap_s
        told.append((float(stamps_s[row] - stamps_s[0]), leap_s))
    return stamps_s, tuple(told)


def _with_lost(stamps_s: Doubles, numbers: Numbers, assumed_hz: float) -> Doubles:
    """Stamps of all numbers: a lost one follows the row before it, so that a longer loss stays a step."""
    total = int(numbers[-1]) + 1
    if total == len(stamps_s):
        return stamps_s
    every = np.arange(total)
    before = np.searchsorted(numbers, every, side="right") - 1
    return np.asarray(stamps_s[before] + (every - numbers[before]) / assumed_hz, dtype=np.float64)
