"""`dreamd guidelines ...`: revisions in files and in the daemon, from draft to force."""

import argparse

from dreamd.cli.guidelines import files, revisions


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "revisions of the guidelines: check, compare, propose, comment, ratify"
    parser = subparsers.add_parser("guidelines", help=does, description=does)
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    files.add_verbs(verbs)
    revisions.add_verbs(verbs)
    return parser
