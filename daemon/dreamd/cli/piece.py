"""`dreamd piece ...`: list and show leads of artists as they were signed; verify one offline."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

import dreamapi
from dreamapi.text import shown
from dreamapi.v1 import pieces_pb2 as pieces
from dreamd.adapters.documents.pieces import verified_piece
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.cli import client
from dreamd.cli.client import as_json, console, print_json
from dreamd.core.pieces.piece import Piece
from dreamd.core.pieces.reading import PieceError
from dreamwire.closed_file import write_closed
from dreamwire.signing import KeyFileError, VerifyKey

READABLE: Final = 0o644
UNTITLED: Final = "untitled"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "leads of artists as the daemon has signed them: list, show, verify"
    parser = subparsers.add_parser("piece", help=does, description=does)
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    _add(verbs, "list", _list, "every piece, newest first")
    show = _add(verbs, "show", _show, "one piece; --out writes its signed file")
    show.add_argument("piece", metavar="PIECE", help="its id, 16 hexadecimal digits")
    show.add_argument("--out", metavar="FILE", type=Path, help="write the signed file")
    told = "verify FILE offline: name a piece that was changed or that another daemon signed"
    verify = verbs.add_parser("verify", help=told, description=told)
    verify.add_argument("file", metavar="FILE", type=Path, help="the piece, as the daemon has signed it")
    verify.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="the daemon's public key, daemon.pub"
    )
    verify.add_argument(
        "--recording",
        metavar="DIR",
        type=Path,
        help="that its chain follows from the ticks of this recording",
    )
    verify.set_defaults(run=_verify)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status. 1 of verify: the piece does not hold."""
    return int(args.run(args))


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run)
    return parser


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    kept = [one async for one in api.pieces.list_pieces()]
    if args.json:
        print_json([as_json(one) for one in kept])
        return
    if not kept:
        print("there is no piece yet; each lead of an artist that was broadcast leaves one")
        return
    table = Table("piece", "title", "artist", "Dreamscape", "begun", "led", box=None, header_style="bold")
    for one in kept:
        name, where = one.name.rpartition("/")[2], one.dreamscape.rpartition("/")[2]
        words = (shown(one.title) or UNTITLED, shown(one.artist) or "-", where)
        table.add_row(name, *words, _instant(one.begin_time), _led(one))
    console().print(table)


async def _show(api: dreamapi.Api, args: argparse.Namespace) -> None:
    one = await api.pieces.get_piece(args.piece)
    if args.out is not None:
        write_closed(args.out, one.file, READABLE)
    if args.json:
        print_json(as_json(one))
        return
    print(f"{shown(one.title) or UNTITLED}, by {shown(one.artist) or 'an artist'}")
    print(f"{one.name}, led in {one.dreamscape} from {_instant(one.begin_time)} UTC, {_led(one)}")
    print(f"score {one.score_sha256 or 'none'}")
    print(f"chain {one.chain_sha256}, share {one.share_most:g} at most")
    if args.out is not None:
        print(f"wrote {args.out}; verify it: dreamd piece verify {args.out} --key daemon.pub")


def _instant(at: Timestamp) -> str:
    return str(at.ToDatetime().isoformat(" ", "seconds"))


def _led(one: pieces.Piece) -> str:
    return f"{one.ticks} ticks"


def _verify(args: argparse.Namespace) -> int:
    try:
        piece = read_file(args.file, VerifyKey.load(args.key))
        other = _compared(piece, args.recording) if args.recording is not None else ""
    except OSError as error:
        print(f"dreamd: {error.filename or args.file} cannot be read ({error.strerror})", file=sys.stderr)
        return 1
    except (PieceError, KeyFileError, RecordingError) as error:
        print(f"dreamd: {args.file}: {shown(str(error))}", file=sys.stderr)
        return 1
    if other:
        print(f"dreamd: {args.file} is signed by this key, but {shown(other)}", file=sys.stderr)
        return 1
    title, where = shown(piece.credits.title) or UNTITLED, ", and as recorded" if args.recording else ""
    print(f"holds: piece {piece.id}, {title}, {piece.ticks} ticks, signed by this key{where}")
    return 0


def _compared(piece: Piece, recording: Path) -> str:
    """Why the piece does not follow from the recording; empty: it does."""
    # Not at the top: only a comparison needs pyarrow.
    reader = import_module("dreamd.adapters.recordings.reader")
    found = import_module("dreamd.adapters.recordings.led_ticks")
    return str(found.disagreement(piece, reader.Recording.from_directory(recording)))


def read_file(file: Path, key: VerifyKey) -> Piece:
    """Return the piece of a file that this key has signed.

    Raises:
        OSError: it cannot be read.
        PieceError: it does not hold.
    """
    return verified_piece(file.read_bytes(), key)
