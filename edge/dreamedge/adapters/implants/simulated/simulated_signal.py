"""A simulated sleeper as a signal: pure, seeded, cheap.

Model: an own spectral profile (a level in dB per band and region), an own alpha peak, a 1/f background and a
little mains, as eight channels of raw microvolts. The pod's own filter bank reads the profile off the signal,
so everything after the electrodes is the real path.

Signal: each band is a precomputed loop of unit-power noise per channel (random phases under the band's
spectrum; Timmer & Koenig 1995 with fixed amplitudes, so the power is exact). The loops have different
prime-like lengths and together repeat only after years. A quarter second of signal is one multiply and sum of
loop slices by gains. The gains slide linearly, so that nothing ever clicks. Filters leak between neighbouring
bands; the gains are solved through the bank's own power transfer, so that the measured levels are the
intended ones.

Closed loop: the levels x relax to the profile p at rate r, wander a little, and follow the feedback f: dx =
-r (x - p) dt + k (f - x) dt + noise. With f = (1 - a) x + a c (DESIGN 7.4) a group keeps (r / (r + k a
n/(n-1)))^2 of its dispersion.

A malfunction (`inject_fault`) replaces the healthy following by a drive (`sleeper_dynamics`), or paces the
alpha rhythm (`rhythm`), or adds an external rhythm, which is no implant's fault.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.simulated.rhythm import ALPHA, BEATS, PACE_PER_S, TURN, Beat, Field, Rhythm
from dreamedge.adapters.implants.simulated.sleeper_dynamics import DRIVES, FOLLOW_PER_S, Drive
from dreamedge.core.merging.cue import Felt
from dreamedge.core.signal.filters import kernel
from dreamwire.schema import BANDS6X2, Band

RATE_HZ: Final = 256.0
STEP_S: Final = 0.25
STEP_SAMPLES: Final = 64
CHANNELS: Final = ("Fp1", "Fp2", "F3", "F4", "C3", "C4", "O1", "O2")
_REGION_OF: Final = np.array([0, 0, 0, 0, 1, 1, 1, 1])
MAINS_HZ: Final = 50.0

RELAX_PER_S: Final = 0.10
SYNCHRONY: Final = "synchrony-runaway"
_WANDER_DB: Final = 0.4
_PERSON_DB: Final = 2.4
_REGION_DB: Final = 1.8
"""Spread between sleepers: sqrt(2.4^2 + 1.8^2) = 3 dB per feature, most of it shared by the regions."""
_SPREAD_LIMIT_DB: Final = 6.0
_REACH_DB: Final = 12.0
"""The largest distance from the own profile that feedback can cause."""

_LOOPS_S: Final = (47, 43, 41, 37, 31, 29)
_BACKGROUND_S: Final = 53
_SHARED: Final = 0.4
"""Share of a channel's power that its region's channels have in common (volume conduction)."""
_MAINS_UV: Final = 1.5
_PINK_UV: Final = 1.2
_PINK_FROM_HZ: Final = 0.3
_WHITE_UV: Final = 0.3

Array = NDArray[np.float64]
Reals = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Person:
    """A sleeper's EEG: profile_db float64[12] (dB re 1 uV^2, frame order), alpha_hz the peak."""

    profile_db: Array
    alpha_hz: float


def person(seed: int) -> Person:
    """Draw a sleeper around the schema's shipped centre."""
    rng = np.random.default_rng([seed, 1])
    band = rng.normal(0.0, _PERSON_DB, size=(1, len(BANDS6X2.bands)))
    region = rng.normal(0.0, _REGION_DB, size=(len(BANDS6X2.regions), len(BANDS6X2.bands)))
    spread = np.clip(band + region, -_SPREAD_LIMIT_DB, _SPREAD_LIMIT_DB)
    profile_db = np.asarray(BANDS6X2.mu_db) + spread.reshape(-1)
    return Person(profile_db, float(rng.uniform(8.5, 11.5)))


def _spectrum(band: Band, alpha_hz: float, freq_hz: Reals) -> Array:
    """Power density of a band's noise at freq_hz (any shape), unnormalised, zero outside the band."""
    edge_hz = 0.3 * (band.high_hz - band.low_hz)
    inside = np.minimum(freq_hz - band.low_hz, band.high_hz - freq_hz) / edge_hz
    taper = np.sin(np.pi / 2 * np.clip(inside, 0.0, 1.0)) ** 2
    if band.name == "alpha":
        return np.asarray(taper * (0.15 + np.exp(-0.5 * ((freq_hz - alpha_hz) / 0.7) ** 2)))
    return np.asarray(taper / np.maximum(freq_hz, 0.5))


