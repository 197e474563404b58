"""The keys of people: the link of each pseudonym to a random subject, and the key of what is personal.

The ledger's rows name subjects, and sealed bodies lie in them. Link and key are in one place apart. So a
sleeper is erased by the removal of one row: nothing that stays can be read or tied to a person.

Every method answers from memory. A link is durable before any row that names its subject.
"""

from collections.abc import Mapping
from typing import Protocol


class PeopleKeys(Protocol):
    """Links and keys. Any thread may use it; a failure of its store is a LedgerError."""

    def subject_of(self, sleeper: str) -> str:
        """MUST return the subject of a sleeper: 26 characters, random. One without a subject gets one.

        Raises:
            LedgerError: a new link could not be made durable.
        """
        ...

    def sleeper_of(self, subject: str) -> str | None:
        """MUST return the pseudonym of a subject; None: there is no link, as after an erasure."""
        ...

    def seal(self, sleeper: str, table: str, column: str, body: bytes) -> bytes:
        """MUST return the body encrypted under the sleeper's key, bound to subject, table and column."""
        ...

    def unseal(self, sleeper: str, table: str, column: str, sealed: bytes) -> bytes | None:
        """MUST return a sealed body; None: it is of another sleeper, table or column, or its key is gone."""
        ...

    def mark_of(self, sleeper: str) -> bytes:
        """MUST return the mark of a pseudonym on a tombstone: a hash under a key of the house."""
        ...

    def tombstones(self) -> Mapping[bytes, Mapping[int, float]]:
        """MUST return by mark the merge-minutes of erased sleepers, by bucket of exposure."""
        ...
