"""Decimation by an integer factor: a signal above 1,000 Hz becomes one that the front end can use.

An anti-alias FIR of linear phase (Kaiser window, Kaiser 1974) passes up to 0.7 of the new Nyquist frequency
and stops from the new Nyquist on by at least 60 dB. Its length is odd, so its delay is a whole number of
original samples: the kept sample at original place n is centred on n, and the stamps need no correction
beyond that.

Rules
- The factor is the smallest that brings the rate to 1,000 Hz or below, so the new rate is above 500 Hz.
- A kept sample stands for its stretch: itself and the factor - 1 samples before it. It is NaN if one of
  them is not finite. If one of them is near the amplifier's limit or out of range, the largest one takes its
  place: a filter would bring it below the limit and hide the fault.
- A gap is not filtered. The samples on each side of it are continued by the nearest one, so that nothing
  rings out of a gap or out of the beginning.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dreamedge.core.signal.sample_buffer import GAP_S, HIGH_SHARE, RANGE_UV

Doubles = NDArray[np.float64]

DIRECT_HZ: Final = 1000.0
"""Rates up to this one are used as they are."""
STOP_DB: Final = 70.0
PASS_SHARE: Final = 0.7
"""The passband's share of the new Nyquist frequency."""
_BLOCK_S: Final = 0.15
"""Blocks of a live device up to this long are joined without fresh memory."""
_AT_ONCE: Final = 10
"""Kept samples that are computed together. The taps of each fill three quarters of its row then."""


def factor_for(rate_hz: float) -> int:
    """Return the integer by which a rate is divided; 1 up to 1,000 Hz."""
    return max(1, math.ceil(rate_hz / DIRECT_HZ))


def anti_alias(factor: int) -> Doubles:
    """Return the FIR for a factor >= 2, float64[taps], an odd number, of sum 1."""
    beta = 0.1102 * (STOP_DB - 8.7)
    width = (1.0 - PASS_SHARE) / factor
    half = math.ceil((STOP_DB - 7.95) / (2.285 * math.pi * width) / 2)
    centre = (1.0 + PASS_SHARE) / (2 * factor)
    places = np.arange(-half, half + 1)
    taps = np.sinc(centre * places) * np.kaiser(2 * half + 1, beta)
    return np.asarray(taps / taps.sum(), dtype=np.float64)


class Decimator:
    """Decimates the samples of some channels by a factor."""

    def __init__(self, factor: int) -> None:
        """`factor` >= 2."""
        self.factor = factor
        taps = anti_alias(factor)
        self.delay = len(taps) // 2
        # Row k holds the taps k * factor further on: a product gives several kept samples at once, by BLAS.
        self._bank = np.zeros((_AT_ONCE, (_AT_ONCE - 1) * factor + len(taps)))
        for row in range(_AT_ONCE):
            self._bank[row, row * factor : row * factor + len(taps)] = taps

    def window(self, uv: Doubles, count: int, full_scale_uv: float, largest: float | None = None) -> Doubles:
        """Return the kept samples of a window, float64[count, channels], uV.

        uv: float64[(count - 1) * factor + 1 + 2 * delay, channels], the first kept sample at row `delay`; NaN
        where missing. full_scale_uv: the amplifier's positive limit, 0 if unknown. largest: of `uv`, as
        `largest_of` gives it, or more; None if it is not known.
        """
        largest = largest_of(uv) if largest is None else largest
        whole = math.isfinite(largest)
        finite = None if whole else np.isfinite(uv)
        plain = uv if finite is None else _continued(uv, finite)
        kept = np.empty((count, uv.shape[1]))
        for at in range(0, count, _AT_ONCE):
            rows = min(_AT_ONCE, count - at)
            stop = (rows - 1) * self.factor + 1 + 2 * self.delay
            begin = at * self.factor
            np.matmul(self._bank[:rows, :stop], plain[begin : begin + stop], out=kept[at : at + rows])
        limit_uv = min(HIGH_SHARE * full_scale_uv if full_scale_uv > 0 else RANGE_UV, RANGE_UV)
        if (largest if whole else largest_of(plain)) >= limit_uv:
            stretches = self._stretches(plain, count)
            at = np.abs(stretches).argmax(axis=2)[..., None]
            peak = np.take_along_axis(stretches, at, axis=2)[..., 0]
            kept = np.where(np.abs(peak) >= limit_uv, peak, kept)
        return kept if finite is None else np.where(self._stretches(finite, count).all(axis=2), kept, np.nan)

    def _stretches(self, rows: NDArray[Any], count: int) -> NDArray[Any]:
        """The stretch of each kept sample, [count, channels, factor]."""
        begin = self.delay - self.factor + 1
        return sliding_window_view(rows[begin:], self.factor, axis=0)[:: self.factor][:count]


