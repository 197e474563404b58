"""`dreamd render`: a recorded night as sound and picture; no daemon is needed.

Exit status: 0 written, 1 the night may not be rendered or cannot be (one sentence on stderr), 2 usage.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dreamd import settings
from dreamd.adapters.keys import PUBLIC_FILE
from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.cli.client import print_json
from dreamd.cli.piece import read_file
from dreamd.cli.recording import add_place, shown_progress
from dreamd.core.pieces.piece import Piece
from dreamd.core.pieces.reading import PieceError
from dreamd.render.permission import RenderError
from dreamd.render.rendering import Rendering, render
from dreamd.render.sound import SPEED_DEFAULT
from dreamwire.signing import KeyFileError, VerifyKey
from dreamwire.text import shown

KINDS: Final = ("wav", "svg", "png")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "a recorded night as sound and picture, where each sleeper granted perform; never an intimate one"
    parser = subparsers.add_parser("render", help=does, description=does)
    parser.add_argument("recording", metavar="NIGHT", help="the recording's name, or its directory's path")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path(), help="where to write; else here")
    parser.add_argument(
        "--speed",
        metavar="N",
        type=float,
        default=SPEED_DEFAULT,
        help=f"seconds of the night in a second of sound, 1 to 3600 (default {SPEED_DEFAULT:g})",
    )
    parser.add_argument(
        "--only", choices=KINDS, action="append", help="write this kind alone; may be given again"
    )
    parser.add_argument(
        "--piece",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a signed piece of this night, to be named; its chain is compared with the recording",
    )
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        help="the daemon's public key for --piece; else the state directory's",
    )
    parser.add_argument("--plain", action="store_true", help="without manifests; the same bytes each time")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    add_place(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    loaded = settings.load(os.environ, {"state_dir": args.state_dir, "config": args.config}).settings
    try:
        path = directory.find(args.recording, loaded.state_dir)
        pieces = _pieces(args.piece, args.key or loaded.state_dir / PUBLIC_FILE)
        wanted = Rendering(
            kinds=tuple(args.only or KINDS),
            speed=args.speed,
            pieces=tuple(pieces),
            force=args.force,
            provenance=None if args.plain else (loaded.state_dir, loaded.house_name),
        )
        with shown_progress() as tell:
            written = render(path, args.out, wanted, datetime.now(UTC), tell)  # noqa: TID251 -- a command line's
    except (RecordingError, RenderError, PieceError, KeyFileError) as error:
        print(f"dreamd: {shown(str(error))}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"dreamd: {error.filename or args.out} cannot be used ({error.strerror})", file=sys.stderr)
        return 1
    if args.json:
        print_json({"written": [str(one) for one in written], "manifests": not args.plain})
    else:
        for one in written:
            print(f"wrote {shown(str(one))}, {one.stat().st_size:,} bytes")
    return 0


def _pieces(files: list[Path], key: Path) -> list[Piece]:
    if not files:
        return []
    verify = VerifyKey.load(key)
    found = []
    for file in files:
        try:
            found.append(read_file(file, verify))
        except PieceError as error:
            raise PieceError(f"{file}: {error}") from error
    return found
