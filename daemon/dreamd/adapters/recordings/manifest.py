"""recording.json: what the numbers of a recording mean, where it has holes, and how it ended.

It is replaced as a whole (`directory.replace_file`), so it is always readable.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Final

from dreamd.adapters.recordings.columns import DB, VERSION
from dreamd.core.consent.research import ResearchGrants
from dreamd.core.limits import HOP_S
from dreamwire.schema import INSTANTS_PER_HOP, Band, Schema

FORMAT: Final = "dreamd-recording"
CLOCK: Final = (
    "session seconds = instant * hop_s: Unix time, anchored when the daemon started, slewed by 500 ppm most"
)


class RecordingError(Exception):
    """A recording cannot be used; the message names the file, the fault and the next step."""


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a frame. names: `region.band` in the order of a list; schema: their name."""

    schema: str
    names: tuple[str, ...]
    regions: tuple[str, ...]
    bands: tuple[Band, ...]
    unit: str = DB

    @property
    def phase_bands(self) -> tuple[Band, ...]:
        """The bands with phasors, in the order of a list by band."""
        return tuple(band for band in self.bands if band.phase)


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of a daemon: a fusion of its own, from `first_step` on.

    slots: rows of one of the fusion's tables. mu_db, sigma_db: the shared scale, x = (dB - mu) / sigma.
    library, machine: numpy's version and the processor, on which the last bits of a sum depend.
    """

    number: int
    first_step: int
    began_s: float
    term: int
    slots: int
    mu_db: tuple[float, ...]
    sigma_db: tuple[float, ...]
    daemon: str
    library: str
    machine: str


@dataclass(frozen=True, slots=True)
class Hole:
    """Ticks that were not written, because the disk was too slow; after_step: the last one before them."""

    after_step: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of recording.json.

    created_s: of the Dreamscape; began_s, ended_s: session seconds of the first and the last tick written.
    complete: the Dreamscape has ended and everything is written. stopped: why the recording ended before the
    Dreamscape; empty: it did not. research: of its people; None: not known, so nothing is exported.
    intimate: the plan was; so it is where it is not known.
    """

    name: str
    dreamscape: str
    created_s: float
    began_s: float
    ended_s: float
    complete: bool
    features: Features
    part_s: float
    hop_s: float = HOP_S
    instants_per_hop: int = INSTANTS_PER_HOP
    clock: str = CLOCK
    stopped: str = ""
    segments: tuple[Segment, ...] = ()
    holes: tuple[Hole, ...] = ()
    research: ResearchGrants | None = None
    intimate: bool = True
    version: int = VERSION
    format: str = field(default=FORMAT)

    @property
    def duration_s(self) -> float:
        """Seconds from the first tick written to the last."""
        return max(self.ended_s - self.began_s, 0.0)


def features_of(schema: Schema) -> Features:
    """Return the description of this schema."""
    return Features(schema.name, schema.feature_names(), schema.regions, schema.bands)


def text_of(manifest: Manifest) -> str:
    """Return the text of recording.json."""
    return json.dumps(asdict(manifest), indent=2, allow_nan=False, default=sorted) + "\n"


def read(text: str, where: str) -> Manifest:
    """Return the manifest of this text.

    Raises:
        RecordingError: it is none, or of a later version.
    """
    try:
        tree = json.loads(text)
        if tree["format"] != FORMAT:
            raise RecordingError(f"{where} is of the format {tree['format']!r}; expected {FORMAT!r}")
        if not tree["version"] <= VERSION:
            raise RecordingError(
                f"{where} is of version {tree['version']}, and this dreamd reads up to {VERSION}; "
                "install a newer dreamd to read it"
            )
        return _manifest(tree)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordingError(
            f"{where} is not readable as a recording's description ({type(error).__name__}: {error}); "
            "the tables beside it open with pyarrow without it"
        ) from error


def _manifest(tree: dict[str, Any]) -> Manifest:
    described = tree.pop("features")
    features = Features(
        **described
        | {
            "names": tuple(described["names"]),
            "regions": tuple(described["regions"]),
            "bands": tuple(Band(**band) for band in described["bands"]),
        }
    )
    segments = tuple(
        Segment(**one | {"mu_db": tuple(one["mu_db"]), "sigma_db": tuple(one["sigma_db"])})
        for one in tree.pop("segments")
    )
    holes = tuple(Hole(**one) for one in tree.pop("holes"))
    research = _research(tree.pop("research", None))
    manifest = Manifest(**tree, features=features, segments=segments, holes=holes, research=research)
    if not all(map(isfinite, (manifest.began_s, manifest.ended_s, manifest.hop_s))):
        raise ValueError("a time is not finite")
    return manifest


def _research(told: object) -> ResearchGrants | None:
    """None where it is missing or damaged: the recording is read as ever, and not exported."""
    if not isinstance(told, dict):
        return None
    try:
        people, without, codes = (frozenset(told[name]) for name in ("people", "without", "codes"))
        silent = told.get("unperformed")
        unperformed = None if silent is None else frozenset(silent)
    except (TypeError, KeyError):
        return None
    found = ResearchGrants(people, without, codes, unperformed)
    return found if found.sound else None


def closed(manifest: Manifest, ended_s: float, *, complete: bool, stopped: str) -> Manifest:
    """Return the manifest of a recording that has ended."""
    return replace(manifest, ended_s=ended_s, complete=complete, stopped=stopped)


def renamed(manifest: Manifest, name: str) -> Manifest:
    """Return the manifest of a recording that was moved to a directory of this name."""
    return replace(manifest, name=name)
