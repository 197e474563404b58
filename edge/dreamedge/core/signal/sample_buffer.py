"""The newest seconds of samples: contiguous, gap-aware, each sample with its time and its fault.

A ring of a fixed span in one preallocated array. It is kept contiguous, by moving the newest span to the
front whenever the end is reached, so that every later step reads a plain slice.

Rules
- A bad sample (non-finite or out of range, railed, missing) is held at the channel's last good value and its
  fault is kept beside it; before the first sample everything counts as missing.
- Sample n has time anchor + (n - anchor_n) period. Blocks' stamps steer phase and period by a second order
  loop (jitter is averaged, drift followed). Exact stamps change nothing, so the division into blocks does not
  matter.
- A stamp later than expected by more than GAP_S (and 1.5 samples) is a gap, filled with missing samples. An
  earlier one moves the time alone. Beyond the span, or 1 s back, everything starts anew.
"""

import math
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPAN_S: Final = 8.0
GAP_S: Final = 0.025
BACK_S: Final = 1.0
RANGE_UV: Final = 1e7
"""No EEG amplifier delivers ten volts: a sample beyond this is out of every range."""
HIGH_SHARE: Final = 0.75
RAILED_SHARE: Final = 0.90

_EXACT_NS: Final = 1_000.0
_LOOP_FAST: Final = 0.5
_LOOP_SLOW: Final = 0.1
_LOOP_TURNS: Final = 4.0
_RATE_MEMORY_S: Final = 60.0
_RATE_MIN_S: Final = 2.0
_OUTAGE_S: Final = 0.25
_LOST_MOST: Final = 0.1
_SUDDEN: Final = 0.1
RATE_SURE_S: Final = 10.0
"""A rate measured for less than this is not held against a device."""
_NS: Final = 1e9


class Fault(IntEnum):
    """The fault of a sample; from RAILED on it is held."""

    NONE = 0
    HIGH = 1
    RAILED = 2
    NONFINITE = 3
    RANGE = 4
    MISSING = 5


