"""The three streams of a Dreamscape: their descriptions, and their rows. Pure.

| stream | what a row is |
|---|---|
| `dreamd-collective` | the centre by region and band, its dispersion, the coupling level, two counts |
| `dreamd-synchrony` | z and PPC of each band with phases |
| `dreamd-markers` | one text for each event of the journal |

Rules
- A number that the API does not give is NaN: a hidden centre, a dispersion of nobody, an unknown synchrony.
- A marker is the kind of its event, then its cause and its pod where it has them: `severed/railed/bed-1`. No
  sentence, no pseudonym: a stream is readable for the whole network.
- A source_id is unique for a Dreamscape: its name and the instant of its creation. LSL's recovery finds the
  stream again after a restart of the sender, also on another machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Final

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core.limits import HOP_S
from dreamwire.schema import SCHEMAS, Schema

COLLECTIVE: Final = "dreamd-collective"
SYNCHRONY: Final = "dreamd-synchrony"
MARKERS: Final = "dreamd-markers"
OURS: Final = "dreamd:"
"""The beginning of each source_id here; a marker stream that begins so is not read back."""
RATE_HZ: Final = 1.0 / HOP_S
SCALE: Final = (
    "shared scale: (10 log10 of the power in uV^2 - mu) / sigma, mu and sigma of each feature frozen at "
    "Start; 0 is usual"
)
CHANCE: Final = "0 at chance; pairwise phase consistency (Vinck 2010) over all pairs of sleepers, last 10 s"

LINK_LOST: Final = "lsl-link-lost"
LINK_RESTORED: Final = "lsl-link-restored"
JOURNAL_GAP: Final = "lsl-journal-gap"
OWN_MARKERS: Final = {
    LINK_LOST: "the sender has lost the daemon; rows until the next marker are NaN",
    LINK_RESTORED: "the sender has the daemon again",
    JOURNAL_GAP: "events may be missing here: the daemon keeps none from before its restart",
}
"""Markers of the sender itself, which are no events of the journal."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. more: further properties, such as the band's edges."""

    label: str
    unit: str
    kind: str
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """One stream. rate_hz: 0 for events; text: whether its samples are text; reference: of its numbers."""

    name: str
    kind: str
    channels: tuple[Channel, ...]
    rate_hz: float
    reference: str
    text: bool = False


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one Dreamscape. identity: the middle of each source_id."""

    dreamscape: str
    identity: str
    schema: Schema
    collective: Layout
    synchrony: Layout
    markers: Layout

    @property
    def all(self) -> tuple[Layout, ...]:
        """The three, in the order of the table above."""
        return self.collective, self.synchrony, self.markers

    def source_id(self, layout: Layout) -> str:
        """The source_id of one of them."""
        return f"{OURS}{self.identity}:{layout.name.removeprefix('dreamd-')}"


def streams_of(dreamscape: dreams.Dreamscape) -> Streams | str:
    """Return the streams of a Dreamscape; a sentence where its schema is not known here."""
    schema = SCHEMAS.get(dreamscape.plan.schema)
    name = names.bare(dreamscape.name)
    if schema is None:
        known = ", ".join(sorted(SCHEMAS))
        return (
            f"{name} has the schema {dreamscape.plan.schema!r}, this program knows {known}; "
            "install the version of the daemon here too"
        )
    identity = f"{name}:{dreamscape.create_time.ToMicroseconds()}"
    return Streams(name, identity, schema, _collective(schema), _synchrony(schema), _markers())


def _collective(schema: Schema) -> Layout:
    features = tuple(
        Channel(
            f"{region}.{band.name}",
            "sd",
            "centre",
            (("region", region), ("band", band.name), *_edges(band.low_hz, band.high_hz)),
        )
        for region in schema.regions
        for band in schema.bands
    )
    of_group = (
        Channel("dispersion", "sd^2", "dispersion"),
        Channel("level", "coupling 0..1", "coupling"),
        Channel("included", "sleepers", "count"),
        Channel("merged", "sleepers", "count"),
    )
    return Layout(COLLECTIVE, "Features", (*features, *of_group), RATE_HZ, SCALE)


def _synchrony(schema: Schema) -> Layout:
    channels = tuple(
        Channel(
            f"{measure}.{band.name}", unit, measure, (("band", band.name), *_edges(band.low_hz, band.high_hz))
        )
        for measure, unit in (("z", "sd of chance"), ("ppc", "1"))
        for band in schema.phase_bands
    )
    return Layout(SYNCHRONY, "Synchrony", channels, RATE_HZ, CHANCE)


def _markers() -> Layout:
    reference = "kinds of events of the dreamd journal, and of its LSL sender"
    return Layout(MARKERS, "Markers", (Channel("event", "text", "marker"),), 0.0, reference, text=True)


def _edges(low_hz: float, high_hz: float) -> tuple[tuple[str, str], ...]:
    return ("low_hz", f"{low_hz:g}"), ("high_hz", f"{high_hz:g}")


def collective_row(tick: dreams.Collective, schema: Schema) -> list[float]:
    """The numbers of `dreamd-collective` for one tick, in the order of its channels."""
    told = len(tick.centre) == schema.size and not tick.centre_hidden
    centre: Sequence[float] = tick.centre if told else [nan] * schema.size
    dispersion = tick.dispersion if tick.included else nan
    return [*centre, dispersion, tick.level, float(tick.included), float(tick.merged)]


def synchrony_row(tick: dreams.Collective, schema: Schema) -> list[float]:
    """The numbers of `dreamd-synchrony` for one tick, in the order of its channels."""
    bands = {one.band: one for one in tick.synchrony}
    said = [bands.get(band.name, dreams.Synchrony()) for band in schema.phase_bands]
    z = [one.z if one.HasField("z") else nan for one in said]
    return [*z, *(one.ppc if one.HasField("ppc") else nan for one in said)]


def marker_text(event: dreams.Event) -> str:
    """The text of one event: its kind, then its cause and its pod, where it has them."""
    return "/".join(part for part in (event.kind, event.cause, names.bare(event.pod)) if part)


def marker_session_s(event: dreams.Event) -> float:
    """The instant of an event in session time: by its pod or its sender, else when it was written."""
    stamp = event.act_time if event.HasField("act_time") else event.event_time
    return stamp.seconds + stamp.nanos / 1e9


def grid_session_s(tick: dreams.Collective) -> float:
    """The grid instant of a tick, in session time."""
    return tick.grid_time.seconds + tick.grid_time.nanos / 1e9
