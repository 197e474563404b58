"""A sleeper's rhythm as an oscillator that others may draw: Kuramoto (1984), pure.

d theta / dt = omega + K |Z| sin(arg Z - theta), with Z the mean phasor of all sleepers. With natural
frequencies spread as a Lorentzian of half-width g, a large group stays incoherent up to Kc = 2 g and has R =
sqrt(1 - Kc / K) above it.

Real alpha is not an oscillator that can be pulled; an implant that paces it is. The others' phase arrives
about a second old (kernel, tick, way), so the implant extrapolates Z at the middle of the band. A
malfunctioning implant paces so hard that the group locks all the same, as fast as it can: K = `PACE_PER_S` x
share.

A `Beat` is the look-alike: one external rhythm that reaches everyone whatever their coupling.
"""

import cmath
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.merging.cue import Felt
from dreamwire.schema import BANDS6X2

Array = NDArray[np.float64]

TURN: Final = 2.0 * np.pi
PACE_PER_S: Final = 600.0
"""K at share 1: 90 rad/s at the shipped ceiling; alpha frequencies lie up to 10 rad/s off the middle."""
ALPHA: Final = next(i for i, band in enumerate(BANDS6X2.phase_bands) if band.name == "alpha")
ALPHA_BAND: Final = BANDS6X2.phase_bands[ALPHA]
STEP_MOST: Final = 0.25
"""Largest K dt of one step; finer steps change R by less than .001."""


def drawn(theta: Array, omega: Array, field: NDArray[np.complex128], k_per_s: float, dt_s: float) -> Array:
    """Return the phases dt later (explicit Euler). theta, omega, field: any one shape; rad, rad/s."""
    return np.asarray(theta + dt_s * (omega + k_per_s * np.imag(field * np.exp(-1j * theta))))


@dataclass(frozen=True, slots=True)
class Field:
    """The others' mean phasor z at a moment in seconds, extrapolated at the middle of the band."""

    z: complex
    at_s: float

    @classmethod
    def felt(cls, felt: Felt) -> "Field | None":
        """The alpha field of this feedback, None if it has none: its phase is half a kernel old."""
        z = felt.phase(ALPHA)
        if not cmath.isfinite(z):
            return None
        return cls(z, felt.phases_ns / 1e9 - ALPHA_BAND.kernel_s / 2.0)

    def z_at(self, t_s: float) -> complex:
        """The extrapolated phasor at another moment."""
        turned = TURN * ALPHA_BAND.centre_hz * (t_s - self.at_s)
        return self.z * cmath.exp(1j * turned)


class Rhythm:
    """One paced oscillator: its phase from one moment to the next."""

    def __init__(self, hz: float, phase: float) -> None:
        self._omega = TURN * hz
        self._phase = phase

    def advance(self, from_s: float, samples: int, dt_s: float, field: Field | None, k_per_s: float) -> Array:
        """Advance by `samples` steps of dt; returns the phase after each, float64[samples], rad."""
        strong = k_per_s * (abs(field.z) if field else 0.0)
        fine = max(1, math.ceil(strong * dt_s / STEP_MOST))
        sub_s, phase = dt_s / fine, self._phase
        phases = np.empty(samples)
        turn = cmath.exp(1j * TURN * ALPHA_BAND.centre_hz * sub_s)
        z = field.z_at(from_s) if field else 0j
        for sample in range(samples):
            for _ in range(fine):
                pulled = k_per_s * (z.imag * math.cos(phase) - z.real * math.sin(phase))
                phase += sub_s * (self._omega + pulled)
                z *= turn
            phases[sample] = phase
        self._phase = phase % TURN
        return phases


@dataclass(frozen=True, slots=True)
class Beat:
    """An external rhythm, the same for everyone on a machine: hz, and the band whose phase it sets."""

    hz: float
    band: int

    def phases(self, t_s: Array) -> Array:
        """The phase at moments of the machine's clock, rad."""
        return np.asarray(TURN * ((self.hz * t_s) % 1.0))


def _band(name: str) -> int:
    return next(i for i, band in enumerate(BANDS6X2.phase_bands) if band.name == name)


BEATS: Final = {"flicker": Beat(10.0, _band("alpha")), "hum": Beat(14.0, _band("sigma"))}
"""`flicker`: a lamp at 10 Hz. `hum`: mains at 50 Hz, folded to 14 Hz by a 64 Hz converter with no filter."""
