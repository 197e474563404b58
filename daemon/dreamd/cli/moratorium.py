"""`dreamd moratorium ...`: call, second, lift and list moratoria, from a shell."""

import argparse

import dreamapi
from dreamapi.moratoria import ROLES
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, console, print_json
from dreamd.cli.instants import instant, zoned
from dreamd.cli.printing import moratorium_tables, tables

run = client.run


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "let no sleeper of a site or of the fleet merge: call, second, lift, list moratoria"
    parser = subparsers.add_parser("moratorium", help=does, description=does)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    told = "sever everyone of a site or the fleet now; it acts 24 hours, and to its end once seconded"
    call = add_verb(verbs, "call", _call, told)
    call.add_argument("--site", default="", metavar="SITE", help="the site; else the fleet")
    call.add_argument(
        "--from",
        dest="begins",
        type=instant,
        metavar="WHEN",
        help="when it begins, such as 2026-12-24T20:00; else now",
    )
    call.add_argument(
        "--to",
        dest="ends",
        type=instant,
        metavar="WHEN",
        help="when it ends, at most 14 days later; else in 24 hours",
    )
    call.add_argument("--reason", required=True)
    call.add_argument("--by", default="", help="the person; where callers have credentials, it is theirs")
    second = add_verb(verbs, "second", _second, "second the call of another person")
    second.add_argument("moratorium", metavar="MORATORIUM")
    lift = add_verb(verbs, "lift", _lift, "ask for its end; a clinician and an advocate do, two people")
    lift.add_argument("moratorium", metavar="MORATORIUM")
    lift.add_argument("--reason", required=True)
    lift.add_argument(
        "--role", choices=[role for role in ROLES if role], default="", help="for a person with both roles"
    )
    lift.add_argument("--by", default="", help="the person; where callers have credentials, it is theirs")
    list_ = add_verb(verbs, "list", _list, "every moratorium, newest first")
    list_.add_argument("--acting", action="store_true", help="only those that act now")
    parser.set_defaults(run=run)
    return parser


async def _call(api: dreamapi.Api, args: argparse.Namespace) -> None:
    begins, ends = zoned(args.begins, ""), zoned(args.ends, "")
    called = await api.moratoria.call_moratorium(
        args.site, begins=begins, ends=ends, reason=args.reason, by=args.by
    )
    if args.json:
        print_json(as_json(called))
    else:
        print(f"{moratorium_tables.line(called.moratorium)}: {tables.outcome(called.outcome)}")


async def _second(api: dreamapi.Api, args: argparse.Namespace) -> None:
    seconded = await api.moratoria.second_moratorium(args.moratorium)
    print_json(as_json(seconded)) if args.json else print(moratorium_tables.line(seconded))


async def _lift(api: dreamapi.Api, args: argparse.Namespace) -> None:
    lifted = await api.moratoria.lift_moratorium(
        args.moratorium, reason=args.reason, role=args.role, by=args.by
    )
    print_json(as_json(lifted)) if args.json else print(moratorium_tables.line(lifted))


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    shown = await api.moratoria.list_moratoria(acting=args.acting)
    if args.json:
        print_json([as_json(one) for one in shown])
    elif shown:
        console().print(moratorium_tables.rows(shown))
    else:
        print("no moratorium acts" if args.acting else "no moratorium has been called")
