"""Arguments that the verbs of `exchange` share: a round, money, and a sleeper."""

import argparse
import re
from typing import Final

from dreamapi import names
from dreamd.cli import client

FLAGS: Final = {
    "name": "ROUND",
    "round": "ROUND",
    "price_most_cents": "--price-most",
    "close_time": "--closes",
    "closes_s": "--closes",
    "pool_cents": "--pool",
    "paid_in_cents": "--paid-in",
    "offer.id": "OFFER",
    "offer.site": "--site",
    "offer.night": "--night",
    "offer.features": "--feature",
    "offer.count": "--count",
    "offer.price_cents": "--price",
    "offers": "OFFER",
    "ask_class": "--class",
    "reason": "--reason",
    "role": "--side",
}
_MONEY: Final = re.compile(r"([0-9]{1,8})(?:\.([0-9]{2}))?")


def add_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    """Add a verb that asks the daemon."""
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run, flags=FLAGS)
    return parser


def add_round_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    """Add a verb about one round."""
    parser = add_verb(verbs, name, ask, does)
    parser.add_argument("round", metavar="ROUND", help="its id, as `dreamd exchange rounds` shows it")
    return parser


def add_sleeper(parser: argparse.ArgumentParser) -> None:
    """Add --sleeper, for a house without access control."""
    parser.add_argument(
        "--sleeper",
        metavar="SLEEPER",
        default=names.OWN,
        help="the sleeper; absent: the one of the credential",
    )
    parser.set_defaults(flags=FLAGS | {"name": "--sleeper"})


def add_by(parser: argparse.ArgumentParser) -> None:
    """Add --by, for a house without access control."""
    parser.add_argument("--by", default="", help="the person; where callers have credentials, it is theirs")


def cents(text: str) -> int:
    """For argparse: money such as 40 or 12.50, as whole cents."""
    found = _MONEY.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected money such as 40 or 12.50, got {text!r}")
    return int(found[1]) * 100 + int(found[2] or 0)
