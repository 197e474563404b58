"""Inspects a recording or a device: its sleepers, its channels, and a pod's verdict on its signal.

A recording is inspected sleeper by sleeper. It plays in passed time, as fast as it can be computed, through
the implant that a bed would open; so does a simulated sleeper. A worn device is read in real time for a
while, without waiting for its calibration. A reason for which a bed would refuse is returned, not raised.
Only a source that cannot be read at all raises; `survey`, which reads several, returns even that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dreamedge.adapters.clock import boottime_ns, wait_until
from dreamedge.adapters.implants import board_layout, file_and_stream, open_implant
from dreamedge.adapters.implants.devices.live import LiveImplant
from dreamedge.adapters.implants.files.bids.dataset import of_dataset
from dreamedge.adapters.implants.files.mne_files import ENDINGS
from dreamedge.adapters.implants.files.replay import Replay, coarse
from dreamedge.adapters.implants.mains_search import Doubles, kept_blocks, mains_of
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import electrode, kind_of
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.excerpts.mains_lines import Line
from dreamedge.core.signal.features import HOP_NS
from dreamedge.core.signal.inspection import Channel, Inspection, inspect, left_out, refused, unfit
from dreamedge.core.signal.recording_facts import Mark, Note
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.schema import Schema, richest, schema_named

_BEGIN_NS: Final = 1_000_000_000
_DELAY_NS: Final = 20_000_000
"""A hop needs samples up to its instant, and the last of them may be a period away."""
_PULSE_NS: Final = 50_000_000
"""How often an agent reads."""
_RADIO_NS: Final = 400_000_000
"""The largest delay of a device's samples."""
_IN_REAL_TIME: Final = frozenset({"brainflow", "lsl"})
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


@dataclass(frozen=True, slots=True)
class Opened:
    """One sleeper's recording, opened but not played; `why`: why it cannot be played, '' if it can."""

    person: Person
    why: str
    seconds: float = 0.0
    rate_hz: float = 0.0
    electrodes: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """One sleeper's recording, and the result of playing all of its `seconds`."""

    person: Person
    found: Inspection
    seconds: float = 0.0
    notes: tuple[Note, ...] = ()
    marks: tuple[Mark, ...] = ()
    mains: tuple[Line, ...] = ()

    @property
    def spec(self) -> str:
        """The spec that opens it."""
        return self.person.spec

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel with its kind and electrode."""
        return self.person.channels


def people(recording: str, wish: Wish) -> tuple[Person, ...]:
    """The sleepers in a file, or behind a spec.

    Raises:
        ImplantError: it is not a recording, or cannot be read.
    """
    kind, rest = _kind(recording)
    return _READERS[kind](recording, rest, wish)


def glance(recording: str, wish: Wish | None = None) -> tuple[Opened, ...]:
    """Open every sleeper's recording without playing it.

    A file that cannot be read is one result, without a name.
    """
    wish = wish or Wish()
    try:
        found = people(recording, wish)
    except ImplantError as refusal:
        return (Opened(_nobody(recording), str(refusal)),)
    return tuple(_opened(person, wish) for person in found)


def examine(recording: str, wish: Wish | None = None) -> tuple[Examined, ...]:
    """Read and play a file or a spec in full; one result per sleeper.

    Raises:
        ImplantError: it is not a recording, or cannot be read.
    """
    wish = wish or Wish()
    return tuple(_examined(person, wish) for person in people(recording, wish))


def survey(recordings: Sequence[str], wish: Wish | None = None) -> Iterator[Examined]:
    """Examine several files one after the other; a file that cannot be read is one result like the others."""
    for recording in recordings:
        try:
            yield from examine(recording, wish)
        except ImplantError as refusal:
            yield Examined(_nobody(recording), refused(refusal.cause, str(refusal)))


def _nobody(recording: str) -> Person:
    return Person(recording, "", "", ())


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
            "convert it, or write edf:PATH, xdf:PATH#STREAM, sim, brainflow:BOARD or lsl:NAME."
        )
    return _BY_ENDING[found], recording


def _edf(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.edf import channels, people  # noqa: PLC0415 - loaded where needed

    path, wanted = file_and_stream(rest)
    path = path.absolute()
    reading = people.people(path)
    every = tuple(str(number) for number in range(1, len(reading.people) + 1)) if reading.certain else ()
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
    every = streams.read_streams(path)
    there = address.eeg_streams(every)
    chosen = (address.choose(every, wanted, path),) if wanted or not there else there
    return tuple(
        Person(
            recording,
            _titled(stream.name, address.title(stream, every)) if len(there) > 1 else "",
            f"xdf:{path}#{address.title(stream, every)}",
            implant.channels(stream, wish.options),
        )
        for stream in chosen
    )


def _titled(name: str, address: str) -> str:
    """A stream's name, with its address where another stream has the same name."""
    return name if address == name or not name else f"{name} ({address})"


