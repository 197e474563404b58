"""`dreamd replay`: a recording's frames through the fusion again; every number must be the same, bit for bit.

Exit status: 0 every compared number is the same, 1 one is not or the recording cannot be read, 2 usage.
"""

import argparse
import sys
from dataclasses import asdict

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Recording
from dreamd.adapters.recordings.replay import Replayed, another_machine, replay
from dreamd.cli.client import print_json
from dreamd.cli.recording import add_place, shown_progress, state_dir_of
from dreamwire.text import shown


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "run a recording through the fusion again; report every number that is not the same"
    parser = subparsers.add_parser("replay", help=does, description=does)
    parser.add_argument("recording", metavar="RECORDING", help="its name, or its directory's path")
    add_place(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    try:
        recording = Recording.from_directory(directory.find(args.recording, state_dir_of(args)))
        with shown_progress() as tell:
            found = replay(recording, tell)
    except RecordingError as error:
        print(f"dreamd: {shown(str(error))}", file=sys.stderr)
        return 1
    elsewhere = another_machine(recording) if found.differing else ""
    if args.json:
        print_json({"recording": recording.path.name, **asdict(found), "another_machine": elsewhere})
    else:
        _tell(recording.path.name, found, elsewhere)
    return 0 if found.same else 1


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
