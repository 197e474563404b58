"""Erasure: the key of a sleeper goes, and with it all that only the key can read or tie to a person."""

from dataclasses import dataclass
from typing import Final, Protocol

from dreamd.ports.commit import Commit
from dreamd.ports.people_keys import PeopleKeys

ERASURES_WAITING: Final = 64
"""Erasures that may wait; a further one fails at once."""


@dataclass(frozen=True, slots=True)
class Shredded:
    """The key and the link are in no file of the house. named: files that hold the name as a word."""

    named: tuple[str, ...] = ()


class ErasureLedger(Protocol):
    """Keys, and their end."""

    @property
    def keys(self) -> PeopleKeys:
        """The keys of the ledger's people."""
        ...

    def shred(self, sleeper: str, now_s: float) -> Commit[Shredded]:
        """Remove the key and the link of a sleeper whose rows are forgotten; MUST return at once.

        The commit ends well once no file holds either, the copies of the keys included; beside a program that
        reads a file it waits. A tombstone keeps the sleeper's merge-minutes of the last week. The
        next opening MUST finish an erasure that was cut short.
        """
        ...
