"""`dreamd clinic ...`: the cases of the caller's sites, one file a subject."""

import argparse

from dreamd.cli import client
from dreamd.cli.clinic import cases, decisions, plot


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `clinic` and its verbs."""
    does = "cases of sleepers: list, read, answer, hold, return, release, report"
    clinic = subparsers.add_parser("clinic", help=does, description=does)
    verbs = clinic.add_subparsers(required=True, metavar="VERB")
    for subject in (cases, decisions, plot):
        subject.add_verbs(verbs)
    clinic.set_defaults(run=client.run)
