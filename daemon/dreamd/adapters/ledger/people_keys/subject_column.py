"""The seam between pseudonyms and subjects: a column that holds subjects, and reads and writes as pseudonyms.

The application names sleepers. A column of this type turns each name into its subject as a statement binds
it, and back as a row is read. An engine without keys (a copy, a check) sees the subjects as they are.

Rules
- A subject whose link is gone reads as `~` and the subject. Written back, it is the same subject.
- Only a write makes a link. A read of an unknown name finds nothing.
- Rows that an erased sleeper has left in memory keep the old subject. A check-in, a grant or a right begins
  anew (`begins`), with another subject.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys

UNLINKED: Final = "~"
"""Begins the name of a subject without a link; no pseudonym begins so."""


class Naming:
    """The names of one engine's rows. plain: subjects are read and written as they are, by a restore."""

    def __init__(self, keys: StoredKeys) -> None:
        """keys: hold the links."""
        self.keys = keys
        self.plain = False
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

    def bound(self, sleeper: str, *, begins: bool = False) -> str:
        """Return the subject for a statement."""
        if not sleeper:
            return sleeper
        if sleeper.startswith(UNLINKED):
            return sleeper.removeprefix(UNLINKED)
        if self._writer == threading.get_ident():
            return self.keys.allot(sleeper, begins=begins)
        return self.keys.known_subject(sleeper) or f"{UNLINKED}{sleeper}"

    def bound_if_known(self, sleeper: str) -> str:
        """Return the subject of a sleeper that has one, else the name."""
        return self.keys.known_subject(sleeper) or sleeper

    def name_of(self, subject: str) -> str:
        """Return the pseudonym of a row's subject."""
        if not subject:
            return subject
        return self.keys.sleeper_of(subject) or f"{UNLINKED}{subject}"

    def name_if_known(self, subject: str) -> str:
        """Return the pseudonym of a subject that has one, else the text of the row."""
        return self.keys.sleeper_of(subject) or subject


_OF: Final[WeakKeyDictionary[sa.Dialect, Naming]] = WeakKeyDictionary()


def name_people(engine: sa.Engine, keys: StoredKeys) -> Naming:
    """Make the columns of this engine read and write pseudonyms."""
    naming = _OF[engine.dialect] = Naming(keys)
    return naming


def _naming_of(dialect: sa.Dialect) -> Naming | None:
    naming = _OF.get(dialect)
    return None if naming is None or naming.plain else naming


class Subject(sa.TypeDecorator[str]):
    """Text: a subject in the row, a pseudonym in the program."""

    impl = sa.Text  # type: ignore[mutable-override] # as SQLAlchemy's manual has it
    cache_ok = True  # type: ignore[mutable-override]

    def __init__(self, *, begins: bool = False) -> None:
        """begins: a row with it begins the record of a sleeper that was erased before."""
        super().__init__()
        self.begins = begins

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """A name for a statement."""
        naming = _naming_of(dialect)
        return value if value is None or naming is None else naming.bound(value, begins=self.begins)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:  # noqa: ANN401 -- SQLAlchemy's
        """A name from a row."""
        naming = _naming_of(dialect)
        return value if value is None or naming is None else naming.name_of(value)


class ToldName(sa.TypeDecorator[str]):
    """Text that a caller has told: the subject where it names a sleeper of the house, else as it was told."""

    impl = sa.Text  # type: ignore[mutable-override] # as SQLAlchemy's manual has it
    cache_ok = True  # type: ignore[mutable-override]

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """A name for a statement."""
        naming = _naming_of(dialect)
        return value if not value or naming is None else naming.bound_if_known(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:  # noqa: ANN401 -- SQLAlchemy's
        """A name from a row."""
        naming = _naming_of(dialect)
        return value if not value or naming is None else naming.name_if_known(value)
