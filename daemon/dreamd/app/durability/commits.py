"""The application's way to the ledger: each write passes here and is watched while it waits.

Theory of operation. Each registry (locks, wake orders, exposure, a Dreamscape's record) has one write on its
way at most and gathers the changes made meanwhile. So the number of waiting writes is bounded, and a tick's
changes are one transaction. Nothing here waits: a commit ends later, between ticks.

A call that binds a person is answered once its write is durable (`ask`), and the call's record in the audit
log is part of that write. After LEDGER_ANSWERS_WITHIN_S
without an answer from the ledger it is refused and given up; where it was written all the same, it is undone.
A way out is done before it is written, so it is not refused (`refused`).

Rules
- The ledger is slow when its oldest write has waited for LEDGER_SLOW_S, and failing when its last write
  failed. Both are `trouble`: no new sleeper is seated. One event reports it, and one its end.
- While it fails and no write is due, a write a second asks whether it still does.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from dreamd.app.durability.audited_call import joining
from dreamd.app.events.journal import Journal
from dreamd.core.limits import LEDGER_ANSWERS_WITHIN_S, LEDGER_SLOW_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction, Transactions
from dreamd.ports.metrics import Metrics

T = TypeVar("T")

ASKED_EVERY_S: Final = 1.0
SAID_MOST: Final = 64


class Commits:
    """Every write of one daemon."""

    def __init__(self, ledger: Transactions, clock: SessionClock, journal: Journal, meters: Metrics) -> None:
        self._ledger = ledger
        self._clock = clock
        self._journal = journal
        self._meters = meters
        self._waiting: dict[Commit[Terms], tuple[float, str]] = {}
        self._asked: dict[Commit[Terms], tuple[float, Callable[[], None]]] = {}
        self._said: set[str] = set()
        self._slow = False
        self._probed_s = 0.0

    @property
    def waiting(self) -> tuple[str, ...]:
        """The writes that wait, in words, the oldest first."""
        return tuple(what for _, what in self._waiting.values())

    def oldest_s(self, now_s: float) -> float:
        """For how long the oldest write has waited, seconds; 0 where none waits."""
        return max((now_s - at_s for at_s, _ in self._waiting.values()), default=0.0)

    @property
    def slow(self) -> str:
        """Why the ledger is slow; empty while it is not."""
        return f"the ledger {self._ledger.place} is slow: a write waits" if self._slow else ""

    @property
    def trouble(self) -> str:
        """Why no new sleeper is seated: the ledger fails or is slow; empty while all is well."""
        return self._ledger.failure or self.slow

    def submit(
        self, transaction: Transaction, what: str, over: Callable[[Commit[Terms]], None]
    ) -> Commit[Terms]:
        """Write this, and call `over` at its end, which may be within this call. what: it, in words."""
        commit = self._ledger.submit(transaction)
        self._waiting[commit] = self._clock.now_s(), what
        commit.then(self._ended)
        commit.then(over)
        return commit

    def ask(
        self,
        transaction: Transaction,
        what: str,
        done: Callable[[Terms], T | Refusal],
        *,
        over: Callable[[Commit[Terms]], None] = lambda _commit: None,
        failed: Callable[[], None] = lambda: None,
        undo: Callable[[], None] = lambda: None,
        refused: Callable[[Refusal], T | Refusal] = lambda no: no,
    ) -> T | Refusal | Deferred[T]:
        """Write this for a waiting caller; return the answer, or the one there will be.

        Args:
            transaction: what is written.
            what: it, in words: "the check-in".
            done: called once it is durable, unless it was given up before; returns the answer.
            over: called before all others when the commit ends, however.
            failed: called where it was given up, or could not be written.
            undo: called where it was given up and written all the same.
            refused: makes the answer where it was given up, or could not be written.
        """
        later = Deferred[T]()
        call = joining()
        transaction = call.joined(transaction)

        def ended(commit: Commit[Terms]) -> None:
            self._asked.pop(commit, None)
            over(commit)
            if later.settled:
                if commit.done:
                    undo()
                    call.undone()
            elif commit.done:
                later.settle(done(commit.value))
            else:
                failed()
                call.not_written()
                sentence = f"the ledger could not keep {what}: {commit.failure}"
                later.settle(refused(Refusal(Code.LEDGER_UNAVAILABLE, sentence)))

        def give_up() -> None:
            if later.settled:
                return  # by what has overtaken it
            failed()
            sentence = (
                f"the ledger has not kept {what} within {LEDGER_ANSWERS_WITHIN_S:.0f} s; it is not done"
            )
            later.settle(refused(Refusal(Code.LEDGER_UNAVAILABLE, sentence)))

        commit = self.submit(transaction, what, ended)
        if later.settled:
            return later.answer()
        self._asked[commit] = self._clock.now_s(), give_up
        return later

    def _ended(self, commit: Commit[Terms]) -> None:
        now_s = self._clock.now_s()
        at_s, what = self._waiting.pop(commit)
        if commit.done:
            self._meters.ledger_commit(now_s - at_s)
            if self._said and not self._ledger.failure:
                self._said.clear()
                sentence = f"the ledger {self._ledger.place} accepts writes again"
                self._journal.append(now_s, "ledger-recovered", sentence, reason=sentence)
            return
        if commit.withdrawn:
            return
        self._meters.ledger_failed()
        if what not in self._said and len(self._said) < SAID_MOST:
            self._said.add(what)
            sentence = f"the ledger could not keep {what}: {commit.failure}"
            self._journal.append(now_s, "ledger-write-failed", sentence, reason=commit.failure)

    def check_age(self, now_s: float) -> None:
        """Once a tick: report a slow ledger, refuse calls that waited too long, probe one that fails."""
        oldest_s = self.oldest_s(now_s)
        self._meters.ledger_waits(oldest_s)
        slow = not oldest_s <= LEDGER_SLOW_S
        if slow and not self._slow:
            place, what = self._ledger.place, self.waiting[0]
            reason = f"the ledger {place} has not finished a write for {oldest_s:.1f} s"
            sentence = f"{reason} ({what}); nobody new is seated until it has"
            self._journal.append(now_s, "ledger-slow", sentence, reason=reason)
        elif self._slow and not slow:
            sentence = f"the ledger {self._ledger.place} is fast again"
            self._journal.append(now_s, "ledger-recovered", sentence, reason=sentence)
        self._slow = slow
        for commit, (at_s, give_up) in tuple(self._asked.items()):
            if not now_s - at_s <= LEDGER_ANSWERS_WITHIN_S:
                del self._asked[commit]
                commit.withdraw()
                give_up()
        if self._ledger.failure and not self._waiting and not now_s - self._probed_s < ASKED_EVERY_S:
            self._probed_s = now_s
            self.submit(Transaction(lived_s=now_s), "that a daemon lives on it", lambda _commit: None)
