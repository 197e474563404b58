"""Guidelines: every revision that was proposed, its course, and what was said about it."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.course import Course


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


class GuidelineLedger(Protocol):
    """Revisions and comments."""

    def guidelines(self) -> tuple[KeptRevision, ...]:
        """MUST return every revision, by number."""
        ...

    def comments(self) -> tuple[Comment, ...]:
        """MUST return every comment, by revision and number."""
        ...
