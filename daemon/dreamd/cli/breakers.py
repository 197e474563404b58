"""`dreamd breakers ...`: which are open and why, from a shell."""

import argparse

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, console, print_json
from dreamd.cli.printing import breaker_tables

run = client.run

STATES = {
    "closed": dreamapi.Breaker.STATE_CLOSED,
    "open": dreamapi.Breaker.STATE_OPEN,
    "half-open": dreamapi.Breaker.STATE_HALF_OPEN,
    "locked": dreamapi.Breaker.STATE_LOCKED,
}
NAME_HELP = "a pod, or dreamscapes/NAME"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `breakers` and its verbs."""
    does = "the breakers of pods and Dreamscapes: list, trip, reset"
    breakers = subparsers.add_parser("breakers", help=does, description=does)
    verbs = breakers.add_subparsers(required=True, metavar="VERB")
    list_ = add_verb(verbs, "list", _list, "every breaker, by name")
    list_.add_argument("--state", choices=STATES, help="only those in this state")
    get = add_verb(verbs, "get", _get, "one breaker with its last moves")
    get.add_argument("name", metavar="NAME", help=NAME_HELP)
    trip = add_verb(verbs, "trip", _trip, "open a breaker now; for a Dreamscape: sever it")
    trip.add_argument("name", metavar="NAME", help=NAME_HELP)
    trip.add_argument("--by", default="", help="name of the person that trips it; optional")
    trip.add_argument("--reason", default="", help="optional")
    reset = add_verb(verbs, "reset", _reset, "move a locked breaker to half-open")
    reset.add_argument("name", metavar="POD")
    reset.add_argument("--by", required=True, help="name of the person that answers for it")
    reset.add_argument("--reason", required=True)
    reset.add_argument("--etag", default="", help="refuse if the breaker has moved since")
    breakers.set_defaults(run=run)


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    shown = await api.breakers.list(STATES.get(args.state, dreamapi.Breaker.STATE_UNSPECIFIED))
    if args.json:
        print_json([as_json(one) for one in shown])
    elif shown:
        console().print(breaker_tables.breakers(shown))
    else:
        print(f"no breaker is {args.state}" if args.state else "no pod has connected yet")


def _show(breaker: dreamapi.BreakerDetail, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(breaker))
    else:
        console().print(breaker_tables.breaker(breaker))


async def _get(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.breakers.get(args.name), args)


async def _trip(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.breakers.trip(args.name, by=args.by, reason=args.reason), args)


async def _reset(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.breakers.reset(args.name, by=args.by, reason=args.reason, etag=args.etag), args)
