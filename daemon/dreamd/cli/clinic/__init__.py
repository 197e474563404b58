"""`dreamd clinic ...`: the cases of the caller's sites, and the watches over harm; one file a subject."""

import argparse

from dreamd.cli import client
from dreamd.cli.clinic import cases, decisions, plot, watch


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `clinic` and its verbs."""
    does = "cases of sleepers: list, read, answer, hold, return, release, report; and watches over harm"
    clinic = subparsers.add_parser("clinic", help=does, description=does)
    verbs = clinic.add_subparsers(required=True, metavar="VERB")
    for subject in (cases, decisions, plot, watch):
        subject.add_verbs(verbs)
    clinic.set_defaults(run=client.run)
