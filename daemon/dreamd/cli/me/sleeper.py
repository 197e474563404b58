"""The sleeper whom a verb of `me` is about, and how a verb is added."""

import argparse
from typing import Final

from dreamapi import names
from dreamd.cli import client
from dreamd.cli.client import Verb

FLAGS: Final = {"name": "--sleeper", "reason": "--reason"}
"""Flags by the field of a request."""


def add_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    ask: Verb,
    does: str,
    *,
    reads: bool = True,
) -> argparse.ArgumentParser:
    """Add a verb about one sleeper. reads: an advocate may ask it on the sleeper's request."""
    parser = client.add_verb(verbs, name, ask, does)
    parser.add_argument(
        "--sleeper",
        metavar="SLEEPER",
        default=names.OWN,
        help="the sleeper; absent: the one of the credential",
    )
    if reads:
        parser.add_argument("--reason", default="", help="of an advocate: the sleeper's request")
    parser.set_defaults(flags=FLAGS)
    return parser
