"""Synthetic signals for the edge's tests, and the loop that feeds them to a front end."""

from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.features import FrontEnd, Hop

HOP_NS = 250_000_000
EIGHT = ("Fp1", "Fz", "F4", "Cz", "Pz", "O1", "O2", "T7")

Doubles = NDArray[np.float64]


def pink(seconds: float, rate_hz: float, channels: int, rms_uv: float = 20.0, seed: int = 1) -> Doubles:
    """1/f noise of a given RMS, float64[n, channels], by shaping white noise in frequency."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    spectrum = np.fft.rfft(rng.normal(size=(count, channels)), axis=0)
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    hz[0] = np.inf
    shaped = np.fft.irfft(spectrum / np.sqrt(hz)[:, None], count, axis=0)
    return np.asarray(shaped * (rms_uv / shaped.std()), dtype=np.float64)


def sine(hz: float, amplitude_uv: float, seconds: float, rate_hz: float, channels: int = 8) -> Doubles:
    """The same sine A sin(2 pi f t) in every channel; sample i is at t = (i + 1) / rate."""
    times_s = np.arange(1, round(seconds * rate_hz) + 1) / rate_hz
    return np.repeat((amplitude_uv * np.sin(2 * np.pi * hz * times_s))[:, None], channels, axis=1)


def resampled(uv: Doubles, up: int, down: int) -> Doubles:
    """The samples at up / down of their rate, by scipy, which takes half a second to load."""
    return np.asarray(import_module("scipy.signal").resample_poly(uv, up, down, axis=0))


def hops_of(
    uv: Doubles, montage: Montage, front: FrontEnd, contact: Doubles | None = None, start_ns: int = 0
) -> list[Hop | None]:
    """Feed samples hop by hop and collect the front end's hop of each grid instant."""
    per_hop = montage.rate_hz / 4
    hops: list[Hop | None] = []
    done = 0
    for k in range(1, int(len(uv) / per_hop) + 1):
        stop = int(np.ceil(k * per_hop - 1e-9))
        last_ns = start_ns + round(stop * 1e9 / montage.rate_hz)
        front.push(Block(uv[done:stop], last_ns, contact))
        done = stop
        hops.append(front.hop(start_ns + k * HOP_NS))
    return hops


def last_of(hops: list[Hop | None]) -> Hop:
    """The newest hop."""
    hop = hops[-1]
    assert hop is not None
    return hop
