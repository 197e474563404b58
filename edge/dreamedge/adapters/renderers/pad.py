"""The feedback as sound: a soft pad of twelve partials, one per feature. Pure; time is in samples.

Loudness follows the share of the others (its square root, so that a share of .15 is heard). Timbre follows
the feedback vector: a feature above the shared centre sounds louder than its neighbours. The amplitudes go
from one cue to the next by a raised cosine of 50 ms, so that nothing clicks, and reach exact zero. A sound
ends half a second after its cue, with or without a further command.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.ports.renderer import SILENT_AFTER_S, Cue

RATE_HZ: Final = 22_050
FADE_SAMPLES: Final = int(0.05 * RATE_HZ)
_SOUNDING_SAMPLES: Final = int(SILENT_AFTER_S * RATE_HZ) - FADE_SAMPLES
"""Length of a cue's sound before its last fade."""

_PARTIALS_HZ: Final = (110.0, 164.8, 220.0, 277.2, 329.6, 440.0, 220.6, 330.4, 441.2, 555.6, 660.8, 882.4)
"""An open A major chord: anterior features below, posterior an octave up and slightly detuned, so it
breathes."""
_LONGEST_FADE_MS: Final = 400.0
_LOUDEST: Final = 0.8
_TIMBRE_LIMIT: Final = 3.0


def amplitudes(cue: Cue) -> NDArray[np.float64]:
    """Amplitude per partial, float64[12], summing to 0.8 at most; silent unless all are numbers."""
    share = float(cue.share)
    x = np.asarray(cue.feedback, dtype=np.float64)
    ok = x.shape == (len(_PARTIALS_HZ),) and bool(np.isfinite(x).all()) and 0.0 < share <= 1.0
    if not ok:
        return np.zeros(len(_PARTIALS_HZ))
    timbre = 2.0 ** np.clip(x, -_TIMBRE_LIMIT, _TIMBRE_LIMIT)
    return np.asarray(_LOUDEST * np.sqrt(share) * timbre / timbre.sum())


class Pad:
    """The oscillators, with their phases and their position in a fade."""

    def __init__(self) -> None:
        self._phase = np.zeros(len(_PARTIALS_HZ))
        self._from = np.zeros(len(_PARTIALS_HZ))
        self._to = np.zeros(len(_PARTIALS_HZ))
        self._fade = FADE_SAMPLES
        self._since = FADE_SAMPLES
        self._age = 0

    def cue(self, cue: Cue) -> None:
        """Fade to this cue's sound from the present one."""
        slow = int(cue.fade_ms * RATE_HZ / 1000) if cue.fade_ms <= _LONGEST_FADE_MS else 0
        self._turn(amplitudes(cue), max(FADE_SAMPLES, slow))
        self._age = 0

    def hush(self) -> None:
        """Fade to silence."""
        self._turn(np.zeros(len(_PARTIALS_HZ)), FADE_SAMPLES)

    def render(self, samples: int) -> NDArray[np.int16]:
        """The next `samples` samples, int16[samples]."""
        head = min(samples, max(0, _SOUNDING_SAMPLES - self._age))
        sound = [self._tones(head)] if head else []
        if head < samples:
            if self._to.any():
                self.hush()
            tail = min(samples - head, max(0, self._fade - self._since))
            sound += [self._tones(tail), np.zeros(samples - head - tail, dtype=np.int16)]
            self._since += samples - head - tail
        self._age += samples
        return np.concatenate(sound) if sound else np.zeros(0, dtype=np.int16)

    def _turn(self, to: NDArray[np.float64], fade: int) -> None:
        now = self._from + self._faded(np.array(self._since)) * (self._to - self._from)
        self._from, self._to, self._fade, self._since = np.asarray(now), to, fade, 0

    def _faded(self, samples: NDArray[np.int_]) -> NDArray[np.float64]:
        """Raised cosine from 0 to 1 over the present fade."""
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(samples / self._fade, 0.0, 1.0)))

    def _tones(self, samples: int) -> NDArray[np.int16]:
        if not (self._from.any() or self._to.any()):
            self._since += samples
            return np.zeros(samples, dtype=np.int16)
        at = np.arange(samples)[:, None]
        step = 2 * np.pi * np.asarray(_PARTIALS_HZ) / RATE_HZ
        gain = self._from + self._faded(self._since + at) * (self._to - self._from)
        wave = (gain * np.sin(self._phase + step * at)).sum(axis=1)
        self._phase = (self._phase + step * samples) % (2 * np.pi)
        self._since += samples
        return np.asarray(np.round(wave * np.iinfo(np.int16).max), dtype=np.int16)
