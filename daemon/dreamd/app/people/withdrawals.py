"""Withdrawals: one that is made at a pod outlives this daemon, for the check-in is taken from the ledger.

A check-in is the consent. The sleeper is still shown in the bed; they agree to nothing until they are checked
in anew. A daemon that comes back finds no check-in, whatever has become of the latch at the pod meanwhile. To
withdraw waits for nothing: it acts first, and is written afterwards, again and again until it is. Until then
the pod's event is not acknowledged (`settled`).
"""

from dreamd.ports.commit import Commit
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction, Transactions


class Withdrawals:
    """The withdrawals that are not in the ledger yet."""

    def __init__(self, ledger: Transactions) -> None:
        """None is waiting."""
        self._ledger = ledger
        self._waiting: dict[str, None] = {}
        self._writing: dict[str, Commit[Terms]] = {}

    def add_withdrawal(self, pod: str) -> None:
        """The sleeper in this pod has withdrawn."""
        self._waiting[pod] = None

    def void(self, pod: str) -> None:
        """A sleeper was checked in to, or out of, this pod: that is in the ledger, and newer."""
        self._waiting.pop(pod, None)
        self._writing.pop(pod, None)

    def settled(self, pod: str) -> bool:
        """Whether the ledger holds nothing against what was withdrawn at this pod."""
        return pod not in self._waiting

    def flush(self) -> None:
        """Write what waits."""
        for pod in tuple(self._waiting):
            commit = self._writing.get(pod)
            if commit is None or (commit.over and not commit.done):
                self._writing[pod] = self._ledger.submit(Transaction(check_ins=((pod, ""),)))
            elif commit.done:
                self.void(pod)
