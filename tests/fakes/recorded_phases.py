"""A recording whose sleepers have phases in common, as much as a test asks."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

from dreamd.adapters.recordings import parts
from dreamd.adapters.recordings.reader import Recording
from dreamwire.schema import BANDS6X2
from fakes.recordings import Row, manifest_of, part_rows, write_rows

BANDS = [band.name for band in BANDS6X2.phase_bands]
PEOPLE = 4
Change = Callable[[Row], None]


def recorded_phases(
    path: Path, shared: float, ticks: int = 240, part_ticks: int = 120, change: Change = id
) -> Recording:
    """A recording of four people; `shared`: the part of each one's phases that all have in common."""
    manifest = manifest_of(path.name, ticks, PEOPLE)
    parts.make_folders(path)
    parts.describe(path, manifest)
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(0.0, 0.7, (PEOPLE + 1, 2 * ticks, len(BANDS))), axis=1)
    alone = np.exp(1j * (walk[:PEOPLE] + rng.uniform(0.0, 6.28, (PEOPLE, 1, len(BANDS)))))
    phasors = shared * np.exp(1j * walk[PEOPLE]) + (1.0 - shared) * alone
    for number, first in enumerate(range(1, ticks + 1, part_ticks)):
        rows = part_rows(range(first, first + part_ticks), PEOPLE, Random(1))
        for row in rows["frames"]:
            at = 2 * (int(str(row["step"])) - 1)
            own = phasors[int(str(row["subject"])) - 1, at : at + 2]
            row["phasors"] = own.astype(np.complex64).view(np.float32).ravel().tolist()
            change(row)
        write_rows(path, number, manifest, rows)
    return Recording.from_directory(path)
