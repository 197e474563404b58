"""The renderers an agent can open, by a spec: one, or several with commas between them.

`null`, `wav:FILE`, `sound[:DEVICE]`, `osc:HOST:PORT`, `serial:PORT[@BAUD]`. Each falls silent by itself half
a second after its last cue. A device that cannot do so must not be added here. Sound is rendered where sound
is granted, light where light is; `null` has no modality of its own. A library is loaded only by a
bed that asks for it.
"""

from functools import partial
from pathlib import Path
from typing import Final

from dreamedge.adapters.renderers.granted import GrantedRenderer
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.adapters.renderers.specs import kinds_of, specs_of
from dreamedge.core.merging.loudness import Volume
from dreamedge.ports.renderer import Renderer, RendererError
from dreamwire.messages import Modality

_EXPECTED: Final = "null, wav:FILE, sound[:DEVICE], osc:HOST:PORT or serial:PORT[@BAUD]"
_BEDSIDE: Final = "install it with .venv/bin/pip install -e '.[bedside]' (or pip install 'dreamd[bedside]')"


def open_renderer(spec: str, bed: str = "", volume: Volume | None = None) -> Renderer:
    """Open the renderers that `spec` names. bed: the pod's name. volume: of live sound.

    Raises:
        RendererError: a renderer does not exist, or cannot be opened; those opened before are closed.
    """
    opened: list[tuple[str, Renderer]] = []
    try:
        for one in specs_of(spec):
            kind = one.partition(":")[0]
            opened.append((kind, _opened(one, bed, volume or Volume())))
    except BaseException:
        for _, renderer in opened:
            renderer.close()
        raise
    if len(opened) == 1:
        return opened[0][1]
    # Loaded only by a bed with several: a pod's memory is counted.
    from dreamedge.adapters.renderers.several import SeveralRenderers  # noqa: PLC0415

    return SeveralRenderers(opened)


def _opened(spec: str, bed: str, volume: Volume) -> Renderer:
    kind, colon, rest = spec.partition(":")
    match kind:
        case "null" if not colon:
            return NullRenderer()
        case "wav" if rest:
            return GrantedRenderer(_wav(rest), Modality.SOUND)
        case "sound" if rest or not colon:
            return GrantedRenderer(_sound(rest, volume), Modality.SOUND)
        case "osc" | "serial" if rest:
            return GrantedRenderer(_light(kind, rest, bed), Modality.LIGHT)
        case _:
            raise RendererError(f"renderer {spec!r} is not known; write {_EXPECTED}, or several with commas.")


def _wav(path: str) -> Renderer:
    # Loaded only by a bed that writes a file: a pod's memory is counted.
    from dreamedge.adapters.renderers.wav import WavRenderer  # noqa: PLC0415

    return WavRenderer(Path(path).expanduser())


def _sound(device: str, volume: Volume) -> Renderer:
    # Loaded only by a bed with sound: a pod's memory is counted.
    from dreamedge.adapters.renderers.portaudio import PortAudioOutput  # noqa: PLC0415
    from dreamedge.adapters.renderers.sound import SoundRenderer  # noqa: PLC0415

    return SoundRenderer(device, volume, partial(PortAudioOutput, device))


def _light(kind: str, target: str, bed: str) -> Renderer:
    # Loaded only by a bed with such lamps: a pod's memory is counted.
    from dreamedge.adapters.renderers.lights import Lamps, LightRenderer  # noqa: PLC0415

    try:
        if kind == "osc":
            from dreamedge.adapters.renderers.osc_lamps import OscLamps  # noqa: PLC0415

            lamps: Lamps = OscLamps(target, bed)
        else:
            from dreamedge.adapters.renderers.serial_lamps import SerialLamps  # noqa: PLC0415

            lamps = SerialLamps(target)
    except ImportError as error:
        raise RendererError(f"--renderer {kind}:{target} needs a library ({error}); {_BEDSIDE}.") from error
    return LightRenderer(f"{kind}:{target}", lamps)


__all__ = ["kinds_of", "open_renderer"]
