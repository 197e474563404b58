"""The audit log: records in a chain, and its signed checkpoints.

An act becomes a record where it is written: number and chain are given in its transaction, so no number is
missing after one that failed.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from dreamd.core.audit.records import ActText, Head
from dreamd.ports.commit import Commit

READS_WAITING: Final = 64
"""Reads of the audit log that may wait; a further one fails at once."""


@dataclass(frozen=True, slots=True)
class AuditPart:
    """A part of the log. lines: of records, in order. notes: of checkpoints, by number.

    texts: of those records that have one which is not erased; only where they were asked for.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...]
    texts: tuple[ActText, ...] = ()


class AuditLedger(Protocol):
    """The audit log."""

    @property
    def audited(self) -> Head:
        """MUST be the newest record that is durable. Any thread may read it."""
        ...

    def newest_checkpoint(self) -> str:
        """MUST return the note of the highest number; empty where there is none. At the start alone."""
        ...

    def read_audit(self, after: int, most: int, *, texts: bool = False) -> Commit[AuditPart]:
        """Ask for at most `most` records behind record `after`. texts: with what is kept apart of them.

        MUST return at once. The checkpoints behind `after` come with them, up to the last of these records;
        where the log ends within them, every later one too.
        """
        ...
