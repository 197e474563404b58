"""The OSC addresses of a stage: what it tells, and what it takes. Pure.

Out, at each tick; a value that is not known is not sent:

| address | values |
|---|---|
| `/dreamd/state` | s: planned, gathering, dreaming, severed, waking, ended; lost: the daemon is lost |
| `/dreamd/beat` | i: the tick; a stream that has frozen shows here |
| `/dreamd/audience` | i i: sleepers merged, pods seated |
| `/dreamd/centre` | f..: the centre, in the order of the schema; hidden below five sleepers |
| `/dreamd/band/{band}` | f f: the centre in one band, anterior and posterior |
| `/dreamd/synchrony/{band}` | f f: phase consistency (PPC) over all pairs, and its z |
| `/dreamd/dispersion` | f: mean distance to the centre |
| `/dreamd/lead/applied` | f: the artist's share that was broadcast |
| `/dreamd/lead/applied/vector` | f..: the artist's vector that was broadcast |
| `/dreamd/you/identity` | f: likeness to oneself, 1 at the start; of an artist that lies in a pod |
| `/dreamd/you/share` | f: merged so far, of the nearer limit of dose; 1 at the limit |
| `/dreamd/severed` | s: once, the cause |
| `/dreamd/refused` | s s: a code and a sentence |

Flat: each number at an address of its own, as a float: `/dreamd/centre/anterior/alpha`,
`/dreamd/audience/merged`, `/dreamd/synchrony/alpha/ppc`. Texts stay as they are.

In:

| address | values |
|---|---|
| `/dreamd/lead` | f..: the vector, in the order of the schema |
| `/dreamd/lead/{region}/{band}`, `/dreamd/lead/{region}.{band}` | f: one feature of it |
| `/dreamd/share` | f: the share, 0 to the plan's |
| `/dreamd/cue` | s: a marker for the journal |
| `/dreamd/sever`, `/dreamd/wake` | whatever: the address alone acts |
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core.limits import MARKER_MAX
from dreamd.stage.osc import Fault, Message, Value
from dreamwire.schema import Schema

ROOT: Final = "/dreamd"
LEAD: Final = f"{ROOT}/lead"
SHARE: Final = f"{ROOT}/share"
CUE: Final = f"{ROOT}/cue"
SEVER: Final = f"{ROOT}/sever"
WAKE: Final = f"{ROOT}/wake"
STATE: Final = f"{ROOT}/state"
BEAT: Final = f"{ROOT}/beat"
SEVERED: Final = f"{ROOT}/severed"
REFUSED: Final = f"{ROOT}/refused"
SHOWN_MAX: Final = 80
"""Characters of a foreign address or text that a sentence repeats."""


@dataclass(frozen=True, slots=True)
class Row:
    """One address and its values. parts: the name of each value where it is sent flat; empty: one value."""

    address: str
    values: tuple[Value, ...]
    parts: tuple[str, ...] = ()
    smooth: bool = False
    """Whether its values may be interpolated between ticks."""


def flat(rows: Iterable[Row]) -> Iterator[Row]:
    """Each number at an address of its own, as a float; texts as they are."""
    for row in rows:
        parts = row.parts or ("",)
        if not all(isinstance(value, float | int) for value in row.values):
            yield row
            continue
        for part, value in zip(parts, row.values, strict=True):
            address = f"{row.address}/{part}" if part else row.address
            yield Row(address, (float(value),), smooth=row.smooth)


def rows_of(tick: dreams.Collective, schema: Schema) -> tuple[Row, ...]:
    """Return the rows of a tick, in the order of the table above."""
    features = tuple(name.replace(".", "/") for name in schema.feature_names())
    return (
        Row(BEAT, (tick.tick,)),
        Row(f"{ROOT}/audience", (tick.merged, tick.assigned), ("merged", "seated")),
        *_centre(tick, schema, features),
        *(
            Row(f"{ROOT}/synchrony/{one.band}", (one.ppc, one.z), ("ppc", "z"), smooth=True)
            for one in tick.synchrony
            if one.HasField("ppc") and one.HasField("z")
        ),
        *((Row(f"{ROOT}/dispersion", (tick.dispersion,), smooth=True),) if tick.included else ()),
        Row(f"{LEAD}/applied", (tick.artist_share,), smooth=True),
        Row(f"{LEAD}/applied/vector", tuple(tick.artist) or (0.0,) * schema.size, features, smooth=True),
    )


def _centre(tick: dreams.Collective, schema: Schema, features: tuple[str, ...]) -> Iterator[Row]:
    if len(tick.centre) != schema.size:
        return
    yield Row(f"{ROOT}/centre", tuple(tick.centre), features, smooth=True)
    for at, band in enumerate(schema.bands):
        values = tuple(tick.centre[at :: len(schema.bands)])
        yield Row(f"{ROOT}/band/{band.name}", values, schema.regions, smooth=True)


def rows_of_seat(seat: dreams.Seat) -> tuple[Row, ...]:
    """Return the rows of the artist's own seat."""
    identity, share = f"{ROOT}/you/identity", f"{ROOT}/you/share"
    return (
        *((Row(identity, (seat.identity,), smooth=True),) if seat.HasField("identity") else ()),
        *((Row(share, (seat.dose_share,), smooth=True),) if seat.HasField("dose_share") else ()),
    )


