"""The renderer of a bed without a device: keeps the last cue and computes the share it would give."""

from dreamedge.adapters.renderers.share_envelope import RenderedShare
from dreamedge.ports.renderer import Cue


class NullRenderer:
    """Renders nothing; its share falls to zero like a real renderer's."""

    def __init__(self) -> None:
        self.cue: Cue | None = None
        self._share = RenderedShare()

    @property
    def failed(self) -> str:
        """Empty: there is no device that could fail."""
        return ""

    def render(self, cue: Cue, now_ns: int) -> None:
        """Keep the cue, unless it names no modality at all."""
        if cue.modalities is not None and not cue.modalities:
            return
        self.cue = cue
        self._share.cue(cue, now_ns)

    def share_at(self, now_ns: int) -> float:
        """The share; 0 once the last cue is half a second old."""
        return self._share.at(now_ns)

    def close(self) -> None:
        """Forget the cue."""
        self.cue = None
        self._share.stop()
