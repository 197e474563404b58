"""The audit log, as the adapters see it."""

from typing import Protocol

from dreamd.app.api.audit import TextView
from dreamd.core.access.caller import Caller
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.audit import AuditPart


class AuditApi(Protocol):
    """The audit log, to be read; its texts, to be erased."""

    @property
    def records(self) -> int:
        """The number of the newest durable record."""
        ...

    def sign_now(self) -> Deferred[bool]:
        """Sign a checkpoint of the newest record, where it has none; settles once it is durable."""
        ...

    def part(self, after: int) -> AuditPart | Refusal | Deferred[AuditPart]:
        """The next records behind record `after`, and the checkpoints that come with them."""
        ...

    def text(self, n: int) -> TextView | Refusal | Deferred[TextView]:
        """The text that is kept apart of record n."""
        ...

    def erase(self, caller: Caller, n: int) -> TextView | Refusal | Deferred[TextView]:
        """Erase the text of record n; the record stays."""
        ...
