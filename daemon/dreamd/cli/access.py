"""`dreamd access`: the principals, their revocation, and the rules of every method."""

import argparse
import asyncio
from pathlib import Path
from typing import Final

from rich.table import Table

import dreamapi
from dreamapi.v1.access_pb2 import Grant, Principal
from dreamapi.v1.rules_pb2 import Effect, Role, Rule
from dreamd.cli.client import add_verb, as_json, console, credential_of, print_json, run
from dreamwire.closed_file import write_closed

__all__ = ["add_parser", "run"]

_NO_DATE: Final = "-"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("access", help="list principals, revoke their credentials, show the rules")
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    add_verb(verbs, "list", _list, "list every principal with its roles and the end of its credential")
    revoke = add_verb(verbs, "revoke", _revoke, "end every credential of a principal, and what runs under it")
    revoke.add_argument("name", metavar="NAME")
    revoke.add_argument("--reason", default="", help="kept in the journal")
    resume = add_verb(verbs, "resume", _resume, "lift the pause of a principal, once you have looked at it")
    resume.add_argument("name", metavar="NAME")
    add_verb(verbs, "rules", _rules, "show every method, its effect and the roles that may call it")
    renew = add_verb(
        verbs, "renew", _renew, "renew the own credential in its file, where half its life is over"
    )
    renew.add_argument(
        "--bare",
        type=Path,
        metavar="FILE",
        help="write the credential alone into this file too, as Prometheus reads it (credentials_file)",
    )
    add_verb(verbs, "whoami", _caller, "show the principal of the own credential")
    return parser


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    principals = [one async for one in api.access.list_principals()]
    if args.json:
        print_json([as_json(one) for one in principals])
        return
    table = Table("principal", "kind", "roles", "until", "state")
    for one in principals:
        table.add_row(_name(one), _word(Principal.Kind.Name(one.kind)), _roles(one), _until(one), _state(one))
    console().print(table)


async def _revoke(api: dreamapi.Api, args: argparse.Namespace) -> None:
    told = await api.access.revoke(args.name, reason=args.reason)
    if args.json:
        print_json(as_json(told))
    else:
        print(f"{_name(told)} is revoked: its calls have ended, and its credential is refused")


async def _resume(api: dreamapi.Api, args: argparse.Namespace) -> None:
    told = await api.access.lift_pause(args.name)
    if args.json:
        print_json(as_json(told))
    else:
        print(f"{_name(told)} is not paused any more")


async def _caller(api: dreamapi.Api, args: argparse.Namespace) -> None:
    told = await api.access.caller()
    if args.json:
        print_json(as_json(told))
    else:
        print(f"{_name(told)}: {_roles(told) or 'no role'}, until {_until(told)}")


async def _renew(api: dreamapi.Api, args: argparse.Namespace) -> None:
    told = await api.renew()
    kept = credential_of(args)
    if kept is not None and args.bare is not None:
        await asyncio.to_thread(write_closed, args.bare, kept.credential.encode(), 0o600)
    until = kept.expires if kept is not None else _NO_DATE
    if args.json:
        print_json({"renewed": told.renewed, "until": until})
    elif not told.ever:
        print(f"a person's credential is not renewed; it ends {until}: sign in or enrol again")
    else:
        print(f"{'renewed' if told.renewed else 'not due yet'}: until {until}")


async def _rules(api: dreamapi.Api, args: argparse.Namespace) -> None:
    rules = (await api.access.rules()).rules
    if args.json:
        print_json([as_json(one) for one in rules])
        return
    table = Table("method", "effect", "roles")
    for one in rules:
        roles = ", ".join(_condition(one.rule, role) for role in one.rule.roles) or "without a credential"
        pair = ", a pair of two people" if one.rule.pair else ""
        table.add_row(one.method.rpartition("/")[2], _word(Effect.Name(one.rule.effect)), roles + pair)
    console().print(table)


def _condition(rule: Rule, role: Role) -> str:
    """The role, and whether it may call the method on a sleeper's request alone."""
    word = _word(Role.Name(role))
    return f"{word} (on request)" if role in rule.on_request else word


def _name(principal: Principal) -> str:
    name = principal.name.removeprefix("principals/")
    return f"{name} ({principal.display_name})" if principal.display_name else name


def _word(name: str) -> str:
    return name.partition("_")[2].lower()


def _roles(principal: Principal) -> str:
    def told(grant: Grant) -> str:
        where = [
            *grant.sites,
            *grant.dreamscapes,
            *([grant.sleeper] if grant.sleeper else []),
            *grant.methods,
        ]
        return _word(Role.Name(grant.role)) + (f" ({', '.join(where)})" if where else "")

    return "; ".join(map(told, principal.grants))


def _until(principal: Principal) -> str:
    return principal.expire_time.ToJsonString() if principal.HasField("expire_time") else _NO_DATE


def _state(principal: Principal) -> str:
    if principal.HasField("revoke_time"):
        return "revoked"
    if principal.paused:
        return f"paused: {principal.paused}"
    return "enrolled" if principal.HasField("expire_time") else "has not enrolled yet"
