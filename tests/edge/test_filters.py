"""The filter bank: its pass bands, stop bands and phase."""

import math

import numpy as np
import pytest

from dreamedge.core.signal.filters import FilterBank, kernel
from dreamedge.core.signal.sample_buffer import Samples
from dreamedge.core.signal.spectrum import sample_at
from dreamwire.schema import BANDS5X2, BANDS6X2, Band

RATES = (64.0, 128.0, 250.0, 256.0, 500.0, 1000.0)
CASES = [(rate, band) for rate in RATES for band in BANDS6X2.bands if band.high_hz <= 0.9 * rate / 2]


def response_db(band: Band, hz: float, rate_hz: float = 256.0) -> float:
    """Gain of a band's kernel at one frequency for a real sine, dB."""
    count = round(band.kernel_s * rate_hz)
    times_s = (np.arange(count + 1) - count / 2) / rate_hz
    taps = kernel(band, times_s)
    gain = abs(np.sum(taps * np.exp(-2j * math.pi * hz * times_s))) / 2
    return 20 * math.log10(max(gain, 1e-12))


@pytest.mark.parametrize(("rate_hz", "band"), CASES, ids=lambda v: getattr(v, "name", str(v)))
def test_phase_at_any_instant(rate_hz: float, band: Band) -> None:
    """Magnitude is right to 0.3 dB and phase to 2 degrees, wherever the instant falls between samples."""
    bank = FilterBank(BANDS6X2.bands, rate_hz)
    row = bank.bands.index(band)
    quarter = (band.high_hz - band.low_hz) / 8
    for hz in (band.centre_hz - quarter, band.centre_hz, band.centre_hz + quarter):
        for offset in np.linspace(-0.5, 0.5, 23):
            times_s = (np.arange(bank.taps) - bank.taps + 1 + offset) / rate_hz
            window = 10 * np.cos(2 * np.pi * hz * times_s + 0.7)
            z = bank.analytic(window[:, None], float(offset))[row, 0]
            truth = np.exp(1j * (0.7 - 2 * np.pi * hz * band.kernel_s / 2))
            assert abs(math.degrees(np.angle(z / truth))) < 2.0
            if hz == band.centre_hz:
                assert abs(20 * math.log10(abs(z) / 10)) < 0.3


def test_gamma_stops_mains() -> None:
    """Gamma is at least 57 dB down from 47.5 Hz on, and 60 dB at both mains."""
    gamma = BANDS6X2.bands[5]
    stopped = [response_db(gamma, hz) for hz in np.arange(47.5, 127.0, 0.1)]
    assert max(stopped) < -57.0
    assert response_db(gamma, 50.0) < -60.0
    assert response_db(gamma, 60.0) < -60.0


@pytest.mark.parametrize("band", BANDS6X2.bands, ids=lambda b: b.name)
def test_every_band_stops_offsets_and_its_image(band: Band) -> None:
    """0 Hz is stopped entirely, the negative image by 50 dB, and the edges lie near -6 dB."""
    assert response_db(band, 0.0) < -200.0
    assert response_db(band, -band.centre_hz) < -50.0
    assert -7.5 < response_db(band, band.high_hz) < -4.5


@pytest.mark.parametrize("band", BANDS6X2.bands[1:], ids=lambda b: b.name)
def test_neighbours_are_stopped(band: Band) -> None:
    """Two hertz beyond the half transition a neighbour's sine is at least 57 dB down."""
    assert response_db(band, band.high_hz + 4.0) < -57.0
    assert response_db(band, band.low_hz - 2.5) < -40.0


def test_bands_beyond_the_rate_are_not_made() -> None:
    """From 64 Hz on all bands but gamma are measured; gamma from exactly 100 Hz on."""
    for rate_hz in (64.0, 80.0, 99.99):
        assert FilterBank(BANDS6X2.bands, rate_hz).bands == BANDS5X2.bands
    assert FilterBank(BANDS6X2.bands, 100.0).bands == BANDS6X2.bands


def test_the_ring_finds_the_nearest_sample() -> None:
    """An instant between samples is read at the nearest one, with its distance in samples."""
    samples = Samples(1, 128.0, 0.0)
    samples.append(np.zeros((128, 1)), 1_000_000_000)
    assert sample_at(samples, 1_000_000_000) == (127, 0.0)
    last, offset = sample_at(samples, 1_000_000_000 - 2_000_000)
    assert last == 127
    assert offset == pytest.approx(0.256)
