"""`dreamd settings`: every setting in force and its source."""

import argparse
import json
from collections.abc import Iterable
from typing import Protocol


class Setting(Protocol):
    """A value in force and its source."""

    @property
    def key(self) -> str:
        """Dotted name."""
        ...

    @property
    def value(self) -> object:
        """The value in force."""
        ...

    @property
    def source(self) -> str:
        """Its source."""
        ...


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "settings",
        help="print every setting and where it came from",
        description="Print every setting in force and where it came from; takes the flags of serve.",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    return parser


def run(args: argparse.Namespace, sources: Iterable[Setting]) -> int:
    """Print them, as a table or as JSON."""
    rows = [(one.key, one.value, one.source) for one in sources]
    if args.json:
        shown = {
            key: {"value": value if isinstance(value, int | float) else str(value), "source": source}
            for key, value, source in rows
        }
        print(json.dumps(shown, indent=2))
        return 0
    widths = [max(len(str(row[column])) for row in rows) for column in (0, 1)]
    for key, value, source in rows:
        print(f"{key:<{widths[0]}}  {value!s:<{widths[1]}}  {source}")
    return 0
