"""`dreamd exchange plan|offer|publish|close|void|export|account ...`: the course of a round."""

import argparse
import sys
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi.exchange import STATES
from dreamapi.v1.exchange_pb2 import Round
from dreamd.cli.client import as_json, console, positive, print_json
from dreamd.cli.exchange.flags import add_by, add_round_verb, add_verb, cents
from dreamd.cli.instants import instant, zoned
from dreamd.cli.printing import round_tables
from dreamd.core.exchange.accounts import money_text
from dreamd.core.exchange.book import FEATURES
from dreamwire.closed_file import write_closed

READABLE: Final = 0o644


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of a round."""
    plan = add_verb(verbs, "plan", _plan, "plan a round under the guidelines that hold now")
    plan.add_argument(
        "--price-most", type=cents, metavar="MONEY", required=True, help="the largest price of a berth"
    )
    plan.add_argument(
        "--closes", type=instant, metavar="WHEN", required=True, help="when its book may be closed"
    )
    plan.add_argument(
        "--pool", type=cents, metavar="MONEY", help="set aside of the house's pool; absent: all that is free"
    )
    plan.add_argument(
        "--paid-in", type=cents, metavar="MONEY", default=0, help="brought into the house's pool before"
    )
    add_by(plan)
    offer = add_round_verb(verbs, "offer", _offer, "add berths of one kind to a planned round")
    offer.add_argument("offer", metavar="OFFER", help="its id in the round, such as north-quiet")
    offer.add_argument("--site", required=True)
    offer.add_argument("--night", metavar="DAY", required=True, help="of its evening, such as 2026-11-30")
    offer.add_argument("--count", type=positive, required=True, help="berths")
    offer.add_argument("--price", type=cents, metavar="MONEY", required=True, help="of one berth")
    offer.add_argument("--feature", action="append", default=[], choices=sorted(FEATURES))
    add_round_verb(verbs, "publish", _publish, "open a round for asks; its offers are frozen")
    add_round_verb(verbs, "close", _close, "close the book of a round, at its time or later")
    void = add_round_verb(verbs, "void", _void, "give a round up before its book is closed")
    void.add_argument("--reason", metavar="TEXT", required=True, help="why; the round shows it")
    rounds = add_verb(verbs, "rounds", _rounds, "every round, newest first")
    rounds.add_argument("--state", action="append", default=[], choices=tuple(STATES))
    add_round_verb(verbs, "round", _round, "one round: terms, commitments, book, seed")
    add_round_verb(verbs, "offers", _offers, "the offers of a round")
    told = "write the public file of a round: from the close on its book, once it is cleared all of it"
    export = add_round_verb(verbs, "export", _export, told)
    export.add_argument("file", metavar="FILE", type=Path)
    told = "the money of a cleared round as CSV: a berth a line"
    account = add_round_verb(verbs, "account", _account, told)
    account.add_argument("--to", metavar="FILE", type=Path, help="absent: standard output")


def print_round(one: Round, args: argparse.Namespace) -> None:
    """Print a round as the command has left it."""
    print_json(as_json(one)) if args.json else print(round_tables.line(one))


async def _plan(api: dreamapi.Api, args: argparse.Namespace) -> None:
    closes = zoned(args.closes, "")
    assert closes is not None, "argparse requires it"
    found = await api.exchange.plan_round(
        args.price_most, closes, pool=args.pool, paid_in=args.paid_in, by=args.by
    )
    print_round(found, args)


async def _offer(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.add_offer(
        args.round,
        args.offer,
        site=args.site,
        night=args.night,
        count=args.count,
        price=args.price,
        features=args.feature,
    )
    print_round(found, args)


async def _publish(api: dreamapi.Api, args: argparse.Namespace) -> None:
    print_round(await api.exchange.publish_round(args.round), args)


async def _close(api: dreamapi.Api, args: argparse.Namespace) -> None:
    print_round(await api.exchange.close_round(args.round), args)


async def _void(api: dreamapi.Api, args: argparse.Namespace) -> None:
    print_round(await api.exchange.void_round(args.round, args.reason), args)


async def _rounds(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.list_rounds(args.state)
    if args.json:
        print_json([as_json(one) for one in found])
    elif found:
        console().print(round_tables.rounds(found))
    else:
        print("no round was planned" if not args.state else "no round is in this state")


async def _round(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.round_of(args.round)
    if args.json:
        print_json(as_json(found))
    else:
        print("\n".join(round_tables.round_lines(found)))


async def _offers(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.list_offers(args.round)
    if args.json:
        print_json([as_json(one) for one in found])
    elif found:
        console().print(round_tables.offers(found))
    else:
        print(f"round {args.round} has no offer yet")


async def _export(api: dreamapi.Api, args: argparse.Namespace) -> None:
    content = await api.exchange.export_round(args.round)
    write_closed(args.file, content, READABLE)
    print_json({"file": str(args.file), "bytes": len(content)}) if args.json else print(args.file)


async def _account(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.account(args.round)
    if args.json:
        print_json(as_json(found) | {"csv": found.csv.decode()})
        return
    pool = f"pool before {money_text(found.pool_before_cents)}, after {money_text(found.pool_after_cents)}"
    if args.to is None:
        print(found.csv.decode().replace("\r\n", "\n"), end="")
        print(f"dreamd: {pool}", file=sys.stderr)
        return
    write_closed(args.to, found.csv, READABLE)
    print(f"{args.to}: {pool}")
