"""`dreamd dose`: the merge-minutes of a sleeper against the limits."""

import argparse

from dreamapi import names
from dreamd.cli import client
from dreamd.cli.me.letter import print_dose

run = client.run


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb."""
    does = "merge-minutes of a sleeper in 24 hours and 7 days, and what is left"
    parser = client.add_verb(subparsers, "dose", print_dose, does)
    parser.add_argument(
        "sleeper", metavar="SLEEPER", nargs="?", default=names.OWN, help="absent: the one of the credential"
    )
    parser.add_argument("--reason", default="", help="of an advocate: the sleeper's request")
    parser.set_defaults(run=run, flags={"name": "SLEEPER", "reason": "--reason"})
