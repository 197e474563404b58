"""`dreamd exchange ...`: rounds of berths, nonces, one's own ask, verification; one file each."""

import argparse

from dreamd.cli.exchange import asks, draws, rounds, verification


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `exchange` and its verbs."""
    does = "berths shared by a public line: plan, offer, ask, draw, explain, cancel, verify"
    parser = subparsers.add_parser("exchange", help=does, description=does)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for subject in (rounds, draws, asks, verification):
        subject.add_verbs(verbs)
    parser.set_defaults(run=run)
