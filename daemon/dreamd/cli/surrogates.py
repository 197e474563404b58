"""`dreamd recording surrogates`: is a recording's synchrony more than that of the same phases, shifted?

Minutes are jobs of a batch: on all processors of this machine, or with `--ray` on a cluster. One seed gives
one result, wherever it is computed.
"""

import argparse
from dataclasses import asdict
from functools import reduce
from math import isfinite
from pathlib import Path

from rich.table import Table

from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Recording
from dreamd.adapters.recordings.surrogates import BandTest, jobs_of, merge, results_of, sums_of_part
from dreamd.cli.batches import opened_batch
from dreamd.cli.client import console, print_json
from dreamd.cli.printing.recording_tables import plain_table
from dreamd.cli.recording import shown_progress


def run(path: Path, args: argparse.Namespace) -> None:
    """Test a recording and print the result of each band.

    Raises:
        RecordingError: it has no whole part, a file is damaged, or the draws are out of range.
        ClusterError, BatchError: see `Batch`.
    """
    recording = Recording.from_directory(path)
    try:
        jobs = jobs_of(recording, args.draws, args.seed)
    except ValueError as error:
        raise RecordingError(f"--draws: {error}") from error
    if not jobs:
        raise RecordingError(f"{path} has no whole part yet; test it after {recording.manifest.part_s:g} s")
    sums = []
    with shown_progress() as tell, opened_batch(args.ray) as batch:
        for one in batch.results(sums_of_part, jobs):
            sums.append(one)
            tell(len(sums) / len(jobs))
    bands = results_of(reduce(merge, sums), [band.name for band in recording.manifest.features.phase_bands])
    if args.json:
        about = {"recording": path.name, "draws": args.draws, "seed": args.seed}
        print_json(about | {"bands": [_known(band) for band in bands]})
    else:
        console().print(_table(bands))
        print(
            f"{args.draws} draws, seed {args.seed}: p is at least {1 / (1 + args.draws):.2g}; "
            f"of {len(bands)} bands one is below 0.05 by chance in {1 - 0.95 ** len(bands):.0%} of recordings"
        )


def _known(band: BandTest) -> dict[str, object]:
    """As JSON: null where not known."""
    found = asdict(band)
    return {
        name: None if isinstance(one, float) and not isfinite(one) else one for name, one in found.items()
    }


def _table(bands: list[BandTest]) -> Table:
    table = plain_table("band", "windows of 10 s", "PPC", "by chance", "z", "p")
    for band in bands:
        numbers = (
            f"{band.ppc:.4f}",
            f"{band.chance:.4f} +- {band.spread:.4f}",
            f"{band.z:.1f}",
            f"{band.p:.4f}",
        )
        table.add_row(band.band, str(band.windows), *(numbers if band.windows else ["-"] * 4))
    return table
