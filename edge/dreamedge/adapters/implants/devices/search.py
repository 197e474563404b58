"""The devices that can be opened from this machine, a section for each kind: LSL, serial ports, boards, ....

Nothing is opened: a stream is listed by its announcement, a port by its name and its USB numbers. Each line
ends with the command that looks at the device. A library that is not installed is named with the extra that
brings it, and a kind that this machine lacks is named as such.

A new kind is a function from the seconds of searching to a `Section`, in the list of `sections`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from dreamedge.adapters.implants.devices.bedside_search import Section, bluetooth, buttons, gpio_chips
from dreamedge.adapters.implants.devices.usb_boards import Port, serial_ports
from dreamedge.adapters.renderers.portaudio import SoundOutput, sound_outputs
from dreamedge.ports.renderer import RendererError

RADIO: Final = (
    *("muse_2", "muse_s", "muse_s_athena", "muse_2016"),
    *("ganglion_native", "brainbit", "unicorn", "crown", "notion_2"),
)
"""Boards of BrainFlow that it searches for by radio or network: no port has to be named."""
DEMONSTRATION: Final = "brainflow:synthetic"
EXTRA: Final = "is not installed; install the extra: pip install 'dreamd[boards]'"


@dataclass(frozen=True, slots=True)
class Stream:
    """An LSL stream as it announces itself. rate_hz: 0 for an irregular one."""

    name: str
    kind: str
    channels: int
    rate_hz: float
    host: str
    source_id: str = ""

    @property
    def spec(self) -> str:
        """The argument for `dreamedge run --implant` and `dreamedge inspect`."""
        return f"lsl:{self.name}"


def spec_among(stream: Stream, streams: Sequence[Stream]) -> str:
    """The spec of a stream: its name, or what else tells it from others of that name on the network."""
    alike = [other for other in streams if other.name == stream.name and other != stream]
    if not alike:
        return stream.spec
    if stream.source_id and stream.source_id not in {other.source_id for other in alike}:
        return f"lsl:source_id={stream.source_id}"
    if stream.host not in {other.host for other in alike}:
        return f"lsl:name={stream.name},hostname={stream.host}"
    return f"lsl:name={stream.name},type={stream.kind},source_id={stream.source_id}"


def sections(seconds: float, streams: Sequence[Stream] | str | None = None) -> list[Section]:
    """Search for every kind of device; the network gets `seconds`. streams: those found already.

    Raises nothing: a kind that cannot be searched for has its reason in its section.
    """
    return [
        streams_section(lsl_streams(seconds) if streams is None else streams, seconds),
        ports_section(serial_ports()),
        boards_section(),
        bluetooth(),
        buttons(),
        gpio_chips(),
        outputs_section(),
        Section("demonstration", "without a device", (f"a simulated sleeper: {_look('sim:1')}",)),
    ]


def streams_section(streams: Sequence[Stream] | str, seconds: float) -> Section:
    """Return the section of LSL streams. streams: those found, or why none could be searched for."""
    title = f"LSL streams, heard within {seconds:g} s"
    if isinstance(streams, str):
        return Section("lsl", title, error=streams)
    wide = max((len(stream.name) for stream in streams), default=0)
    lines = []
    for stream in streams:
        rate = f"{stream.rate_hz:g} Hz" if stream.rate_hz > 0.0 else "no rate"
        lines.append(
            f"{stream.name:<{wide}}  {stream.kind or 'no type'}, {stream.channels} channels, {rate}, "
            f"on {stream.host}: {_look(spec_among(stream, streams))}"
        )
    return Section(
        "lsl",
        title,
        tuple(lines),
        tuple({**asdict(stream), "spec": spec_among(stream, streams)} for stream in streams),
        none="none; start the sender, and check that its network and this machine's are the same",
    )


def ports_section(ports: Sequence[Port]) -> Section:
    """Return the section of serial ports."""
    lines = []
    for port in ports:
        usb = f", USB {port.usb}" if port.usb else ""
        also = f" (or {', '.join(port.boards[1:])})" if port.boards[1:] else ""
        lines.append(f"{port.path}  {port.maker or 'unknown maker'}{usb}: {_look(port.spec)}{also}")
    return Section(
        "serial",
        "serial ports",
        tuple(lines),
        tuple({**asdict(port), "board": port.board, "spec": port.spec} for port in ports),
        none="none; plug in the dongle; your user must be allowed to open it (Debian: group dialout)",
    )


def boards_section() -> Section:
    """Return the section of boards that BrainFlow searches for itself, and of its demonstration board."""
    return Section(
        "boards",
        "by radio or network, found by BrainFlow itself",
        (
            f"{', '.join(RADIO)}: {_look(f'brainflow:{RADIO[0]}')}",
            f"BrainFlow's generator, for a demonstration (simulated): {_look(DEMONSTRATION)}",
        ),
        tuple({"board": board, "spec": f"brainflow:{board}"} for board in (*RADIO, "synthetic")),
    )


def outputs_section(search: Callable[[], Sequence[SoundOutput]] = sound_outputs) -> Section:
    """Return the section of sound outputs, the system's default first."""
    title = "sound outputs, for dreamedge run --renderer"
    try:
        found = sorted(search(), key=lambda one: (not one.default, one.number))
    except RendererError as error:
        return Section("outputs", title, error=str(error))
    lines = (
        f"{one.spec}  {one.name}, {one.rate_hz} Hz{', the default' if one.default else ''}" for one in found
    )
    values = tuple({**asdict(one), "spec": one.spec} for one in found)
    return Section(
        "outputs", title, tuple(lines), values, none="none; plug one in, or set the system's default"
    )


def found_lines(found: Sequence[Section]) -> list[str]:
    """Return the list for people."""
    made = []
    for section in found:
        made.append(section.title)
        told = (section.error,) if section.error else section.lines or (section.none,)
        made += [f"  {line}" for line in told]
    return made


def found_json(found: Sequence[Section]) -> dict[str, object]:
    """Return the list for scripts; `KIND_error` is empty where the kind could be searched for."""
    made: dict[str, object] = {}
    for section in found:
        made[section.key] = list(section.values)
        made[f"{section.key}_error"] = section.error
    return made


def _look(spec: str) -> str:
    return f"dreamedge inspect {spec!r}" if " " in spec else f"dreamedge inspect {spec}"


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
            str(info.source_id()),
        )
        for info in pylsl.resolve_streams(seconds)
    )
