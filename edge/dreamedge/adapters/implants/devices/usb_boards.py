"""USB serial ports, and the BrainFlow boards that their USB numbers suggest.

A dongle's chip is known by its vendor and product number, which the kernel shows below /sys; the name of its
link by id serves where the numbers are not shown. Some chips are in many devices, so a hint is a guess, and
the line is only the command to try.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BY_ID: Final = "serial/by-id"
_PORTS: Final = ("ttyUSB*", "ttyACM*", "cu.usb*")
"""USB serial adapters: Linux, Linux with a modem's driver, macOS."""
_NUMBERS: Final[dict[str, tuple[str, ...]]] = {
    "0403:6015": ("cyton", "cyton_daisy"),  # FTDI FT231X: OpenBCI's dongle
    "2458:0001": ("ganglion", "muse_2_bled", "muse_s_bled", "muse_2016_bled"),  # BLED112
    "0483:5740": ("freeeeg32", "freeeeg128"),  # the STM32's own USB port
}
"""Boards by the vendor and product number of the port's chip, the most usual first."""
_MAKERS: Final = {
    "ftdi": ("cyton", "cyton_daisy"),
    "bluegiga": _NUMBERS["2458:0001"],
    "bled112": _NUMBERS["2458:0001"],
}
"""The same by words in the name of the port's link, where no number is known."""


@dataclass(frozen=True, slots=True)
class Port:
    """A USB serial port.

    usb: vendor and product number as `0403:6015`, empty if not shown. boards: BrainFlow boards whose dongle
    it may be, the likeliest first; empty: unknown.
    """

    path: str
    maker: str
    usb: str
    boards: tuple[str, ...]

    @property
    def board(self) -> str:
        """The likeliest board; empty: unknown."""
        return self.boards[0] if self.boards else ""

    @property
    def spec(self) -> str:
        """The argument for `dreamedge run --implant` and `dreamedge inspect`."""
        return f"brainflow:{self.board or 'BOARD'},serial_port={self.path}"


def serial_ports(devices: Path = Path("/dev"), system: Path = Path("/sys")) -> tuple[Port, ...]:
    """Return the USB serial ports below `devices`, each once, with the maker that its link by id names.

    system: where the kernel shows the devices' USB numbers.
    """
    named = {}
    for link in sorted((devices / _BY_ID).glob("*")):
        named[str(link.resolve())] = link.name
    paths = {str(path.resolve()) for pattern in _PORTS for path in devices.glob(pattern)}
    ports = []
    for path in sorted(paths | named.keys()):
        maker, usb = named.get(path, ""), _usb(Path(path).name, system)
        by_name = next((boards for word, boards in _MAKERS.items() if word in maker.lower()), ())
        ports.append(Port(path, maker, usb, _NUMBERS.get(usb, () if usb else by_name)))
    return tuple(ports)


def _usb(name: str, system: Path) -> str:
    """The vendor and product number of the USB device above a port, as `0403:6015`; empty: not shown."""
    place = (system / "class" / "tty" / name / "device").resolve()
    for above in (place, *place.parents):
        try:
            vendor = (above / "idVendor").read_text().strip()
            return f"{vendor}:{(above / 'idProduct').read_text().strip()}".lower()
        except OSError:
            continue
    return ""
