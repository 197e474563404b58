"""The sound of one open output: PortAudio's callback asks it for samples, on a thread of its own.

The agent hands over its newest cue as one reference: nothing is locked, nothing queues, the latest wins. The
callback watches the cue's age by the clock, with the time that a sample takes to the ear. So the sound is
silent half a second after the last cue whatever becomes of the event loop, and after a machine's sleep too.
It works in arrays that are made once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.renderers.limiter import Limiter
from dreamedge.adapters.renderers.pad import FADE_S, Pad, amplitudes, fade_seconds
from dreamedge.core.merging.loudness import Volume
from dreamedge.ports.renderer import Cue


@dataclass(frozen=True, slots=True)
class _Given:
    amplitudes: NDArray[np.float64]
    fade_s: float
    at_ns: int


class Voice:
    """The samples of one output, from its opening to its end.

    Args:
        rate_hz: the output's.
        latency_s: from a sample's synthesis to the ear.
        volume: the loudest that it may be.
        now_ns: the clock of the cues, CLOCK_BOOTTIME.
    """

    def __init__(self, rate_hz: int, latency_s: float, volume: Volume, now_ns: Callable[[], int]) -> None:
        self._rate_hz = rate_hz
        self._latency_s = latency_s
        self._now_ns = now_ns
        self._pad = Pad(rate_hz)
        self._limiter = Limiter(volume, rate_hz)
        self._given: _Given | None = None
        self._taken: _Given | None = None
        self._samples = 0
        self.called_ns = now_ns()
        """When the output last asked."""

    def follow(self, cue: Cue) -> None:
        """Sound like this cue from now on, for half a second. Called by the agent; returns at once."""
        self._given = _Given(amplitudes(cue), fade_seconds(cue), self._now_ns())

    def hush(self) -> None:
        """Fade to silence."""
        self._given = _Given(amplitudes(_NOTHING), FADE_S, self._now_ns())

    def fill(self, wave: NDArray[np.float64]) -> None:
        """Write the next samples, float64[n], into `wave`. Called by the output's thread alone."""
        now_ns = self._now_ns()
        given = self._given
        if given is not None:
            if given is not self._taken:
                self._taken = given
                self._pad.turn(given.amplitudes, given.fade_s)
            self._pad.aged((now_ns - given.at_ns) / 1e9 + self._latency_s)
        self._pad.fill(wave)
        self._limiter.limit(wave)
        self._samples += wave.size
        self.called_ns = now_ns

    @property
    def sounded_s(self) -> float:
        """Seconds that the output has taken."""
        return self._samples / self._rate_hz

    @property
    def dose(self) -> float:
        """The share of a week's dose of H.870 that has sounded."""
        return self._limiter.dose


_NOTHING = Cue(np.zeros(12, dtype=np.float32), 0.0)
