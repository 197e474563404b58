"""Signal quality: the worth of each EEG channel at one hop, 0..1, and the first reason why it is not 1.

Causal, over the newest 2 s, without history beyond them but the state of one high-pass. The rules are few and
fixed, because each separated good from bad on real recordings. A headset lying on a table passes every rule
on the signal, so the device's own contact indicator is checked first.

Rules (a channel's quality is the minimum, its cause the first that is below 1)
- nonfinite: any sample not finite: 0. range: any beyond 10 V: 0. silence: more than BRIDGE_S missing: 0.
- contact: the device's indicator, as it is (NaN: 0).
- railed: more than BRIDGE_S at >= 90 % of full scale: 0; at >= 75 %: 0.4. A glitch of a sample or two is held
  over; a channel that rails is out within the hop in which it began.
- flat: peak to peak below 1 uV for 2 s: 0.
- amplitude: peak to peak after a 0.5 Hz high-pass above 200 uV (Fp, AF, F) or 350 uV: 0. Slow waves are
  75-350 uV and not an artefact.
- mains: RMS within 1 Hz of the mains, before any filter, above 60 uV: 0. Then the mains' part of the peak to
  peak is subtracted before amplitude is judged. Otherwise strong mains would be reported as amplitude, and
  the sleeper asked to lie still because of a loose ground.
- highfreq: power of the highest band (gamma, else beta) more than 5 robust standard deviations above the own
  calibration: 0.4.
- resolution: one digital step is above 10 uV: 0. A wave smaller than a step is not measured.
- rate, of the device as a whole: effective against nominal (`sampling.rate_judgement`). Every filter would be
  at the wrong place.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.electrodes import Electrode
from dreamedge.core.signal.excerpts.step_watch import StepWatch
from dreamedge.core.signal.sample_buffer import Fault

Doubles = NDArray[np.float64]

CAUSES: Final = (
    "nonfinite",
    "range",
    "silence",
    "contact",
    "railed",
    "flat",
    "amplitude",
    "mains",
    "highfreq",
    "resolution",
)
"""Causes of a channel, in the order in which they are reported."""
RATE: Final = "rate"
UNIT: Final = "unit"
"""Causes of the whole device: a wrong sampling rate; samples that are not in microvolts."""

GOOD: Final = 0.5
"""A channel of at least this quality counts."""
WINDOW_S: Final = 2.0
BRIDGE_S: Final = 0.05
FLAT_UV: Final = 1.0
FRONTAL_UV: Final = 200.0
ELSEWHERE_UV: Final = 350.0
HIGH_PASS_HZ: Final = 0.5
MAINS_UV: Final = 60.0
MAINS_WITHIN_HZ: Final = 1.0
SINE_PP: Final = 2.0 * math.sqrt(2.0)
"""Peak to peak of a sine of RMS 1."""
MAINS_NYQUIST_SHARE: Final = 0.95
HIGHFREQ_Z: Final = 5.0
RESOLUTION_UV: Final = 10.0
RESOLUTION_TOLD_UV: Final = 1.0
"""A digital step above this one is told, though it costs nothing."""
DOUBTFUL: Final = 0.4
"""The quality of a channel near its rail, or of one with too much high frequency."""

_CHUNK_S: Final = 1.0


class HighPass:
    """A causal one-pole high-pass at 0.5 Hz: x minus its exponential mean, -3 dB at 0.5 Hz.

    One pole, because it neither rings after an electrode's jump nor adds to a slow wave's height (a
    moving average or a steeper filter would do both). The recursion is unrolled over a chunk: the mean
    after k samples is a^k (mean + (1 - a) cumulative sum of x_i / a^i), all numpy.
    """

    def __init__(self, channels: int, rate_hz: float) -> None:
        """Start with an empty memory; the first sample given is the first mean."""
        pole = math.exp(-2 * math.pi * HIGH_PASS_HZ / rate_hz)
        self._chunk = max(1, math.floor(_CHUNK_S * rate_hz))
        self._decay = (pole ** np.arange(1, self._chunk + 1))[:, None]
        self._growth = (1 - pole) / self._decay
        self._mean = np.full(channels, np.nan)

    def pass_on(self, uv: Doubles) -> Doubles:
        """Filter the next samples, float64[n, channels], uV; returns the same shape."""
        if len(uv) and not math.isfinite(float(self._mean.sum())):
            self._mean = np.array(uv[0])
        pieces = [self._piece(uv[at : at + self._chunk]) for at in range(0, len(uv), self._chunk)]
        return np.concatenate(pieces) if len(pieces) != 1 else pieces[0]

    def _piece(self, uv: Doubles) -> Doubles:
        mean = np.cumsum(uv * self._growth[: len(uv)], axis=0)
        mean += self._mean
        mean *= self._decay[: len(uv)]
        self._mean = mean[-1].copy()
        return np.asarray(uv - mean, dtype=np.float64)


def mains_rows(rate_hz: float, samples: int, mains_hz: tuple[float, ...]) -> Doubles:
    """Rows whose products with a window, squared and summed per mains frequency, are its mean square.

    Hann-windowed Fourier sums at every half hertz within 1 Hz, scaled as a power spectral density
    (Welch 1967), so a sine of RMS r at the mains gives r^2. float64[10 per frequency, samples].
    """
    times_s = np.arange(samples) / rate_hz
    hann = 0.5 - 0.5 * np.cos(2 * math.pi * (np.arange(samples) + 0.5) / samples)
    step_hz = rate_hz / samples
    count = round(MAINS_WITHIN_HZ / step_hz)
    scale = hann * math.sqrt(2.0 / (samples * float(np.sum(hann**2))))
    angles = [
        2 * math.pi * (centre + offset * step_hz) * times_s
        for centre in mains_hz
        for offset in range(-count, count + 1)
    ]
    rows = [scale * wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    return np.array(rows).reshape(len(rows), samples)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One hop's quality per channel: float64[channels] 0..1, cause ('' where 1), high-passed SD in uV."""

    quality: Doubles
    causes: tuple[str, ...]
    sd_uv: Doubles


