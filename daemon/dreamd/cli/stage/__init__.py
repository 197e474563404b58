"""`dreamd stage ...`: a Dreamscape over OSC, on the artist's own machine; one file a verb.

`dreamd stage DREAMSCAPE` is `dreamd stage live DREAMSCAPE`.
"""

import argparse

from dreamd.cli.stage import check, live, play

VERBS = ("live", "play", "check")
"""The verbs; any other first word is a Dreamscape, or a flag of `live`."""


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.act(args))


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `stage` and its verbs."""
    does = "lead a Dreamscape over OSC, and check what your programs send"
    parser = subparsers.add_parser("stage", help=does, description=does)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    live.add_verb(verbs)
    play.add_verb(verbs)
    check.add_verb(verbs)
    parser.set_defaults(run=run)
    return parser


def completed(words: list[str]) -> list[str]:
    """The words after `stage`, with `live` where no verb is named."""
    plain = words[:1] in (["-h"], ["--help"])
    return words if plain or (words[:1] and words[0] in VERBS) else ["live", *words]
