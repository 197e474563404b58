"""The renderer: turns the feedback into a sensation, and falls silent by itself."""

from typing import Protocol

from dreamedge.core.merging.cue import SILENT_AFTER_S, Cue

__all__ = ["SILENT_AFTER_S", "Cue", "Renderer"]


class Renderer(Protocol):
    """A feedback device."""

    def render(self, cue: Cue, now_ns: int) -> None:
        """MUST return at once. MUST fall silent by itself 0.5 s after the last cue.

        MUST NOT render a cue that does not name its modality: to it there is no such cue.
        """
        ...

    def share_at(self, now_ns: int) -> float:
        """MUST return the share rendered at `now_ns`: 0 once the last cue is older than 0.5 s."""
        ...

    @property
    def failed(self) -> str:
        """MUST be why the device gives nothing now, or empty; MUST return at once.

        A failed renderer MUST be silent. The agent leaves its sleeper alone until this is empty again.
        """
        ...

    def close(self) -> None:
        """MUST silence the device; MUST be safe to call twice."""
        ...


class RendererError(Exception):
    """A renderer cannot be opened; the text is one sentence for a person: subject, reason, remedy."""
