"""The notice that a sleeper reads before a grant; the grant holds its SHA-256."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

LANGUAGE: Final = "en"
"""The language of the notice that ships, as BCP 47 names it."""


@cache
def notice_text() -> str:
    """Return the notice that ships."""
    return files(__package__).joinpath("notice.txt").read_text(encoding="utf-8")


@cache
def notice_sha256() -> str:
    """Return its SHA-256, in hexadecimal digits."""
    return sha256(notice_text().encode()).hexdigest()
