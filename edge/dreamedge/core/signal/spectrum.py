"""Power and phase of every band and channel, hop by hop: the filter bank's short memory.

Two instants a hop (the 8 Hz grid). Power is the mean over the newest 2 s of them, phase that of one pinned
channel. See `filters` for the kernels, `features` for the channels that count.

Rules
- The pinned channel is the first, in a fixed order of sites, that counts when a channel may first be pinned:
  a posterior one, or an anterior one if the montage has no posterior site. It is never changed: a sleeper's
  phase must not move to another site in the middle of a synchrony window.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.electrodes import POSTERIOR, Electrode
from dreamedge.core.signal.filters import FilterBank
from dreamedge.core.signal.sample_buffer import Samples
from dreamwire.messages import Floats
from dreamwire.schema import HOP_MS, INSTANTS_PER_HOP, Schema

POWER_HOPS: Final = 8
"""Hops in the 2 s over which power is averaged."""
FLOOR_UV2: Final = 1e-6

_ROUNDING_NS: Final = 10_000
"""The rounding of stamps: within it two samples count as equally near."""
_INSTANT_NS: Final = HOP_MS * 1_000_000 // INSTANTS_PER_HOP

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


def nearest_sample(samples: Samples, instant_ns: int) -> int:
    """The number of the sample nearest an instant, delivered or not; of two equally near, the earlier one.

    The earlier one is delivered first, so a hop that is computed from it stays the same however later samples
    are cut into blocks. At 250 Hz every second grid instant lies halfway between two samples.
    """
    return math.ceil(samples.position(instant_ns - _ROUNDING_NS) - 0.5)


def sample_at(samples: Samples, instant_ns: int) -> tuple[int, float]:
    """The sample nearest an instant (the newest at most), and its distance after it in samples."""
    nearest = min(nearest_sample(samples, instant_ns), samples.count - 1)
    return nearest, min(max(nearest - samples.position(instant_ns), -0.5), 0.5)


class Spectrum:
    """The newest 2 s of band power and the newest hop's phase."""

    def __init__(self, schema: Schema, electrodes: tuple[Electrode, ...], rate_hz: float) -> None:
        """Design the filters for a schema and a rate."""
        self._schema = schema
        self._electrodes = electrodes
        self._bank = FilterBank(schema.bands, rate_hz)
        self.measured = tuple(band in self._bank.bands for band in schema.bands)
        self._rows = np.flatnonzero(self.measured)
        self._phase_rows = [i for i, band in enumerate(self._bank.bands) if band.phase]
        self._phase_slots = [i for i, band in enumerate(schema.phase_bands) if band in self._bank.bands]
        self._order = sorted(range(len(electrodes)), key=lambda i: electrodes[i].phase_rank)
        self.pinned: int | None = None
        self.restart()

    def restart(self) -> None:
        """Clear power and phase; the pinned channel stays."""
        shape = (len(self._bank.bands), len(self._electrodes))
        self._squares = np.zeros((POWER_HOPS, *shape))
        self._hops = 0
        self._newest = np.zeros((INSTANTS_PER_HOP, *shape), dtype=np.complex128)

    def reaches(self, samples: Samples, instant_ns: int) -> bool:
        """Whether the ring holds the kernels of both instants of this hop."""
        oldest, _ = sample_at(samples, instant_ns - (INSTANTS_PER_HOP - 1) * _INSTANT_NS)
        newest, _ = sample_at(samples, instant_ns)
        return samples.holds(oldest + 1 - self._bank.taps, newest + 1)

    def advance(self, samples: Samples, instant_ns: int) -> None:
        """Take the two instants of one hop; call only if `reaches` is true."""
        for slot in range(INSTANTS_PER_HOP):
            back_ns = (INSTANTS_PER_HOP - 1 - slot) * _INSTANT_NS
            last, offset = sample_at(samples, instant_ns - back_ns)
            uv, _ = samples.window(last + 1 - self._bank.taps, last + 1)
            self._newest[slot] = self._bank.analytic(uv, offset)
        squares = np.sum(self._newest.real**2 + self._newest.imag**2, axis=0)
        self._squares[self._hops % POWER_HOPS] = squares
        self._hops += 1

    def power_db(self) -> Doubles:
        """float64[bands of the schema, channels], dB re 1 uV^2; NaN for bands beyond the rate."""
        power_uv2 = self._squares.sum(axis=0) / (2 * INSTANTS_PER_HOP * POWER_HOPS)
        power_db = np.full((len(self._schema.bands), len(self._electrodes)), np.nan)
        power_db[self._rows] = 10 * np.log10(np.maximum(power_uv2, FLOOR_UV2))
        return power_db

    def phasors(self, counts: Bools, clean: Bools) -> Floats:
        """float32[2, phase bands, 2]: unit (re, im) of the pinned channel, NaN without one.

        Args:
            counts: bool[channels], channels that may be pinned.
            clean: bool[channels], channels whose kernels are clean at both instants.
        """
        phasors = np.full((INSTANTS_PER_HOP, len(self._schema.phase_bands), 2), np.nan, dtype=np.float32)
        if self.pinned is None:
            self.pinned = self._choice(counts)
        if self.pinned is None or not clean[self.pinned]:
            return phasors
        analytic = self._newest[:, self._phase_rows, self.pinned]
        size = np.abs(analytic)
        unit = np.where(size**2 > FLOOR_UV2, analytic / np.maximum(size, FLOOR_UV2), np.nan)
        phasors[:, self._phase_slots, 0] = unit.real
        phasors[:, self._phase_slots, 1] = unit.imag
        return phasors

    def _choice(self, counts: Bools) -> int | None:
        posterior = [i for i in self._order if self._electrodes[i].region == POSTERIOR]
        return next((i for i in posterior or self._order if counts[i]), None)
