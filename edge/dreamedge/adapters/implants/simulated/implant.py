"""The simulated implant: a sleeper's signal, delivered in real time by the clock that is passed in.

Sample n is captured n / rate after the first read, however often the implant is read. Feedback acts from the
next quarter second on. Its source says SIMULATED.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.simulated.rhythm import BEATS
from dreamedge.adapters.implants.simulated.simulated_signal import (
    CHANNELS,
    MAINS_HZ,
    RATE_HZ,
    STEP_S,
    STEP_SAMPLES,
    SYNCHRONY,
    Sleeper,
)
from dreamedge.adapters.implants.simulated.sleeper_dynamics import DRIVES
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.ports.implant import Felt
from dreamwire.messages import CalibrationSource, Device

FULL_SCALE_UV: Final = 187_500.0
SLEEPERS: Final = (*DRIVES, SYNCHRONY, *BEATS)
"""Malfunctions of the sleeper's dynamics rather than of the signal."""
ENROLMENT_S: Final = 130.0
_BUFFER_STEPS: Final = int(10.0 / STEP_S)
"""Steps that the device buffers while reads are late; older samples are lost, as in a real device."""
_FELT_FOR_NS: Final = 500_000_000
"""Older feedback has no effect: the renderer is silent by then."""


class SimulatedImplant:
    """A seeded sleeper behind the implant port."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._sleeper = Sleeper(seed)
        self.montage = Montage(CHANNELS, RATE_HZ, FULL_SCALE_UV, MAINS_HZ)
        self.device = Device("simulated", f"sleeper {seed}", CHANNELS, RATE_HZ)
        self.source = CalibrationSource.SIMULATED
        self.ended = False
        self.onset_ns = 0
        self.notes = ()
        self._start_ns: int | None = None
        self._read = 0
        self._ready: NDArray[np.float64] = np.zeros((0, len(CHANNELS)))
        self._felt: Felt | None = None
        self._felt_ns = 0

    @property
    def sleeper(self) -> Sleeper:
        """The simulated sleeper, to compare measured with intended values."""
        return self._sleeper

    def enrolment(self) -> Block:
        """130 s of the same sleeper without coupling, from before the first read; stamps end at 0."""
        steps = int(ENROLMENT_S / STEP_S)
        earlier = Sleeper(self._seed, self._sleeper.voice, first_step=-steps)
        return Block(earlier.generate(steps), 0)

    def read(self, now_ns: int) -> Block | None:
        """The samples captured since the last read."""
        if self._start_ns is None:
            self._start_ns = now_ns
        due = int((now_ns - self._start_ns) * RATE_HZ / 1e9)
        if due <= self._read:
            return None
        self._skip_to(due - _BUFFER_STEPS * STEP_SAMPLES)
        fresh = self._ready
        while self._read + len(fresh) < due:
            fresh = np.concatenate([fresh, self._step()])
        taken, self._ready = fresh[: due - self._read], fresh[due - self._read :]
        self._read = due
        return Block(taken, self._stamp_ns(due))

    def _skip_to(self, sample: int) -> None:
        """Drop whole steps before `sample`: they have left the device's buffer."""
        made = self._read + len(self._ready)
        lost = (sample - made) // STEP_SAMPLES
        if lost > 0:
            self._sleeper.skip(lost)
            self._read = made + lost * STEP_SAMPLES
            self._ready = self._ready[:0]

    def _step(self) -> NDArray[np.float64]:
        felt, at_ns = self._felt, self._stamp_ns(self._read + len(self._ready))
        heard = felt is not None and at_ns - self._felt_ns <= _FELT_FOR_NS
        return self._sleeper.step(felt if heard else None, at_ns / 1e9)

    def _stamp_ns(self, sample: int) -> int:
        assert self._start_ns is not None
        return self._start_ns + int(sample * 1e9 / RATE_HZ)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """The feedback that the sleeper hears from now on, for half a second."""
        self._felt, self._felt_ns = felt, now_ns

    def inject_fault(self, malfunction: str) -> None:
        """Start a malfunction of the sleeper's dynamics at the next quarter second."""
        self._sleeper.inject_fault(malfunction)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
