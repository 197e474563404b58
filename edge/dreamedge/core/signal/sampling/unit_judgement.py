"""Judges a declared unit by the amplitude of the signal: a contradiction by a factor of a thousand or more.

The EEG of a sleeper has 0.5 to 2000 uV RMS from 1 to 45 Hz, whatever the amplifier. Samples in millivolts
that are declared as microvolts have a thousandth of that.

Rules
- The median of all channels counts, each by the median of its windows. One channel shows nothing.
- The unit is contradicted if the median is outside 0.5 to 2000 uV, and another unit brings it to 1 to 300 uV.
- Below 0.001 uV or above 1 V no amplifier has such noise. Between these and the limits, a dead or a floating
  input could have it. There the channels must also be alike, steady, and have more power below 13 Hz than
  above 25 Hz, as EEG has and noise has not.
- A straight line, or a signal below the resolution of its numbers, has no unit.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

UV_PER_UNIT: Final = {"V": 1e6, "mV": 1e3, "uV": 1.0, "nV": 1e-3}
"""Microvolts per unit."""
BAND_HZ: Final = (1.0, 45.0)
PLAUSIBLE_UV: Final = (0.5, 2000.0)
_LIKELY_UV: Final = (1.0, 300.0)
_CERTAIN_UV: Final = (1e-3, 1e6)
_LOW_HZ: Final = (2.0, 13.0)
_HIGH_HZ: Final = (25.0, 45.0)
_TILT: Final = 1.3
"""The least power density in the low band relative to the high one: 1 in white noise, 1.5 to 60 in EEG."""
_ALIKE: Final = 5.0
_STEADY: Final = 4.0
_MOST: Final = 0.7
"""The share of the channels that are alike, and of the windows that are steady."""
_NYQUIST_SHARE: Final = 0.9
_LARGEST_UV: Final = 1e100
"""The power of a larger value overflows; no device gives one."""
_RESOLVED: Final = 1e-6
"""The least RMS relative to the largest number: single precision has 6e-8."""


def amplitude_uv(windows: Sequence[Doubles], rate_hz: float) -> float:
    """Return the RMS from 1 to 45 Hz, the median of channels and windows; NaN without a signal.

    windows: each float64[samples, channels], at least a second, in uV by the declared unit; NaN where
    missing.
    """
    return float(_median(_median(_spectra(windows, rate_hz)[0])))


def true_unit(windows: Sequence[Doubles], rate_hz: float, uv_per_unit: float) -> str:
    """Return the unit that the samples would have to be in, a key of UV_PER_UNIT; '' if theirs may be right.

    windows: as in `amplitude_uv`. uv_per_unit: of the declared unit.
    """
    rms_uv, tilt = _spectra(windows, rate_hz)
    by_channel = _median(rms_uv)
    level_uv = float(_median(by_channel))
    low, high = PLAUSIBLE_UV
    if not math.isfinite(level_uv) or low <= level_uv <= high:
        return ""
    certain = not _CERTAIN_UV[0] <= level_uv <= _CERTAIN_UV[1]
    if not (certain or _is_eeg(rms_uv, by_channel, level_uv, tilt)):
        return ""
    least, most = _LIKELY_UV
    found = (unit for unit, per in UV_PER_UNIT.items() if least <= level_uv / uv_per_unit * per <= most)
    return next(found, "")


def _is_eeg(rms_uv: Doubles, by_channel: Doubles, level_uv: float, tilt: Doubles) -> bool:
    """Whether the channels are alike and steady, and their spectrum falls."""
    live = np.isfinite(by_channel)
    alike = np.abs(np.log(by_channel[live] / level_uv)) <= math.log(_ALIKE)
    ratios = np.abs(np.log(rms_uv / by_channel))
    steady = ratios[np.isfinite(ratios)] <= math.log(_STEADY)
    falls = float(np.nanmedian(tilt)) >= _TILT
    return bool(alike.mean() >= _MOST and steady.mean() >= _MOST and falls)


def _spectra(windows: Sequence[Doubles], rate_hz: float) -> tuple[Doubles, Doubles]:
    """RMS in the band, and the low band's power density relative to the high one's.

    Both float64[windows, channels], NaN where a window misses a sample or has no signal.
    """
    pairs = [_spectrum(window, rate_hz) for window in windows]
    if not pairs:
        none = np.full((1, 1), np.nan)
        return none, none
    return np.array([rms for rms, _ in pairs]), np.array([tilt for _, tilt in pairs])


def _spectrum(uv: Doubles, rate_hz: float) -> tuple[Doubles, Doubles]:
    samples = len(uv)
    largest = np.abs(uv).max(axis=0)
    whole = largest <= _LARGEST_UV
    filled = uv if whole.all() else np.where(whole, uv, 0.0)
    line = np.linspace(-1.0, 1.0, samples)
    straight = filled - np.outer(line, line @ filled / (line @ line))
    straight -= filled.mean(axis=0)
    hann = np.hanning(samples)
    hz = np.arange(samples // 2 + 1, dtype=np.float64) * (rate_hz / samples)
    hz = hz[hz <= BAND_HZ[1]]
    straight *= hann[:, None]
    waves = np.fft.rfft(straight, axis=0)[: len(hz)]
    power = np.abs(waves) ** 2 * 2 / (samples * float(hann @ hann))
    top_hz = _NYQUIST_SHARE * rate_hz / 2
    rms = np.sqrt(power[_within(hz, BAND_HZ, top_hz)].sum(axis=0))
    high = power[_within(hz, _HIGH_HZ, top_hz)].mean(axis=0)
    low = power[_within(hz, _LOW_HZ, top_hz)].mean(axis=0)
    live = whole & (rms > _RESOLVED * largest)
    with np.errstate(divide="ignore", invalid="ignore"):
        tilt = np.where(high > 0, low / high, np.inf)
    return np.where(live, rms, np.nan), np.where(live, tilt, np.nan)


def _within(hz: Doubles, band_hz: tuple[float, float], top_hz: float) -> NDArray[np.bool_]:
    return np.asarray((hz >= band_hz[0]) & (hz <= min(band_hz[1], top_hz)))


def _median(values: Doubles) -> Doubles:
    """The median along the first axis without NaN; NaN where there is no number."""
    known = np.isfinite(values).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, values, 0.0), axis=0), np.nan)
