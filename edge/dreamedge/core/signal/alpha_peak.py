"""The individual alpha frequency: the peak of a sleeper's posterior rhythm, measured once, at calibration.

Healthy adults differ by some Hz in it and keep it for years, so it is a stable personal figure that an artist
or a clinician asks for first. The method is the usual one (Klimesch 1999; Corcoran 2018): a power spectrum by
Welch's method, and in it the highest peak that stands above the 1/f background.

Rules
- Hann windows of 4 s, half overlapping, so the grid is 0.25 Hz wide. A window counts if the channel was clean
  throughout it. O, PO and P sites if the montage has one, else every posterior site.
- Log power is smoothed by a Gaussian of 0.5 Hz: a minute gives few windows, and a single bin means nothing.
- The background is a straight line through log power over log frequency from 3 to 30 Hz, or .8 of
  Nyquist, alpha left out.
- A peak is a local maximum of log power less that line between 7 and 13 Hz, 1 dB or more above it, and two
  standard deviations of the line's residual elsewhere (Donoghue 2020); without one the result is 0. The
  highest counts. Of those within 1 dB of it, one in the alpha band proper, 8 to 12 Hz, is preferred, because
  7 Hz may be theta. A parabola through it and its neighbours gives the frequency.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.electrodes import POSTERIOR, Electrode
from dreamwire.messages import Floats

WINDOW_S: Final = 4.0
EVERY_HOPS: Final = 8
"""Hops from one window to the next: half a window."""
WINDOWS_LEAST: Final = 3
ALPHA_HZ: Final = (7.0, 13.0)
HIGHEST_HZ: Final = 30.0

_LINE_FROM_HZ: Final = 3.0
_LEFT_OUT_HZ: Final = (6.5, 14.0)
_PROPER_HZ: Final = (8.0, 12.0)
_DECIBEL: Final = 0.1
"""1 dB as log10 of power."""
_RISE_SDS: Final = 2.0
_SMOOTH_HZ: Final = 0.5
_KEPT_SHARE: Final = 0.8
"""Share of Nyquist below which a recorder's anti-alias filter changes nothing."""
_FIRST: Final = ("O", "PO", "P")

Doubles = NDArray[np.float64]


def alpha_columns(electrodes: tuple[Electrode, ...]) -> NDArray[np.int64]:
    """The columns of the electrodes used for alpha."""
    first = [at for at, e in enumerate(electrodes) if e.site.rstrip("Z0123456789H") in _FIRST]
    posterior = [at for at, e in enumerate(electrodes) if e.region == POSTERIOR]
    return np.array(first or posterior, dtype=np.int64)


class Periodogram:
    """The power spectral density of one 4 s window, up to 30 Hz or .8 of Nyquist."""

    def __init__(self, rate_hz: float) -> None:
        self.samples = round(WINDOW_S * rate_hz)
        hann = 0.5 - 0.5 * np.cos(2 * math.pi * (np.arange(self.samples) + 0.5) / self.samples)
        self._hann = hann[:, None]
        self._scale = 2.0 / (rate_hz * float(np.sum(hann**2)))
        self._bins = math.floor(min(HIGHEST_HZ, _KEPT_SHARE * rate_hz / 2) * WINDOW_S) + 1

    def density(self, uv: Doubles) -> Floats:
        """uV^2 / Hz averaged over channels, float32[bins], every 0.25 Hz from 0.

        uv: float64[samples, channels], oldest first.
        """
        centred = (uv - uv.mean(axis=0)) * self._hann
        spectrum = np.fft.rfft(centred, axis=0)[: self._bins]
        power = (spectrum.real**2 + spectrum.imag**2).mean(axis=1)
        return np.asarray(self._scale * power, dtype=np.float32)


def alpha_peak_hz(densities: NDArray[np.float32]) -> float:
    """The alpha peak of a sleeper, Hz; 0.0 if none stands out.

    densities: float32[windows, bins], uV^2 / Hz every 0.25 Hz from 0, as returned by `Periodogram`.
    """
    if len(densities) < WINDOWS_LEAST:
        return 0.0
    mean = densities.astype(np.float64).mean(axis=0)
    hz = np.arange(len(mean)) / WINDOW_S
    fitted = hz >= _LINE_FROM_HZ
    if not (mean[fitted] > 0.0).all():
        return 0.0
    log_hz, log_power = np.log10(hz[fitted]), _smoothed(np.log10(mean[fitted]))
    aside = (hz[fitted] < _LEFT_OUT_HZ[0]) | (hz[fitted] > _LEFT_OUT_HZ[1])
    slope, level = np.polyfit(log_hz[aside], log_power[aside], 1)
    above = log_power - (slope * log_hz + level)
    least = max(_DECIBEL, _RISE_SDS * float(above[aside].std()))
    return _highest(hz[fitted], above, least)


def _smoothed(log_power: Doubles) -> Doubles:
    width = _SMOOTH_HZ * WINDOW_S
    reach = math.ceil(3 * width)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(log_power, reach, mode="edge")
    return np.asarray(np.convolve(padded, bell / bell.sum(), mode="valid"), dtype=np.float64)


def _highest(hz: Doubles, above: Doubles, least: float) -> float:
    """The frequency of the peak that counts, 0.0 if none rises by `least`."""
    middle = above[1:-1]
    peak = (middle >= above[:-2]) & (middle >= above[2:]) & (middle >= least)
    peaks = 1 + np.flatnonzero(peak & (hz[1:-1] >= ALPHA_HZ[0]) & (hz[1:-1] <= ALPHA_HZ[1]))
    if not len(peaks):
        return 0.0
    near = peaks[above[peaks] >= above[peaks].max() - _DECIBEL]
    proper = near[(hz[near] >= _PROPER_HZ[0]) & (hz[near] <= _PROPER_HZ[1])]
    among = proper if len(proper) else near
    top = int(among[np.argmax(above[among])])
    before, after = float(above[top - 1]), float(above[top + 1])
    bend = before - 2 * float(above[top]) + after
    return float(hz[top]) + (0.5 * (before - after) / bend / WINDOW_S if bend < 0.0 else 0.0)
