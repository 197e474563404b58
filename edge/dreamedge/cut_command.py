"""`dreamedge cut`: one night out of a bed's recordings, for the sleeper of that night."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any


def add_cut(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command."""
    does = "write the part of a bed's recordings between two instants, for the sleeper of that time"
    cut = commands.add_parser("cut", help=does, description=does)
    cut.add_argument("directory", metavar="DIR", type=Path, help="the directory of run --record")
    cut.add_argument("--pod", metavar="NAME", required=True, help="the bed")
    told = "with a zone, such as 2026-11-30T21:41:00Z"
    cut.add_argument("--from", metavar="TIME", type=_instant, required=True, help=f"check-in, {told}")
    cut.add_argument("--until", metavar="TIME", type=_instant, required=True, help=f"check-out, {told}")
    cut.add_argument("--to", metavar="OUT", type=Path, required=True, help="the directory to write into")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"expected a time with a zone, such as 2026-11-30T21:41:00Z, got {text}"
        )
    return at


def run_cut(chosen: dict[str, Any]) -> int:
    """Run it; RecorderError where nothing is cut."""
    # Not loaded by an agent that runs: its memory is counted.
    from dreamedge.adapters.recorder.edf_cut import cut  # noqa: PLC0415

    for path in cut(chosen["directory"], chosen["pod"], chosen["from"], chosen["until"], chosen["to"]):
        print(path)
    return 0
