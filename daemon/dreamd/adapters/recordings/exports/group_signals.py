"""The signals of the group on a regular grid of hops, and its events: what EDF+, XDF and BIDS carry.

A tick that is missing is a column of NaN, as in the LSL streams. So every stamp is exact.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.manifest import Features, RecordingError
from dreamd.adapters.recordings.reader import Progress, Recording, matrix, quiet, within

COUNTS: Final = ("included", "merged")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. label: unique, at most 16 characters of ASCII; group: `collective` or `synchrony`."""

    label: str
    unit: str
    kind: str
    group: str


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """One event. session_s: of the act, else of the journal's entry; text: kind, cause, subject."""

    session_s: float
    text: str


@dataclass(frozen=True, slots=True)
class GroupSignals:
    """values: float64 [channels, hops]; began_s: session seconds of the first hop."""

    channels: tuple[Channel, ...]
    values: NDArray[np.float64]
    began_s: float
    hop_s: float
    events: tuple[GroupEvent, ...]


def channels_of(features: Features) -> tuple[Channel, ...]:
    """Return the channels, in the order of the LSL streams."""
    centre = [Channel(_short(name), "sd", "centre", "collective") for name in features.names]
    group = [
        Channel("dispersion", "sd^2", "dispersion", "collective"),
        Channel("level", "0..1", "coupling", "collective"),
        *(Channel(name, "sleepers", "count", "collective") for name in COUNTS),
    ]
    synchrony = [
        Channel(_short(f"{kind}.{band.name}"), unit, kind, "synchrony")
        for kind, unit in (("z", "z"), ("ppc", "1"))
        for band in features.phase_bands
    ]
    return (*centre, *group, *synchrony)


def read_signals(recording: Recording, progress: Progress = quiet) -> GroupSignals:
    """Return the signals and events of a recording.

    Raises:
        RecordingError: it holds no whole part, or a file is damaged.
    """
    lists = ("m", "synchrony_z", "synchrony_ppc")
    single = ("dispersion", "level", *COUNTS)
    ticks = recording.table("ticks", ("instant", *lists, *single), within(progress, 0.0, 0.6))
    if not len(ticks):
        raise RecordingError(f"{recording.path} holds no whole minute yet; export it when one is written")
    instants = ticks.column("instant").to_numpy()
    first = int(instants.min())
    channels = channels_of(recording.manifest.features)
    values = np.full((len(channels), int(instants.max()) - first + 1), np.nan)
    rows = [matrix(ticks.column("m")).T]
    rows += [ticks.column(name).to_numpy()[np.newaxis] for name in single]
    rows += [matrix(ticks.column(name)).T for name in lists[1:]]
    values[:, instants - first] = np.concatenate(rows)
    hop_s = recording.manifest.hop_s
    return GroupSignals(
        channels, values, first * hop_s, hop_s, _events(recording, within(progress, 0.6, 1.0))
    )


def _events(recording: Recording, progress: Progress) -> tuple[GroupEvent, ...]:
    table = recording.table("events", ("session_s", "acted_s", "kind", "cause", "subject"), progress)
    found = []
    for row in table.to_pylist():
        acted = row["acted_s"]
        stamp = acted if acted is not None and np.isfinite(acted) else row["session_s"]
        words = (row["kind"], row["cause"], str(row["subject"]) if row["subject"] is not None else "")
        found.append(GroupEvent(stamp, "/".join(word for word in words if word)))
    return tuple(sorted(found, key=lambda event: event.session_s))


def _short(name: str) -> str:
    """Return a label of at most 16 characters: each word of a long region is cut to 3 letters."""
    if len(name) <= 16:  # noqa: PLR2004 - the width of the field in EDF
        return name
    region, _, band = name.rpartition(".")
    return "".join(word[:3] for word in region.split("_"))[: 15 - len(band)] + "." + band
