"""The lamps that a light may be, by a spec.

`gpio:CHIP/LINE[,LINE,LINE][,active=low|high]` or `serial:PORT[,baud=N]`.

One GPIO line is steady when coupled, off when alone, and blinks once a second when latched. Three lines are
one for each state: coupled, alone, latched.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from dreamedge.adapters.bedside.spec_words import baud_rate, chip_path, split
from dreamedge.ports.light import LightError, LightState
from dreamwire.operating_system import LINUX_DEVICES

BLINK_NS: Final = 500_000_000
"""Half of a blink: far below three flashes a second, the limit for photosensitive people."""
_KNOWN: Final = "gpio:CHIP/LINE or serial:PORT"


class Lamp(Protocol):
    """An open lamp."""

    def light(self, state: str, now_ns: int) -> None:
        """MUST show the state as of now; called several times a second. OSError once the lamp is lost."""
        ...

    def close(self) -> None:
        """MUST release the lamp; MUST be safe on a lost one."""
        ...


class Outputs(Protocol):
    """Lines that can be set."""

    def set(self, active: tuple[bool, ...]) -> None:
        """Set each line, in order."""
        ...

    def close(self) -> None:
        """Give the lines back."""
        ...


class GpioLamp:
    """One line with a pattern, or three lines with one state each."""

    def __init__(self, outputs: Outputs, lines: int) -> None:
        self._outputs = outputs
        self._lines = lines
        self._set: tuple[bool, ...] | None = None

    def light(self, state: str, now_ns: int) -> None:
        """Set the lines if they change."""
        if self._lines == 1:
            blinks = state == LightState.LATCHED and now_ns // BLINK_NS % 2 == 0
            active: tuple[bool, ...] = (state == LightState.COUPLED or blinks,)
        else:
            active = tuple(state == each for each in LightState)
        if active != self._set:
            self._outputs.set(active)
            self._set = active

    def close(self) -> None:
        """Give the lines back."""
        self._outputs.close()


def open_lamp(spec: str) -> Lamp:
    """Open the lamp that `spec` names.

    Raises:
        LightError: the spec cannot be used.
        OSError: the lamp cannot be opened.
        ImportError: its library is not installed.
    """
    kind, place, options = split(spec, LightError, "--light")
    if kind not in _KINDS or not place:
        raise LightError(f"--light {spec} is not {_KNOWN}; write one of them.")
    if kind == "gpio" and not LINUX_DEVICES:
        raise LightError(f"--light {spec}: gpio is a device of Linux; use serial:PORT on this system.")
    return _KINDS[kind](spec, place, options)


def _gpio(spec: str, place: str, options: Mapping[str, str]) -> Lamp:
    from dreamedge.adapters.bedside.gpio_lines import GpioOutputs, Place  # noqa: PLC0415 - an optional extra

    chip, _, listed = place.rpartition("/")
    lines = tuple(int(line) if line.isdecimal() else line for line in listed.split(","))
    active = options.get("active", "high")
    known = not set(options) - {"active"} and active in ("low", "high")
    if not chip or len(set(lines)) not in (1, len(LightState)) or "" in lines or not known:
        raise LightError(
            f"--light {spec} is not gpio:CHIP/LINE or gpio:CHIP/COUPLED,ALONE,LATCHED, with active=high or "
            "active=low; for instance gpio:gpiochip0/27."
        )
    return GpioLamp(GpioOutputs(Place(chip_path(chip), lines, active == "low")), len(lines))


def _serial(spec: str, place: str, options: Mapping[str, str]) -> Lamp:
    from dreamedge.adapters.bedside.serial_port import SerialLamp  # noqa: PLC0415 - an optional extra

    return SerialLamp(place, baud_rate(spec, options, "--light", LightError))


_KINDS: Final = {"gpio": _gpio, "serial": _serial}
