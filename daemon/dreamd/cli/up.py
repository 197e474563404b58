"""`dreamd up`: broker, daemon and sleepers on this machine, for the first minute and for demonstrations.

Exit status: 0 every sleeper came home, 1 one did not, 2 it could not run (the sentence is on stderr).
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from dreamd.up import run as running
from dreamd.up.plan import BROKERS, MALFUNCTIONS, CannotRun, Flags
from dreamd.up.processes import preflight
from dreamd.up.report import screenshot

_READING: Final = ("montage", "unit", "align", "from")
"""The flags about recordings that the edge understands."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "run a broker, the daemon and simulated sleepers on this machine, and watch the merge"
    parser = subparsers.add_parser("up", help=does, description=does)
    parser.set_defaults(run=run)
    usual = Flags()
    who = parser.add_argument_group("sleepers")
    who.add_argument("--sleepers", type=int, metavar="N", help="simulated sleepers (8)")
    _add_recordings(who)
    who.add_argument("--seed", type=int, default=usual.seed, metavar="K", help="of simulated sleepers (0)")
    night = parser.add_argument_group("the night")
    night.add_argument(
        "--duration", type=float, metavar="S", help="seconds (60; with --recordings until they are over)"
    )
    night.add_argument(
        "--ramp", type=float, default=usual.ramp_s, metavar="S", help="seconds to full coupling (10)"
    )
    night.add_argument(
        "--malfunction",
        action="append",
        default=[],
        metavar="NAME@[+]SECONDS[:COUNT]",
        help=f"an implant fails: {', '.join(MALFUNCTIONS)}; + counts from its merge; may be repeated "
        "(railed@+6 unless --json or --recordings)",
    )
    night.add_argument(
        "--record", action="store_true", help="keep a recording of features, collective and events"
    )
    night.add_argument(
        "--artist-share",
        type=float,
        default=usual.artist_share,
        metavar="B",
        help="let an artist lead with a share of at most B, by `dreamd stage` (0)",
    )
    where = parser.add_argument_group("broker and ports")
    where.add_argument(
        "--broker", default=usual.broker, metavar="|".join([*BROKERS, "URL"]), help="the MQTT broker (auto)"
    )
    where.add_argument("--mqtt-port", type=int, default=usual.mqtt_port, metavar="PORT")
    where.add_argument("--grpc-port", type=int, default=usual.grpc_port, metavar="PORT")
    where.add_argument("--http-port", type=int, default=usual.http_port, metavar="PORT", help="of /metrics")
    where.add_argument("--console-port", type=int, default=usual.console_port, metavar="PORT")
    shown = parser.add_argument_group("output")
    shown.add_argument(
        "--json", action="store_true", help="one JSON object at the end, and nothing else: no console either"
    )
    shown.add_argument("--no-view", action="store_true", help="plain lines, no live screen")
    shown.add_argument(
        "--night", type=Path, default=usual.night, metavar="PATH", help="the picture (night.svg)"
    )
    shown.add_argument(
        "--screenshot", metavar="PATH@SECONDS", help="keep the screen of that second, as SVG (screen.svg@27)"
    )
    return parser


def _add_recordings(who: "argparse._ArgumentGroup") -> None:
    """Add the flags about recordings."""
    who.add_argument(
        "--recordings",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="one sleeper for each person in them: files, .mff, BIDS datasets (bids:PATH#task-rest chooses); "
        "also sim:SEED and brainflow:synthetic (simulated)",
    )
    who.add_argument("--loop", action="store_true", help="repeat a recording when it ends")
    who.add_argument("--montage", default="", metavar="A,B,C|CAP", help="electrodes where none is named")
    who.add_argument(
        "--unit", default="", metavar="uV|mV|V|nV", help="of channels that name no known or no true unit"
    )
    who.add_argument(
        "--align",
        default="",
        metavar="clock|start",
        help="recordings by their clock (default) or their start",
    )
    who.add_argument(
        "--from",
        default="",
        metavar="MARK|S",
        help="begin at a mark, such as 'Lights off', or after S seconds",
    )


def run(args: argparse.Namespace) -> int:
    """Work out the plan and run it."""
    console = Console()
    try:
        shot = None if args.screenshot is None else screenshot.wanted(args.screenshot)
        what = preflight.look_over(_flags(args))
        viewed = console.is_terminal and not (args.json or args.no_view)
        return asyncio.run(running.run(what, console, viewed=viewed, shot=shot))
    except CannotRun as sentence:
        print(f"dreamd up: {sentence}", file=sys.stderr)
        return running.COULD_NOT_RUN
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("dreamd up: stopped at once; every process was ended", file=sys.stderr)
        return running.NOT_HOME


def _flags(args: argparse.Namespace) -> Flags:
    return Flags(
        sleepers=args.sleepers,
        recordings=tuple(args.recordings),
        duration_s=args.duration,
        seed=args.seed,
        malfunctions=tuple(args.malfunction),
        broker=args.broker,
        ramp_s=args.ramp,
        json=args.json,
        loop=args.loop,
        reading=tuple(
            word
            for name in _READING
            if getattr(args, name)
            for word in (f"--{name}", str(getattr(args, name)))
        ),
        mqtt_port=args.mqtt_port,
        grpc_port=args.grpc_port,
        http_port=args.http_port,
        console_port=args.console_port,
        night=args.night,
        record=args.record,
        artist_share=args.artist_share,
    )
