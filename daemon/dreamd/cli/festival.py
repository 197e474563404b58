"""`dreamd festival`: a whole festival from a scenario's file, played in virtual time, and its account.

It prints what happens as it happens, then the account, one line a promise. `--page` shows it in a browser,
too. `--live` plays the acts with real processes. Exit status: 0 every line holds, 1 one does not, 2 it could
not be played (the sentence is on stderr).
"""

import argparse
import asyncio
import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console

from dreamd.festival.account.account import FestivalAccount
from dreamd.festival.live_acts import LiveNight, Place, live_nights
from dreamd.festival.page.document import Shown, document
from dreamd.festival.page.live import CannotShow, LivePage
from dreamd.festival.play.house import FestivalStoppedError
from dreamd.festival.play.run import play_festival
from dreamd.festival.scenario.fields import FestivalFileError
from dreamd.festival.scenario.plan import Festival
from dreamd.festival.scenario.reading import read_festival
from dreamd.festival.scenario.shipped import check_shares, read_scores, shipped_text
from dreamd.festival.timeline import Happening, HappeningKind, Tell
from dreamd.rehearsal.run import rehearse
from dreamd.stage.score.score import Score
from dreamd.up.plan import BROKERS, CannotRun

RED: Final = 1
ASKED_WRONGLY: Final = 2
ACCOUNT: Final = "account.json"
PAGE: Final = "festival.html"
"""The names of the account and of its page in the folder of --out."""
FAULTS_SHOWN: Final = 5


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = (
        "play a whole festival in virtual time: evenings, acts, failures, mornings, the clinic's days after, "
        "and an account of how it ended"
    )
    parser = subparsers.add_parser("festival", help=does, description=does)
    parser.set_defaults(run=run)
    parser.add_argument("file", nargs="?", metavar="FILE", help="the scenario (TOML); none: the shipped one")
    parser.add_argument("--seed", type=int, metavar="K", help="in the place of the scenario's")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"write {ACCOUNT} and {PAGE} into this folder"
    )
    parser.add_argument(
        "--page",
        type=int,
        metavar="PORT",
        help="show it in a browser at 127.0.0.1:PORT as it runs; 0: any port",
    )
    parser.add_argument("--check", action="store_true", help="read the scenario and its scores, play nothing")
    parser.add_argument("--print", action="store_true", dest="show", help="print the shipped scenario")
    parser.add_argument("--json", action="store_true", help="print the account as JSON, and nothing else")
    live = parser.add_argument_group("the acts with real processes")
    live.add_argument(
        "--live",
        action="store_true",
        help="rehearse each failure of each act: broker, daemon and pods are real",
    )
    live.add_argument("--broker", default="auto", metavar="|".join([*BROKERS, "URL"]), help="MQTT (auto)")
    live.add_argument("--mqtt-port", type=int, default=1883, metavar="PORT")
    live.add_argument("--grpc-port", type=int, default=50051, metavar="PORT")
    live.add_argument("--http-port", type=int, default=8080, metavar="PORT", help="of /metrics")
    live.add_argument("--console-port", type=int, default=8081, metavar="PORT")
    return parser


def run(args: argparse.Namespace) -> int:
    """Play one festival."""
    if args.show:
        print(shipped_text(), end="")
        return 0
    try:
        plan, scores = read_plan(args.file, args.seed)
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
    except (FestivalFileError, OSError) as error:
        print(f"dreamd festival: {error}", file=sys.stderr)
        return ASKED_WRONGLY
    return _carry_out(plan, scores, args)


def _carry_out(plan: Festival, scores: dict[str, Score], args: argparse.Namespace) -> int:
    """Do what is asked with a scenario that can be read."""
    if args.check:
        print(f"{plan.title}: {len(plan.acts)} acts, {plan.beds} beds, {len(plan.failures)} failures")
        return 0
    try:
        return _live(plan, args) if args.live else _play(plan, scores, args)
    except FestivalStoppedError as error:
        print(f"dreamd festival: it cannot go on: {error}", file=sys.stderr)
    except (CannotRun, CannotShow) as error:
        print(f"dreamd festival: {error}", file=sys.stderr)
    return ASKED_WRONGLY


