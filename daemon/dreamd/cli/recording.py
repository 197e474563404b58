"""`dreamd recording`: the recordings in a state directory: list, show, export, test; no daemon is needed.

Exit status: 0 done, 1 there is no such recording, it cannot be read, or not be exported for a sleeper did not
grant research (one sentence on stderr), 2 usage, or a cluster that cannot be used.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from dreamd import settings
from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.exports.formats import SUFFIXES
from dreamd.adapters.recordings.manifest import Manifest, RecordingError
from dreamd.cli.batches import CANNOT, SHARED, add_ray, status_of
from dreamd.cli.client import console, print_json
from dreamd.cli.printing import recording_tables
from dreamwire.text import shown


class Reader(Protocol):
    """`adapters.recordings.reader`, which needs pyarrow and is loaded for `show` alone."""

    Recording: Any


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "list, show, export and test the recordings of Dreamscapes"
    parser = subparsers.add_parser("recording", help=does, description=does)
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    listing = acts.add_parser("list", help="every recording in the state directory")
    add_place(listing)
    show = acts.add_parser("show", help="one recording: its people, ticks, events, holes, files")
    show.add_argument("recording", metavar="RECORDING", help="its name, or its directory's path")
    show.add_argument("--columns", action="store_true", help="every column with its unit and meaning")
    add_place(show)
    does = "one recording in another format, without names, where each of its sleepers granted research"
    export = acts.add_parser("export", help=does, description=does)
    export.add_argument("recording", metavar="RECORDING", help="its name, or its directory's path")
    export.add_argument("--to", choices=tuple(SUFFIXES), required=True, help="the format")
    export.add_argument("--out", metavar="PATH", type=Path, help="the file or directory to make")
    export.add_argument("--force", action="store_true", help="replace an export that is there")
    add_place(export)
    does = "the synchrony of one recording against the same phases, shifted in a circle"
    surrogates = acts.add_parser("surrogates", help=does, description=does)
    surrogates.add_argument("recording", metavar="RECORDING", help="its name, or its directory's path")
    surrogates.add_argument("--draws", type=int, default=199, metavar="N", help="19 to 100,000 (199)")
    surrogates.add_argument("--seed", type=int, default=0, metavar="K", help="of the draws, 0 or more (0)")
    add_place(surrogates)
    add_ray(surrogates, SHARED)
    return parser


def add_place(act: argparse.ArgumentParser) -> None:
    """Add --state-dir, --config and --json."""
    act.add_argument("--state-dir", metavar="DIR", help="as of `dreamd serve`")
    act.add_argument("--config", metavar="FILE", help="as of `dreamd serve`")
    act.add_argument("--json", action="store_true", help="print JSON")


def state_dir_of(args: argparse.Namespace) -> Path:
    """Return the state directory that the flags, the environment or the file name.

    Raises:
        SettingsError: a setting cannot be used.
    """
    return settings.load(os.environ, {"state_dir": args.state_dir, "config": args.config}).settings.state_dir


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    try:
        state_dir = state_dir_of(args)
        if args.act == "list":
            return _list(state_dir, as_json=args.json)
        if args.act == "export":
            _export(directory.find(args.recording, state_dir), args)
            return 0
        if args.act == "surrogates":
            # Not at the top: it needs pyarrow, and imports this module.
            import_module("dreamd.cli.surrogates").run(directory.find(args.recording, state_dir), args)
            return 0
        _show(directory.find(args.recording, state_dir), args)
    except (RecordingError, *CANNOT) as error:
        print(f"dreamd: {shown(str(error))}", file=sys.stderr)
        return status_of(error)
    return 0


def _list(state_dir: Path, *, as_json: bool) -> int:
    """Print a row for each; one that is damaged is named on stderr and costs the others nothing."""
    rows: list[tuple[Path, Manifest]] = []
    damaged: list[str] = []
    for path in directory.listed(state_dir):
        try:
            rows.append((path, directory.described(path)))
        except RecordingError as error:
            damaged.append(str(error))
    rows.sort(key=lambda row: row[1].began_s)
    if as_json:
        print_json([recording_tables.summary(*row) for row in rows])
    elif rows:
        console().print(recording_tables.recordings(rows))
    elif not damaged:
        print(
            f"there is no recording in {state_dir / directory.FOLDER}; "
            "plan one: dreamd dreamscapes create NAME --min 3 --max 8 --record"
        )
    for sentence in damaged:
        print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return 1 if damaged else 0


def _show(path: Path, args: argparse.Namespace) -> None:
    if args.columns:
        if args.json:
            print_json(recording_tables.columns())
        else:
            console().print(recording_tables.column_tables())
        return
    reader = cast("Reader", import_module("dreamd.adapters.recordings.reader"))
    found = recording_tables.contents(reader.Recording.from_directory(path))
    if args.json:
        print_json(found)
    else:
        console().print(recording_tables.recording(found))


@contextmanager
def shown_progress() -> Iterator[Callable[[float], None]]:
    """Yield what shows the share that is done on a terminal, and wipe it at the end; a pipe gets nothing."""
    on_terminal = sys.stderr.isatty()

    def tell(share: float) -> None:
        if on_terminal:
            print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if on_terminal:
            print("\r    \r", end="", file=sys.stderr, flush=True)


def _export(path: Path, args: argparse.Namespace) -> None:
    # Not at the top: only an export needs pyarrow.
    export = import_module("dreamd.adapters.recordings.exports.export").export
    with shown_progress() as tell:
        written = export(path, args.to, args.out, force=args.force, progress=tell)
    research = directory.described(path).research
    codes = sorted(research.codes) if research is not None else []
    if args.json:
        print_json({"written": str(written), "duo": codes})
    else:
        print(f"wrote {shown(str(written))}, for research under {', '.join(codes) or 'no code'}")
