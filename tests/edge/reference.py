"""A plain reference for signal quality: the rules once more, offline, by scipy, with none of our code.

Its excursions are those of the raw signal in the 2 s before an instant. Its high-pass is zero-phase, so it
sees the future; ours is causal and cannot agree with it to the microvolt.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOW_S = 2.0
MISSING_S = 0.05
FRONTAL = ("FP", "AF", "F")


@dataclass(frozen=True)
class Excursions:
    """bool[instants, channels] each.

    high: of high frequencies, beside the channel's own first third. large: well beyond the limit, by the
    raw samples of the window as well, which the zero-phase filter need not be.
    """

    amplitude: Bools
    mains: Bools
    flat: Bools
    missing: Bools
    railed: Bools
    high: Bools
    large: Bools

    @property
    def some(self) -> Bools:
        """Where there is any."""
        return self.amplitude | self.mains | self.flat | self.missing | self.railed | self.high


def excursions(
    uv: Doubles, rate_hz: float, names: tuple[str, ...], at_s: Doubles, full_scale_uv: float = 0.0
) -> Excursions:
    """Judge the 2 s before each instant; uv float64[n, channels], NaN where missing."""
    signal = pytest.importorskip("scipy.signal")
    held = _held(uv)
    passed = signal.sosfiltfilt(signal.butter(1, 0.5 / (rate_hz / 2), "high", output="sos"), held, axis=0)
    sites = [name.upper().rstrip("Z0123456789") for name in names]
    limit_uv = np.array([200.0 if site in FRONTAL else 350.0 for site in sites])
    samples = round(WINDOW_S * rate_hz)
    ends = [min(round(second * rate_hz), len(uv)) for second in at_s]
    windows = [slice(end - samples, end) for end in ends]
    height_uv = np.array([np.ptp(passed[window], axis=0) for window in windows])
    raw_uv = np.array([np.ptp(held[window], axis=0) for window in windows])
    missing = np.array([np.isnan(uv[window]).sum(axis=0) > MISSING_S * rate_hz for window in windows])
    railed = np.zeros(missing.shape, dtype=np.bool_)
    if full_scale_uv:
        near = np.abs(np.nan_to_num(uv)) >= 0.75 * full_scale_uv
        railed = np.array([near[window].sum(axis=0) > MISSING_S * rate_hz for window in windows])
    density = [_density(held[window], rate_hz) for window in windows]
    mains_uv = np.max(
        [[_rms(one, rate_hz, hz - 1.01, hz + 1.01) for one in density] for hz in (50.0, 60.0)], axis=0
    )
    gamma_db = 20 * np.log10(
        np.maximum([_rms(one, rate_hz, 30.0, min(45.0, rate_hz / 2)) for one in density], 1e-3)
    )
    earlier = gamma_db[: max(len(gamma_db) // 3, 1)]
    middle = np.median(earlier, axis=0)
    scale = np.maximum(1.4826 * np.median(np.abs(earlier - middle), axis=0), 1.5)
    return Excursions(
        amplitude=height_uv > limit_uv,
        mains=mains_uv > 60.0,
        flat=raw_uv < 1.0,
        missing=missing,
        railed=railed,
        high=gamma_db > middle + 5 * scale,
        large=(height_uv > 1.5 * limit_uv) & (raw_uv > limit_uv),
    )


def _held(uv: Doubles) -> Doubles:
    """Missing samples replaced by the last value before them."""
    rows = np.where(np.isnan(uv), 0, np.arange(len(uv))[:, None])
    return np.nan_to_num(np.take_along_axis(uv, np.maximum.accumulate(rows, axis=0), axis=0))


def _density(uv: Doubles, rate_hz: float) -> Doubles:
    """uV^2 per bin of half a hertz, one-sided, Hann."""
    hann = np.hanning(len(uv))[:, None]
    spectrum = np.abs(np.fft.rfft((uv - uv.mean(axis=0)) * hann, axis=0)) ** 2
    return np.asarray(2 * spectrum / (len(uv) * np.sum(hann**2)))


def _rms(density: Doubles, rate_hz: float, low_hz: float, high_hz: float) -> Doubles:
    hz = np.arange(len(density)) * rate_hz / (2 * (len(density) - 1))
    return np.asarray(np.sqrt(density[(hz >= low_hz) & (hz <= high_hz)].sum(axis=0)))
