"""Synchrony of real people: twenty recorded apart are at chance; four recorded together have a z."""

import warnings
from math import sqrt

import numpy as np
import pyxdf

from dreamd.fusion.synchrony import INSTANTS_PER_S, WINDOW, Synchrony, lags_of, sums_of, synchrony
from dreamedge.core.signal.filters import kernel
from edge import recorded
from fusion.frames import BANDS, SCHEMA

pytestmark = recorded.needed

LAGS = lags_of(SCHEMA)
APART = [
    f"waking/eegmat_S{n:02d}_rest_{'21' if n in {0, 4} else '7'}ch.edf"
    for n in (0, 1, 2, 4, 6, 8, 9, 12, 13, 14, 16, 17, 18, 21, 22, 24, 26, 27, 28, 30)
]
TOGETHER = "group/hybridharmony_anticipation_4people_4ch_256Hz.xdf"


def phases(signal: np.ndarray, rate_hz: float, at_s: np.ndarray) -> np.ndarray:
    """Return unit phasors complex[B, T] of one channel at these times after its first sample."""
    found = np.empty((BANDS, len(at_s)), dtype=complex)
    for number, band in enumerate(SCHEMA.phase_bands):
        half = round(band.kernel_s * rate_hz / 2)
        taps = kernel(band, np.arange(-half, half + 1) / rate_hz)
        filtered = np.convolve(signal, taps, mode="same")
        values = filtered[np.minimum(np.round(at_s * rate_hz).astype(int), len(signal) - 1)]
        found[number] = values / np.abs(values)
    return found


def windows(people: list[np.ndarray]) -> list[Synchrony]:
    """Return the result of each whole window of phases complex[B, T]."""
    whole = min(z.shape[1] for z in people) // WINDOW
    z = np.stack([person[:, : whole * WINDOW] for person in people], axis=1)
    return [synchrony(sums_of(z[:, :, k * WINDOW : (k + 1) * WINDOW]), LAGS) for k in range(whole)]


def test_twenty_recorded_apart_are_at_chance() -> None:
    """Over all ten-second windows of two and a half minutes |z| < 3 in every band; below 5 in each window."""
    people = []
    for name in APART:
        samples, labels, rate_hz = recorded.edf(name)
        channel = next(k for k, label in enumerate(labels) if "O1" in label.upper())
        at_s = 2.0 + np.arange(150 * INSTANTS_PER_S) / INSTANTS_PER_S
        people.append(phases(samples[:, channel], rate_hz, at_s))
    z = np.array([one.z for one in windows(people)])
    together = z.mean(axis=0) * sqrt(len(z))
    print("apart, z over all windows, by band:", together.round(2))
    print("spread of z over windows:", z.std(axis=0).round(2))
    assert len(z) == 15
    assert (np.abs(together) < 3.0).all()
    assert (np.abs(z) < 5.0).all()
    assert (z.std(axis=0) < 1.6).all()


def test_four_recorded_together_have_finite_synchrony() -> None:
    """Four headsets on one clock: PPC and z of every band are finite, and printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        streams, _ = pyxdf.load_xdf(recorded.path(TOGETHER))
    eeg = [one for one in streams if one["info"]["type"][0] == "EEG"]
    begin_s = max(one["time_stamps"][0] for one in eeg) + 1.0
    end_s = min(one["time_stamps"][-1] for one in eeg) - 1.0
    at_s = np.arange(begin_s, end_s, 1 / INSTANTS_PER_S)
    people = []
    for one in eeg:
        regular = np.arange(one["time_stamps"][0], one["time_stamps"][-1], 1 / 256)
        signal = np.interp(regular, one["time_stamps"], np.asarray(one["time_series"], dtype=float)[:, 1])
        people.append(phases(signal - signal.mean(), 256.0, at_s - regular[0]))
    said = windows(people)
    print("together, ppc by window:", np.array([one.ppc for one in said]).round(3).tolist())
    print("together, z by window:", np.array([one.z for one in said]).round(2).tolist())
    assert len(people) == 4
    assert len(said) >= 2
    assert all(np.isfinite(one.z).all() for one in said)
    assert all((np.abs(one.ppc) <= 1.0).all() for one in said)
