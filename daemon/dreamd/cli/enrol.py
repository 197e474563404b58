"""`dreamd enrol`: make a bed, a person or a service, and the line with the code it enrols with."""

import argparse
from typing import Final

import dreamapi
from dreamapi.access import Kind
from dreamapi.pinned import pin_of
from dreamapi.v1.access_pb2 import Grant
from dreamapi.v1.rules_pb2 import Role
from dreamd.cli.client import NothingAskedError, add_connection, as_json, credential_of, print_json, run
from dreamd.cli.printing.enrolment_line import show_line

__all__ = ["add_parser", "run"]

ROLES: Final = ("operator", "artist", "clinician", "advocate", "sleeper", "auditor", "admin")
"""Roles of people; a service has its own, with methods."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "enrol",
        help="make a bed, a person or a service, and the code it enrols with",
        description="Make a bed, a person (--role) or a service (--method), and print the line it "
        "enrols with. The code in the line is good once, for a quarter of an hour. An administrator makes "
        "each; an operator makes walk-ins alone (--walk-in).",
    )
    parser.add_argument("name", metavar="NAME", help="of a bed: its pod's; of a walk-in: the new pseudonym")
    parser.add_argument(
        "--walk-in",
        action="store_true",
        help="make the login of a sleeper that the house does not know yet; operators may, and another "
        "person checks this sleeper in",
    )
    parser.add_argument("--role", choices=ROLES, action="append", default=[], help="of a person; repeat it")
    parser.add_argument(
        "--method", action="append", default=[], metavar="METHOD", help="that a service may call; repeat it"
    )
    parser.add_argument(
        "--site", action="append", default=[], metavar="SITE", help="in which a role holds; * is every site"
    )
    parser.add_argument(
        "--dreamscape", action="append", default=[], metavar="ID", help="that an artist leads; ends in *: any"
    )
    parser.add_argument("--sleeper", default="", metavar="ID", help="the pseudonym of a sleeper")
    add_connection(parser)
    parser.set_defaults(ask=_enrol, flags={"principal_id": "NAME", "name": "NAME", "grants": "--role"})
    return parser


async def _enrol(api: dreamapi.Api, args: argparse.Namespace) -> None:
    kind, grants = _wanted(args)
    if args.walk_in:
        enrolled = await api.access.enrol_sleeper(args.name)
    else:
        enrolled = await api.access.enrol(args.name, kind, grants)
    if args.json:
        print_json(as_json(enrolled))
        return
    what = {Kind.KIND_BED: "bed", Kind.KIND_PERSON: "person", Kind.KIND_SERVICE: "service"}[kind]
    command = "dreamedge enrol" if kind == Kind.KIND_BED else "dreamd redeem"
    print(f"{args.name}, a {what}, enrols until {enrolled.expire_time.ToJsonString()} by:\n")
    kept = credential_of(args)
    assert kept is not None, "a caller without a credential is refused"
    show_line(args.server or kept.server, pin_of(kept.authority), enrolled.code, command)


def _wanted(args: argparse.Namespace) -> "tuple[Kind, list[Grant]]":
    if args.walk_in:
        others = [
            f"--{flag}" for flag in ("role", "method", "site", "dreamscape", "sleeper") if getattr(args, flag)
        ]
        if others:
            raise NothingAskedError(f"--walk-in is a sleeper's login and takes no {others[0]}; leave it out")
        return Kind.KIND_PERSON, []
    if args.method:
        return Kind.KIND_SERVICE, [Grant(role=Role.ROLE_SERVICE, sites=args.site, methods=args.method)]
    grants = [
        Grant(
            role=f"ROLE_{role.upper()}",
            sites=args.site if role in ("operator", "clinician") else (),
            dreamscapes=args.dreamscape if role == "artist" else (),
            sleeper=f"sleepers/{args.sleeper}" if role == "sleeper" and args.sleeper else "",
        )
        for role in args.role
    ]
    return (Kind.KIND_PERSON, grants) if grants else (Kind.KIND_BED, [])
