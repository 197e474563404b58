"""A renderer that is silent while the sleeper has not granted its modality."""

from dreamedge.ports.renderer import Cue, Renderer
from dreamwire.messages import Modality


class GrantedRenderer:
    """Passes on the cues that name its modality. For the others it falls silent as for no cue at all.

    While it is not granted it has not failed either: nothing is missing that the sleeper would be given.
    """

    def __init__(self, inner: Renderer, modality: Modality) -> None:
        self._inner = inner
        self._modality = modality
        self._granted = True

    @property
    def failed(self) -> str:
        """Why the inner renderer gives nothing, or empty."""
        return self._inner.failed if self._granted else ""

    def render(self, cue: Cue, now_ns: int) -> None:
        """Pass the cue on where it is granted."""
        self._granted = cue.modalities is None or self._modality in cue.modalities
        if self._granted:
            self._inner.render(cue, now_ns)

    def share_at(self, now_ns: int) -> float:
        """The share that the inner renderer gives."""
        return self._inner.share_at(now_ns)

    def close(self) -> None:
        """Close the inner renderer."""
        self._inner.close()
