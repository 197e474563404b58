"""The devices beside a bed: the sleeper's button and the light, by a spec.

`--button evdev:PATH[,KEY=ACTION...] | gpio:CHIP/LINE | serial:PORT`, `--light gpio:CHIP/LINE[,...] |
serial:PORT`. Each device stands behind one file here (`evdev`, `gpio_lines`, `serial_port`), whose library is
loaded only when asked for. The light is driven by a process of its own (`lamp_keeper`), which imports this
room: nothing heavy is imported here.
"""

from typing import Final

from dreamedge.ports.button import Button, ButtonError
from dreamedge.ports.light import Light, LightError

EXTRA: Final = "install it with .venv/bin/pip install -e '.[bedside]' (or pip install 'dreamd[bedside]')"


def open_button(spec: str, pod: str) -> Button:
    """Open the button that `spec` names, for this pod.

    Raises:
        ButtonError: the spec cannot be used, or the device cannot be opened.
    """
    # Loaded only by a bed with a button: a pod's memory is counted.
    from dreamedge.adapters.bedside.button_reader import ButtonReader  # noqa: PLC0415
    from dreamedge.adapters.bedside.button_specs import button_keys  # noqa: PLC0415

    try:
        keys, holds = button_keys(spec)
    except ImportError as error:
        raise ButtonError(f"--button {spec} needs a library ({error}); {EXTRA}.") from error
    return ButtonReader(spec, pod, keys, holds=holds)


def open_light(spec: str, pod: str) -> Light:
    """Open the light that `spec` names, for this pod.

    Raises:
        LightError: the spec cannot be used, or the lamp cannot be opened.
    """
    # Loaded only by a bed with a light: a pod's memory is counted.
    from dreamedge.adapters.bedside.kept_light import KeptLight  # noqa: PLC0415

    return KeptLight(spec, pod)


__all__ = ["EXTRA", "Button", "ButtonError", "Light", "LightError", "open_button", "open_light"]
