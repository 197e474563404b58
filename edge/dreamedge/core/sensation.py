"""What a sleeper is given: the cue for the renderer, and the same as a simulated sleeper feels it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SILENT_AFTER_S: Final = 0.5
"""Seconds after the last cue at which a renderer has fallen silent by itself."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What to render from now on.

    feedback: float32[D], the blend in the shared scale. share: the rendered share of the others,
    0..1, after ramp, slew limit and fade; 0 means the sleeper is alone. fade_ms: reach this share along
    a raised cosine that takes so many milliseconds; 0: at once, as smoothly as the device always is.
    """

    feedback: NDArray[np.float32]
    share: float
    fade_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Felt:
    """What the sleeper was given: the blend in dB (float64[D]) and the share of the others in it."""

    feedback_db: NDArray[np.float64]
    share: float
