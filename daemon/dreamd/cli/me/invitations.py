"""`dreamd me invitations`, `accept` and `decline`: the lists that name the sleeper, and the own answer."""

import argparse
import sys
from typing import Final

import dreamapi
from dreamapi import names
from dreamapi.v1.invitations_pb2 import Invitation
from dreamd.cli.client import NothingAskedError, as_json, positive, print_json
from dreamd.cli.me.sleeper import FLAGS, add_verb
from dreamd.cli.printing import guest_tables, tables

YES: Final = "yes"


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `invitations`, `accept` and `decline`."""
    does = "the intimate Dreamscapes to which the sleeper is invited, with everyone on each list"
    add_verb(verbs, "invitations", _show, does, reads=False)
    does = "accept a list of guests, after everyone on it was shown"
    accept = add_verb(verbs, "accept", _accept, does, reads=False)
    accept.add_argument("dreamscape", metavar="DREAMSCAPE")
    accept.add_argument(
        "--list",
        dest="revision",
        metavar="N",
        type=positive,
        default=0,
        help="the list that was read, in place of typing yes; for scripts",
    )
    accept.set_defaults(flags=FLAGS | {"revision": "--list"})
    does = "decline an invitation, or take an acceptance back: a seat there is set to zero now"
    decline = add_verb(verbs, "decline", _decline, does)
    decline.add_argument("dreamscape", metavar="DREAMSCAPE")
    decline.add_argument("--issuer", default="", help="name of the person that asks for it; optional")


async def _show(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.invitations.invitations_of(args.sleeper)
    if args.json:
        print_json([as_json(one) for one in found])
    elif found:
        print("\n".join(map(guest_tables.invitation, found)))
    else:
        print("no list names you now")


async def _accept(api: dreamapi.Api, args: argparse.Namespace) -> None:
    revision = args.revision or await _read(api, args)
    accepted = await api.invitations.accept_invitation(args.sleeper, args.dreamscape, revision)
    print_json(as_json(accepted)) if args.json else print(guest_tables.invitation(accepted))


async def _read(api: dreamapi.Api, args: argparse.Namespace) -> int:
    """The revision of the list, once everyone on it was shown and the person has typed yes."""
    wanted = names.bare(args.dreamscape)
    found = await api.invitations.invitations_of(args.sleeper)
    listed = next((one for one in found if names.bare(one.dreamscape) == wanted), None)
    if listed is None:
        raise NothingAskedError(f"no list of {wanted} names you; see: dreamd me invitations")
    typed = _asked(listed, asks=sys.stdin.isatty() and not args.json)
    if typed != YES:
        raise NothingAskedError(f"nothing was accepted: expected {YES}, got {typed!r}")
    return int(listed.revision)


def _asked(listed: Invitation, *, asks: bool) -> str:
    """The word as a person types it, after the names."""
    told = guest_tables.invitation(listed)
    if not asks:
        raise NothingAskedError(f"{told}; to accept all of them, name the list: --list {listed.revision}")
    print(told)
    print(f"You would merge with each of them. Type {YES} to accept: ", end="", flush=True)
    return sys.stdin.readline().strip()


async def _decline(api: dreamapi.Api, args: argparse.Namespace) -> None:
    outcome = await api.invitations.decline_invitation(
        args.sleeper, args.dreamscape, reason=args.reason, issuer=args.issuer
    )
    print_json(as_json(outcome)) if args.json else print(f"declined: {tables.outcome(outcome)}")
