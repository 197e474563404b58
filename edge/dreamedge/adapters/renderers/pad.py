"""The feedback of one bed as sound: the cue's amplitudes and fade, on the synthesis that both ends share."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.merging.coupling import SEVER_FADE_NS
from dreamedge.ports.renderer import SILENT_AFTER_S, Cue
from dreamwire import synthesis
from dreamwire.synthesis import FADE_S, FADE_SAMPLES, RATE_HZ, Oscillators, partials

__all__ = ["FADE_S", "FADE_SAMPLES", "RATE_HZ", "Pad", "amplitudes", "fade_seconds"]

_LONGEST_FADE_MS: Final = 400.0

assert FADE_S == SEVER_FADE_NS * 1e-9, "a sever fades as fast as the synthesis can"
assert SILENT_AFTER_S == synthesis.SILENT_AFTER_S, "a renderer falls silent by itself when the agent says"


def amplitudes(cue: Cue) -> NDArray[np.float64]:
    """Amplitude per partial, float64[12], summing to 0.8 at most; silent unless all are numbers."""
    return partials(cue.bands, float(cue.share))


def fade_seconds(cue: Cue) -> float:
    """The length of the fade to this cue: at least 50 ms, and what the cue asks up to 400 ms."""
    return max(FADE_S, cue.fade_ms / 1000 if cue.fade_ms <= _LONGEST_FADE_MS else 0.0)


class Pad(Oscillators):
    """The oscillators, as cues turn them."""

    def cue(self, cue: Cue) -> None:
        """Fade to this cue's sound from the present one."""
        self.turn(amplitudes(cue), fade_seconds(cue))
