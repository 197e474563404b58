"""Bluetooth, buttons and GPIO chips of this machine, as the kernel lists them.

Bluetooth adapters stand below /sys/class/bluetooth. The headsets that BlueZ knows are asked of its own
`bluetoothctl`, for a limited time. Buttons are the input devices with keys. No device is opened, except a
GPIO chip for its name: that changes no line.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLUEZ_WITHIN_S: Final = 3.0
BEDSIDE: Final = "install the extra: pip install 'dreamd[bedside]'"
_HEADSETS: Final = (
    ("muse-", "muse_2"),
    ("muses", "muse_s"),
    ("ganglion", "ganglion_native"),
    ("simblee", "ganglion_native"),
    ("brainbit", "brainbit"),
    ("un-", "unicorn"),
)
"""Beginnings of a headset's Bluetooth name, and its board at BrainFlow."""
_DEVICE: Final = re.compile(r"Device (?P<address>(?:[0-9A-F]{2}:){5}[0-9A-F]{2}) (?P<name>.+)")
_EV_KEY: Final = 1


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of device, searched for.

    key: its name for scripts. lines: one a device, for people. values: one a device, for scripts. none: the
    line where there is no device. error: why this kind could not be searched for, or empty.
    """

    key: str
    title: str
    lines: tuple[str, ...] = ()
    values: tuple[dict[str, object], ...] = ()
    none: str = "none"
    error: str = ""


def known_to_bluez() -> str | None:
    """Return what `bluetoothctl devices` prints; None where there is no BlueZ that answers."""
    program = shutil.which("bluetoothctl")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the system's own program, with a fixed argument
            (program, "devices"), capture_output=True, timeout=BLUEZ_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def bluetooth(system: Path = Path("/sys"), known: Callable[[], str | None] = known_to_bluez) -> Section:
    """Return the Bluetooth adapters, and the devices that BlueZ has paired or seen."""
    adapters = tuple(sorted(path.name for path in (system / "class" / "bluetooth").glob("hci*")))
    if not adapters:
        return Section("bluetooth", "Bluetooth", error="this machine has no Bluetooth adapter")
    lines = [f"{', '.join(adapters)}: BrainFlow searches by itself, as above"]
    values: list[dict[str, object]] = [{"adapter": adapter} for adapter in adapters]
    listed = known()
    if listed is None:
        lines.append("BlueZ does not answer, so no headset is listed; see that bluetooth.service runs")
    for match in _DEVICE.finditer(listed or ""):
        name, address = match["name"].strip(), match["address"]
        board = next((board for begins, board in _HEADSETS if name.lower().startswith(begins)), "")
        spec = f"brainflow:{board},mac_address={address}" if board else ""
        lines.append(f"{name}  {address}{f': dreamedge inspect {spec}' if spec else ''}")
        values.append({"name": name, "address": address, "board": board, "spec": spec})
    return Section("bluetooth", "Bluetooth", tuple(lines), tuple(values))


def buttons(listing: Path = Path("/proc/bus/input/devices"), devices: Path = Path("/dev/input")) -> Section:
    """Return the input devices that have keys, with the `--button` that reads each."""
    title = "buttons and keys"
    try:
        blocks = listing.read_text(errors="replace").strip().split("\n\n")
    except OSError as error:
        return Section("buttons", title, error=f"{listing} cannot be read ({error.strerror})")
    lines, values = [], []
    for block in blocks:
        event = re.search(r"^H: Handlers=.*\b(event\d+)\b", block, re.MULTILINE)
        events = re.search(r"^B: EV=([0-9a-f]+)", block, re.MULTILINE)
        if event is None or events is None or not int(events[1], 16) >> _EV_KEY & 1:
            continue
        named = re.search(r'^N: Name="(.*)"', block, re.MULTILINE)
        path = _lasting(devices / event[1], devices)
        name, readable = named[1] if named else "unnamed", os.access(path, os.R_OK)
        closed = "" if readable else " (your user may not read it; Debian: group input)"
        lines.append(f"{path}  {name}: dreamedge run --button evdev:{path}{closed}")
        values.append({"path": str(path), "name": name, "readable": readable, "spec": f"evdev:{path}"})
    return Section("buttons", title, tuple(lines), tuple(values), none="none; plug in a button or a keypad")


def _lasting(path: Path, devices: Path) -> Path:
    """The link to an event device whose name outlasts a reboot, or the device itself."""
    for folder in ("by-id", "by-path"):
        for link in sorted((devices / folder).glob("*")):
            if link.resolve() == path.resolve():
                return link
    return path


def chip_label(path: Path) -> tuple[str, int]:
    """Return a GPIO chip's label and its number of lines.

    Raises:
        ImportError: gpiod is not installed.
        OSError: the chip cannot be opened.
    """
    import gpiod  # noqa: PLC0415 - an optional extra, loaded where there is a chip

    with gpiod.Chip(str(path)) as chip:
        info = chip.get_info()
    return str(info.label), int(info.num_lines)


def gpio_chips(
    devices: Path = Path("/dev"), label: Callable[[Path], tuple[str, int]] = chip_label
) -> Section:
    """Return the GPIO chips, with the `--button` that reads a line of each."""
    lines, values = [], []
    for path in sorted(devices.glob("gpiochip*"), key=lambda path: (len(path.name), path.name)):
        value: dict[str, object] = {"path": str(path), "label": "", "lines": 0}
        try:
            value["label"], value["lines"] = label(path)
            told = f"{value['label']}, {value['lines']} lines"
        except ImportError:
            told = f"gpiod is not installed; {BEDSIDE}"
        except OSError as error:
            told = f"cannot be opened ({error.strerror}); Debian: group gpio"
        lines.append(f"{path}  {told}: dreamedge run --button gpio:{path.name}/LINE")
        values.append(value)
    return Section(
        "gpio", "GPIO chips", tuple(lines), tuple(values), none="none; this machine shows no /dev/gpiochip"
    )
