"""A recorded night as arrays over its ticks: the part that all in it shared.

Rules
- Nothing of a single sleeper is read: the centre of the collective, the artist's vector, both shares and the
  synchrony. A tick with fewer sleepers than five is silent, so that no centre is close to one person's state.
- Places on the axis are grid instants: a hole and a restart of the daemon are silence, not a jump.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.reader import Progress, Recording, matrix, quiet
from dreamd.core.limits import HOP_S, INTIMATE_BELOW
from dreamd.render.permission import RenderError
from dreamwire.blend import X_LIMIT
from dreamwire.schema import on_every_band

Numbers = NDArray[np.float64]
_COLUMNS: Final = ("instant", "level", "included", "m", "artist_share", "artist", "synchrony_ppc")
TICKS_MOST: Final = round(48 * 3600 / HOP_S)
"""Ticks of the longest night that is rendered: two days."""


@dataclass(frozen=True, slots=True)
class Night:
    """One night. hops: int64[T], the place of each tick in hops of 250 ms from the first.

    bands: float64[T, 12], what the centre and the artist give together, on the shared scale. centre: the
    collective's own, float64[T, D]. share: of the others at most, 0..1. artist_share: within it. synchrony:
    float64[T, B]; NaN where it was not measured. feature_names, phase_bands: of the columns.
    """

    name: str
    dreamscape: str
    begin_s: float
    hops: NDArray[np.int64]
    bands: Numbers
    centre: Numbers
    share: Numbers
    artist_share: Numbers
    synchrony: Numbers
    feature_names: tuple[str, ...]
    phase_bands: tuple[str, ...]

    @property
    def lasted_s(self) -> float:
        """Seconds from the first tick to the end of the last."""
        return (int(self.hops[-1]) + 1) * HOP_S


def read_night(recording: Recording, progress: Progress = quiet) -> Night:
    """Return the night of a recording.

    Raises:
        RenderError: it has no tick, is too long, or its grid runs backwards.
        RecordingError: a file is damaged.
    """
    name, features = recording.path.name, recording.manifest.features
    parts = [_part(table) for table in recording.minutes("ticks", _COLUMNS, progress)]
    parts = [part for part in parts if len(part["hops"])]
    if not parts:
        raise RenderError(f"{name} is not rendered: it has no tick; a night has one once pods are assigned")
    whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    hops = whole["hops"] - whole["hops"][0]
    if not (np.diff(hops) > 0).all():
        raise RenderError(
            f"{name} is not rendered: its ticks are not in order of time; compare them (dreamd replay)"
        )
    if not hops[-1] < TICKS_MOST:
        raise RenderError(
            f"{name} is not rendered: it spans {hops[-1] * HOP_S / 3600:.0f} hours, at most 48 are"
        )
    return Night(
        name=name,
        dreamscape=recording.manifest.dreamscape,
        begin_s=float(whole["hops"][0]) * HOP_S,
        hops=hops,
        bands=_on_every_band(_led(whole["m"], whole["artist"], whole["b"])),
        centre=whole["m"],
        share=whole["share"],
        artist_share=np.where(whole["share"] > 0.0, whole["b"], 0.0),
        synchrony=whole["synchrony"],
        feature_names=features.names,
        phase_bands=tuple(band.name for band in features.phase_bands),
    )


def _part(table: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401 - pyarrow ships no types
    level, included = _column(table, "level"), _column(table, "included")
    centre = matrix(table.column("m")).astype(np.float64)
    sound = np.isfinite(centre).all(axis=1) & (included >= INTIMATE_BELOW) & (level > 0.0) & (level <= 1.0)
    share = np.where(sound, level, 0.0)
    artist = matrix(table.column("artist")).astype(np.float64)
    b = np.nan_to_num(_column(table, "artist_share"), nan=0.0)
    leads = np.isfinite(artist).all(axis=1) & (b > 0.0) & (b <= 1.0)
    return {
        "hops": _column(table, "instant").astype(np.int64),
        "m": np.where(sound[:, np.newaxis], centre, 0.0),
        "share": share,
        "artist": np.where(leads[:, np.newaxis], artist, 0.0),
        "b": np.where(leads & sound, b, 0.0),
        "synchrony": matrix(table.column("synchrony_ppc")).astype(np.float64),
    }


def _column(table: Any, name: str) -> NDArray[Any]:  # noqa: ANN401 - pyarrow ships no types
    values: NDArray[Any] = table.column(name).to_numpy()
    return values


def _led(centre: Numbers, artist: Numbers, b: Numbers) -> Numbers:
    """The blend that every pod makes of the others and the artist, with the centre for the others."""
    part = b[:, np.newaxis]
    return np.asarray((1.0 - part) * centre + part * np.clip(artist, -X_LIMIT, X_LIMIT))


def _on_every_band(vectors: Numbers) -> Numbers:
    """float64[T, D] in the order of the fullest schema, float64[T, 12]; a feature it lacks is 0."""
    places = on_every_band(np.arange(vectors.shape[1], dtype=np.float64))
    there = np.isfinite(places)
    whole = np.zeros((len(vectors), len(places)))
    whole[:, there] = vectors[:, places[there].astype(np.int64)]
    return whole
