"""`dreamd wake ...`: wake orders, from a shell."""

import argparse

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, console, print_json
from dreamd.cli.printing import breaker_tables, tables

run = client.run

SCOPES = {
    "sleeper": dreamapi.WakeOrder.SCOPE_SLEEPER,
    "pod": dreamapi.WakeOrder.SCOPE_POD,
    "dreamscape": dreamapi.WakeOrder.SCOPE_DREAMSCAPE,
    "site": dreamapi.WakeOrder.SCOPE_SITE,
    "fleet": dreamapi.WakeOrder.SCOPE_FLEET,
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `wake` and its verbs."""
    does = "wake orders: a pod, a Dreamscape, a site or the fleet, until lifted"
    wake = subparsers.add_parser("wake", help=does, description=does)
    verbs = wake.add_subparsers(required=True, metavar="VERB")
    order = add_verb(
        verbs, "order", _order, "sever and wake sleepers now; none of them is merged until it is lifted"
    )
    order.add_argument("scope", choices=tuple(SCOPES))
    order.add_argument("target", metavar="NAME", nargs="?", default="", help="nothing for the fleet")
    order.add_argument("--issuer", default="", help="name of the person that gives the order; optional")
    order.add_argument("--reason", default="", help="optional")
    lift = add_verb(verbs, "lift", _lift, "lift an order; latched pods stay latched")
    lift.add_argument("order", metavar="ORDER")
    lift.add_argument("--by", required=True, help="name of the person that answers for it")
    lift.add_argument("--reason", required=True)
    list_ = add_verb(verbs, "list", _list, "every wake order, newest first")
    list_.add_argument("--standing", action="store_true", help="only standing orders")
    wake.set_defaults(run=run)


async def _order(api: dreamapi.Api, args: argparse.Namespace) -> None:
    ordered = await api.wake.order(SCOPES[args.scope], args.target, issuer=args.issuer, reason=args.reason)
    if args.json:
        print_json(as_json(ordered))
    else:
        print(f"{breaker_tables.order_line(ordered.order)}: {tables.outcome(ordered.outcome)}")


async def _lift(api: dreamapi.Api, args: argparse.Namespace) -> None:
    lifted = await api.wake.lift(args.order, by=args.by, reason=args.reason)
    if args.json:
        print_json(as_json(lifted))
    else:
        print(breaker_tables.order_line(lifted))


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    shown = await api.wake.list(standing=args.standing)
    if args.json:
        print_json([as_json(one) for one in shown])
    elif shown:
        console().print(breaker_tables.orders(shown))
    else:
        print("no wake order stands" if args.standing else "no wake order has been given")
