"""Phases for the tests of synchrony: independent and shared ones, and a slow reference.

Independent signals are noise through the pods' own kernels, so their phases last as long as real ones: white
phases would pass tests that real independent sleepers fail.
"""

import numpy as np
from numpy.typing import NDArray

from dreamd.fusion.synchrony import INSTANTS_PER_S, WINDOW
from dreamedge.core.signal.filters import kernel
from fusion.frames import SCHEMA

RATE_HZ = 128
Complexes = NDArray[np.complex128]
PAIR_OF_INSTANTS = WINDOW * (WINDOW - 1)


def strangers(
    rng: np.random.Generator, n: int, windows: int = 1, missing: float = 0.0, shared: float = 0.0
) -> Complexes:
    """Return unit phasors complex128[windows, B, n, T], zero where missing.

    Args:
        rng: of the noise.
        n: sleepers.
        windows: of 10 s, one after the other.
        missing: share of instants that each lacks, at random.
        shared: share of each one's variance that is a signal common to all.
    """
    samples = windows * 10 * RATE_HZ
    own = rng.standard_normal((n, samples))
    common = rng.standard_normal((1, samples))
    spectrum = np.fft.fft(np.sqrt(1 - shared) * own + np.sqrt(shared) * common, axis=1)
    bands = []
    for band in SCHEMA.phase_bands:
        taps = round(band.kernel_s * RATE_HZ)
        response = np.fft.fft(kernel(band, (np.arange(taps) - taps / 2) / RATE_HZ), samples)
        signal = np.fft.ifft(spectrum * response, axis=1)[:, :: RATE_HZ // INSTANTS_PER_S]
        bands.append(signal / np.abs(signal))
    z = np.stack(bands)
    z[np.broadcast_to(rng.random(z.shape[1:]) < missing, z.shape)] = 0.0
    return np.moveaxis(z.reshape(len(bands), n, windows, WINDOW), 2, 0)


def pairwise_ppc(z: Complexes, lag: int, only: int | None = None) -> float:
    """Return PPC as it is defined, pair by pair and instant by instant; `only`: pairs with this one.

    Args:
        z: [n, T], unit phasors, zero where missing.
        lag: least distance of two instants.
        only: a sleeper.
    """
    total, count = 0.0, 0
    people, instants = z.shape
    for a in range(people):
        for b in range(a + 1, people):
            if only is not None and only not in (a, b):
                continue
            angle = np.angle(z[a] * z[b].conj())
            both = np.flatnonzero((z[a] != 0) & (z[b] != 0))
            for first in both:
                for second in both:
                    if second - first >= lag and second < instants:
                        total += float(np.cos(angle[first] - angle[second]))
                        count += 1
    return total / count if count else float("nan")
