"""The signals of the group on a regular grid of hops, and its events: what EDF+, XDF and BIDS carry.

A tick that is missing is a column of NaN, as in the LSL streams. So every stamp is exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Progress, Recording, matrix, quiet, within
from dreamd.core.group_streams import COUNTS, Channel, Streams, marker_text, streams_of

_LISTS = ("m", "synchrony_z", "synchrony_ppc")
_SINGLE = ("mean_distance", "level", *COUNTS)
"""The columns of `ticks` under the channels: the centre, these, then the other lists."""


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """One event. session_s: of the act, else of the journal's entry; text: kind, cause, subject."""

    session_s: float
    text: str


@dataclass(frozen=True, slots=True)
class GroupSignals:
    """streams: as over LSL; values: float64 [channels, hops]; began_s: session seconds of the first hop."""

    streams: Streams
    values: NDArray[np.float64]
    began_s: float
    hop_s: float
    events: tuple[GroupEvent, ...]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of `values`: of the collective, then of the synchrony."""
        return (*self.streams.collective.channels, *self.streams.synchrony.channels)


def read_signals(recording: Recording, progress: Progress = quiet) -> GroupSignals:
    """Return the signals and events of a recording.

    Raises:
        RecordingError: it holds no whole part, or a file is damaged.
    """
    ticks = recording.table("ticks", ("instant", *_LISTS, *_SINGLE), within(progress, 0.0, 0.6))
    if not len(ticks):
        raise RecordingError(f"{recording.path} holds no whole minute yet; export it when one is written")
    manifest, features = recording.manifest, recording.manifest.features
    streams = streams_of(
        manifest.dreamscape, manifest.created_s, features.schema, features.regions, features.bands
    )
    instants = ticks.column("instant").to_numpy()
    first, last = int(instants.min()), int(instants.max())
    single = {name: ticks.column(name).to_numpy() for name in _SINGLE}
    distance = np.where(single["included"] > 0, single["mean_distance"], np.nan)
    rows = [matrix(ticks.column("m")).T]
    rows += [values[np.newaxis] for values in (single | {"mean_distance": distance}).values()]
    rows += [matrix(ticks.column(name)).T for name in _LISTS[1:]]
    known = np.concatenate(rows).astype(np.float64)
    values = np.full((len(known), last - first + 1), np.nan)
    values[:, instants - first] = known
    events = _events(recording, within(progress, 0.6, 1.0))
    return GroupSignals(streams, values, first * manifest.hop_s, manifest.hop_s, events)


def _events(recording: Recording, progress: Progress) -> tuple[GroupEvent, ...]:
    table = recording.table("events", ("session_s", "acted_s", "kind", "cause", "subject"), progress)
    found = []
    for row in table.to_pylist():
        acted = row["acted_s"]
        stamp = acted if acted is not None and np.isfinite(acted) else row["session_s"]
        found.append(GroupEvent(stamp, marker_text(row["kind"], row["cause"], row["subject"] or 0)))
    return tuple(sorted(found, key=lambda event: event.session_s))
