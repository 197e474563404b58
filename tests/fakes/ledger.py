"""The simulation's ledger in memory, for tests of everything else; and functions for any ledger."""

import threading
import time
from collections.abc import Mapping

from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.memory_ledger import LedgerStorage, MemoryLedger

__all__ = ["LedgerStorage", "MemoryLedger", "Taken", "charge", "draw", "holds", "settled"]

SETTLES_WITHIN_S = 10.0


class Taken(MemoryLedger):
    """A ledger with a disk that writes even withdrawn requests."""

    def release(self) -> None:
        for _, commit in self._waiting:
            commit.withdrawn = False
        super().release()


def settled(ledger: Ledger, commit: Commit) -> Commit:
    """Deliver until this commit is over: waits for the ledger's thread to tell."""
    until_s, told = time.monotonic() + SETTLES_WITHIN_S, threading.Event()
    if isinstance(ledger, StoredLedger):
        ledger.tell(told.set)
    ledger.deliver()
    while not commit.over:
        assert time.monotonic() < until_s, "the commit does not end"
        told.wait(SETTLES_WITHIN_S if isinstance(ledger, StoredLedger) else 0.0)
        told.clear()
        ledger.deliver()
    return commit


def draw(ledger: Ledger, dreamscape: str, cohort: int, now_s: float) -> int:
    """Draw the next term of a cohort and wait for it."""
    return ledger.write(Transaction(terms=(TermDraw(dreamscape, cohort, now_s),)))[dreamscape, cohort]


def holds(ledger: Ledger, dreamscape: str, cohort: int, term: int) -> bool:
    """Ask whether a term is still the highest, and wait for the answer."""
    return settled(ledger, ledger.confirm(dreamscape, {cohort: term})).value


def charge(minutes: Mapping[str, float], at_s: float, move: MarkMove) -> Transaction:
    """A charge of exposure alone."""
    return Transaction(exposure=(Exposure(minutes, at_s, move),))
