"""`dreamd guidelines`: check a revision in a file, compare two, print the shipped one; no daemon is asked."""

import argparse
import sys
from pathlib import Path

from rich.table import Table

from dreamapi.text import shown
from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle, shipped_text
from dreamd.cli.client import console
from dreamd.core.guidelines.bundle import Bundle, BundleError, Clause
from dreamd.core.guidelines.diff import diff, only_tightens
from dreamd.core.guidelines.reading import read_bundle

_FILE = "a revision in TOML"


class CannotReadError(Exception):
    """A file is no revision; the message is one sentence with the next step."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("guidelines", help="check and compare revisions of the guidelines")
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    told = "check FILE against vocabulary and bounds, and print the name of its content"
    check = verbs.add_parser("check", help=told, description=told)
    check.add_argument("file", metavar="FILE", type=Path, help=_FILE)
    told = "compare a revision with a newer one, clause by clause"
    compare = verbs.add_parser("diff", help=told, description=told)
    compare.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help=f"{_FILE}; one: against the shipped"
    )
    told = "print the shipped revision, to begin another one with"
    verbs.add_parser("shipped", help=told, description=told)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status. 1: a file is refused."""
    try:
        match args.act:
            case "check":
                return _checked(args.file)
            case "diff":
                return _compared(args.files)
            case _:
                print(shipped_text(), end="")
                return 0
    except CannotReadError as error:
        print(f"dreamd: {error}", file=sys.stderr)
        return 1


def _checked(file: Path) -> int:
    bundle = _read(file)
    print(f"holds: revision {bundle.revision}, {len(bundle.clauses)} clauses, {digest(bundle.document())}")
    return 0


def _compared(files: list[Path]) -> int:
    if len(files) > 2:  # noqa: PLR2004 - two are compared
        raise CannotReadError("compare one revision with the shipped one, or two with each other")
    old, new = (shipped_bundle(), *map(_read, files))[-2:]
    table = Table("clause", "change", "was", "is")
    for one in diff(old, new):
        table.add_row(f"G-{one.number}", one.change.value, _told(one.old), _told(one.new))
    console().print(table)
    end = "it only tightens" if only_tightens(old, new) else "it does not only tighten"
    print(f"revision {new.revision} against {old.revision}: {end}")
    return 0


def _told(clause: Clause | None) -> str:
    if clause is None:
        return "-"
    limit = (
        ""
        if clause.key is None or clause.limit is None
        else f"{clause.key.shown(clause.limit)} {clause.key.unit}"
    )
    return shown(f"{limit.strip()}: {clause.text}" if limit else clause.text)


def _read(file: Path) -> Bundle:
    try:
        return read_bundle(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotReadError(f"{file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CannotReadError(f"{file} is no UTF-8 text, see byte {error.start}") from error
    except BundleError as error:
        raise CannotReadError(f"{file}: {shown(str(error))}; the keys are in docs/reference.md") from error
