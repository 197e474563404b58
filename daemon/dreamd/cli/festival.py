"""`dreamd festival`: a whole festival from a scenario's file, played in virtual time, and its account.

It prints what happens as it happens, then the account, one line a promise. Exit status: 0 every line holds,
1 one does not, 2 it could not be played (the sentence is on stderr).
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from dreamd.festival.account.account import FestivalAccount
from dreamd.festival.play.house import FestivalStoppedError
from dreamd.festival.play.run import play_festival
from dreamd.festival.scenario.fields import FestivalFileError
from dreamd.festival.scenario.plan import Festival
from dreamd.festival.scenario.reading import read_festival
from dreamd.festival.scenario.shipped import read_scores, shipped_text
from dreamd.festival.timeline import Happening, HappeningKind, Tell
from dreamd.stage.score.score import Score

RED: Final = 1
ASKED_WRONGLY: Final = 2
ACCOUNT: Final = "account.json"
"""The name of the account in the folder of --out."""
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
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"write {ACCOUNT} into this folder")
    parser.add_argument("--check", action="store_true", help="read the scenario and its scores, play nothing")
    parser.add_argument("--print", action="store_true", dest="show", help="print the shipped scenario")
    parser.add_argument("--json", action="store_true", help="print the account as JSON, and nothing else")
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
    if args.check:
        print(f"{plan.title}: {len(plan.acts)} acts, {plan.beds} beds, {len(plan.failures)} failures")
        return 0
    try:
        account = play_festival(plan, scores, _quiet if args.json else printed(plan))
    except FestivalStoppedError as error:
        print(f"dreamd festival: it cannot go on: {error}", file=sys.stderr)
        return ASKED_WRONGLY
    text = json.dumps(account.plain(), indent=None if args.json else 2, allow_nan=False)
    if args.out is not None:
        (args.out / ACCOUNT).write_text(text + "\n", encoding="utf-8")
    print(text if args.json else "\n".join(shown(account)))
    return 0 if account.met else RED


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
    return plan if seed is None else replace(plan, seed=seed), dict(read_scores(plan, beside))


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
