"""`dreamd guidelines` of files: check a revision, compare two, print the shipped one; no daemon is asked."""

import argparse
from pathlib import Path

from rich.table import Table

from dreamapi.text import shown
from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle, shipped_text
from dreamd.cli.client import console, fail
from dreamd.core.guidelines.bundle import Bundle, BundleError, Clause
from dreamd.core.guidelines.diff import diff, only_tightens
from dreamd.core.guidelines.reading import read_bundle

FILE = "a revision in TOML"


class CannotReadError(Exception):
    """A file is no revision; the message is one sentence with the next step."""


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs that ask no daemon."""
    told = "check FILE against vocabulary and bounds, and print the name of its content"
    check = verbs.add_parser("check", help=told, description=told)
    check.add_argument("file", metavar="FILE", type=Path, help=FILE)
    check.set_defaults(run=_checked)
    told = "print the shipped revision, to begin another one with"
    shipped = verbs.add_parser("shipped", help=told, description=told)
    shipped.set_defaults(run=_shipped)


def _shipped(_args: argparse.Namespace) -> int:
    print(shipped_text(), end="")
    return 0


def _checked(args: argparse.Namespace) -> int:
    try:
        bundle = read_file(args.file)
    except CannotReadError as error:
        return fail(str(error), 1)
    print(f"holds: revision {bundle.revision}, {len(bundle.clauses)} clauses, {digest(bundle.document())}")
    return 0


def compare_files(files: list[Path]) -> int:
    """Print the clauses in which two files differ, or one and the shipped; return the exit status."""
    try:
        old, new = (shipped_bundle(), *map(read_file, files))[-2:]
    except CannotReadError as error:
        return fail(str(error), 1)
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


def read_file(file: Path) -> Bundle:
    """The revision in a file.

    Raises:
        CannotReadError: it cannot be read, or is none.
    """
    try:
        return read_bundle(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotReadError(f"{file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CannotReadError(f"{file} is no UTF-8 text, see byte {error.start}") from error
    except BundleError as error:
        raise CannotReadError(f"{file}: {shown(str(error))}; the keys are in docs/reference.md") from error