@dataclass(frozen=True, slots=True)
class SetVector:
    """The whole vector. values: D numbers."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SetFeature:
    """One feature. at: its place in the schema."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class SetShare:
    """The share of the blend."""

    value: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A marker for the journal."""

    text: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """An order that lets the sleepers out. wake: wake them as well."""

    wake: bool


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A message that does nothing.

    code: for programs. sentence: what was found, and what was expected. unknown: its address, where none of a
    stage is like that; `Reader.explained` names the nearest one.
    """

    code: str
    sentence: str
    unknown: str = ""


Command = SetVector | SetFeature | SetShare | Cue | WayOut
"""The effect of a message that is taken."""


def way_out(message: Message) -> WayOut | None:
    """Return the order of a message by its address alone; None: it is no way out."""
    return WayOut(wake=message.address == WAKE) if message.address in (SEVER, WAKE) else None


def taken_addresses(schema: Schema) -> tuple[str, ...]:
    """Every address that is taken, one form of each feature."""
    features = (f"{LEAD}/{name.replace('.', '/')}" for name in schema.feature_names())
    return (LEAD, *features, SHARE, CUE, SEVER, WAKE)


class Reader:
    """Reads messages for one schema. share_most: the plan's artist share."""

    def __init__(self, schema: Schema, share_most: float) -> None:
        self.schema, self.share_most = schema, share_most
        self._size = schema.size
        self._known = taken_addresses(schema)
        slashed = {name.replace(".", "/"): at for at, name in enumerate(schema.feature_names())}
        dotted = {name: at for at, name in enumerate(schema.feature_names())}
        self._readings = {LEAD: self._vector, SHARE: self._share, CUE: _cue}
        self._features = {f"{LEAD}/{name}": at for name, at in (slashed | dotted).items()}

    def effect_of(self, message: Message) -> Command | NotTaken:
        """Return the effect of a message."""
        order = way_out(message)
        if order is not None:
            return order
        if message.fault is not None:
            where = f"{shown(message.address)}: " if message.address else ""
            return NotTaken(message.fault.name, f"{where}{_expected(message.fault)}")
        reading = self._readings.get(message.address)
        if reading is not None:
            return reading(message)
        at = self._features.get(message.address)
        if at is not None:
            return self._feature(message, at)
        return NotTaken("ADDRESS", f"{shown(message.address)} is no address of a stage", message.address)

    def explained(self, no: NotTaken) -> NotTaken:
        """Return a refusal with the nearest address; a search of a millisecond, so for what is told alone."""
        if not no.unknown:
            return no
        near = get_close_matches(no.unknown[:SHOWN_MAX], self._known, 1, 0.0)
        return NotTaken(no.code, f"{no.sentence}; the nearest one is {near[0]}")

    def _vector(self, message: Message) -> SetVector | NotTaken:
        numbers = _numbers(message)
        if len(numbers) == len(message.values) == self._size:
            return SetVector(numbers)
        return NotTaken("ARGUMENTS", f"{LEAD}: expected {self._size} numbers, got {_told(message)}")

    def _feature(self, message: Message, at: int) -> SetFeature | NotTaken:
        numbers = _numbers(message)
        if len(numbers) == len(message.values) == 1:
            return SetFeature(at, numbers[0])
        return NotTaken("ARGUMENTS", f"{message.address}: expected one number, got {_told(message)}")

    def _share(self, message: Message) -> SetShare | NotTaken:
        numbers = _numbers(message)
        if not len(numbers) == len(message.values) == 1:
            return NotTaken("ARGUMENTS", f"{SHARE}: expected one number, got {_told(message)}")
        if not 0.0 <= numbers[0] <= self.share_most:
            limit = f"0 to {self.share_most:g}, the plan's artist share"
            return NotTaken("RANGE", f"{SHARE}: expected {limit}, got {numbers[0]:g}")
        return SetShare(numbers[0])


def _cue(message: Message) -> Cue | NotTaken:
    text = message.values[0] if len(message.values) == 1 else None
    if not isinstance(text, str):
        return NotTaken("ARGUMENTS", f"{CUE}: expected one text, got {_told(message)}")
    if not (text.strip() and len(text) <= MARKER_MAX and text.isprintable()):
        return NotTaken("RANGE", f"{CUE}: expected one line of 1 to {MARKER_MAX} characters")
    return Cue(text)


def _numbers(message: Message) -> tuple[float, ...]:
    """The numbers among the values; an int that a float cannot hold is none."""
    return tuple(float(value) for value in message.values if not isinstance(value, str))


def _told(message: Message) -> str:
    numbers = len(_numbers(message))
    texts = len(message.values) - numbers
    words = [f"{count} {what}" for count, what in ((numbers, "numbers"), (texts, "texts")) if count]
    return " and ".join(words) or "none"


def _expected(fault: Fault) -> str:
    return f"{fault.value}; expected OSC 1.0 with finite numbers or texts"


def shown(address: str) -> str:
    """A foreign address for a sentence: cut, and without what a terminal obeys."""
    plain = "".join(one if one.isprintable() else "?" for one in address)
    return plain if len(plain) <= SHOWN_MAX else f"{plain[: SHOWN_MAX - 1]}…"
