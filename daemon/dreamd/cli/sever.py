"""`dreamd sever ...`: set a sleeper, a pod, a Dreamscape, a site or the fleet to zero, from a shell."""

import argparse

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, print_json
from dreamd.cli.printing import tables

run = client.run

Scope = dreamapi.OrderSeverRequest.Scope
SCOPES = {
    "sleeper": (Scope.SCOPE_SLEEPER, "SLEEPER", "the bed of one sleeper; the others dream on"),
    "pod": (Scope.SCOPE_POD, "POD", "one bed; the others dream on"),
    "dreamscape": (Scope.SCOPE_DREAMSCAPE, "NAME", "one Dreamscape; resume is possible"),
    "site": (Scope.SCOPE_SITE, "SITE", "each bed of one site"),
    "fleet": (Scope.SCOPE_FLEET, "", "each bed in every Dreamscape; resume is possible"),
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sever` and its scopes."""
    does = "set a sleeper, a pod, a Dreamscape, a site or the fleet to zero now"
    sever = subparsers.add_parser(
        "sever",
        help=does,
        description=f"{does}. A Dreamscape severed as a whole can be resumed. A bed severed alone has left "
        "its seat; it is seated again once its sleeper is checked in anew.",
    )
    scopes = sever.add_subparsers(required=True, metavar="SCOPE")
    for word, (_, metavar, reaches) in SCOPES.items():
        scope = add_verb(scopes, word, _sever, reaches)
        if metavar:
            scope.add_argument("target", metavar=metavar)
        scope.add_argument("--reason", default="", help="optional: leaving needs none")
        scope.add_argument("--issuer", default="", help="name of the person that gives the order; optional")
        scope.set_defaults(scope=word, **({} if metavar else {"target": ""}))
    sever.set_defaults(run=run)


async def _sever(api: dreamapi.Api, args: argparse.Namespace) -> None:
    number = SCOPES[args.scope][0]
    outcome = await api.severs.order(number, args.target, issuer=args.issuer, reason=args.reason)
    if args.json:
        print_json(as_json(outcome))
    else:
        print(tables.outcome(outcome))
