"""The filter bank: complex band-pass FIR kernels by the window method, on any instant of the grid.

One kernel per band gives the analytic signal at one instant: its squared magnitude is power, its angle is
phase. A pod then computes only a matrix product of a few rows with the newest window, eight times a second.
The product needs no state that a gap could corrupt, and its delay is known exactly.

Rules
- h(t) = w(t) 2 sinc-low-pass(t) exp(i 2 pi fc t), w a Kaiser window of 60 dB (Kaiser 1974): half of the
  transition is 1.8 Hz for a 1 s kernel, so gamma (to 45 Hz) stops from 46.8 Hz and mains stays out.
- h is zero at 0 Hz exactly (amplifiers have offsets of tens of millivolts) and a sine of amplitude A at the
  band's centre gives magnitude A.
- Kernels are even in time about their centre up to conjugation: the delay is half a kernel, exactly.
- A grid instant falls between samples. The kernel is therefore sampled at one of 16 sub-sample offsets, and
  the rest (1/32 sample at most) is corrected by a rotation at the band's centre frequency.
- A band is measured from its least sampling rate on. Gamma's is 100 Hz: its edge is then 0.9 of Nyquist,
  where recorders' own anti-alias filters begin. The other bands are measured from 64 Hz on: beta's stop band
  begins at 31.8 Hz, below Nyquist. Of beta a recorder of 64 Hz keeps all but .1 dB if its own filter ends at
  Nyquist, and all but .9 dB if it ends at .8 of it (1/f spectrum).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.schema import Band

STOP_DB: Final = 60.0
FRACTIONS: Final = 16

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def kaiser_beta(stop_db: float) -> float:
    """Kaiser's beta for a stop band `stop_db` > 50 down (Kaiser 1974)."""
    return 0.1102 * (stop_db - 8.7)


def kaiser_at(time_s: Doubles, length_s: float, beta: float) -> Doubles:
    """The Kaiser window of `length_s` centred on 0, at any times; 0 outside."""
    inside = np.clip(1.0 - (2.0 * time_s / length_s) ** 2, 0.0, None)
    window = np.i0(beta * np.sqrt(inside)) / np.i0(beta)
    return np.where(np.abs(time_s) <= length_s / 2, window, 0.0)


def kernel(band: Band, time_s: Doubles) -> Complexes:
    """The band's kernel at `time_s` before its centre; complex128, same shape."""
    half_width_hz = (band.high_hz - band.low_hz) / 2
    window = kaiser_at(time_s, band.kernel_s, kaiser_beta(STOP_DB))
    turn = np.exp(2j * math.pi * band.centre_hz * time_s)
    taps = window * np.sinc(2 * half_width_hz * time_s) * turn
    taps = taps - window * (taps.sum() / window.sum())
    gain = np.sum(taps * turn.conj())
    return np.asarray(2.0 * taps / gain, dtype=np.complex128)


class FilterBank:
    """All measurable bands at one sampling rate, as one real matrix per sub-sample offset."""

    def __init__(self, bands: tuple[Band, ...], rate_hz: float) -> None:
        """Measure those of `bands` that `rate_hz` allows; the attribute `bands` omits the others."""
        self.bands = tuple(band for band in bands if rate_hz >= band.least_rate_hz)
        longest_s = max((band.kernel_s for band in bands), default=0.0)
        self.taps = round(longest_s * rate_hz) + 2
        self._rate_hz = rate_hz
        self._centre_hz = np.array([band.centre_hz for band in self.bands])
        self._matrices: dict[int, Doubles] = {}

    def analytic(self, window_uv: Doubles, offset: float) -> Complexes:
        """The analytic signal of every band and channel half a kernel before one instant.

        Args:
            window_uv: float64[taps, channels], microvolts, oldest first; all finite.
            offset: how far the window's last sample lies after the instant, in samples, -0.5..0.5.

        Returns:
            complex128[bands, channels], microvolts (magnitude A for a sine of amplitude A).
        """
        step = round(offset * FRACTIONS)
        parts = self._matrix(step) @ window_uv
        count = len(self.bands)
        rest_s = (offset - step / FRACTIONS) / self._rate_hz
        back = np.exp(-2j * math.pi * self._centre_hz * rest_s)
        return np.asarray((parts[:count] + 1j * parts[count:]) * back[:, None], dtype=np.complex128)

    def _matrix(self, step: int) -> Doubles:
        """float64[2 bands, taps]: real rows, then imaginary ones; made at first use."""
        made = self._matrices.get(step)
        if made is None:
            ages = np.arange(self.taps - 1, -1, -1, dtype=np.float64)
            ages_s = np.asarray((ages - step / FRACTIONS) / self._rate_hz, dtype=np.float64)
            rows = [kernel(band, ages_s - band.kernel_s / 2) for band in self.bands]
            bank = np.array(rows, dtype=np.complex128).reshape(len(rows), self.taps)
            made = np.vstack((bank.real, bank.imag))
            self._matrices[step] = made
        return made