def _play(plan: Festival, scores: dict[str, Score], args: argparse.Namespace) -> int:
    """Play it in virtual time, on a page where one is asked for."""
    tell = _quiet if args.json else printed(plan)
    shown_at = Shown(plan.title, plan.zone, command=_command(args))
    with nullcontext() if args.page is None else LivePage(args.page, shown_at) as page:
        if page is None:
            account = play_festival(plan, scores, tell)
        else:
            print(f"it is shown at {page.address}", file=sys.stderr, flush=True)

            def told(happening: Happening) -> None:
                tell(happening)
                page.tell(happening)

            account = play_festival(plan, scores, told)
            page.close_with(account)
        print(json.dumps(account.plain(), allow_nan=False) if args.json else "\n".join(shown(account)))
        if args.out is not None:
            keep_account(args.out, shown_at, account)
            if not args.json:
                print(f"its page is {args.out / PAGE}")
    return 0 if account.met else RED


def keep_account(folder: Path, shown_at: Shown, account: FestivalAccount) -> None:
    """Write an account and its page into a folder, in the place of earlier ones."""
    text = json.dumps(account.plain(), indent=2, allow_nan=False)
    (folder / ACCOUNT).write_text(text + "\n", encoding="utf-8")
    whole = replace(shown_at, timeline=account.timeline, account=account)
    (folder / PAGE).write_text(document(whole), encoding="utf-8")


def _command(args: argparse.Namespace) -> str:
    """The command that plays the same festival again."""
    file = [] if args.file is None else [args.file]
    seed = [] if args.seed is None else ["--seed", str(args.seed)]
    return shlex.join(["dreamd", "festival", *file, *seed])


def _live(plan: Festival, args: argparse.Namespace) -> int:
    """Rehearse each cue of each act, one after the other; the worst exit status. Raises CannotRun."""
    if args.page is not None:
        raise CannotRun("--page shows virtual time; with --live give --out DIR for a page of each act")
    place = Place(args.broker, args.mqtt_port, args.grpc_port, args.http_port, args.console_port)
    console, told = Console(), list[dict[str, object]]()
    worst = 0
    try:
        for night in live_nights(plan, place):
            print(_announced(night), file=sys.stderr, flush=True)
            if night.wish is not None:
                report = args.out and args.out / f"act-{night.act.number}-{night.scene}.html"
                wish = replace(night.wish, json=args.json, report=report)
                worst = max(worst, asyncio.run(rehearse(wish, console, viewed=False, tell=told.append)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("dreamd festival: stopped at once; every process was ended", file=sys.stderr)
        return RED
    if not told:
        raise CannotRun("no act has a failure that a rehearsal has; play it without --live")
    return worst


def _announced(night: LiveNight) -> str:
    act = f"act {night.act.number}, {night.act.title}"
    if night.wish is None:
        return f"{act}: not played live: {night.why}"
    return f"{act}: {night.scene}"


def read_plan(file: str | None, seed: int | None = None) -> tuple[Festival, dict[str, Score]]:
    """Return a scenario and its scores. file: None, the shipped one. seed: None, the scenario's.

    Raises:
        FestivalFileError: the file or one of its scores is wrong; its sentence names the file.
        OSError: the file cannot be read.
    """
    name, beside = (file, Path(file).parent) if file is not None else ("the shipped scenario", None)
    try:
        text = Path(file).read_text(encoding="utf-8") if file is not None else shipped_text()
        plan = read_festival(text)
    except UnicodeDecodeError as error:
        raise FestivalFileError(f"{name}: it is not UTF-8: byte {error.start}") from error
    except FestivalFileError as error:
        raise FestivalFileError(f"{name}: {error}") from error
    scores = read_scores(plan, beside)
    try:
        check_shares(text, plan, scores)
    except FestivalFileError as error:
        raise FestivalFileError(f"{name}: {error}") from error
    return plan if seed is None else replace(plan, seed=seed), dict(scores)


def _quiet(_happening: Happening) -> None:
    pass


def printed(plan: Festival) -> Tell:
    """Return what prints each happening on one line, with the wall clock of the scenario."""
    zone = ZoneInfo(plan.zone)

    def tell(happening: Happening) -> None:
        if happening.kind is HappeningKind.AUDIENCE:
            return
        local = datetime.fromtimestamp(happening.at_s, zone)
        act = f"act {happening.act}" if happening.act else ""
        print(f"{local:%a %d %b %H:%M:%S}  {act:<6} {happening.words}", flush=True)

    return tell


def shown(account: FestivalAccount) -> Iterator[str]:
    """The account as lines of text."""
    yield ""
    yield f"{account.title}, seed {account.seed}: the account"
    for line in account.lines:
        yield f"  {'holds' if line.met else 'FAILS'}  {line.promise} ({line.verdict})"
        yield from (f"           {fault}" for fault in line.faults[:FAULTS_SHOWN])
        if len(line.faults) > FAULTS_SHOWN:
            yield f"           and {len(line.faults) - FAULTS_SHOWN} more"
    yield "every line holds" if account.met else "NOT every line holds"
