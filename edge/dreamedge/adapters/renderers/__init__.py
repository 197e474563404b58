"""The renderers an agent can open, by a spec: `null` or `wav:FILE`.

Each falls silent by itself half a second after its last cue. A device that cannot do so must not be added
here.
"""

from pathlib import Path

from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.adapters.renderers.wav import WavRenderer
from dreamedge.ports.renderer import Renderer, RendererError


def kinds_of(spec: str) -> str:
    """The kind that `spec` names, without its file: `null` or `wav`."""
    return spec.partition(":")[0]


def open_renderer(spec: str) -> Renderer:
    """Open the renderer that `spec` names.

    Raises:
        RendererError: the renderer does not exist, or its file cannot be written.
    """
    kind, _, rest = spec.partition(":")
    match kind:
        case "null" if not rest:
            return NullRenderer()
        case "wav" if rest:
            return WavRenderer(Path(rest).expanduser())
        case _:
            raise RendererError(f"renderer {spec!r} is not known; write null or wav:FILE.")
