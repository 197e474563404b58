"""The audit log as it is read: parts of it, in order, with its checkpoints; its texts, read and erased."""

from dataclasses import dataclass
from typing import Final

from dreamd.app.audit.checkpoints import Checkpoints
from dreamd.app.durability.commits import Commits
from dreamd.core.access.caller import Caller
from dreamd.core.audit.records import has_text, record_of
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.audit import AuditLedger, AuditPart
from dreamd.ports.ledger.transaction import Transaction

PART: Final = 1000
"""Records read at once."""


@dataclass(frozen=True, slots=True)
class TextView:
    """The text of record n. erased: whether it had one that is not kept any more."""

    n: int
    reason: str = ""
    sleeper: str = ""
    erased: bool = False


class AuditQueries:
    """Implements `AuditApi`."""

    def __init__(self, ledger: AuditLedger, checkpoints: Checkpoints, commits: Commits) -> None:
        self._ledger = ledger
        self._checkpoints = checkpoints
        self._commits = commits

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

    def text(self, n: int) -> TextView | Refusal | Deferred[TextView]:
        """The text that is kept apart of record n."""
        if not 1 <= n <= self.records:
            return _unknown(n)
        later = Deferred[TextView]()

        def read(commit: Commit[AuditPart]) -> None:
            if not commit.done:
                sentence = f"the audit log could not be read: {commit.failure}"
                later.settle(Refusal(Code.LEDGER_UNAVAILABLE, sentence))
            elif not commit.value.lines:
                later.settle(_unknown(n))
            else:
                later.settle(_view(n, commit.value))

        self._ledger.read_audit(n - 1, 1, texts=True).then(read)
        return later

    def erase(self, _caller: Caller, n: int) -> TextView | Refusal | Deferred[TextView]:
        """Erase the text of record n; the record stays. Given up and written all the same, it stands."""
        if not 1 <= n <= self.records:
            return _unknown(n)
        erased = TextView(n, erased=True)
        return self._commits.ask(Transaction(erased=(n,)), "the erasure", lambda _terms: erased)


def _unknown(n: int) -> Refusal:
    return Refusal(Code.AUDIT_RECORD_UNKNOWN, f"the audit log has no record {n}", {"record": str(n)})


def _view(n: int, part: AuditPart) -> TextView:
    for one in part.texts:
        return TextView(n, one.reason, one.sleeper)
    try:
        return TextView(n, erased=has_text(record_of(part.lines[0])))
    except ValueError:  # a line that another hand has changed: `dreamd audit verify` tells it
        return TextView(n)
