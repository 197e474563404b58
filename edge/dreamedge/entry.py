"""`dreamedge`: where the program begins, before anything that an extra installs is imported.

A missing package is reported with the command that installs it. A reader of the output that goes away
(`| head`) ends the program quietly.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Final, cast

from dreamwire.standard_output import PIPE_CLOSED, discard_output, escape_unencodable

OURS: Final = ("dreamedge", "dreamwire")
MISSING: Final = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        escape_unencodable(sys.stdout)
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
        discard_output(sys.stdout)
        return PIPE_CLOSED
    return status
