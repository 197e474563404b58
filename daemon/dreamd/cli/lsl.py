"""`dreamd lsl`: a Dreamscape on Lab Streaming Layer; with `--markers` a lab's marker stream into its journal.

Exit status: 0 the Dreamscape has ended or a signal came, 1 refused or not reached (the sentence is on
stderr), 2 wrong usage.
"""

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from functools import partial

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamd.cli.client import add_connection, server_of
from dreamd.cli.until_signal import until_a_signal
from dreamd.lsl import layouts
from dreamd.lsl.failures import CannotRun
from dreamd.lsl.marker_writer import MarkerWriter
from dreamd.lsl.report import Report
from dreamd.lsl.sender import Sender

DOES = "send a Dreamscape over Lab Streaming Layer, or write a marker stream into its journal"
STREAMS = """\
streams, one set for a Dreamscape:
  dreamd-collective  4 Hz: the centre by region and band, dispersion, level, sleepers included and merged
  dreamd-synchrony   4 Hz: z and PPC by band
  dreamd-markers     text: kind/cause/subject of each event in the journal; subject: the number of a seat
A tick that is missing is a row of NaN. Stamps are of the tick or the event, on this machine's LSL clock.

markers of the sender itself:
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    width = max(map(len, layouts.OWN_MARKERS))
    own = "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in layouts.OWN_MARKERS.items())
    parser = subparsers.add_parser(
        "lsl",
        help=DOES,
        description=DOES,
        epilog=STREAMS + own,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_connection(parser)
    parser.add_argument(
        "dreamscape", metavar="DREAMSCAPE", nargs="?", default="", help="its name (the only one by default)"
    )
    parser.add_argument(
        "--markers",
        metavar="NAME",
        help="write this marker stream into the journal instead; or KEY=VALUE,... by name, type, source_id, "
        "hostname",
    )
    parser.add_argument(
        "--after", type=int, metavar="CURSOR", help="send the events after this one (default: from now on)"
    )
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry until the Dreamscape has ended or a signal comes; return the exit status."""
    if args.markers is not None and args.after is not None:
        return _fail("--after goes without --markers: it is the place in the journal to send from", 2)
    try:
        asyncio.run(until_a_signal(_carried(args)))
    except (CannotRun, dreamapi.ApiError) as no:
        return _fail(str(no), 1)
    return 0


def _carried(args: argparse.Namespace) -> Coroutine[None, None, None]:
    # Not at the top: only a run needs liblsl.
    from dreamd.lsl import marker_source, outlets  # noqa: PLC0415

    outlets.hush()
    report = Report(partial(print, flush=True), as_json=args.json)
    dreamscape = names.bare(args.dreamscape)
    if args.markers is not None:
        source = marker_source.MarkerSource(args.markers)
        return MarkerWriter(
            server_of(args), dreamscape, source, clock=outlets.local_clock, report=report
        ).write_until_ended()
    return Sender(
        server_of(args),
        dreamscape,
        clock=outlets.local_clock,
        open_sink=outlets.Outlets,
        report=report,
        after=args.after,
    ).send_until_ended()


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status
