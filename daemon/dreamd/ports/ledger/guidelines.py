"""Guidelines: every revision that was proposed, its course, the comments on it; the facts of admissions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.course import Course
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from dreamd.ports.commit import Commit

T = TypeVar("T")
FACTS_BYTES: Final = 8 * len(ADMISSION_FACTS)
"""Bytes of the facts of one admission."""
ADMISSIONS_KEPT_S: Final = 90 * 24 * 3600.0
ADMISSIONS_KEPT: Final = 250_000
"""Admissions that are kept at most, and for how long; the oldest are dropped once a day. A dry run unpacks
them to 26 MB."""


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision as it is kept. digest: the SHA-256 of its canonical form, its name."""

    bundle: Bundle
    digest: str
    course: Course


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a revision, numbered from 1. at_s: unix time."""

    revision: int
    n: int
    person: str
    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class KeptAdmission:
    """The facts of one admission, without the sleeper.

    n: unique, and larger for a later one. at_s: unix time. facts: the numbers of ADMISSION_FACTS in order,
    each a little-endian double.
    """

    n: int
    at_s: float
    site: str
    facts: bytes


class GuidelineLedger(Protocol):
    """Revisions, comments, admissions."""

    def guidelines(self) -> tuple[KeptRevision, ...]:
        """MUST return every revision, by number."""
        ...

    def comments(self) -> tuple[Comment, ...]:
        """MUST return every comment, by revision and number."""
        ...

    def newest_admission(self) -> int:
        """MUST return the highest number of an admission; 0: none is kept."""
        ...

    def read_admissions(self, since_s: float, use: Callable[[Iterator[tuple[str, bytes]]], T]) -> Commit[T]:
        """Read site and facts of the admissions since this time, oldest first; the value is what `use` made.

        MUST return at once, and end in `deliver`. `use` may run on another thread and MUST NOT raise.
        """
        ...
