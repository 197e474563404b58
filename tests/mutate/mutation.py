"""A mutation: one detector or guard broken in one place, and the tests that must fail for it.

A mutation is an edit that could be made by mistake, written down as exact text with its file. The old text
must occur exactly once in that file, or the mutation no longer applies and reports it. `tests/house` checks
every entry, so the table cannot rot unseen.
"""

from dataclasses import dataclass
from pathlib import Path


class StaleMutationError(Exception):
    """The old text does not occur exactly once in its file: the code has moved on."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One breakage. name: of the guard, unique. broken: the wrong behaviour, in words.

    file: from the root of the project. old, new: exact text. tests: pytest's arguments.
    """

    name: str
    broken: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def broken_text(self, root: Path) -> str:
        """Return the file's text with the guard broken.

        Raises:
            StaleMutationError: the old text does not occur, or more than once.
        """
        text = (root / self.file).read_text()
        times = text.count(self.old)
        if times != 1:
            raise StaleMutationError(f"the old text stands {times} times in {self.file}, not once")
        return text.replace(self.old, self.new)
