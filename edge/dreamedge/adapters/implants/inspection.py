"""Inspects a recording or a device: its sleepers, its channels, and a pod's verdict on its signal.

A recording is inspected sleeper by sleeper. It plays in passed time, as fast as it can be computed, through
the implant that a bed would open; so does a simulated sleeper. A worn device is read in real time for a
while, without waiting for its calibration. A reason for which a bed would refuse is returned, not raised.
Only a source that cannot be read at all raises; `survey`, which reads several, returns even that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dreamedge.adapters.implants.devices.live import LiveImplant
from dreamedge.adapters.implants.files.replay import Replay, coarse
from dreamedge.adapters.implants.mains_search import Doubles, kept_blocks, mains_of
from dreamedge.adapters.implants.people_listing import Person, Wish, people
from dreamedge.adapters.implants.ten_twenty import electrode, kind_of
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.excerpts.mains_lines import Line
from dreamedge.core.signal.features import HOP_NS
from dreamedge.core.signal.inspection import Channel, Inspection, inspect, left_out, refused, unfit
from dreamedge.core.signal.recording_facts import Mark, Note
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.schema import Schema

__all__ = ["Examined", "Opened", "Person", "Wish", "examine", "glance", "people", "survey"]

_BEGIN_NS: Final = 1_000_000_000
_DELAY_NS: Final = 20_000_000
"""A hop needs samples up to its instant, and the last of them may be a period away."""
_PULSE_NS: Final = 50_000_000
"""How often an agent reads."""
_RADIO_NS: Final = 400_000_000
"""The largest delay of a device's samples."""
_FINER: Final = "let the device or its sender use finer steps"
_IN_REAL_TIME: Final = frozenset({"brainflow", "lsl"})


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
    steps = () if isinstance(implant, Replay) else coarse(found.names, found.steps_uv, _FINER)
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