def largest_of(uv: Doubles) -> float:
    """Return the largest magnitude; not finite if one of them is not."""
    high, low = float(uv.max(initial=0.0)), float(uv.min(initial=0.0))
    return max(high, -low) if math.isfinite(high) and math.isfinite(low) else math.nan


def _continued(uv: Doubles, finite: NDArray[np.bool_]) -> Doubles:
    """The samples with each missing one replaced by the nearest finite one of its channel; 0 without any."""
    places = np.arange(len(uv))[:, None]
    before = np.maximum.accumulate(np.where(finite, places, -1), axis=0)
    after = np.minimum.accumulate(np.where(finite, places, len(uv))[::-1], axis=0)[::-1]
    near = np.where((before >= 0) & ((places - before <= after - places) | (after == len(uv))), before, after)
    taken = np.take_along_axis(uv, np.clip(near, 0, len(uv) - 1), axis=0)
    return np.where(np.isfinite(taken), taken, 0.0)


class LiveDecimator:
    """A stream decimated as it arrives; a kept sample is complete `delay` original samples after its own."""

    def __init__(self, rate_hz: float) -> None:
        """Decimate a stream of `rate_hz` > 1,000 Hz."""
        self.factor = factor_for(rate_hz)
        self._core = Decimator(self.factor)
        self._period_ns = 1e9 / rate_hz
        self._held: Doubles | None = None
        self._held_largest: float | None = None
        self._rows = 2 * self._core.delay + self.factor + round(_BLOCK_S * rate_hz)
        self._buffers: list[Doubles] = []
        self._last_ns = 0

    def _joined(self, before: Doubles, uv: Doubles) -> Doubles:
        """Both, one after the other, in one of two buffers by turns: `before` is a view of the other.

        Fresh memory for each block would cost more than the filter, by its page faults.
        """
        rows = len(before) + len(uv)
        if rows > self._rows:
            return np.concatenate([before, uv])
        if not self._buffers:
            self._buffers = [np.empty((self._rows, uv.shape[1])) for _ in range(2)]
        self._buffers.reverse()
        joined = self._buffers[0][:rows]
        joined[: len(before)] = before
        joined[len(before) :] = uv
        return joined

    def take(self, uv: Doubles, last_ns: int, full_scale_uv: float) -> tuple[Doubles, int]:
        """Take float64[n, channels], n >= 1, uV, the last captured at `last_ns`.

        Samples that do not follow the last ones by their stamp begin anew: nothing is filtered across a loss.
        Returns the kept samples, float64[m, channels], m >= 0, and the stamp of the last of them.
        """
        delay = self._core.delay
        expected_ns = self._last_ns + round(len(uv) * self._period_ns)
        if not abs(last_ns - expected_ns) <= GAP_S * 1e9:
            self._held = None
        self._last_ns = last_ns
        before = np.repeat(uv[:1], delay, axis=0) if self._held is None else self._held
        held = self._joined(before, uv)
        newest, largest = largest_of(uv), None
        if self._held is not None and self._held_largest is not None:
            known = math.isfinite(newest) and math.isfinite(self._held_largest)
            largest = max(newest, self._held_largest) if known else math.nan
        count = max(0, (len(held) - 2 * delay - 1) // self.factor + 1)
        if not count:
            self._held, self._held_largest = held, None
            return uv[:0], last_ns
        last = delay + (count - 1) * self.factor
        kept = self._core.window(held[: last + delay + 1], count, full_scale_uv, largest)
        self._held = held[count * self.factor :]
        # The rows held back were looked at with this block, if they lie within it.
        self._held_largest = newest if len(self._held) <= len(uv) else None
        return kept, last_ns - round((len(held) - 1 - last) * self._period_ns)
