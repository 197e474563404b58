"""`dreamd rehearse`: faults, or acts of sleepers, on cue against real processes; a report of who came home.

Exit status: 0 every sleeper came home, every injected fault was found (every act held), and no sleeper was
severed without cause; 1 otherwise; 2 it could not run, or was too small to show the fault (the sentence is on
stderr).
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from dreamd.rehearsal import run as rehearsing
from dreamd.rehearsal.run import Wish, rehearse
from dreamd.rehearsal.scenarios import SCENES, Scenario, cue, scene_named
from dreamd.up.plan import BROKERS, CannotRun
from dreamd.up.run import COULD_NOT_RUN, HOME, NOT_HOME

FESTIVAL: Final = "festival"
HEAD: Final = (
    *("malfunction", "failing", "detected", "halved", "Dreamscape severed", "false severs", "home"),
    *("evidence to zero, ms: p50 / p99 / max", "onset to alone, ms: p50 / p99 / max", "ticks skipped"),
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = (
        "inject faults into a test fleet, or let its sleepers withdraw and change their consent, and report "
        "who was severed, how fast, and who came home"
    )
    parser = subparsers.add_parser("rehearse", help=does, description=does)
    parser.set_defaults(run=run)
    parser.add_argument(
        "occasion", nargs="?", default=FESTIVAL, choices=[FESTIVAL], help="the only one so far"
    )
    parser.add_argument("--list", action="store_true", help="list the faults and acts that can be rehearsed")
    parser.add_argument("--all", action="store_true", help="rehearse each in turn; print a table at the end")
    what = parser.add_argument_group("the fault or act")
    what.add_argument("--malfunction", default="railed", metavar="NAME", help="see --list (railed)")
    what.add_argument("--share", type=float, metavar="X", help="of the sleepers, 0 to 1")
    what.add_argument("--at", type=float, metavar="S", help="seconds after the merge")
    what.add_argument("--duration", type=float, metavar="S", help="seconds from then to the end of the night")
    who = parser.add_argument_group("sleepers")
    who.add_argument("--sleepers", type=int, default=20, metavar="N", help="simulated sleepers (20)")
    who.add_argument("--seed", type=int, default=0, metavar="K", help="of the sleepers (0)")
    who.add_argument(
        "--signal",
        choices=["whole", "features"],
        help=f"sleepers with a signal, or features alone (whole up to {rehearsing.WHOLE_MOST} sleepers)",
    )
    where = parser.add_argument_group("broker and ports")
    where.add_argument(
        "--broker", default="auto", metavar="|".join([*BROKERS, "URL"]), help="the MQTT broker (auto)"
    )
    where.add_argument("--mqtt-port", type=int, default=1883, metavar="PORT")
    where.add_argument("--grpc-port", type=int, default=50051, metavar="PORT")
    where.add_argument("--http-port", type=int, default=8080, metavar="PORT", help="of /metrics")
    where.add_argument("--console-port", type=int, default=8081, metavar="PORT")
    shown = parser.add_argument_group("output")
    shown.add_argument("--json", action="store_true", help="one JSON object at the end, and nothing else")
    shown.add_argument("--no-view", action="store_true", help="plain lines, no live screen")
    shown.add_argument("--report", type=Path, metavar="FILE", help="keep a page with pictures (report.html)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Rehearse one scene, or all."""
    if args.list:
        print("\n".join(_listed()))
        return HOME
    console = Console()
    viewed = console.is_terminal and not (args.json or args.no_view)
    try:
        if args.all:
            return _all(args, console, viewed=viewed)
        return asyncio.run(rehearse(_wish(args, scene_named(args.malfunction)), console, viewed=viewed))
    except CannotRun as sentence:
        print(f"dreamd rehearse: {sentence}", file=sys.stderr)
        return COULD_NOT_RUN
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("dreamd rehearse: stopped at once; every process was ended", file=sys.stderr)
        return NOT_HOME


def _wish(args: argparse.Namespace, scene: Scenario) -> Wish:
    return Wish(
        sleepers=args.sleepers,
        cue=cue(scene, args.sleepers, args.share, args.at, args.duration),
        seed=args.seed,
        broker=args.broker,
        mqtt_port=args.mqtt_port,
        grpc_port=args.grpc_port,
        http_port=args.http_port,
        console_port=args.console_port,
        json=args.json,
        light=None if args.signal is None else args.signal == "features",
        report=args.report,
    )


def _listed() -> Iterator[str]:
    """One line a scene: its subject, the size it needs, the expected result."""
    yield f"{'name':<18} {'scope':<7} {'share':<12} {'duration':<9} what happens"
    for scene in SCENES.values():
        least = max(scene.share_least, scene.beds_least / 200)
        share = f"{least:.3g} to {scene.share_most:g}"
        severed = f"severed for {' or '.join(sorted(scene.causes))}" if scene.causes else "they dream on"
        does = f"{scene.does}; {severed}"
        yield f"{scene.name:<18} {scene.scope.value:<7} {share:<12} {scene.lasts_least_s:>5g} s   {does}"


def _all(args: argparse.Namespace, console: Console, *, viewed: bool) -> int:
    """Rehearse each scene in turn, with its defaults; print a row each, then the table."""
    told: list[dict[str, object]] = []
    wishes = [_of_its_own(_wish(args, scene)) for scene in SCENES.values()]
    worst = HOME
    for wish in wishes:
        worst = max(worst, asyncio.run(rehearse(wish, console, viewed=viewed, tell=told.append)))
    if args.json:
        print(json.dumps(told, indent=2))
    else:
        print("\n".join(_table(told)))
    return worst


def _of_its_own(wish: Wish) -> Wish:
    """One report a scene, named after it."""
    if wish.report is None:
        return wish
    return replace(wish, report=wish.report.with_stem(f"{wish.report.stem}-{wish.cue.scene.name}"))


def _table(told: list[dict[str, object]]) -> Iterator[str]:
    """The results as a table in Markdown."""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{'---|' * len(HEAD)}"
    for one in told:
        whole = one["dreamscape_causes"]
        assert isinstance(whole, list)
        cells = (
            *(
                one["malfunction"],
                f"{one['malfunctioned']} of {one['sleepers']}",
                one["detected"],
                one["halved"],
            ),
            *(", ".join(whole) or "no", one["false_severs"], one["home"]),
            *(_spread(one["evidence_to_zero_ms"]), _spread(one["onset_to_alone_ms"])),
            f"{one['ticks_skipped']} of {one['ticks']}",
        )
        yield f"| {' | '.join(str(cell) for cell in cells)} |"


def _spread(value: object) -> str:
    assert isinstance(value, dict)
    known = [value["p50"], value["p99"], value["max"]]
    return " / ".join("-" if one is None else f"{one:.0f}" for one in known)
