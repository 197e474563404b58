"""`dreamd clinic cases|case|watch-cases|report`: cases read, followed, and told in numbers."""

import argparse
from contextlib import aclosing
from datetime import timedelta
from typing import Final

import dreamapi
from dreamapi.clinic import STATES
from dreamd.cli import client
from dreamd.cli.client import as_json, console, print_json
from dreamd.cli.instants import instant, zoned
from dreamd.cli.printing import case_tables
from dreamd.terminal.clock import wall

LEVELS: Final = (1, 2, 3, 4)
REPORT_DAYS: Final = 28
_FLAGS: Final = {
    "name": "CASE",
    "states": "--state",
    "level": "--level",
    "site": "--site",
    "begin_time": "--from",
    "end_time": "--to",
}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs that read."""
    does = "the cases of your sites that have not ended, the gravest first; --follow: then each that changes"
    listed = _add(verbs, "cases", _cases, does)
    listed.add_argument("--follow", action="store_true", help="go on with each case that changes")
    listed.add_argument(
        "--state", action="append", default=[], choices=tuple(STATES), help="in place of those not ended"
    )
    listed.add_argument("--level", type=int, choices=LEVELS, default=0, help="of this level alone")
    listed.add_argument("--site", default="", help="of this site alone")
    case = _add(verbs, "case", _case, "one case with its evidence, notes and sittings")
    case.add_argument("case", metavar="CASE", help="its id, as `dreamd clinic cases` shows it")
    report = _add(verbs, "report", _report, "the cases of a span in numbers, for an ethics board")
    report.add_argument("--from", dest="begin", metavar="WHEN", type=instant, help="absent: 28 days ago")
    report.add_argument("--to", dest="end", metavar="WHEN", type=instant, help="absent: now")


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run, flags=_FLAGS)
    return parser


async def _cases(api: dreamapi.Api, args: argparse.Namespace) -> None:
    if args.follow:
        async with aclosing(api.clinic.watch_cases()) as watch:
            async for case in watch:
                if args.json:
                    print_json(as_json(case), indent=None)
                else:
                    print(case_tables.line(case, wall()), flush=True)
        return
    found = await api.clinic.list_cases(args.state, site=args.site, level=args.level)
    if args.json:
        print_json([as_json(case) for case in found])
    elif found:
        console().print(case_tables.cases(found, wall()))
    else:
        print("no case waits")


async def _case(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.clinic.case_of(args.case)
    if args.json:
        print_json(as_json(found))
    else:
        console().print(case_tables.case(found, wall()))


async def _report(api: dreamapi.Api, args: argparse.Namespace) -> None:
    end = zoned(args.end, "") or wall()
    begin = zoned(args.begin, "") or end - timedelta(days=REPORT_DAYS)
    found = await api.clinic.report(begin, end)
    if args.json:
        print_json(as_json(found))
    else:
        console().print(case_tables.report(found))
