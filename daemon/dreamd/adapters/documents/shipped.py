"""The guidelines that ship: revision 1, in force where no other was ratified."""

from functools import cache
from importlib.resources import files

from dreamd.adapters.documents.canonical import digest
from dreamd.app.guidelines.revisions import Founding
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.reading import read_bundle


@cache
def shipped_bundle() -> Bundle:
    """Return revision 1."""
    return read_bundle(shipped_text())


def shipped_text() -> str:
    """Return revision 1 as it is written."""
    return files(__package__).joinpath("shipped.toml").read_text(encoding="utf-8")


def founding() -> Founding:
    """Return the guidelines of a new house: revision 1, and how a document is named."""
    return Founding(shipped_bundle(), digest)
