"""`dreamd clinic open|triage|note|hold|plan|release|close`: a clinician of the site decides a case."""

import argparse
from typing import Final

import dreamapi
from dreamapi.v1 import clinic_pb2 as clinic
from dreamd.cli import client
from dreamd.cli.client import as_json, print_json
from dreamd.cli.clinic.cases import LEVELS
from dreamd.cli.printing import case_tables
from dreamd.terminal.clock import wall

_FLAGS: Final = {
    "name": "CASE",
    "level": "LEVEL",
    "reason": "--reason",
    "text": "TEXT",
    "words": "--words",
    "site": "--site",
    "related": "--related",
    "expected": "--expected",
}
LEVELS_TOLD: Final = "1 now, 2 today, 3 soon, 4 a note"
_ANSWERS: Final = {"yes": True, "no": False}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs that decide."""
    does = "open a case by hand, for what a person has told; level 1 and 2 hold the person now"
    opened = client.add_verb(verbs, "open", _open, does)
    opened.add_argument("sleeper", metavar="SLEEPER")
    opened.add_argument("--level", type=int, choices=LEVELS, required=True, help=LEVELS_TOLD)
    opened.add_argument("--words", metavar="TEXT", required=True, help="what has come to light")
    opened.add_argument("--site", default="", help="absent: that of the bed in which the sleeper lies")
    opened.set_defaults(run=client.run, flags=_FLAGS | {"sleeper": "SLEEPER", "level": "--level"})
    triage = _add(verbs, "triage", _triage, "answer a case and set its level")
    triage.add_argument("level", metavar="LEVEL", type=int, choices=LEVELS, help=LEVELS_TOLD)
    triage.add_argument("--related", choices=tuple(_ANSWERS), help="whether it came of the merge")
    triage.add_argument("--expected", choices=tuple(_ANSWERS), help="whether it was expected")
    note = _add(verbs, "note", _note, "write a note on a case; it is sealed under the sleeper's key")
    note.add_argument("text", metavar="TEXT")
    hold = _add(verbs, "hold", _hold, "hold the person: zero now, and no merge until a release")
    _add(verbs, "plan", _plan, "plan the return: a quarter of the ceiling, half, the whole, one night each")
    release = _add(verbs, "release", _release, "release the person after the last step of the return")
    close = _add(verbs, "close", _close, "close a case after its triage, where no hold stands")
    for verb in (hold, release, close):
        verb.add_argument("--reason", metavar="TEXT", required=True, help="kept as a note on the case")


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.add_argument("case", metavar="CASE", help="its id, as `dreamd clinic cases` shows it")
    parser.set_defaults(run=client.run, flags=_FLAGS)
    return parser


async def _open(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.open_case(args.sleeper, args.level, args.words, site=args.site), args)


async def _triage(api: dreamapi.Api, args: argparse.Namespace) -> None:
    related, expected = (_ANSWERS.get(answer or "") for answer in (args.related, args.expected))
    _print(await api.clinic.triage(args.case, args.level, related=related, expected=expected), args)


async def _note(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.add_note(args.case, args.text), args)


async def _hold(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.hold_person(args.case, args.reason), args)


async def _plan(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.plan_return(args.case), args)


async def _release(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.release_person(args.case, args.reason), args)


async def _close(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.clinic.close_case(args.case, args.reason), args)


def _print(case: clinic.Case, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(case))
    else:
        print(case_tables.line(case, wall()))
