"""`dreamd replay`: a recording's frames through the fusion again; every number must be the same, bit for bit.

One recording is run again in this process, part by part. Several, or with `--ray`, are run again by segment,
in processes of this machine or of a cluster. Exit status: 0 every compared number is the same, 1 one is not,
or a recording cannot be read, 2 usage.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Progress, Recording
from dreamd.adapters.recordings.replay import Replayed, another_machine, jobs_of, replay, replay_segment
from dreamd.cli.batches import CANNOT, SHARED, add_ray, opened_batch, status_of
from dreamd.cli.client import print_json
from dreamd.cli.recording import add_place, shown_progress, state_dir_of
from dreamwire.text import shown


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "run recordings through the fusion again; report every number that is not the same"
    parser = subparsers.add_parser("replay", help=does, description=does)
    parser.add_argument("recording", metavar="RECORDING", nargs="+", help="its name, or its directory's path")
    add_place(parser)
    add_ray(parser, SHARED)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    rows: list[object] = []
    same = True
    try:
        state_dir = state_dir_of(args)
        recordings = [Recording.from_directory(directory.find(name, state_dir)) for name in args.recording]
        with shown_progress() as tell:
            for recording, found in _replayed(recordings, args.ray, tell):
                same &= found.same
                elsewhere = another_machine(recording) if found.differing else ""
                if args.json:
                    about = {"recording": recording.path.name, "another_machine": elsewhere}
                    rows.append(about | asdict(found))
                else:
                    _tell(recording.path.name, found, elsewhere)
    except (RecordingError, *CANNOT) as error:
        print(f"dreamd: {shown(str(error))}", file=sys.stderr)
        return status_of(error)
    if args.json:
        print_json(rows[0] if len(rows) == 1 else rows)
    return 0 if same else 1


def _replayed(
    recordings: list[Recording], ray: str, progress: Progress
) -> Iterator[tuple[Recording, Replayed]]:
    """Yield each recording with its result, in order."""
    if len(recordings) == 1 and not ray:
        yield recordings[0], replay(recordings[0], progress)
        return
    jobs = [jobs_of(recording) for recording in recordings]
    done, whole = 0, sum(map(len, jobs))
    with opened_batch(ray) as batch:
        results = batch.results(replay_segment, [job for some in jobs for job in some])
        for recording, some in zip(recordings, jobs, strict=True):
            found = Replayed()
            for _ in some:
                found += next(results)
                done += 1
                progress(done / whole)
            yield recording, found


def _tell(name: str, found: Replayed, elsewhere: str) -> None:
    if found.same:
        print(f"{name}: {found.ticks} ticks, {found.numbers:,} numbers, all the same again, bit for bit")
    else:
        print(f"{name}: {found.differing:,} of {found.numbers:,} numbers in {found.ticks} ticks differ")
    if found.skipped:
        print(f"{found.skipped} ticks after a hole are not compared: what came before them is not known")
    for one in found.differences:
        whose = f" of subject {one.subject}" if one.subject else ""
        print(
            f"tick {one.tick} (step {one.step}, instant {one.instant}), {one.column}{whose}: "
            f"recorded {one.recorded}, replayed {one.replayed}"
        )
    if found.differing > len(found.differences):
        print(f"and {found.differing - len(found.differences):,} more")
    if elsewhere:
        print(f"the last bits of a sum depend on both: {elsewhere}")
