"""`dreamedge`: where the program begins, before anything that an extra installs is imported.

A missing package is told with the command that installs it. A reader of the output that goes away (`| head`)
ends the program quietly.
"""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Final, cast

OURS: Final = ("dreamedge", "dreamwire")
MISSING: Final = 1
PIPE_CLOSED: Final = 141
"""As a shell has it of a program that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal of another encoding shows what it lacks as an escape.
            sys.stdout.reconfigure(errors="backslashreplace")
        module = importlib.import_module("dreamedge.main")
        try:
            status = cast("int", module.main(arguments))
        finally:
            sys.stdout.flush()
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in OURS:
            raise
        sentence = f"dreamedge needs {error.name}, which is not installed; install the extra: "
        print(f"{sentence}pip install 'dreamd[edge]'", file=sys.stderr)
        return MISSING
    except BrokenPipeError:
        silence_output()
        return PIPE_CLOSED
    return status


def silence_output() -> None:
    """Send what is still to be printed nowhere, so that the interpreter's own last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
