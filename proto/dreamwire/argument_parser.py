"""The argument parser of both programs: an unknown word is answered with the word that was probably meant.

argparse lists every choice and leaves the rest to the reader. Here the error names the nearest choice, also
where another program would call it otherwise (`delete` for `end`, `show` for `get`).
"""

import argparse
import re
from collections.abc import Sequence
from typing import Final, NoReturn

MEANT: Final = {
    "add": ("create", "check-in", "order"),
    "new": ("create",),
    "plan": ("create",),
    "delete": ("end", "lift", "check-out"),
    "remove": ("end", "lift", "check-out"),
    "stop": ("end", "sever"),
    "close": ("end",),
    "kill": ("sever", "release"),
    "cut": ("sever", "release"),
    "show": ("get", "inspect"),
    "describe": ("get", "explain"),
    "status": ("get", "list", "top"),
    "ls": ("list",),
    "all": ("list",),
    "edit": ("update",),
    "change": ("update",),
    "run": ("start", "up", "run"),
    "daemon": ("serve",),
    "server": ("serve",),
    "tail": ("watch",),
    "follow": ("watch",),
    "restore": ("ledger",),
    "backup": ("ledger",),
    "open": ("trip",),
    "check": ("inspect", "verify"),
}
"""Words of other programs, and what they may be called here."""
_INVALID: Final = re.compile(
    r"invalid choice: '?(?P<word>[^'\s]*)'? \((?:choose from|maybe)(?P<choices>.*)\)"
)


class ArgumentParser(argparse.ArgumentParser):
    """argparse's own, and the parsers below it."""

    def error(self, message: str) -> NoReturn:
        """End the program with status 2, the usage, and what was probably meant."""
        found = _INVALID.search(message)
        if found:
            choices = re.findall(r"[\w.-]+", found["choices"])
            meant = nearest(found["word"], choices)
            if meant:
                message = f"{message}; did you mean {meant}?"
        super().error(message)


def nearest(word: str, choices: Sequence[str]) -> str:
    """Return the choice that was probably meant by a word that is none; empty: none is near."""
    for other in MEANT.get(word.lower(), ()):
        if other in choices:
            return other
    from difflib import get_close_matches  # noqa: PLC0415 - an agent needs it only after a mistake

    plural = [choice for choice in choices if choice in (f"{word}s", word.removesuffix("s"))]
    close = plural or get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    return close[0] if close else ""
