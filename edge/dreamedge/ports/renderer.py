"""The renderer: what makes the feedback felt, and falls silent by itself."""

from typing import Protocol

from dreamedge.core.sensation import Cue

__all__ = ["SILENT_AFTER_S", "Cue", "Renderer"]

SILENT_AFTER_S = 0.5
"""Seconds after the last block at which a renderer MUST have fallen silent by itself."""


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
