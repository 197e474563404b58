"""The audit log as it is read: parts of it, in order, with its checkpoints."""

from typing import Final

from dreamd.app.audit.checkpoints import Checkpoints
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.audit import AuditLedger, AuditPart

PART: Final = 1000
"""Records read at once."""


class AuditQueries:
    """Implements `AuditApi`."""

    def __init__(self, ledger: AuditLedger, checkpoints: Checkpoints) -> None:
        self._ledger = ledger
        self._checkpoints = checkpoints

    @property
    def records(self) -> int:
        """The number of the newest durable record."""
        return self._ledger.audited.n

    def sign_now(self) -> Deferred[bool]:
        """Sign a checkpoint of the newest record, where it has none; settles once it is durable."""
        return self._checkpoints.sign_now()

    def part(self, after: int) -> AuditPart | Refusal | Deferred[AuditPart]:
        """At most PART records behind record `after`, and the checkpoints that come with them."""
        later = Deferred[AuditPart]()

        def read(commit: Commit[AuditPart]) -> None:
            if commit.done:
                later.settle(commit.value)
            else:
                sentence = f"the audit log could not be read: {commit.failure}"
                later.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))

        self._ledger.read_audit(after, PART).then(read)
        return later
