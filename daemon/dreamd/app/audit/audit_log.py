"""The audit log: a record of every call that frees, binds or governs, and of a reading on request.

Rules
- What BINDS or GOVERNS is recorded in its command's own transaction: no record, no act. A command without a
  transaction of its own (Resume, Lead) is recorded as begun before it takes effect.
- A way out and a revocation take effect first. Their records wait in memory and are written with the next
  tick, within a second.
- Refusals are counted, and one a second of each principal is recorded, with the number of the others.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from dreamd.app.durability.audited_call import BEGUN, CALL, AuditedCall
from dreamd.app.durability.commits import Commits
from dreamd.core.access.rules import Effect
from dreamd.core.audit.records import Act
from dreamd.core.refusals import Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

ACTS_FIRST: Final = frozenset(
    {
        "RevokePrincipal",
        "ListPrincipals",
        "ExportAudit",
        "GetAuditText",
        "WriteMarker",
        "CallMoratorium",
        "SecondMoratorium",
        "WithdrawAsk",
        "CancelBerth",
    }
)
"""Methods that take effect before they are recorded, as all do that free: they bind nobody."""
BEGUN_FIRST: Final = frozenset({"ResumeDreamscape", "LeadDreamscape"})
"""Methods that bind without a transaction of their own."""
SAMPLED_S: Final = 1.0
"""At most one refusal of a principal is recorded in this time."""
WAITING_MAX: Final = 10_000
"""Records in memory that the ledger does not take; later ones are counted."""
AT_ONCE: Final = 500
"""Records in one transaction."""
REFUSED_MAX: Final = 4096
"""Principals whose refusals are counted at once; beyond it the first one's count is recorded."""
SALT_BITS: Final = 80


@dataclass(slots=True)
class _Refused:
    at_s: float
    newest: Act
    more: int = 0


class AuditLog:
    """Takes records. One thread uses it. secret: a text of so many random bits."""

    def __init__(self, commits: Commits, clock: SessionClock, secret: Callable[[int], str]) -> None:
        self._commits = commits
        self._clock = clock
        self._secret = secret
        self._waiting: deque[Act] = deque()
        self._writing = False
        self._lost = 0
        self._refused: dict[str, _Refused] = {}

    @contextmanager
    def call(self, method: str, effect: Effect) -> Iterator[AuditedCall]:
        """Run one call of this method."""
        act = Act(self._clock.now_s(), "", "", method, "", effect.value, "", salt=self._secret(SALT_BITS))
        first = effect in (Effect.FREES, Effect.READS) or method in ACTS_FIRST
        call = AuditedCall(act, effect, acts_first=first, tell=self._later)
        token = CALL.set(call)
        try:
            yield call
        finally:
            CALL.reset(token)

    def record_first(self, call: AuditedCall) -> Refusal | Deferred[bool] | bool:
        """Write that a call begins, where nothing else would; True once it is durable."""
        if call.act.method not in BEGUN_FIRST or not call.in_transaction:
            return True
        record = Transaction(audit=(call.recorded(BEGUN),))
        return self._commits.ask(record, "the audit record", lambda _terms: True, undo=call.undone)

    def refuse(self, call: AuditedCall, code: str) -> None:
        """A call was refused: count it, and record one a second."""
        call.refused()
        now_s, who = self._clock.now_s(), call.act.principal
        act = replace(call.act, outcome=f"refused {code}")
        counted = self._refused.get(who)
        if counted is not None and now_s - counted.at_s < SAMPLED_S:
            counted.newest, counted.more = act, counted.more + 1
            return
        if counted is not None:
            self._tell_more(counted)
        elif len(self._refused) >= REFUSED_MAX:
            self._tell_more(self._refused.pop(next(iter(self._refused))))
        self._refused[who] = _Refused(now_s, act)
        self._later(act)

    def _tell_more(self, counted: _Refused) -> None:
        if counted.more:
            outcome = f"{counted.newest.outcome} ({counted.more} in a second)"
            self._later(replace(counted.newest, outcome=outcome))

    def _later(self, act: Act) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(act)
        else:
            self._lost += 1

    def write_waiting(self) -> None:
        """Write what waits; one write is on its way at most."""
        now_s = self._clock.now_s()
        over = [who for who, one in self._refused.items() if not now_s - one.at_s < SAMPLED_S]
        for who in over:
            self._tell_more(self._refused.pop(who))
        if self._writing or not self._waiting:
            return
        acts = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        lost, self._lost = self._lost, 0
        if lost:
            acts.append(Act(now_s, "", "", "", "", Effect.GOVERNS.value, f"{lost} records were lost"))
        self._writing = True

        def written(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._lost += lost
                self._waiting.extendleft(reversed(acts[: len(acts) - bool(lost)]))

        self._commits.submit(Transaction(audit=tuple(acts)), "the audit log", written)
