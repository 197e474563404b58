"""Lists the sleepers of a recording, each with the spec that opens it, and its channels.

Several sleepers are the streams of an XDF file, the people told apart by the labels of one file or stream, or
the subjects of a BIDS dataset. A device is one sleeper.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamedge.adapters.clock import boottime_ns, wait_until
from dreamedge.adapters.implants import board_and_person, board_layout, file_and_stream, open_implant
from dreamedge.adapters.implants.files.bids.dataset import of_dataset
from dreamedge.adapters.implants.files.mne_files import ENDINGS
from dreamedge.adapters.implants.files.stream_channels import numbers_in
from dreamedge.adapters.implants.people_in_labels import numbers_of
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.core.signal.inspection import Channel
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.schema import Schema, richest, schema_named

_BY_ENDING: Final = {
    **dict.fromkeys((".edf", ".rec", ".bdf"), "edf"),
    **dict.fromkeys((".xdf", ".xdfz"), "xdf"),
    ".npz": "npz",
    ".arff": "arff",
    **dict.fromkeys((".csv", ".txt", ".tsv"), "csv"),
    **dict.fromkeys(ENDINGS, "mne"),
}
_LONGEST_FIRST: Final = sorted(_BY_ENDING, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Wish:
    """Values missing in a recording, and the way devices are read.

    options: values that a recording lacks, as in `open_implant`. schema: the features that are measured, by
    name; '' the richest that the sampling rate allows. seconds: how long a device is read.
    now_ns, wait_until: the clock it is read by. tell: called with the seconds read so far.
    """

    options: RecordingOptions = PLAIN
    schema: str = ""
    seconds: float = 20.0
    now_ns: Callable[[], int] = boottime_ns
    wait_until: Callable[[int], None] = wait_until
    tell: Callable[[float], None] | None = None

    def schema_at(self, rate_hz: float) -> Schema:
        """The schema that is measured at a sampling rate."""
        return schema_named(self.schema) if self.schema else richest(rate_hz)

    def open_implant(self, spec: str) -> Implant:
        """Open an implant with these values; raises ImplantError."""
        return open_implant(spec, options=self.options)


@dataclass(frozen=True, slots=True)
class Person:
    """One sleeper of a file: `name` is '' if the file holds no other; `spec` opens the implant."""

    file: str
    name: str
    spec: str
    channels: tuple[Channel, ...]


def people(recording: str, wish: Wish) -> tuple[Person, ...]:
    """The sleepers in a file, or behind a spec.

    Raises:
        ImplantError: it is not a recording, or cannot be read.
    """
    kind, rest = _kind(recording)
    return _READERS[kind](recording, rest, wish)


def _kind(recording: str) -> tuple[str, str]:
    kind, colon, rest = recording.partition(":")
    if (colon and kind in _READERS) or kind == "sim":
        return kind, rest
    path, _ = file_and_stream(recording)
    name = path.name.lower()
    found = next((ending for ending in _LONGEST_FIRST if name.endswith(ending)), "")
    if not found and of_dataset(path):
        return "bids", recording
    if not found:
        endings = ", ".join(_BY_ENDING)
        raise ImplantError(
            f"{recording} is not a recording by its ending ({endings}) and not a device; "
            "convert it, or write edf:PATH[#N], xdf:PATH#STREAM[#N], sim, brainflow:BOARD or lsl:NAME."
        )
    return _BY_ENDING[found], recording


def _edf(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.edf import channels, people  # noqa: PLC0415 - loaded where needed

    path, wanted = file_and_stream(rest)
    path = path.absolute()
    every = numbers_of(people.people(path, wish.options.montage))
    return tuple(
        Person(
            recording,
            name if every else "",
            f"edf:{path}#{name}" if name else f"edf:{path}",
            channels.channels(path, wish.options, name),
        )
        for name in ((wanted,) if wanted or not every else every)
    )


def _xdf(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.xdf import address, implant, streams  # noqa: PLC0415 - loaded where needed

    path, wanted = file_and_stream(rest)
    path = path.absolute()
    every, notes = streams.read_index(path)
    there = address.eeg_streams(every)
    name, number = address.stream_and_person(every, wanted)
    chosen = (address.choose(every, name, path, notes),) if wanted or not there else there
    found: list[Person] = []
    for stream in chosen:
        title = address.title(stream, every)
        numbers = (number,) if number else numbers_in(implant.described(stream), wish.options.montage)
        for one in numbers or ("",):
            shown = [_titled(stream.name, title) if len(there) > 1 else "", f"#{one}" if one else ""]
            spec = f"xdf:{path}#{title}{f'#{one}' if one else ''}"
            channels = implant.channels(stream, wish.options, one)
            found.append(Person(recording, " ".join(filter(None, shown)), spec, channels))
    return tuple(found)


def _titled(name: str, address: str) -> str:
    """A stream's name, with its address where another stream has the same name."""
    return name if address == name or not name else f"{name} ({address})"


def _table(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files import tables  # noqa: PLC0415 - its arrays are loaded where needed

    path, wanted = file_and_stream(rest)
    path = path.absolute()
    return _numbered(recording, f"{_kind(recording)[0]}:{path}", tables.sleepers(path, wish.options, wanted))


def _csv(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.headset import implant  # noqa: PLC0415 - loaded where needed

    path, chosen = file_and_stream(rest)
    path = path.absolute()
    board, wanted = board_and_person(chosen)
    found = implant.sleepers(path, board_layout(board), wish.options, wanted)
    named = board or any(number for number, _ in found)
    return _numbered(recording, f"csv:{path}#{board}" if named else f"csv:{path}", found)


def _mne(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files import mne_files  # noqa: PLC0415 - MNE is loaded where needed

    path, wanted = file_and_stream(rest)
    path = path.absolute()
    return _numbered(recording, f"mne:{path}", mne_files.sleepers(path, wish.options, wanted))


def _numbered(
    recording: str, spec: str, found: tuple[tuple[str, tuple[Channel, ...]], ...]
) -> tuple[Person, ...]:
    """The people of one file by their numbers."""
    return tuple(
        Person(recording, number, f"{spec}#{number}" if number else spec, channels)
        for number, channels in found
    )


def _bids(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.bids import recording as bids  # noqa: PLC0415 - loaded where needed

    if not rest:
        return (Person(recording, "", recording, ()),)  # opening it says what is missing
    found = bids.addresses(*file_and_stream(rest), wish.options)
    several = len({one.subject for one in found}) > 1
    made = []
    for one in found:
        names = (one.subject if several else "", one.person and f"#{one.person}")
        try:
            described = bids.channels(*file_and_stream(one.rest), wish.options)
        except ImplantError:
            described = ()  # the reason comes with opening it, and costs no other person
        made.append(Person(recording, " ".join(filter(None, names)), one.spec, described))
    return tuple(made)


def _device(recording: str, _rest: str, _wish: Wish) -> tuple[Person, ...]:
    return (Person(recording, "", recording, ()),)


_READERS: Final[dict[str, Callable[[str, str, Wish], tuple[Person, ...]]]] = {
    "edf": _edf,
    "xdf": _xdf,
    "npz": _table,
    "arff": _table,
    "csv": _csv,
    "mne": _mne,
    "bids": _bids,
    "sim": _device,
    "brainflow": _device,
    "lsl": _device,
}
