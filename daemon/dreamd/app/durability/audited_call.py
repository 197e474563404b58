"""The call that is under way, as the audit log records it.

A call that BINDS or GOVERNS is recorded in the transaction of its own command: `Commits.ask` takes the record
from here. The call is found by the task that runs it, so no command passes it on.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Final

from dreamd.core.access.rules import Effect
from dreamd.core.audit.records import Act
from dreamd.ports.ledger.transaction import Transaction

DONE, UNCHANGED, BEGUN, UNDONE, FAILED = "done", "unchanged", "begun", "undone", "failed"
"""Outcomes. UNCHANGED: the answer was good and the ledger was not asked. UNDONE: given up, then written."""


class AuditedCall:
    """One call. act: what is known of it so far; `tell` takes a record that is written later."""

    def __init__(self, act: Act, effect: Effect, *, acts_first: bool, tell: Callable[[Act], None]) -> None:
        """acts_first: it takes effect before its record is written, as every way out does."""
        self.act = act
        self.effect = effect
        self._acts_first = acts_first
        self._tell = tell
        self._recorded = self._over = False

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._over

    @property
    def in_transaction(self) -> bool:
        """Whether its record belongs into the command's own transaction."""
        return not (self._acts_first or self._recorded or self._over)

    def recorded(self, outcome: str) -> Act:
        """The record, for a transaction that is being made."""
        self._recorded = True
        return replace(self.act, outcome=outcome)

    def joined(self, transaction: Transaction) -> Transaction:
        """The command's transaction, with the call's record."""
        if not self.in_transaction:
            return transaction
        return transaction.plus(Transaction(audit=(self.recorded(DONE),)))

    def not_written(self) -> None:
        """The transaction failed, and the record with it."""
        self._recorded = False

    def undone(self) -> None:
        """The caller was told that it failed; it was written all the same, and is undone."""
        self._tell(replace(self.act, outcome=UNDONE))

    def acted(self) -> None:
        """It has taken effect, whatever its answer still waits for."""
        if not (self._recorded or self._over):
            self._tell(self.recorded(DONE))

    def ended(self, outcome: str = "") -> None:
        """It has ended; outcome: absent, well."""
        done = DONE if self._acts_first else UNCHANGED
        if not self._recorded:
            self._tell(self.recorded(outcome or done))
        self._over = True

    def refused(self) -> None:
        """It has ended by a refusal, which is counted apart."""
        self._over = True


CALL: Final[ContextVar[AuditedCall | None]] = ContextVar("audited-call", default=None)
"""The call of the running task; None outside of calls, and in those that only read."""


def act_as(principal: str) -> None:
    """Name the principal of the running call, which only its command has found out."""
    call = CALL.get()
    if call is not None:
        call.act = replace(call.act, principal=principal)


_NONE: Final = AuditedCall(
    Act(0.0, "", "", "", "", "", ""), Effect.READS, acts_first=True, tell=lambda _act: None
)
"""Outside of calls: it joins no transaction and tells nothing."""


def joining() -> AuditedCall:
    """The running call, where its record belongs into the transaction that is being made."""
    call = CALL.get()
    return call if call is not None and call.in_transaction else _NONE