class Samples:
    """A ring of the newest samples of some channels."""

    def __init__(self, channels: int, rate_hz: float, full_scale_uv: float) -> None:
        """Keep SPAN_S seconds; `full_scale_uv` 0 if the amplifier's limit is unknown."""
        self._span = math.ceil(SPAN_S * rate_hz)
        self._nominal_hz = rate_hz
        self._full_scale_uv = full_scale_uv
        self._plain_uv = min(HIGH_SHARE * full_scale_uv if full_scale_uv > 0 else RANGE_UV, RANGE_UV)
        # Time runs along memory: later steps reduce over time, which is six times faster this way.
        self._uv = np.zeros((channels, 2 * self._span)).T
        self._fault = np.zeros((channels, 2 * self._span), dtype=np.uint8).T
        self._restart()

    def _restart(self) -> None:
        self._uv[: self._span] = 0.0
        self._fault[: self._span] = Fault.MISSING
        self._end = self._span
        self._held = np.full(self._uv.shape[1], np.nan)
        self._count = 0
        self._anchor_n = 0
        self._anchor_ns = 0
        self._period_ns = _NS / self._nominal_hz
        self._delivered = 0.0
        self._elapsed_s = 0.0
        self._short_s = 0.0
        self._last_ns = 0

    @property
    def count(self) -> int:
        """Samples since the last restart, missing ones included; sample n is the n-th, from 0."""
        return self._count

    @property
    def rate_hz(self) -> float:
        """Samples delivered a second, without outages; the nominal rate until 2 s have been seen."""
        known = self._elapsed_s >= _RATE_MIN_S
        return self._delivered / self._elapsed_s if known else self._nominal_hz

    @property
    def rate_error(self) -> float:
        """The least relative deviation from the nominal rate; 0 until 10 s are measured.

        Samples missing in short gaps may have been lost (a radio's packets) or late. The true rate lies
        between the rates of these two cases; if the nominal rate lies there too, the deviation is 0. At most
        a tenth may be lost this way; a device that misses more does not keep its rate.
        """
        if not self._elapsed_s >= RATE_SURE_S:
            return 0.0
        wanted = self._nominal_hz * self._elapsed_s
        if self._delivered > wanted:
            return self._delivered / wanted - 1
        lost_s = min(self._short_s, _LOST_MOST * self._elapsed_s)
        return max(1 - self._delivered / (wanted - self._nominal_hz * lost_s), 0.0)

    def time_ns(self, n: int) -> int:
        """The stamp of sample n, monotonic ns."""
        return self._anchor_ns + round((n - self._anchor_n) * self._period_ns)

    def position(self, instant_ns: int) -> float:
        """The position of an instant on the scale of sample numbers, between samples."""
        return self._anchor_n + (instant_ns - self._anchor_ns) / self._period_ns

    def holds(self, first: int, stop: int) -> bool:
        """Whether samples first..stop-1 are all in the ring (those before the first count as missing)."""
        return stop <= self._count and first >= self._count - self._span and stop - first <= self._span

    def window(self, first: int, stop: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Views of samples first..stop-1: held uV float64[n, channels] and faults uint8[n, channels]."""
        assert self.holds(first, stop)
        shift = self._end - self._count
        return self._uv[first + shift : stop + shift], self._fault[first + shift : stop + shift]

    def append(self, uv: NDArray[np.float64], last_ns: int) -> bool:
        """Add samples float64[n, channels], the last captured at `last_ns`; True if all restarted."""
        if len(uv) == 0:
            return False
        anew = self._align(len(uv), last_ns)
        for start in range(0, len(uv), self._span):
            self._write(uv[start : start + self._span])
        return anew

    def _align(self, added: int, last_ns: int) -> bool:
        """Set the time of the next samples; fill in missing ones."""
        last = self._count + added - 1
        if self._count == 0:
            self._anchor_n, self._anchor_ns = last, last_ns
            self._last_ns = last_ns
            return False
        late_ns = float(last_ns - self.time_ns(last))
        late_s = late_ns / _NS
        if not -BACK_S <= late_s <= SPAN_S:
            self._restart()
            self._align(added, last_ns)
            return True
        gap_s = max(GAP_S, 1.5 / self._nominal_hz)
        missing = round(late_ns / self._period_ns) if late_s > gap_s else 0
        early_s = late_s if late_s < -gap_s else 0.0
        self._measure(added, last_ns, outage_s=early_s or missing * self._period_ns / _NS)
        if missing:
            self._skip(missing)
            late_ns -= missing * self._period_ns
        elif early_s:
            self._anchor_n, self._anchor_ns = last, last_ns
            return False
        if abs(late_ns) > _EXACT_NS:
            self._steer(self._count + added - 1, late_ns, added / self._nominal_hz)
        return False

    def _steer(self, last: int, late_ns: float, block_s: float) -> None:
        """One step of a critically damped second-order loop, slower (rad/s) as more is measured."""
        omega = min(max(_LOOP_TURNS / max(self._elapsed_s, 1.0), _LOOP_SLOW), _LOOP_FAST)
        block_s = min(block_s, 0.5)
        self._anchor_ns = self.time_ns(last) + round(2 * omega * block_s * late_ns)
        self._anchor_n = last
        self._period_ns += omega**2 * block_s * late_ns / self._nominal_hz

    def _measure(self, added: int, last_ns: int, outage_s: float) -> None:
        """Count towards the effective rate; the count is halved once a minute.

        An outage does not count, nor does one that is made good: samples far too early after it (`outage_s`
        below 0) were only late before. A short gap is one that opened with this block at once; one that grew
        from block to block is a slow device.
        """
        passed_s = (last_ns - self._last_ns) / _NS
        self._last_ns = last_ns
        long = abs(outage_s) >= _OUTAGE_S
        block_s = added / self._nominal_hz
        sudden = passed_s - block_s >= max(GAP_S, _SUDDEN * block_s)
        self._elapsed_s += passed_s - (outage_s if long else 0.0)
        self._short_s += max(outage_s, 0.0) if sudden and not long else 0.0
        self._delivered += added
        if self._elapsed_s > _RATE_MEMORY_S:
            self._elapsed_s /= 2
            self._short_s /= 2
            self._delivered /= 2

    def _skip(self, missing: int) -> None:
        rows = self._room(missing)
        self._uv[rows] = np.where(np.isfinite(self._held), self._held, 0.0)
        self._fault[rows] = Fault.MISSING

    def _write(self, uv: NDArray[np.float64]) -> None:
        rows = self._room(len(uv))
        if float(np.abs(uv).max()) < self._plain_uv:
            self._uv[rows], self._fault[rows] = uv, Fault.NONE
            self._held = np.array(uv[-1])
            return
        fault = self._judge(uv)
        held = fault >= Fault.RAILED
        if held.any():
            uv = self._hold(uv, held)
        self._uv[rows] = uv
        self._fault[rows] = fault
        self._held = np.array(uv[-1])

    def _judge(self, uv: NDArray[np.float64]) -> NDArray[np.uint8]:
        size = np.abs(uv)
        fault = np.zeros(uv.shape, dtype=np.uint8)
        if self._full_scale_uv > 0:
            fault[size >= HIGH_SHARE * self._full_scale_uv] = Fault.HIGH
            fault[size >= RAILED_SHARE * self._full_scale_uv] = Fault.RAILED
        ok = size <= RANGE_UV
        fault[~ok] = Fault.RANGE
        fault[~np.isfinite(uv)] = Fault.NONFINITE
        return fault

    def _hold(self, uv: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Replace held samples by the last good one, or by the first good one at the very start."""
        rows = np.where(held, -1, np.arange(len(uv))[:, None])
        np.maximum.accumulate(rows, axis=0, out=rows)
        filled = np.take_along_axis(uv, np.maximum(rows, 0), axis=0)
        first = np.take_along_axis(uv, np.argmin(held, axis=0)[None], axis=0)[0]
        first = np.where(held.all(axis=0), 0.0, first)
        return np.where(rows < 0, np.where(np.isfinite(self._held), self._held, first), filled)

    def _room(self, added: int) -> slice:
        """Rows for `added` <= span new samples; moves the newest span to the front when needed."""
        if self._end + added > len(self._uv):
            keep = slice(self._end - self._span, self._end)
            self._uv[: self._span] = self._uv[keep]
            self._fault[: self._span] = self._fault[keep]
            self._end = self._span
        rows = slice(self._end, self._end + added)
        self._end += added
        self._count += added
        return rows