def _spectra(rng: np.random.Generator, density: Array, columns: int) -> NDArray[np.complex128]:
    """Random phases under `density` float64[samples // 2 + 1], complex[bins, columns]."""
    spectra = np.zeros((density.size, columns), dtype=np.complex128)
    held = np.flatnonzero(density)
    phases = rng.uniform(0.0, 2 * np.pi, size=(held.size, columns))
    spectra[held] = np.sqrt(density[held])[:, None] * np.exp(1j * phases)
    return spectra


def _wave(spectra: NDArray[np.complex128], samples: int) -> Array:
    """Periodic noise float64[samples, columns] of power 1."""
    wave = np.fft.irfft(spectra, n=samples, axis=0)
    return np.asarray(wave / np.sqrt(np.mean(wave * wave, axis=0)))


def _unrolled(loop: Array) -> NDArray[np.float32]:
    """The loop with its beginning appended, so that no slice of a step ever wraps."""
    return np.concatenate([loop, loop[:STEP_SAMPLES]]).astype(np.float32)


def _band_loop(seed: int, index: int, alpha_hz: float) -> NDArray[np.float32]:
    rng = np.random.default_rng([seed, 2, index])
    samples = int(_LOOPS_S[index] * RATE_HZ)
    freq_hz = np.fft.rfftfreq(samples, 1.0 / RATE_HZ)
    density = _spectrum(BANDS6X2.bands[index], alpha_hz, freq_hz)
    own = _spectra(rng, density, len(CHANNELS))
    shared = _spectra(rng, density, len(BANDS6X2.regions))[:, _REGION_OF]
    return _unrolled(_wave(np.sqrt(1.0 - _SHARED) * own + np.sqrt(_SHARED) * shared, samples))


def _pink(freq_hz: Reals) -> Array:
    return np.asarray(np.where(freq_hz >= _PINK_FROM_HZ, 1.0 / np.maximum(freq_hz, _PINK_FROM_HZ), 0.0))


def _background_loop(seed: int) -> NDArray[np.float32]:
    """1/f, mains and the amplifier's white noise, in uV."""
    rng = np.random.default_rng([seed, 3])
    samples = int(_BACKGROUND_S * RATE_HZ)
    density = _pink(np.fft.rfftfreq(samples, 1.0 / RATE_HZ))
    pink = _wave(_spectra(rng, density, len(CHANNELS)), samples)
    at_s = np.arange(samples)[:, None] / RATE_HZ
    mains = np.sqrt(2.0) * np.sin(2 * np.pi * (MAINS_HZ * at_s + rng.uniform(size=(1, len(CHANNELS)))))
    white = rng.normal(size=(samples, len(CHANNELS)))
    return _unrolled(_PINK_UV * pink + _MAINS_UV * mains + _WHITE_UV * white)


class Voice:
    """A sleeper's signal at any levels: the loops and the gains, without a state."""

    def __init__(self, seed: int) -> None:
        self.person = person(seed)
        alpha_hz = self.person.alpha_hz
        bands = tuple(_band_loop(seed, index, alpha_hz) for index in range(len(BANDS6X2.bands)))
        self._loops = (*bands, _background_loop(seed))
        self._slices = np.zeros((len(self._loops), STEP_SAMPLES, len(CHANNELS)), dtype=np.float32)
        self._unleak, self._background_uv2 = _transfer(alpha_hz)

    def gains(self, levels_db: Array) -> Array:
        """Amplitude per band and channel, float64[bands, channels], so that the bank reads `levels_db`."""
        wanted_uv2 = 10.0 ** (levels_db.reshape(len(BANDS6X2.regions), -1) / 10.0)
        source_uv2 = (wanted_uv2 - self._background_uv2) @ self._unleak.T
        floor_uv2 = 0.05 * wanted_uv2
        return np.sqrt(np.maximum(source_uv2, floor_uv2)).T[:, _REGION_OF]

    def mix(self, step: int, before: Array, after: Array, paced: "tuple[int, Array] | None" = None) -> Array:
        """The signal of step number `step` (any integer) with gains sliding from `before` to `after`.

        paced: a band's number and the phases float64[STEP_SAMPLES], rad, of the wave that replaces its noise.
        """
        for slot, loop in zip(self._slices, self._loops, strict=True):
            begin = step * STEP_SAMPLES % (len(loop) - STEP_SAMPLES)
            slot[:] = loop[begin : begin + STEP_SAMPLES]
        if paced is not None:
            self._slices[paced[0]] = (np.sqrt(2.0) * np.cos(paced[1])).astype(np.float32)[:, None]
        slope = (after - before)[:, None, :].astype(np.float32)
        self._slices[:-1] *= before[:, None, :].astype(np.float32) + _SLIDE * slope
        return np.asarray(self._slices.sum(axis=0, dtype=np.float64))


