"""`dreamd completion SHELL`: what the shell needs to complete verbs, flags and choices, printed."""

import argparse
from collections.abc import Callable

import shtab

SHELLS = ("bash", "zsh", "tcsh")
DOES = "print what completes this command in a shell"
HOW = """\
bash: dreamd completion bash > ~/.local/share/bash-completion/completions/dreamd
zsh:  dreamd completion zsh > a directory of $fpath, as _dreamd
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `completion`."""
    parser = subparsers.add_parser(
        "completion",
        help=DOES,
        description=DOES,
        epilog=HOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS)
    return parser


def run(args: argparse.Namespace, whole: Callable[[], argparse.ArgumentParser]) -> int:
    """Print the script; `whole` makes the parser with every verb."""
    print(shtab.complete(whole(), shell=args.shell))
    return 0
