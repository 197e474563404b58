"""The renderer: what makes the feedback felt, and falls silent by itself."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SILENT_AFTER_S = 0.5
"""Seconds after the last block at which a renderer MUST have fallen silent by itself."""


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


class Renderer(Protocol):
    """A feedback device."""

    def render(self, cue: Cue, now_ns: int) -> None:
        """MUST return at once. MUST fall silent 0.5 s after the last cue without being told."""
        ...

    def share_at(self, now_ns: int) -> float:
        """MUST return the share rendered at `now_ns`: 0 once the last cue is older than 0.5 s."""
        ...

    def close(self) -> None:
        """MUST silence the device; MUST be safe to call twice."""
        ...


class RendererError(Exception):
    """A renderer cannot be opened; the text is one sentence for a person: what, why, what to do."""
