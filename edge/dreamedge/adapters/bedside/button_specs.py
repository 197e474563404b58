"""The spec of a button.

`evdev:PATH[,KEY=ACTION...]`, `gpio:CHIP/LINE[,active=low|high]` or `serial:PORT[,baud=N]`.

Any press withdraws, unless its key is given another action: withdrawing is the easiest thing to do. With
`hold=none` a held key wakes no more than a short press.
"""

from collections.abc import Mapping
from typing import Final

from dreamedge.adapters.bedside.button_reader import Keys
from dreamedge.adapters.bedside.presses import ACTIONS
from dreamedge.adapters.bedside.spec_words import baud_rate, chip_path, split
from dreamedge.adapters.clock import boottime_ns
from dreamedge.ports.button import ButtonError
from dreamwire.operating_system import LINUX_DEVICES

NONE: Final = "none"
_KNOWN: Final = "evdev:PATH, gpio:CHIP/LINE or serial:PORT"
_HOLD: Final = "hold"


def button_keys(spec: str) -> tuple[Keys, bool]:
    """Return the driver of a button, not yet opened, and whether a held withdraw key wakes.

    Raises:
        ButtonError: the spec cannot be used.
        ImportError: its library is not installed.
    """
    kind, place, options = split(spec, ButtonError, "--button")
    if kind not in _KINDS or not place:
        raise ButtonError(f"--button {spec} is not {_KNOWN}; write one of them.")
    if kind in ("evdev", "gpio") and not LINUX_DEVICES:
        raise ButtonError(f"--button {spec}: {kind} is a device of Linux; use serial:PORT on this system.")
    hold = options.pop(_HOLD, "wake")
    if hold not in ("wake", NONE):
        raise ButtonError(f"--button {spec}: hold={hold} is neither hold=wake nor hold=none.")
    return _KINDS[kind](spec, place, options), hold == "wake"


def _evdev(spec: str, place: str, options: Mapping[str, str]) -> Keys:
    from dreamedge.adapters.bedside.evdev import KEY_CODES, EvdevKeys  # noqa: PLC0415 - of Linux alone

    actions = {}
    for key, action in options.items():
        code = KEY_CODES.get(key.upper(), int(key) if key.isdecimal() else None)
        if code is None:
            raise ButtonError(
                f"--button {spec}: {key} is no key; write its name, such as KEY_ENTER or BTN_0, or its "
                "number, which `evtest` shows."
            )
        if action not in (*ACTIONS, NONE):
            raise ButtonError(f"--button {spec}: {key}={action} is no action; write withdraw, wake or none.")
        actions[code] = "" if action == NONE else action
    return EvdevKeys(place, actions, boottime_ns)


def _gpio(spec: str, place: str, options: Mapping[str, str]) -> Keys:
    from dreamedge.adapters.bedside.gpio_lines import GpioKeys, Place  # noqa: PLC0415 - an optional extra

    chip, _, line = place.rpartition("/")
    active = options.get("active", "low")
    if not chip or not line or set(options) - {"active"} or active not in ("low", "high"):
        raise ButtonError(
            f"--button {spec} is not gpio:CHIP/LINE, with active=low or active=high; for instance "
            "gpio:gpiochip0/17."
        )
    named = int(line) if line.isdecimal() else line
    return GpioKeys(Place(chip_path(chip), (named,), active == "low"), boottime_ns)


def _serial(spec: str, place: str, options: Mapping[str, str]) -> Keys:
    from dreamedge.adapters.bedside.serial_port import SerialKeys  # noqa: PLC0415 - an optional extra

    return SerialKeys(place, baud_rate(spec, options, "--button", ButtonError), boottime_ns)


_KINDS: Final = {"evdev": _evdev, "gpio": _gpio, "serial": _serial}
