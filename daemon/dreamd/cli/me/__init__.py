"""`dreamd me ...`: a sleeper's own consent, dose and letters, from a shell; the short way out.

One file a subject: each adds its verbs here. The sleeper is the one of the credential, or `--sleeper`.
"""

import argparse

from dreamd.cli import client
from dreamd.cli.exchange.asks import add_ask
from dreamd.cli.me import consent, erase, export, invitations, letter, morning


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `me` and its verbs."""
    does = "a sleeper's own consent, invitations, asks, dose, letters, export and erasure"
    me = subparsers.add_parser(
        "me",
        help=does,
        description=f"{does}. The sleeper is the one of the credential; without a credential name one with "
        "--sleeper. `dreamd me withdraw` is the short way out and needs no reason.",
    )
    verbs = me.add_subparsers(required=True, metavar="VERB")
    for subject in (letter, consent, invitations, morning, export, erase):
        subject.add_verbs(verbs)
    add_ask(verbs)
    me.set_defaults(run=client.run)
