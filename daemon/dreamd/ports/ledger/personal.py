"""Personal rows: bodies that are sealed under the key of their sleeper, and erased with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from dreamd.ports.commit import Commit

T = TypeVar("T")
PERSONAL_READS_WAITING: Final = 64
"""Reads of personal rows that may wait; a further one fails at once."""


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """A body of a sleeper. kind: such as `letter`. at_s: session seconds.

    Sleeper, kind and time are its name: a later row of the same name replaces it, an empty body removes it.
    """

    sleeper: str
    kind: str
    at_s: float
    body: bytes


class PersonalLedger(Protocol):
    """Personal rows. Those of an erased sleeper are not there."""

    def personal(self, sleeper: str, kind: str) -> tuple[PersonalRow, ...]:
        """MUST return a sleeper's rows of this kind, oldest first."""
        ...

    def personal_of(self, kind: str) -> tuple[PersonalRow, ...]:
        """MUST return every sleeper's rows of this kind, oldest first."""
        ...

    def read_personal(self, sleeper: str, kind: str) -> Commit[tuple[PersonalRow, ...]]:
        """Ask for a sleeper's rows of this kind, oldest first; MUST return at once."""
        ...

    def read_personal_of(self, kind: str, use: Callable[[Iterator[PersonalRow]], T]) -> Commit[T]:
        """Read every sleeper's rows of this kind, oldest first; the value is what `use` made.

        MUST return at once, and end in `deliver`. `use` may run on another thread and MUST NOT raise.
        """
        ...
