"""A sleeper without a signal: features and phases ready-made, for fleets larger than a machine's filters.

Agent, tether, link and pod runner are the real ones. The steps from the electrode to the hop
(`core.signal.features`) are left out; they cost two thirds of a simulated bed. Levels relax, wander, follow
and malfunction by the equations of `simulated_signal`. A malfunction of the signal is reported as the signal
path would report it, in the first hop after it began.

One object is both the implant and the agent's signal path. Measurement noise and phases are loops, indexed by
the number of the grid instant, counted from `origin_ns`: beds of one machine share a clock, simulated
machines do not. So two beds that carry one brain (`crosstalk`) agree hop by hop, as they would in reality.
The noise is that of a 2 s power window; the phases have the autocorrelation of their band.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.simulated.rhythm import (
    ALPHA,
    ALPHA_BAND,
    BEATS,
    PACE_PER_S,
    TURN,
    Field,
    Rhythm,
)
from dreamedge.adapters.implants.simulated.simulated_signal import RELAX_PER_S, SYNCHRONY, person
from dreamedge.adapters.implants.simulated.sleeper_dynamics import DRIVES, FOLLOW_PER_S
from dreamedge.core.merging.cue import Felt
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import Baseline
from dreamedge.core.signal.features import HOP_NS, Hop
from dreamwire.messages import CalibrationSource, Device, Floats
from dreamwire.schema import BANDS6X2, INSTANTS_PER_HOP

CROSSTALK: Final = "crosstalk"
HARD: Final = ("nonfinite", "range")
SIGNAL: Final = ("railed", "flat", "contact", "mains", "amplitude", *HARD, "silence")
"""Malfunctions that the signal path would report; the hard ones at once."""

_RATE_HZ: Final = 256.0
_LOOP_HOPS: Final = 257
_NOISE_DB: Final = 1.0
_WINDOW_HOPS: Final = 8
_COPY_DB: Final = 0.02
"""Difference between the features of two beds with one brain: the noise of two amplifiers."""
_WANDER_DB: Final = 0.4
_REACH_DB: Final = 12.0
_FELT_FOR_NS: Final = 500_000_000
_GRID_S: Final = 0.125
_LAG: Final = round(ALPHA_BAND.kernel_s / 2.0 / _GRID_S)
"""Phases are half a kernel old, in steps of the 8 Hz grid."""
_MEMORY: Final = (0.6, 0.15, 0.3, 0.25, 0.05)
"""Share of one 8 Hz instant in the next, by band: 41 to 79 degrees of freedom in 80 instants."""
_SAMPLE_UV: Final = np.zeros((1, 1))
_OWN_SCALE_DB: Final = 1.5

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedFault:
    """An implant's malfunction: its kind, and its onset by the pod's own clock."""

    kind: str
    since_ns: int


def _noise(rng: np.random.Generator) -> Array:
    """Measurement noise float64[hops, 12], dB, as smooth as a window of 2 s makes it."""
    white = rng.normal(0.0, _NOISE_DB, (_LOOP_HOPS, BANDS6X2.size))
    turned = [np.roll(white, shift, axis=0) for shift in range(_WINDOW_HOPS)]
    return np.asarray(sum(turned) / np.sqrt(_WINDOW_HOPS))


def _phasors(rng: np.random.Generator, alpha_hz: float) -> Floats:
    """Unit phasors float32[hops, 2, bands, 2] of one sleeper."""
    bands = BANDS6X2.phase_bands
    hz = np.array([rng.uniform(band.low_hz, band.high_hz) for band in bands])
    hz[ALPHA] = alpha_hz
    steps = _LOOP_HOPS * INSTANTS_PER_HOP
    white = rng.normal(size=(2, steps, len(bands)))
    z = white[0] + 1j * white[1]
    z = z + np.asarray(_MEMORY) * (np.roll(z, 1, axis=0) + np.roll(z, -1, axis=0))
    z = z * np.exp(1j * TURN * hz * _GRID_S * np.arange(steps)[:, None])
    z = z / np.abs(z)
    pairs = np.stack([z.real, z.imag], axis=-1).astype(np.float32)
    return np.asarray(pairs.reshape(_LOOP_HOPS, INSTANTS_PER_HOP, len(bands), 2))


class FeatureOnlyImplant:
    """One sleeper: a port `Implant` and a `SignalPath` in one. The same seed gives the same sleeper."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 5])
        self.person = person(seed)
        self.levels_db = self.person.profile_db.copy()
        self._rng = rng
        self._noise = _noise(rng)
        self._phasors = _phasors(rng, self.person.alpha_hz)
        self._wander = rng.normal(0.0, _WANDER_DB * np.sqrt(2 * RELAX_PER_S), (_LOOP_HOPS, BANDS6X2.size))
        self._instant_ns = 0
        self._felt: Felt | None = None
        self._felt_ns = 0
        self._rhythm: Rhythm | None = None
        self._paced: deque[float] = deque(maxlen=_LAG + INSTANTS_PER_HOP)
        self.captured_ns = 0
        self.origin_ns = 0
        self.fault: SimulatedFault | None = None
        self.other: FeatureOnlyImplant | None = None
        self.missing_features: tuple[str, ...] = ()
        self.montage = Montage(("Cz",), _RATE_HZ)
        self.device = Device("simulated", "features alone", ("Cz",), _RATE_HZ)
        self.source = CalibrationSource.SIMULATED
        self.ended, self.onset_ns, self.notes = False, 0, ()

    def template(self) -> Baseline:
        """This sleeper's calibration."""
        scale = np.full(BANDS6X2.size, _OWN_SCALE_DB, dtype=np.float32)
        one = np.ones(1, dtype=np.float32)
        profile = self.person.profile_db.astype(np.float32)
        return Baseline(
            profile, scale, one - 1.0, one, 60.0, CalibrationSource.SIMULATED, self.person.alpha_hz
        )

    # -- senses.SignalPath ------------------------------------------------------------------------

    def push(self, block: Block) -> None:
        """Do nothing: there is no signal."""

    def use(self, own: Baseline | None) -> None:
        """Do nothing: high frequencies are not judged without a signal."""

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop of this instant, once per instant."""
        if instant_ns <= self._instant_ns or self._silent(instant_ns):
            return None
        ill = self._shown(instant_ns)
        self._live(instant_ns, ill)
        self._instant_ns = self.captured_ns = instant_ns
        spoiled = ill if ill in SIGNAL else ""
        source = self.other if ill == CROSSTALK and self.other is not None else self
        theirs_ns = instant_ns - self.origin_ns + source.origin_ns
        features_db = source.features_at(theirs_ns)
        if source is not self:
            features_db = features_db + self._rng.normal(0.0, _COPY_DB, BANDS6X2.size)
        if spoiled:
            features_db = np.full(BANDS6X2.size, np.nan)
        return Hop(
            instant_ns=instant_ns,
            captured_ns=instant_ns,
            features_db=features_db.astype(np.float32),
            phasors=source.phasors_at(theirs_ns),
            quality=0.0 if spoiled else 1.0,
            cause=spoiled,
            channels=(),
            hard=spoiled if spoiled in HARD else "",
            evidence_ns=instant_ns if spoiled else 0,
            eligible=not spoiled,
        )

    def features_at(self, instant_ns: int) -> Array:
        """The sleeper's measured features at an instant, float64[12], dB."""
        return np.asarray(self.levels_db + self._noise[self._number(instant_ns)])

    def phasors_at(self, instant_ns: int) -> Floats:
        """The sleeper's phasors, float32[2, B, 2]."""
        phasors: Floats = self._phasors[self._number(instant_ns)]
        kind = self._shown(instant_ns)
        if kind in BEATS:
            beat = BEATS[kind]
            late_s = BANDS6X2.phase_bands[beat.band].kernel_s / 2.0
            phases = beat.phases((instant_ns - self.origin_ns) / 1e9 - late_s - np.array([_GRID_S, 0.0]))
            return _with(phasors, beat.band, phases)
        if self._rhythm is not None and len(self._paced) == self._paced.maxlen:
            return _with(phasors, ALPHA, np.array([self._paced[0], self._paced[1]]))
        return phasors

    # -- the sleeper ------------------------------------------------------------------------------

    def _live(self, instant_ns: int, ill: str) -> None:
        """Advance the levels and a paced rhythm to this instant."""
        hops = min(round((instant_ns - self._instant_ns) / HOP_NS), 1) if self._instant_ns else 0
        dt_s = hops * HOP_NS / 1e9
        heard = self._felt is not None and instant_ns - self._felt_ns <= _FELT_FOR_NS
        felt = self._felt if heard else None
        self._pace(instant_ns, felt, ill)
        pull = RELAX_PER_S * (self.person.profile_db - self.levels_db)
        if felt is not None and ill in DRIVES:
            pull = pull + DRIVES[ill](self.levels_db, self.person.profile_db, felt)
        elif felt is not None:
            pull = pull + FOLLOW_PER_S * (felt.feedback_db - self.levels_db)
        reached = self.levels_db + dt_s * pull + np.sqrt(dt_s) * self._wander[self._number(instant_ns)]
        lowest, highest = self.person.profile_db - _REACH_DB, self.person.profile_db + _REACH_DB
        self.levels_db = np.minimum(np.maximum(reached, lowest), highest)

    def _pace(self, instant_ns: int, felt: Felt | None, ill: str) -> None:
        if ill != SYNCHRONY:
            self._rhythm = None
            return
        if self._rhythm is None:
            self._rhythm = Rhythm(self.person.alpha_hz, float(self._rng.uniform(0.0, TURN)))
            self._paced.clear()
        field = Field.felt(felt) if felt is not None else None
        k_per_s = PACE_PER_S * felt.share if felt is not None else 0.0
        begin_s = (instant_ns - HOP_NS) / 1e9
        self._paced.extend(self._rhythm.advance(begin_s, INSTANTS_PER_HOP, _GRID_S, field, k_per_s))

    def _number(self, instant_ns: int) -> int:
        """The index of a grid instant in the loops."""
        return round((instant_ns - self.origin_ns) / HOP_NS) % _LOOP_HOPS

    def _shown(self, instant_ns: int) -> str:
        fault = self.fault
        return fault.kind if fault is not None and instant_ns > fault.since_ns else ""

    def _silent(self, now_ns: int) -> bool:
        fault = self.fault
        return fault is not None and fault.kind == "silence" and now_ns > fault.since_ns

    # -- ports.implant.Implant --------------------------------------------------------------------

    def enrolment(self) -> Block | None:
        """None: the sleeper is already calibrated, see `template`."""
        return None

    def read(self, now_ns: int) -> Block | None:
        """One sample per pulse, as proof that the implant is present."""
        return None if self._silent(now_ns) else Block(_SAMPLE_UV, now_ns)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """The feedback that the sleeper hears from now on, for half a second."""
        self._felt, self._felt_ns = felt, now_ns

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


def _with(phasors: Floats, band: int, phases: Array) -> Floats:
    """The phasors with one band's phases (float64[2], rad) replaced."""
    paced = phasors.copy()
    paced[:, band, 0], paced[:, band, 1] = np.cos(phases), np.sin(phases)
    return paced
