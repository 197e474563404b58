"""Signed checkpoints of the audit log, for the ledger and for the beds that witness it.

A checkpoint is kept in the ledger before any bed hears of it, so a crash makes no bed see a smaller number.
None is signed that is below one of the ledger's own: a log that was cut stays known for it.
"""

from collections.abc import Callable
from typing import Final, Protocol

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.audit.records import Head, head_of
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.audit import AuditLedger, AuditPart
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.checkpoint import Checkpoint, checkpoint_of

EVERY_RECORDS: Final = 1000
EVERY_S: Final = 60.0

Sign = Callable[[Checkpoint], str]
"""The signed note of a checkpoint."""


class Witnesses(Protocol):
    """The way to the beds, as far as checkpoints need it."""

    def checkpoint(self, note: str) -> None:
        """MUST tell every bed the newest checkpoint."""
        ...


class Checkpoints:
    """Signs a checkpoint after EVERY_RECORDS or EVERY_S with new records."""

    def __init__(
        self,
        ledger: AuditLedger,
        commits: Commits,
        journal: Journal,
        clock: SessionClock,
        link: Witnesses,
        sign: Sign | None,
    ) -> None:
        """sign: absent, none is made."""
        self._ledger = ledger
        self._commits = commits
        self._journal = journal
        self._clock = clock
        self._link = link
        self._sign = sign
        self._signed_s = clock.now_s()
        self._writing = False
        note = ledger.newest_checkpoint()
        self._newest = checkpoint_of(note) or Checkpoint(0, Head().digest)
        if note:
            self._compare(note)
            link.checkpoint(note)

    def _compare(self, note: str) -> None:
        """Compare the log with its newest checkpoint, at the start."""
        stated = checkpoint_of(note)
        if stated is None:
            self._broken("its newest checkpoint cannot be read")
        elif self._ledger.audited.n < stated.n:
            self._broken(f"it ends at record {self._ledger.audited.n}, and its checkpoint counts {stated.n}")
        else:
            self._ledger.read_audit(stated.n - 1, 1).then(lambda part: self._compared(part, stated))

    def _compared(self, part: Commit[AuditPart], stated: Checkpoint) -> None:
        if part.done and [head_of(stated.n, line).digest for line in part.value.lines] != [stated.head]:
            self._broken(f"record {stated.n}, or one before it, is not the one of its checkpoint")

    def _broken(self, why: str) -> None:
        sentence = f"the audit log was changed by another hand: {why}; run: dreamd audit verify"
        self._journal.append(self._clock.now_s(), "audit-broken", sentence, reason=why)

    def sign_due(self, now_s: float) -> None:
        """Once a tick: sign a checkpoint where one is due."""
        new = self._ledger.audited.n - self._newest.n
        if new >= EVERY_RECORDS or (new > 0 and not now_s - self._signed_s < EVERY_S):
            self.sign_now()

    def sign_now(self) -> Deferred[bool]:
        """Sign the newest durable record, where it has no checkpoint yet; settles once that is over."""
        over, head = Deferred[bool](), self._ledger.audited
        if self._sign is None or self._writing or head.n <= self._newest.n:
            over.settle(True)  # noqa: FBT003 - it is over
            return over
        checkpoint = Checkpoint(head.n, head.digest)
        note = self._sign(checkpoint)
        self._writing, self._signed_s = True, self._clock.now_s()

        def kept(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                self._newest = checkpoint
                self._link.checkpoint(note)
            over.settle(True)  # noqa: FBT003 - it is over

        self._commits.submit(Transaction(checkpoints=((head.n, note),)), "a checkpoint", kept)
        return over
