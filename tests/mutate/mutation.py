"""A mutation: one detector or guard broken in one place, and the tests that must fail for it.

Why by exact text: a mutation is an edit somebody could make by mistake, written down with its file. The old
text stands exactly once in that file, or the mutation no longer applies and says so; `tests/house` holds
every entry to that, so the table cannot rot unseen.
"""

from dataclasses import dataclass
from pathlib import Path


class StaleMutationError(Exception):
    """The old text does not stand exactly once in its file: the code has moved on."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One breakage. name: of the guard, unique. broken: what it now does wrong, for people.

    file: from the root of the project. old, new: exact text. tests: what pytest is given.
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
            StaleMutationError: the old text is not there, or there more than once.
        """
        text = (root / self.file).read_text()
        times = text.count(self.old)
        if times != 1:
            raise StaleMutationError(f"the old text stands {times} times in {self.file}, not once")
        return text.replace(self.old, self.new)
