"""`dreamd clinic plot`: the pull of a case by day, as a picture in a file."""

import argparse
from pathlib import Path

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import NothingAskedError, as_json, print_json
from dreamd.cli.me.letter import write_private
from dreamd.cli.printing.case_tables import pulled
from dreamd.core.clinic.pull_svg import pull_svg, verdict


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb."""
    does = "draw the pull of a case by day, with and without anchor sessions, as SVG"
    plot = client.add_verb(verbs, "plot", _plot, does)
    plot.add_argument("case", metavar="CASE", help="its id, as `dreamd clinic cases` shows it")
    plot.add_argument("file", metavar="FILE", nargs="?", type=Path, help="absent: CASE.svg")
    plot.set_defaults(run=client.run, flags={"name": "CASE"})


async def _plot(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.clinic.case_of(args.case)
    case = found.name.removeprefix("cases/")
    if not found.HasField("pull"):
        raise NothingAskedError(f"{case} has no picture: it has ended, or is of no person")
    if args.json:
        print_json(as_json(found.pull))
        return
    record, path = pulled(found), args.file or Path(f"{case}.svg")
    try:
        write_private(path, pull_svg(record, f"Pull by day, {case}"))
    except OSError as error:
        raise NothingAskedError(f"{path} cannot be written ({error.strerror})") from error
    print(f"{path}: {verdict(record)}")
