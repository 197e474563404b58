"""The seam between pseudonyms and subjects: a column that holds subjects, and reads and writes as pseudonyms.

The application names sleepers. A column of this type turns each name into its subject as a statement binds
it, and back as a row is read. An engine without keys (a copy, a check) sees the subjects as they are.

Rules
- A subject whose link is gone reads as `~` and the subject. Written back, it is the same subject.
- Only a write makes a link. A read of an unknown name finds nothing.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.keys_file import KeysFile

UNLINKED: Final = "~"
"""Begins the name of a subject without a link; no pseudonym begins so."""


class Naming:
    """The names of one engine's rows."""

    def __init__(self, keys: KeysFile) -> None:
        """keys: hold the links."""
        self.keys = keys
        self._writer = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let this thread make links; they are on the disk when the block ends."""
        before, self._writer = self._writer, threading.get_ident()
        try:
            yield
            self.keys.write_links()
        finally:
            self._writer = before

    def bound(self, sleeper: str) -> str:
        """Return the subject for a statement."""
        if not sleeper:
            return sleeper
        if sleeper.startswith(UNLINKED):
            return sleeper.removeprefix(UNLINKED)
        if self._writer == threading.get_ident():
            return self.keys.allot(sleeper)
        return self.keys.known_subject(sleeper) or f"{UNLINKED}{sleeper}"

    def name_of(self, subject: str) -> str:
        """Return the pseudonym of a row's subject."""
        if not subject:
            return subject
        return self.keys.sleeper_of(subject) or f"{UNLINKED}{subject}"


_OF: Final[WeakKeyDictionary[sa.Dialect, Naming]] = WeakKeyDictionary()


def name_people(engine: sa.Engine, keys: KeysFile) -> Naming:
    """Make the columns of this engine read and write pseudonyms."""
    naming = _OF[engine.dialect] = Naming(keys)
    return naming


class Subject(sa.TypeDecorator[str]):
    """Text: a subject in the row, a pseudonym in the program."""

    impl = sa.Text  # type: ignore[mutable-override] # as SQLAlchemy's manual has it
    cache_ok = True  # type: ignore[mutable-override]

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """A name for a statement."""
        naming = _OF.get(dialect)
        return value if value is None or naming is None else naming.bound(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:  # noqa: ANN401 -- SQLAlchemy's
        """A name from a row."""
        naming = _OF.get(dialect)
        return value if value is None or naming is None else naming.name_of(value)
