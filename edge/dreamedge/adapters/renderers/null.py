"""The renderer for a bed without a device: keeps the last cue and says what would be felt."""

from dreamedge.adapters.renderers.share_envelope import RenderedShare
from dreamedge.ports.renderer import Cue


class NullRenderer:
    """Renders nothing, and falls silent by computation."""

    def __init__(self) -> None:
        self.cue: Cue | None = None
        self._share = RenderedShare()

    def render(self, cue: Cue, now_ns: int) -> None:
        """Keep the cue."""
        self.cue = cue
        self._share.cue(cue, now_ns)

    def share_at(self, now_ns: int) -> float:
        """0 once the last cue is half a second old."""
        return self._share.at(now_ns)

    def close(self) -> None:
        """Forget the cue."""
        self.cue = None
        self._share.stop()
