"""`dreamd stage [DREAMSCAPE]`: lead it with what comes by OSC, and tell OSC what it does.

Exit status: 0 the Dreamscape has ended or a signal came, 1 refused or not reached (the sentence is on
stderr), 2 wrong usage.
"""

import argparse
import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from typing import Final

import dreamapi
from dreamapi.text import shown
from dreamd.cli.client import add_connection, fail, finite, server_of
from dreamd.cli.until_signal import until_a_signal
from dreamd.core.limits import PIECE_WORDS_MOST
from dreamd.core.pieces.piece import is_words
from dreamd.stage.failures import CannotRun
from dreamd.stage.report import Report
from dreamd.stage.session import Options, StageSession
from dreamd.stage.udp import IN_PORT, OUT_PORT

DOES = "lead a Dreamscape over OSC on this machine"
ADDRESSES = """\
in, at 127.0.0.1:9000:
  /dreamd/lead f..                    the whole vector, in the order of the schema
  /dreamd/lead/REGION/BAND f          one feature of it, such as /dreamd/lead/posterior/alpha
  /dreamd/share f                     the share of the blend, 0 to the plan's artist share
  /dreamd/cue s                       a marker for the journal
  /dreamd/sever, /dreamd/wake         let everyone out

out, to 127.0.0.1:9001, at each tick:
  /dreamd/state s, /dreamd/beat i, /dreamd/audience i i, /dreamd/centre f.., /dreamd/band/BAND f f,
  /dreamd/synchrony/BAND f f, /dreamd/dispersion f, /dreamd/lead/applied f, /dreamd/lead/applied/vector f..,
  /dreamd/you/identity f, /dreamd/you/share f, /dreamd/severed s, /dreamd/refused s s

Input that is silent for ten seconds leads no more. See docs/stage.md.
"""
_PORT_MOST: Final = 65_535
_RATE_MOST: Final = 240.0


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `live`, which `stage` is without a verb."""
    parser = verbs.add_parser(
        "live",
        help=f"{DOES} (without a verb)",
        description=DOES,
        epilog=ADDRESSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_connection(parser)
    parser.add_argument(
        "dreamscape", metavar="DREAMSCAPE", nargs="?", default="", help="its name (the only one by default)"
    )
    add_stage(parser)
    parser.add_argument(
        "--share", metavar="B", type=finite, default=0.0, help="the share until /dreamd/share comes (0)"
    )
    parser.add_argument(
        "--title", metavar="TEXT", type=words, default="", help="of the piece that your lead is kept as"
    )
    parser.add_argument(
        "--artist",
        metavar="NAME",
        type=words,
        default="",
        help="in the piece and in letters (your credential's name)",
    )
    parser.set_defaults(act=act)


def add_stage(parser: argparse.ArgumentParser) -> None:
    """Add the flags of every verb that opens a stage."""
    add_ports(parser)
    parser.add_argument(
        "--flat",
        action="store_true",
        help="send each number to an address of its own (TouchDesigner, Ableton)",
    )
    parser.add_argument(
        "--smooth", metavar="HZ", type=rate, default=0.0, help="send interpolated rows, such as 60 a second"
    )


def add_ports(parser: argparse.ArgumentParser) -> None:
    """Add --in and --out."""
    parser.add_argument(
        "--in", dest="in_port", metavar="PORT", type=port, default=IN_PORT, help=f"UDP port in ({IN_PORT})"
    )
    parser.add_argument(
        "--out",
        dest="out_port",
        metavar="PORT",
        type=port,
        default=OUT_PORT,
        help=f"UDP port out ({OUT_PORT})",
    )


def port(text: str) -> int:
    """For argparse: a UDP port."""
    number = int(text)
    if not 0 < number <= _PORT_MOST:
        raise argparse.ArgumentTypeError(f"expected a port of 1 to {_PORT_MOST}, got {text}")
    return number


def rate(text: str) -> float:
    """For argparse: rows a second."""
    number = float(text)
    if not 1.0 <= number <= _RATE_MOST:
        raise argparse.ArgumentTypeError(f"expected 1 to {_RATE_MOST:g} rows a second, got {text}")
    return number


def words(text: str) -> str:
    """For argparse: a title or a name of a piece."""
    if not is_words(text):
        expected = f"one line of at most {PIECE_WORDS_MOST} characters, without blanks around it"
        raise argparse.ArgumentTypeError(f"expected {expected}")
    return text


def options_of(args: argparse.Namespace) -> Options:
    """The flags of `add_stage` as a value."""
    return Options(args.in_port, args.out_port, args.flat, args.smooth, args.share, args.title, args.artist)


def hears_itself(args: argparse.Namespace) -> str:
    """Return what is wrong with the two ports; empty: nothing is."""
    if args.in_port != args.out_port:
        return ""
    return f"--in and --out are both {args.in_port}: the stage would hear itself"


def act(args: argparse.Namespace) -> int:
    """Lead until the Dreamscape has ended or a signal comes; return the exit status."""
    if hears_itself(args):
        return fail(hears_itself(args), 2)
    session = StageSession(
        server_of(args),
        args.dreamscape,
        clock=time.monotonic,  # noqa: TID251 - the composition of this program
        report=Report(partial(print, flush=True), as_json=args.json),
        options=options_of(args),
    )
    return carried(session.run_until_ended())


def carried(work: Coroutine[None, None, None]) -> int:
    """Run a stage until it ends or a signal comes; return the exit status."""
    try:
        asyncio.run(until_a_signal(work))
    except (CannotRun, dreamapi.ApiError) as no:
        return fail(shown(str(no)), 1)
    return 0