def _table(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files import tables  # noqa: PLC0415 - its arrays are loaded where needed

    path = Path(rest).expanduser().absolute()
    kind = _kind(recording)[0]
    found = tables.channels(path, wish.options)
    return (Person(recording, "", f"{kind}:{path}", found),)


def _csv(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.headset import implant  # noqa: PLC0415 - loaded where needed

    path, board = file_and_stream(rest)
    path = path.absolute()
    spec = f"csv:{path}#{board}" if board else f"csv:{path}"
    return (Person(recording, "", spec, implant.channels(path, board_layout(board), wish.options)),)


def _mne(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files import mne_files  # noqa: PLC0415 - MNE is loaded where needed

    path = Path(rest).expanduser().absolute()
    return (Person(recording, "", f"mne:{path}", mne_files.channels(path, wish.options)),)


def _bids(recording: str, rest: str, wish: Wish) -> tuple[Person, ...]:
    from dreamedge.adapters.implants.files.bids import recording as bids  # noqa: PLC0415 - loaded where needed

    if not rest:
        return (Person(recording, "", recording, ()),)  # opening it says what is missing
    found = bids.addresses(*file_and_stream(rest))
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


def _opened(person: Person, wish: Wish) -> Opened:
    try:
        implant = wish.open_implant(person.spec)
    except ImplantError as refusal:
        return Opened(person, str(refusal))
    try:
        montage = implant.montage
        seconds = implant.seconds if isinstance(implant, Replay) else 0.0
        schema = wish.schema_at(montage.rate_hz)
        notes, _ = _stated(implant, schema)
        why = unfit(schema, montage)
        return Opened(person, why, seconds, montage.rate_hz, montage.names, notes, schema.name)
    finally:
        implant.close()


def _examined(person: Person, wish: Wish) -> Examined:
    try:
        implant = wish.open_implant(person.spec)
    except ImplantError as refusal:
        return Examined(person, refused(refusal.cause, str(refusal)))
    try:
        seconds = implant.seconds if isinstance(implant, Replay) else wish.seconds
        schema = wish.schema_at(implant.montage.rate_hz)
        kept: list[Doubles] = []
        found = _judged(implant, schema, seconds, person, wish, kept)
        notes, marks = _stated(implant, schema)
        mains, told = mains_of(implant, kept, schema)
    finally:
        implant.close()
    described = replace(person, channels=_as_played(person.channels, implant) or _channels(implant))
    steps = () if isinstance(implant, Replay) else coarse(found.names, found.steps_uv)
    return Examined(described, found, seconds, notes + told + steps, marks, mains)


def _judged(
    implant: Implant, schema: Schema, seconds: float, person: Person, wish: Wish, kept: list[Doubles]
) -> Inspection:
    """The verdict on all of it; the refusal of a stream whose samples contradict its description.

    kept: filled with the samples of a source that cannot be read again.
    """
    worn = person.spec.partition(":")[0] in _IN_REAL_TIME
    heard = _worn(implant, wish) if worn else _played(implant, seconds)
    heard = kept_blocks(heard, kept) if not isinstance(implant, Replay) else heard
    held = (lambda: implant.held_share) if isinstance(implant, LiveImplant) else float
    try:
        return inspect(schema, implant.montage, implant.enrolment(), heard, implant.source, held)
    except ImplantError as refusal:
        return refused(refusal.cause, str(refusal))


def _stated(implant: Implant, schema: Schema) -> tuple[tuple[Note, ...], tuple[Mark, ...]]:
    """The notes, of which a device has more the longer it was read, and the marks of a recording."""
    marks = implant.marks if isinstance(implant, Replay) else ()
    return implant.notes + left_out(schema, implant.montage.rate_hz), marks


def _as_played(channels: tuple[Channel, ...], implant: Implant) -> tuple[Channel, ...]:
    """The channels; those without an electrode that their samples kept from playing."""
    names = implant.montage.names
    return tuple(
        replace(one, kind="EEG, left out", electrode="")
        if one.electrode and one.electrode not in names
        else one
        for one in channels
    )


def _channels(implant: Implant) -> tuple[Channel, ...]:
    """A device's own description of its channels."""
    return tuple(
        Channel(name, kind_of(name), electrode(name) or "", implant.montage.rate_hz, "uV")
        for name in implant.montage.names
    )


def _played(implant: Implant, seconds: float) -> Iterator[tuple[int, tuple[Block, ...]]]:
    """Every hop's instant with all blocks read at it, for `seconds` of signal."""
    for instant_ns in range(_BEGIN_NS, _BEGIN_NS + round(seconds * 1e9) + 2 * HOP_NS, HOP_NS):
        yield instant_ns, _blocks(implant, instant_ns + _DELAY_NS)
        if implant.ended:
            return


def _worn(implant: Implant, wish: Wish) -> Iterator[tuple[int, tuple[Block, ...]]]:
    """Every hop's instant with its blocks, in real time; Ctrl-C ends it early."""
    begin_ns = wish.now_ns()
    for instant_ns in range(begin_ns, begin_ns + round(wish.seconds * 1e9) + 1, HOP_NS):
        blocks: list[Block] = []
        try:
            for pulse_ns in range(instant_ns - HOP_NS, instant_ns, _PULSE_NS):
                wish.wait_until(pulse_ns + _PULSE_NS + _RADIO_NS)
                blocks += _blocks(implant, wish.now_ns())
        except KeyboardInterrupt:
            return
        yield instant_ns, tuple(blocks)
        if wish.tell:
            wish.tell((instant_ns - begin_ns) / 1e9)


def _blocks(implant: Implant, now_ns: int) -> tuple[Block, ...]:
    blocks: list[Block] = []
    while (block := implant.read(now_ns)) is not None:
        blocks.append(block)
    return tuple(blocks)
