"""The devices that can be opened from this machine: LSL streams, serial ports, boards BrainFlow finds itself.

Nothing is opened: a stream is listed by its announcement, a port by its name. Each line ends with the command
that looks at the device. A library that is not installed is named with the extra that brings it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_BY_ID: Final = "serial/by-id"
_PORTS: Final = ("ttyUSB*", "ttyACM*", "cu.usb*")
"""USB serial adapters: Linux, Linux with a modem's driver, macOS."""
_BOARDS: Final = {"ftdi": "cyton", "silicon_labs": "ganglion", "bluegiga": "ganglion"}
"""Makers in a port's name, and the board whose dongle carries their chip."""
RADIO: Final = ("muse_2", "muse_s", "muse_2016", "ganglion_native", "neurosity", "bb_muse_2")
"""Boards of BrainFlow that it searches for by radio or network: no port has to be named."""
EXTRA: Final = "is not installed; install the extra: pip install 'dreamd[boards]'"


@dataclass(frozen=True, slots=True)
class Stream:
    """An LSL stream as it announces itself. rate_hz: 0 for an irregular one."""

    name: str
    kind: str
    channels: int
    rate_hz: float
    host: str

    @property
    def spec(self) -> str:
        """The argument for `dreamedge run --implant` and `dreamedge inspect`."""
        return f"lsl:{self.name}"


@dataclass(frozen=True, slots=True)
class Port:
    """A USB serial port. board: the BrainFlow board whose dongle it probably is; empty: unknown."""

    path: str
    maker: str
    board: str

    @property
    def spec(self) -> str:
        """The argument for `dreamedge run --implant` and `dreamedge inspect`."""
        return f"brainflow:{self.board or 'BOARD'},serial_port={self.path}"


def serial_ports(devices: Path = Path("/dev")) -> tuple[Port, ...]:
    """Return the USB serial ports under a directory, each once, with the maker that its link by id names."""
    named = {}
    for link in sorted((devices / _BY_ID).glob("*")):
        named[str(link.resolve())] = link.name
    paths = {str(path.resolve()) for pattern in _PORTS for path in devices.glob(pattern)}
    ports = []
    for path in sorted(paths | named.keys()):
        maker = named.get(path, "")
        board = next((board for word, board in _BOARDS.items() if word in maker.lower()), "")
        ports.append(Port(path, maker, board))
    return tuple(ports)


def found_lines(streams: Sequence[Stream] | str, ports: Sequence[Port], seconds: float) -> list[str]:
    """Return the list for people. streams: those found, or a sentence on why none could be searched for."""
    made = [f"LSL streams, heard within {seconds:g} s"]
    if isinstance(streams, str):
        made.append(f"  {streams}")
    elif not streams:
        made.append("  none; start the sender, and check that its network and this machine's are the same")
    else:
        wide = max(len(stream.name) for stream in streams)
        for stream in streams:
            rate = f"{stream.rate_hz:g} Hz" if stream.rate_hz > 0.0 else "no rate"
            made.append(
                f"  {stream.name:<{wide}}  {stream.kind or 'no type'}, {stream.channels} channels, {rate}, "
                f"on {stream.host}: {_look(stream.spec)}"
            )
    made.append("serial ports")
    if not ports:
        made.append(
            "  none; plug in the dongle; your user must be allowed to open it (Debian: group dialout)"
        )
    made += [f"  {port.path}  {port.maker or 'unknown maker'}: {_look(port.spec)}" for port in ports]
    made.append("by radio or network, found by BrainFlow itself")
    made.append(f"  {', '.join(RADIO)}: {_look(f'brainflow:{RADIO[0]}')}")
    made.append("without a device")
    made.append(f"  a simulated sleeper: {_look('sim:1')}")
    return made


def _look(spec: str) -> str:
    return f"dreamedge inspect {spec!r}" if " " in spec else f"dreamedge inspect {spec}"


def found_json(streams: Sequence[Stream] | str, ports: Sequence[Port]) -> dict[str, object]:
    """Return the list for scripts; `lsl_error` is empty where the network could be searched."""
    listed = () if isinstance(streams, str) else streams
    return {
        "lsl": [{**asdict(stream), "spec": stream.spec} for stream in listed],
        "lsl_error": streams if isinstance(streams, str) else "",
        "serial": [{**asdict(port), "spec": port.spec} for port in ports],
    }


def lsl_streams(
    seconds: float, search: Callable[[float], Sequence[Stream]] | None = None
) -> Sequence[Stream] | str:
    """Search the network for LSL streams for some seconds; a sentence where the library is missing."""
    try:
        found = (search or announced)(seconds)
    except (ImportError, RuntimeError) as error:
        return f"pylsl {EXTRA} ({error})"
    return tuple(sorted(found, key=lambda stream: (stream.kind != "EEG", stream.name, stream.host)))


def announced(seconds: float) -> tuple[Stream, ...]:
    """Return every stream that announces itself within this many seconds; none is opened.

    Raises:
        ImportError, RuntimeError: pylsl, or the library under it, is not installed.
    """
    import pylsl  # noqa: PLC0415 - its library is loaded where needed

    from dreamedge.adapters.implants.devices.lsl import hush  # noqa: PLC0415 - as above

    hush()
    return tuple(
        Stream(
            str(info.name()),
            str(info.type()),
            int(info.channel_count()),
            float(info.nominal_srate()),
            str(info.hostname()),
        )
        for info in pylsl.resolve_streams(seconds)
    )