class QualityEvaluator:
    """Judges every EEG channel at every hop; holds two seconds of the high-passed signal."""

    def __init__(
        self,
        electrodes: tuple[Electrode, ...],
        rate_hz: float,
        mains_hz: float,
        resolution_uv: tuple[float, ...] = (),
    ) -> None:
        """Prepare for these electrodes.

        mains_hz: 0 if unknown, then both 50 and 60 Hz count. resolution_uv: uV of one digital step, one a
        channel of the device, 0 where unknown; () if none is known. An unknown one is looked for.
        """
        steps_uv = [resolution_uv[e.column] if resolution_uv else 0.0 for e in electrodes]
        self._steps = StepWatch(np.array(steps_uv), RESOLUTION_UV)
        self.samples = round(WINDOW_S * rate_hz)
        self._bridge = BRIDGE_S * rate_hz
        self._channels = len(electrodes)
        self._limit_uv = np.array([FRONTAL_UV if e.frontal else ELSEWHERE_UV for e in electrodes])
        mains = (mains_hz,) if mains_hz > 0 else (50.0, 60.0)
        self._mains = tuple(hz for hz in mains if hz <= MAINS_NYQUIST_SHARE * rate_hz / 2)
        self._mains_rows = mains_rows(rate_hz, self.samples, self._mains)
        self._rate_hz = rate_hz
        self.restart()

    @property
    def steps_uv(self) -> tuple[float, ...]:
        """The digital step of every electrode, uV; 0 where unknown or none."""
        return tuple(self._steps.steps_uv.tolist())

    def restart(self) -> None:
        """Reset the signal so far."""
        self._high_pass = HighPass(self._channels, self._rate_hz)
        self._passed = np.zeros((self._channels, self.samples)).T

    def judge(
        self, uv: Doubles, fault: NDArray[np.uint8], fresh: int, contact: Doubles | None, high_z: Doubles
    ) -> Verdict:
        """Judge the newest 2 s.

        Args:
            uv: float64[samples, channels], microvolts, held where bad; oldest first.
            fault: uint8[samples, channels], see `sample_buffer.Fault`.
            fresh: how many of the samples, the newest, are new since the last call.
            contact: float64[channels] 0..1 by the device, or None if it has no indicator.
            high_z: float64[channels], the highest band's z against the own calibration, NaN without one.
        """
        self._advance(uv, min(fresh, self.samples))
        bad = bool(fault.any())
        passed_pp = self._passed.max(axis=0) - self._passed.min(axis=0)
        flat_ok = uv.max(axis=0) - uv.min(axis=0) >= FLAT_UV
        scores = np.ones((len(CAUSES), self._channels))
        if bad:
            scores[0] = ~np.any(fault == Fault.NONFINITE, axis=0)
            scores[1] = ~np.any(fault == Fault.RANGE, axis=0)
            scores[2] = np.count_nonzero(fault == Fault.MISSING, axis=0) <= self._bridge
            scores[4] = self._railed(fault)
        if contact is not None:
            scores[3] = np.clip(np.where(np.isfinite(contact), contact, 0.0), 0.0, 1.0)
        scores[5] = flat_ok
        mains_uv = self.mains_uv(uv)
        scores[7] = mains_uv <= MAINS_UV
        hum_pp = np.where(mains_uv > MAINS_UV, SINE_PP * mains_uv, 0.0)
        scores[6] = passed_pp - hum_pp <= self._limit_uv
        scores[8] = np.where(high_z > HIGHFREQ_Z, DOUBTFUL, 1.0)
        self._steps.look_at(uv)
        scores[9] = self._steps.steps_uv <= RESOLUTION_UV
        quality = scores.min(axis=0)
        first = (scores < 1.0).argmax(axis=0)
        causes = tuple(CAUSES[row] if q < 1.0 else "" for row, q in zip(first, quality, strict=True))
        sd_uv = np.sqrt(np.einsum("ij,ij->j", self._passed, self._passed) / self.samples)
        return Verdict(quality, causes, sd_uv)

    def mains_uv(self, uv: Doubles) -> Doubles:
        """RMS within 1 Hz of the mains over the window, uV, float64[channels]; the larger of the two."""
        if not self._mains:
            return np.zeros(self._channels)
        squares = (self._mains_rows @ uv) ** 2
        by_mains = squares.reshape(len(self._mains), -1, self._channels).sum(axis=1)
        return np.asarray(np.sqrt(by_mains.max(axis=0)), dtype=np.float64)

    def _railed(self, fault: NDArray[np.uint8]) -> Doubles:
        railed = np.count_nonzero(fault == Fault.RAILED, axis=0)
        high = railed + np.count_nonzero(fault == Fault.HIGH, axis=0)
        near = np.where(high <= self._bridge, 1.0, DOUBTFUL)
        return np.where(railed <= self._bridge, near, 0.0)

    def _advance(self, uv: Doubles, fresh: int) -> None:
        if fresh == 0:
            return
        passed = self._high_pass.pass_on(uv[self.samples - fresh :])
        self._passed[: self.samples - fresh] = self._passed[fresh:]
        self._passed[self.samples - fresh :] = passed
