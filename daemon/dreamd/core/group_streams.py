"""The three streams of a Dreamscape: names, channels, units, texts. One table for LSL and for exports. Pure.

| stream | what a row is |
|---|---|
| `dreamd-collective` | the centre by region and band, its dispersion, the coupling level, two counts |
| `dreamd-synchrony` | z and PPC of each band with phases |
| `dreamd-markers` | one text for each event of the journal |

Rules
- A label is unique and has at most 16 characters, a unit at most 8, all ASCII: the fields of EDF hold them.
- A marker is the kind of its event, then its cause and its subject where it has them: `severed/railed/3`. The
  subject is the number of a person's seat in this Dreamscape. No sentence, no pod, no pseudonym: a stream is
  readable for the whole network, and an export is given away.
- A cause is one word of a closed list, or left out, for any other text may hold a name. The text of a marker
  of the experiment is its sender's own.
- A source_id is unique for a Dreamscape: its name and the instant of its creation. LSL's recovery finds the
  stream again after a restart of the sender, also on another machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import HOP_S
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.group import Label
from dreamwire.schema import Band

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
KINDS_OF_EVENTS: Final = "kinds of events of the dreamd journal, and of its LSL sender"
COUNTS: Final = ("included", "merged")
LABEL_WIDTH: Final = 16

MARKER: Final = "marker"
"""The kind of event with a cause that is text of the stimulus computer."""
WORDS: Final = frozenset(
    {*(c.value for c in Cause), *(s.value for s in DreamscapeState), *(label.value for label in Label)}
)
"""The causes that are told: closed lists of words."""

Element = tuple[str, "str | tuple[Element, ...]"]
"""A name with its text, or with the elements in it."""


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

    @property
    def format(self) -> str:
        """The type of its samples by LSL's name."""
        return "string" if self.text else "double64"


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one Dreamscape. schema: the name of its features; created_s: session seconds."""

    dreamscape: str
    created_s: float
    schema: str
    collective: Layout
    synchrony: Layout
    markers: Layout

    @property
    def all(self) -> tuple[Layout, ...]:
        """The three, in the order of the table above."""
        return self.collective, self.synchrony, self.markers

    def source_id(self, layout: Layout) -> str:
        """The source_id of one of them."""
        created_us = round(self.created_s * 1e6)
        return f"{OURS}{self.dreamscape}:{created_us}:{layout.name.removeprefix('dreamd-')}"

    def description(self, layout: Layout, version: str, **synchronization: str) -> tuple[Element, ...]:
        """The `desc` of one of them. version: of the program; synchronization: how its stamps were made."""
        channels = tuple(
            (
                "channel",
                (("label", one.label), ("unit", one.unit), ("type", one.kind), *one.more),
            )
            for one in layout.channels
        )
        return (
            ("manufacturer", "dreamd"),
            ("version", version),
            ("dreamscape", self.dreamscape),
            ("schema", self.schema),
            ("channels", channels),
            ("reference", (("label", layout.reference),)),
            ("synchronization", tuple(synchronization.items())),
        )


def streams_of(
    dreamscape: str, created_s: float, schema: str, regions: Iterable[str], bands: tuple[Band, ...]
) -> Streams:
    """Return the streams of a Dreamscape with these features, `region.band`, by region first."""
    return Streams(dreamscape, created_s, schema, _collective(regions, bands), _synchrony(bands), _markers())


def marker_text(kind: str, cause: str, subject: int) -> str:
    """Return the text of an event: kind, cause, subject. subject: 0 where it concerns no person."""
    words = (kind, told_cause(kind, cause), str(subject) if subject else "")
    return "/".join(word for word in words if word)


def told_cause(kind: str, cause: str) -> str:
    """Return the cause as it may be given away: a word of the closed lists, a marker's text, or nothing."""
    return cause if cause in WORDS or kind == MARKER else ""


def _collective(regions: Iterable[str], bands: tuple[Band, ...]) -> Layout:
    features = tuple(
        Channel(
            _short(region, band.name),
            "sd",
            "centre",
            (("region", region), ("band", band.name), *_edges(band)),
        )
        for region in regions
        for band in bands
    )
    of_group = (
        Channel("dispersion", "sd", "mean distance"),
        Channel("level", "0..1", "coupling"),
        *(Channel(name, "sleepers", "count") for name in COUNTS),
    )
    return Layout(COLLECTIVE, "Features", (*features, *of_group), RATE_HZ, SCALE)


def _synchrony(bands: tuple[Band, ...]) -> Layout:
    channels = tuple(
        Channel(f"{measure}.{band.name}", unit, measure, (("band", band.name), *_edges(band)))
        for measure, unit in (("z", "z"), ("ppc", "1"))
        for band in bands
        if band.phase
    )
    return Layout(SYNCHRONY, "Synchrony", channels, RATE_HZ, CHANCE)


def _markers() -> Layout:
    return Layout(MARKERS, "Markers", (Channel("event", "text", "marker"),), 0.0, KINDS_OF_EVENTS, text=True)


def _edges(band: Band) -> tuple[tuple[str, str], ...]:
    return ("low_hz", f"{band.low_hz:g}"), ("high_hz", f"{band.high_hz:g}")


def _short(region: str, band: str) -> str:
    """Return `region.band`; where it is too long, each word of the region is cut to 3 letters."""
    label = f"{region}.{band}"
    if len(label) <= LABEL_WIDTH:
        return label
    return "".join(word[:3] for word in region.split("_"))[: LABEL_WIDTH - 1 - len(band)] + "." + band