class Sleeper:
    """One simulated sleeper; the same seed and the same feedback give the same signal, sample by sample.

    first_step: the number of the first quarter second; another number is another stretch of the night.
    """

    def __init__(self, seed: int, voice: Voice | None = None, first_step: int = 0) -> None:
        self.voice = voice or Voice(seed)
        self.person = self.voice.person
        self._rng = np.random.default_rng([seed, 4, abs(first_step)])
        self.levels_db = self.person.profile_db.copy()
        self._lowest_db = self.person.profile_db - _REACH_DB
        self._highest_db = self.person.profile_db + _REACH_DB
        self._gain = self.voice.gains(self.levels_db)
        self._step = first_step
        self._drive: Drive | None = None
        self._rhythm: Rhythm | None = None
        self._beat: Beat | None = None

    def inject_fault(self, malfunction: str) -> None:
        """Start a malfunction at the next step: a drive or a beat by name, or `synchrony-runaway`.

        Raises:
            KeyError: the name is none of these.
        """
        if malfunction == SYNCHRONY:
            self._rhythm = Rhythm(self.person.alpha_hz, float(self._rng.uniform(0.0, TURN)))
        elif malfunction in BEATS:
            self._beat = BEATS[malfunction]
        else:
            self._drive = DRIVES[malfunction]

    def step(self, felt: Felt | None, at_s: float = 0.0) -> Array:
        """The next quarter second, float64[STEP_SAMPLES, channels], uV.

        felt: the feedback during it; None without feedback. at_s: its begin by the machine's clock.
        """
        self._drift(felt)
        gain = self.voice.gains(self.levels_db)
        block = self.voice.mix(self._step, self._gain, gain, self._paced(felt, at_s))
        self._gain = gain
        self._step += 1
        return block

    def _paced(self, felt: Felt | None, at_s: float) -> tuple[int, Array] | None:
        """The band that has a rhythm in place of its noise, and its phases."""
        if self._beat is not None:
            moments_s = at_s + np.arange(STEP_SAMPLES) / RATE_HZ
            return self._beat.band, self._beat.phases(moments_s)
        if self._rhythm is None:
            return None
        field = Field.felt(felt) if felt is not None else None
        k_per_s = PACE_PER_S * felt.share if felt is not None else 0.0
        return ALPHA, self._rhythm.advance(at_s, STEP_SAMPLES, 1.0 / RATE_HZ, field, k_per_s)

    def generate(self, steps: int) -> Array:
        """`steps` quarter seconds without feedback, float64[steps x STEP_SAMPLES, channels], uV."""
        return np.concatenate([self.step(None) for _ in range(steps)])

    def skip(self, steps: int) -> None:
        """Skip `steps` quarter seconds of signal."""
        self._step += steps

    def _drift(self, felt: Felt | None) -> None:
        pull = RELAX_PER_S * (self.person.profile_db - self.levels_db)
        felt = felt.on_every_band(self.levels_db) if felt is not None else None
        if felt is not None and self._drive is not None:
            pull = pull + self._drive(self.levels_db, self.person.profile_db, felt)
        elif felt is not None:
            pull = pull + FOLLOW_PER_S * (felt.feedback_db - self.levels_db)
        wander = _WANDER_DB * np.sqrt(2 * RELAX_PER_S * STEP_S) * self._rng.normal(size=pull.size)
        reached = self.levels_db + STEP_S * pull + wander
        self.levels_db = np.minimum(np.maximum(reached, self._lowest_db), self._highest_db)


_SLIDE: Final = (np.arange(1, STEP_SAMPLES + 1, dtype=np.float32) / np.float32(STEP_SAMPLES))[:, None]


def _transfer(alpha_hz: float) -> tuple[Array, Array]:
    """The pod's filter bank applied to this sleeper's bands.

    Returns:
        The inverse of the power transfer (float64[bands, bands]; row: band of the source) and the
            background's power in each band (float64[bands], uV^2).
    """
    freq_hz = np.linspace(0.0, 128.0, 4097)
    responses = np.stack([_response(band, freq_hz) for band in BANDS6X2.bands])
    densities = np.stack([_spectrum(band, alpha_hz, freq_hz) for band in BANDS6X2.bands])
    densities /= densities.sum(axis=1, keepdims=True)
    pink = _pink(freq_hz)
    background = _PINK_UV**2 * pink / pink.sum() + _WHITE_UV**2 / freq_hz.size
    return np.asarray(np.linalg.inv(responses @ densities.T)), np.asarray(responses @ background)


def _response(band: Band, freq_hz: Reals) -> Array:
    """The power gain of the pod's own filter at freq_hz, float64[4097] for 0..128 Hz."""
    taps = int(band.kernel_s * RATE_HZ) | 1
    at_s = (np.arange(taps) - taps // 2) / RATE_HZ
    spectrum = np.fft.fft(kernel(band, at_s), n=2 * (freq_hz.size - 1))
    # The analytic signal of a sine of amplitude A has magnitude A; its power is A^2 / 2.
    return np.asarray(np.abs(spectrum[: freq_hz.size]) ** 2 / 4.0)
