"""Tests the synchrony of a recording against surrogates: the same phases, shifted in a circle.

A daemon compares a minute's newest ten seconds with a hundred shifts. A recording is tested as a whole:
every window of ten seconds, all with the same number of draws. The statistic of a band is its PPC, averaged
over the windows; a draw shifts each sleeper in each window by an amount of their own. The share of draws
that reach the recorded value is the p of the hypothesis that no sleeper's phases depend on another's.

Rules
- p is (1 + draws that reach it) / (1 + draws): it is never 0, and smaller only with more draws.
- A part of the recording, a minute, is a job by itself. Jobs add up in any order, by `merge`.
- The seed of a window is the seed of the test and the window's place. So a test is the same on any machines.
- Phases count as they did in the fusion: of included frames, in the hop of their own instant. A window must
  be whole, of one run of the daemon; a longer gap than three quarters of it leaves it out, band by band.
- Of more than SURROGATE_SLEEPERS sleepers a window takes as many, drawn by its seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamd.adapters.recordings.reader import Recording, Table, matrix, schema_of_recording
from dreamd.fusion.synchrony import (
    SURROGATE_SLEEPERS,
    WINDOW,
    Doubles,
    Phasors,
    lags_of,
    shifted_ppc,
    sums_of,
    synchrony,
)
from dreamwire.schema import INSTANTS_PER_HOP

HOPS: Final = WINDOW // INSTANTS_PER_HOP
DRAWS: Final = (19, 100_000)
"""Least and most draws: 19 give p = .05 at best."""
_FRAMES: Final = ("step", "subject", "instant", "captured", "included", "phasors")
_TICKS: Final = ("instant", "segment")


@dataclass(frozen=True, slots=True)
class SurrogateJob:
    """One part of a recording. path: its directory, as its worker finds it."""

    path: str
    part: int
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class SurrogateSums:
    """Sums over windows. windows: int64[B]. ppc: float64[B]. drawn: float64[draws, B]."""

    windows: NDArray[np.int64]
    ppc: Doubles
    drawn: Doubles


@dataclass(frozen=True, slots=True)
class BandTest:
    """The result of one band; NaN where no window was known.

    ppc: mean over windows. chance, spread: mean and standard deviation of the draws. z: ppc above chance in
    spreads. p: one-sided.
    """

    band: str
    windows: int
    ppc: float
    chance: float
    spread: float
    z: float
    p: float


def jobs_of(recording: Recording, draws: int, seed: int) -> list[SurrogateJob]:
    """Return a job for each whole part.

    Raises:
        ValueError: the draws are out of range.
    """
    if not DRAWS[0] <= draws <= DRAWS[1]:
        raise ValueError(f"{draws} draws, expected {DRAWS[0]} to {DRAWS[1]:,}")
    path = str(recording.path.absolute())
    return [SurrogateJob(path, part, draws, seed) for part in recording.parts]


def sums_of_part(job: SurrogateJob) -> SurrogateSums:
    """Test the windows of one part.

    Raises:
        RecordingError: it cannot be read here.
    """
    recording = Recording.from_directory(Path(job.path))
    lags = lags_of(schema_of_recording(recording))
    windows = np.zeros(len(lags), dtype=np.int64)
    ppc, drawn = np.zeros(len(lags)), np.zeros((job.draws, len(lags)))
    for begin, z in _windows(recording, job, len(lags)):
        found = synchrony(sums_of(z), lags).ppc
        shifted = shifted_ppc(z, lags, _seed(job, begin), job.draws)
        known = np.isfinite(found) & np.isfinite(shifted).all(axis=0)
        windows += known
        ppc[known] += found[known]
        drawn[:, known] += shifted[:, known]
    return SurrogateSums(windows, ppc, drawn)


def merge(a: SurrogateSums, b: SurrogateSums) -> SurrogateSums:
    """Return the sums of both."""
    return SurrogateSums(a.windows + b.windows, a.ppc + b.ppc, a.drawn + b.drawn)


def results_of(sums: SurrogateSums, bands: Sequence[str]) -> list[BandTest]:
    """Return the result of each band."""
    results = []
    for band, name in enumerate(bands):
        windows = int(sums.windows[band])
        if not windows:
            results.append(BandTest(name, 0, *[float("nan")] * 5))
            continue
        found, drawn = sums.ppc[band] / windows, sums.drawn[:, band] / windows
        chance, spread = float(drawn.mean()), float(drawn.std(ddof=1))
        z = (found - chance) / spread if spread > 0.0 else float("nan")
        p = (1 + int(np.count_nonzero(drawn >= found))) / (1 + len(drawn))
        results.append(BandTest(name, windows, float(found), chance, spread, float(z), p))
    return results


def _seed(job: SurrogateJob, begin: int) -> int:
    state = np.random.SeedSequence((job.seed, begin)).generate_state(1, np.uint64)
    return int(state[0])


def _windows(recording: Recording, job: SurrogateJob, bands: int) -> Iterator[tuple[int, Phasors]]:
    """Yield the first instant and the phasors of each whole window: complex64[B, n, T]."""
    ticks = recording.part("ticks", job.part, _TICKS)
    instants, segments = (ticks.column(name).to_numpy() for name in _TICKS)
    frames = _Frames(recording.part("frames", job.part, _FRAMES), bands)
    for segment in np.unique(segments):
        here = instants[segments == segment]
        for begin in range(int(here[0]), int(here[-1]) - HOPS + 2, HOPS):
            z = frames.window(begin, _seed(job, begin))
            if z.shape[1] > 1:
                yield begin, z


class _Frames:
    """The included frames of a part that came in time."""

    def __init__(self, frames: Table, bands: int) -> None:
        columns: dict[str, Any] = {name: frames.column(name).to_numpy() for name in _FRAMES[:-1]}
        counted = columns["included"] & (columns["captured"] == columns["instant"])
        self._subjects, self._instants = columns["subject"][counted], columns["instant"][counted]
        pairs = np.ascontiguousarray(matrix(frames.column("phasors"))[counted], dtype=np.float32)
        phasors = pairs.view(np.complex64).reshape(-1, INSTANTS_PER_HOP, bands)
        length = np.abs(phasors)
        sound = np.isfinite(length) & (length > 0.0)
        self._units = np.where(sound, phasors / np.where(sound, length, 1.0), 0.0).astype(np.complex64)

    def window(self, begin: int, seed: int) -> Phasors:
        """Return complex64[B, n, T] of the sleepers in this window, at most SURROGATE_SLEEPERS."""
        here = np.flatnonzero((self._instants >= begin) & (self._instants < begin + HOPS))
        people, rows = np.unique(self._subjects[here], return_inverse=True)
        z = np.zeros((self._units.shape[2], len(people), WINDOW), dtype=np.complex64)
        columns = (self._instants[here] - begin) * INSTANTS_PER_HOP
        for at in range(INSTANTS_PER_HOP):
            z[:, rows, columns + at] = self._units[here, at].T
        if len(people) > SURROGATE_SLEEPERS:
            some = np.random.default_rng(seed).choice(len(people), SURROGATE_SLEEPERS, replace=False)
            z = z[:, np.sort(some)]
        return z
