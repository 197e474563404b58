"""Standard output where its encoding is poor or its reader is gone, for every program of the house.

Both programs import this file before any library, so it imports the standard library alone.
"""

import io
import os
from typing import IO, Final, TextIO

PIPE_CLOSED: Final = 141
"""The exit status that a shell reports for a program ended by SIGPIPE."""


def escape_unencodable(out: TextIO) -> None:
    """Let a terminal of another encoding show what it lacks as an escape: to print must not end a program."""
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")


def discard_output(out: IO[str]) -> None:
    """Send everything still to be printed nowhere: the reader (`| head`) is gone.

    The descriptor stays open, so that the interpreter's own last flush cannot fail.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out.fileno())
    os.close(nowhere)
