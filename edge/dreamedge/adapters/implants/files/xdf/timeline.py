"""Received time stamps turned into slots: jitter removed, gaps kept.

A stamp made on arrival is late by a delay that is never negative, so the earliest arrivals show the clock.
The measure is the lateness, stamp minus number times period: it falls back after a stall (the delayed samples
arrive in a burst) and stays up after a loss. A gap is a rise of the lateness's lower envelope over the coming
second. The slots of a gap stay empty; they are never squeezed out.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

GAP_S: Final = 0.1
"""A shorter loss cannot be distinguished from jitter."""
_ENVELOPE_S: Final = 1.0
_RESET_S: Final = 1.0
_PIECE: Final = 1 << 18
_STEADY: Final = 0.1
"""Relative to a period: steps of a device's own clock differ by less."""
_STEADY_SHARE: Final = 0.5
_RATE_RUN_S: Final = 5.0
"""Shorter runs are not used to estimate the rate."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Runs of samples without a gap: their begins (s) and lengths; one rate for all."""

    begins_s: tuple[float, ...]
    counts: tuple[int, ...]
    rate_hz: float

    def runs(self, origin_s: float) -> tuple[tuple[int, int], ...]:
        """The filled slots [begin, end), slot 0 at `origin_s`; runs that would overlap are joined."""
        found: list[tuple[int, int]] = []
        for begin_s, count in zip(self.begins_s, self.counts, strict=True):
            begin = max(0, round((begin_s - origin_s) * self.rate_hz))
            if found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], found[-1][1] + count)
            else:
                found.append((begin, begin + count))
        return tuple(found)


def timeline(stamps_s: Doubles, nominal_hz: float, resets: tuple[int, ...] = ()) -> Timeline:
    """Dejitter float64[n] stamps, n >= 2; `nominal_hz` is 0 if the stream names no rate.

    resets: numbers of the samples at which the stream's clock was reset; each begins a run of its own.
    """
    span_s = float(stamps_s[-1] - stamps_s[0])
    assumed_hz = nominal_hz if nominal_hz > 0 else (len(stamps_s) - 1) / max(span_s, 1e-9)
    edges = sorted({0, *_breaks(stamps_s, assumed_hz), *resets, len(stamps_s)})
    parts = [stamps_s[a:b] for a, b in pairwise(edges)]
    rate_hz = _rate_hz(parts, assumed_hz)
    begins = tuple(float(part.mean()) - (len(part) - 1) / (2 * rate_hz) for part in parts)
    return Timeline(begins, tuple(len(part) for part in parts), rate_hz)


def lost_packets(stamps_s: Doubles, nominal_hz: float) -> tuple[int, float]:
    """Samples that are missing in gaps of less than 100 ms, and the longest of these gaps, s.

    They show between stamps of a device's own clock alone: steps of the nominal period and multiples of it.
    0 and 0.0 for stamps of arrival.
    """
    steps_s = np.diff(stamps_s)
    steps_s = steps_s[steps_s <= GAP_S]
    periods = steps_s * nominal_hz
    whole = np.round(periods)
    steady = np.abs(periods - whole) <= _STEADY * np.maximum(whole, 1.0)
    ok = (
        nominal_hz > 0
        and len(steps_s) > 0
        and bool((steady & (whole >= 1)).all())
        and (whole == 1).mean() >= _STEADY_SHARE
    )
    if not ok:
        return 0, 0.0
    return int((whole - 1).sum()), float(steps_s.max()) - 1.0 / nominal_hz


def _breaks(stamps_s: Doubles, rate_hz: float) -> list[int]:
    """Numbers of the samples that follow a gap or a clock that was set back."""
    count = len(stamps_s)
    reach = min(max(2, round(_ENVELOPE_S * rate_hz)), count)
    most_s = max(GAP_S, 1.5 / rate_hz)
    found: list[int] = []
    floor_s = np.inf
    # In pieces: a night has millions of stamps, and each step here is as large as the piece.
    for begin in range(0, count - 1, _PIECE):
        end = min(begin + _PIECE, count - 1)
        late = stamps_s[begin : end + reach] - np.arange(begin, min(end + reach, count)) / rate_hz
        lost = np.diff(least_ahead(late, reach)[: end - begin + 1]) > most_s
        late = late[: end - begin + 1]
        # Delayed samples fall back to the envelope; a clock set back falls below every earlier lateness.
        floor = np.minimum(np.minimum.accumulate(late)[:-1], floor_s)
        reset = (np.diff(late) < -_RESET_S) & (late[1:] < floor - _RESET_S)
        floor_s = float(floor[-1])
        found += (np.flatnonzero(lost | reset) + begin + 1).tolist()
    return found


def least_ahead(late: Doubles, reach: int) -> Doubles:
    """The least of each value and the reach - 1 after it (van Herk 1992: two passes, whatever the reach)."""
    blocks = -(-len(late) // reach) + 1
    padded = np.full(blocks * reach, np.inf)
    padded[: len(late)] = late
    rows = padded.reshape(blocks, reach)
    since = np.minimum.accumulate(rows, axis=1).reshape(-1)
    until = np.minimum.accumulate(rows[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    return np.asarray(np.minimum(until[: len(late)], since[reach - 1 : reach - 1 + len(late)]))


def _rate_hz(parts: list[Doubles], assumed_hz: float) -> float:
    """Samples a second, by least squares within the runs that are long enough; gaps are ignored."""
    samples = seconds = 0.0
    for part in parts:
        if len(part) >= _RATE_RUN_S * assumed_hz:
            numbers = np.arange(len(part)) - (len(part) - 1) / 2
            period_s = float(numbers @ (part - part.mean())) / float(numbers @ numbers)
            samples += len(part)
            seconds += len(part) * period_s
    return samples / seconds if seconds > 0 else assumed_hz
