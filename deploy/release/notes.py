"""The notes of a version: its section in CHANGELOG.md."""

import re

HEADING = re.compile(r"^## \[?(?P<name>[^\]\s]+)\]?.*$", re.MULTILINE)
UNRELEASED = "Unreleased"


class NoNotesError(Exception):
    """CHANGELOG.md has nothing of the version; the message says what to write."""


def notes_of(changelog: str, version: str) -> str:
    """Return the text below the heading of a version, or of `Unreleased`.

    Raises:
        NoNotesError: there is no such heading, or nothing below it.
    """
    headings = list(HEADING.finditer(changelog))
    for number, heading in enumerate(headings):
        if heading["name"] == version:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
            text = changelog[heading.end() : end].strip()
            if text:
                return text + "\n"
            raise NoNotesError(
                f"CHANGELOG.md has nothing below `## [{version}]`; write what changes for users"
            )
    there = ", ".join(heading["name"] for heading in headings) or "none"
    raise NoNotesError(
        f"CHANGELOG.md has no section `## [{version}]` (there: {there}); rename `## [{UNRELEASED}]` to it"
    )
