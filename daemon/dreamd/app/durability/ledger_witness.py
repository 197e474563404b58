"""What the broker remembers of this daemon's ledger, as a witness that no copy of a disk takes with it.

The count of the ledger's writes is kept, signed and retained, on the broker as well. A daemon that finds a
larger count there than its ledger had when it was opened was given an older ledger: whatever was written
since, a withdrawal, a lock, a check-out, is not in it. The count is told after every tick in which something
was written, so at most a tick's writes are unknown to the broker.

Nothing is told before the broker has been reached: what it remembers is heard first.
"""

from typing import Protocol

from dreamd.ports.ledger.generation import GenerationLedger
from dreamd.ports.ledger.transaction import Transaction, Transactions
from dreamd.ports.pod_link import PodLink


class CountedLedger(Transactions, GenerationLedger, Protocol):
    """The part of the ledger that a witness needs."""


class LedgerWitness:
    """Keeps the count on the broker, and compares it."""

    def __init__(self, ledger: CountedLedger, link: PodLink, *, suspended: bool) -> None:
        """suspended: the ledger was known for a copy at the start, and what it says of people is void."""
        self._ledger = ledger
        self._link = link
        self._known = ledger.found
        self._floor = self._told = 0
        self._reached = False
        self._suspended = suspended

    @property
    def writes(self) -> int:
        """How many writes the ledger has seen, or is about to have counted."""
        return max(self._ledger.writes, self._floor)

    def tell(self) -> None:
        """Say the count where it has changed."""
        if self._reached and self.writes != self._told:
            self.say()

    def say(self) -> None:
        """The broker is reached: say the count."""
        self._reached = True
        self._told = self.writes
        self._known = max(self._known, self._told)
        self._link.count(self._told)

    def newer(self, writes: int) -> bool:
        """Whether the broker knows of more than this ledger had, and nobody knew that yet."""
        newer = writes > self._known
        self._known = max(self._known, writes)
        self._floor = max(self._floor, writes)
        if newer and self._suspended and not self._reached:
            self._ledger.submit(Transaction(counted=writes))
            return False
        return newer
