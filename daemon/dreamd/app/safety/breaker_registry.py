"""The book of breakers: the last moves of each, and which are LOCKED, over restarts too.

Severing waits for nothing, so a move is noted in memory, and a lock goes to the ledger after the tick that
made it has been broadcast, in the same call (`flush`); what cannot be written is said once and tried again.
To unlock is to grant: there the ledger comes first. And to close again after a trip is to grant: a breaker
that has tripped for a cause of person or device closes only when its mark is in the ledger (`settled`). So
whatever a crash loses makes things stricter: with the first trip on the disk, a second one that was not
written is told by what the pod has stored, and locks; without that, the next one does.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from math import inf, isfinite
from random import Random
from typing import Final

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.dreamscapes.states import breaker_of
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.safety.breaker import Breaker, Transition, initial_after_crash, locked
from dreamd.core.safety.causes import CAUSES, Cause, Kind, Scope, cause_named, kind_of
from dreamd.core.safety.views import BreakerMove, Lock, Mark
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.breakers import BreakerLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import StoredSever

MOVES_KEPT: Final = 16
"""Of each breaker; the oldest fall out."""


class BreakerRegistry:
    """What breakers did lately, and the locks."""

    def __init__(
        self, ledger: BreakerLedger, commits: Commits, journal: Journal, doubted_s: float = 0.0
    ) -> None:
        """Read the locks. doubted_s: now, where the ledger was restored from a copy: nobody starts CLOSED.

        Raises:
            LedgerError: they cannot be read; nobody may be trusted then.
        """
        self._commits = commits
        self._doubted_s = doubted_s
        self._found_s: dict[str, float] = {}
        self._journal = journal
        self._moves: dict[str, deque[BreakerMove]] = {}
        self._locks = {lock.pod: lock for lock in ledger.locks()}
        self._waiting: Counter[Scope] = Counter(_whom(lock) for lock in self._locks.values())
        self._unsaved: dict[str, None] = {}
        self._marks = {mark.pod: mark for mark in ledger.marks()}
        self._unmarked: dict[str, None] = {}
        self._writing = False
        self._tell: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[Lock]:
        """The locks, as they were read or made since."""
        return iter(self._locks.values())

    def find(self, pod: str, now_s: float) -> None:
        """The books give this pod a seat: whatever becomes of the seat, its breaker does not start CLOSED."""
        self._found_s[pod] = now_s

    def doubt(self, now_s: float) -> None:
        """The ledger has turned out to be a copy: no breaker starts CLOSED any more."""
        self._doubted_s = now_s

    def breaker_of(self, pod: str) -> Breaker:
        """Where the breaker of a pod starts that is heard of for the first time."""
        lock = self._locks.get(pod)
        if lock is not None:
            return locked(lock.since_s, lock.cause)
        doubted_s = self._found_s.get(pod, self._doubted_s)
        return initial_after_crash(doubted_s, None) if doubted_s else Breaker()

    def after_crash(self, pod: str, severed: StoredSever | None, now_s: float, rng: Random) -> Breaker:
        """Where the breaker of a pod starts whose owner has crashed, by what it has stored itself."""
        mark = self._marks.get(pod)
        cause = cause_named(severed.cause) if severed is not None else None
        if cause is Cause.SHUTDOWN:
            severed, cause = None, None  # a stop that was planned: scored like a lease that has lapsed
        tripped_s = mark.tripped_s if mark is not None else -inf
        known = mark is not None and severed is not None and mark.tells_of(severed.term, severed.tick)
        breaker = initial_after_crash(now_s, cause, rng, tripped_s=tripped_s, known=known)
        if breaker.state is BreakerState.LOCKED:
            why = "severed a second time, and the daemon was gone before it was written"
            self.note_pod(
                pod, Transition(now_s, BreakerState.OPEN, breaker.state, breaker.cause, why), breaker
            )
            named = breaker.cause.value if breaker.cause else ""
            sentence = f"breaker of {pod} is locked: {named} ({why})"
            plain = f"locked: {named}"
            self._journal.append(now_s, "breaker-tripped", sentence, pod=pod, cause=named, reason=plain)
        return breaker

    def unheard(self, pod: str, breaker: Breaker) -> bool:
        """Whether nothing has been heard of this pod that has moved its breaker, since this daemon began."""
        return breaker == self.breaker_of(pod)

    def recalled(self, pod: str, breaker: Breaker, cause: Cause, at: tuple[int, int]) -> Breaker:
        """Return the breaker of a pod that is `unheard` and tells of a sever or a fault: earlier trips count.

        Unless it tells of that very trip again. at: (term, tick) of the broadcast it had heard then.
        """
        mark = self._marks.get(pod)
        again = kind_of(cause) in (Kind.HARD, Kind.SOFT) and mark is not None and mark.tells_of(*at)
        return breaker if mark is None or again else breaker._replace(tripped_s=mark.tripped_s)

    def settled(self, pod: str) -> bool:
        """Whether its last trip, and a lock made of it, is in the ledger.

        Before that its breaker does not close, and the pod is not told that it may forget what it told.
        """
        return pod not in self._unmarked

    def note_dreamscape(
        self, name: str, before: DreamscapeState, after: DreamscapeState, now_s: float, why: str
    ) -> None:
        """Keep one move of a Dreamscape's breaker, where its state has moved it."""
        was, now = breaker_of(before), breaker_of(after)
        if was is not now:
            self.note(f"dreamscapes/{name}", BreakerMove(now_s, was, now, after.value, why))

    def note(self, name: str, moved: BreakerMove) -> None:
        """Keep one move of the breaker `name` (pods/{pod} or dreamscapes/{dreamscape})."""
        self._moves.setdefault(name, deque(maxlen=MOVES_KEPT)).append(moved)

    def note_pod(
        self, pod: str, transition: Transition, breaker: Breaker, told: tuple[int, int] | None = None
    ) -> None:
        """Keep one move of a pod's breaker, its lock and its mark.

        breaker: after it. told: (term, tick) of the broadcast that tells it, None for a pod without a slot.
        """
        if isfinite(breaker.tripped_s):
            term, tick = told or (int(transition.at_s * 1000), 0)
            tick -= transition.after is BreakerState.CLOSED  # that message is the first to grant again
            fresh = breaker.tripped_s == transition.at_s and transition.cause is not None
            mark = self._marks.get(pod)
            tripped_for = transition.cause if fresh or mark is None else mark.cause
            self._marks[pod] = Mark(pod, tripped_for or Cause.UNKNOWN, breaker.tripped_s, term, tick)
            self._unmarked[pod] = None
        cause = transition.cause.value if transition.cause else ""
        moved = BreakerMove(transition.at_s, transition.before, transition.after, cause, transition.detail)
        self.note(f"pods/{pod}", moved)
        if transition.after is BreakerState.LOCKED and transition.cause is not None:
            self._forget(pod)
            self._locks[pod] = Lock(pod, transition.cause, transition.at_s, transition.detail)
            self._waiting[_whom(self._locks[pod])] += 1
            self._unsaved[pod] = None

    def moves(self, name: str) -> tuple[BreakerMove, ...]:
        """The last moves of this breaker, oldest first."""
        return tuple(self._moves.get(name, ()))

    def forget_dreamscape(self, name: str) -> None:
        """The Dreamscape has ended and is put away: forget the moves of its breaker."""
        self._moves.pop(f"dreamscapes/{name}", None)

    def evidence(self, name: str) -> str:
        """What was seen at the last move; after a restart, what the lock was made for."""
        moves = self._moves.get(name)
        if moves:
            return moves[-1].detail
        lock = self._locks.get(name.removeprefix("pods/"))
        return lock.evidence if lock else ""

    def tripped_s(self, name: str, breaker: Breaker) -> float:
        """When it last opened or locked; 0 for never."""
        opened = (m.at_s for m in self.moves(name) if m.after in (BreakerState.OPEN, BreakerState.LOCKED))
        latest = max(opened, default=breaker.tripped_s)
        return latest if isfinite(latest) else 0.0

    def unlocking(self, pod: str) -> Transaction:
        """What forgets a lock, in the ledger first; `unlocked` or `still_locked` follows."""
        self._unsaved.pop(pod, None)
        return Transaction(unlocked=(pod,))

    def unlocked(self, pod: str) -> None:
        """The ledger has forgotten the lock."""
        self._forget(pod)
        self._unsaved.pop(pod, None)

    def still_locked(self, pod: str) -> None:
        """The ledger may have forgotten a lock that stands: it is written again."""
        if pod in self._locks:
            self._unsaved[pod] = None

    def _forget(self, pod: str) -> None:
        lock = self._locks.pop(pod, None)
        if lock is not None:
            self._waiting[_whom(lock)] -= 1

    def waiting(self) -> dict[Scope, int]:
        """How many locks wait for a person, by whom their cause concerns."""
        return dict(self._waiting)

    def on_settled(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever trips and locks have come into the ledger."""
        self._tell.append(tell)

    def flush(self) -> None:
        """Write the locks and marks that are not yet in the ledger: all of them in one transaction."""
        if self._writing or not (self._unsaved or self._unmarked):
            return
        locks = tuple(self._locks[pod] for pod in self._unsaved)
        marks = tuple(self._marks[pod] for pod in self._unmarked)
        self._writing = True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if commit.done:
                self._written(locks, marks)

        self._commits.submit(Transaction(locks=locks, marks=marks), "a lock" if locks else "a mark", over)

    def _written(self, locks: tuple[Lock, ...], marks: tuple[Mark, ...]) -> None:
        """These are durable; where a breaker has moved meanwhile, its newer word is still to be written."""
        for lock in locks:
            if self._locks.get(lock.pod) is lock:
                self._unsaved.pop(lock.pod, None)
        for mark in marks:
            if self._marks[mark.pod] is mark:
                self._unmarked.pop(mark.pod, None)
        for tell in self._tell:
            tell()
        self.flush()


def _whom(lock: Lock) -> Scope:
    """Whom its cause concerns: a person, or their device."""
    return CAUSES[lock.cause].scope
