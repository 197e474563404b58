"""The line with which a principal enrols: the server, the authority's pin, the code; as text and as a QR."""

import sys
from dataclasses import dataclass

_PARTS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is typed or scanned. server: host:port. pin: of the authority. code: `{id}.{secret}`."""

    server: str
    pin: str
    code: str


def show_line(server: str, pin: str, code: str, command: str) -> None:
    """Print the line behind its command, and a QR of the line on a terminal that can show it."""
    line = f"{server} {pin} {code}"
    print(f"    {command} '{line}'\n")
    if sys.stdout.isatty():
        # Imported here: nothing else needs it.
        import segno  # noqa: PLC0415

        segno.make(line, micro=False).terminal(compact=True)


def parse_line(text: str) -> Line | None:
    """The parts of a line; None where it is no such line."""
    parts = text.split()
    return Line(*parts) if len(parts) == _PARTS else None
