"""The breakers of all pods: their one owner, their last moves, and the locks, over restarts too.

Every observation of a pod's breaker passes through `apply`; no other module assigns `PodRecord.breaker`. A
move is noted, then told to the listener of the Dreamscape in which the pod sits, then to the listeners of all
moves.

Severing waits for nothing. So a move is noted in memory, and a lock goes to the ledger after the broadcast of
the tick that made it, in the same call (`flush`); a failed write is reported once and tried again. To unlock
is to grant: there the ledger comes first. To close again after a trip is to grant, too: a breaker that has
tripped for a cause of person or device closes only when its mark is in the ledger (`settled`). So a crash can
only make things stricter. With the first trip on the disk, a second trip that was not written is known from
what the pod has stored, and locks; without it, the next one does.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from math import inf, isfinite
from random import Random
from typing import Final, Protocol

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.states import breaker_of
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.limits import LOCK_WITHIN_S
from dreamd.core.safety.breaker import (
    Breaker,
    Good,
    Observation,
    Transition,
    about_to_close,
    closed,
    initial_after_crash,
    kept_from_closing,
    locked,
    seated,
    step,
)
from dreamd.core.safety.causes import CAUSES, Cause, Kind, Scope, cause_named, kind_of
from dreamd.core.safety.views import BreakerMove, Lock, Mark
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.breakers import BreakerLedger
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import StoredSever

MOVES_KEPT: Final = 16
"""Of each breaker; the oldest fall out."""


class BreakerListener(Protocol):
    """A Dreamscape, as far as the breakers of its pods concern it."""

    def broadcast_for(self, pod: str) -> tuple[int, int] | None:
        """Return (term, tick) of the broadcast that will carry a move of now to this pod; None: no slot."""
        ...

    def on_breaker_moved(self, record: PodRecord, transition: Transition) -> None:
        """The breaker of a pod that sits here has moved."""
        ...


class BreakerRegistry:
    """Owns the breakers of all pods, the locks and the marks."""

    def __init__(
        self,
        ledger: BreakerLedger,
        commits: Commits,
        journal: Journal,
        clock: SessionClock,
        rng: Random,
        *,
        doubted_s: float = 0.0,
    ) -> None:
        """Read the locks. doubted_s: now, where the ledger is a restored copy: no breaker starts CLOSED.

        Raises:
            LedgerError: they cannot be read; no sleeper may be merged then.
        """
        self._commits = commits
        self._clock = clock
        self._rng = rng
        self.listener_of: Callable[[str], BreakerListener | None] = lambda _dreamscape: None
        """Finds the Dreamscape of this name; set once, by the application that knows them."""
        self.on_moved: list[Callable[[PodRecord], None]] = []
        """Called after every move, by the application that knows what hangs on it."""
        self._doubted_s = doubted_s
        self._found_s: dict[str, float] = {}
        self._journal = journal
        self._moves: dict[str, deque[BreakerMove]] = {}
        self._locks = {lock.pod: lock for lock in ledger.locks()}
        self._waiting: Counter[Scope] = Counter(_scope(lock) for lock in self._locks.values())
        self._unsaved: dict[str, None] = {}
        self._marks = {mark.pod: mark for mark in ledger.marks()}
        self._began_s = clock.now_s()
        lately = (mark for mark in self._marks.values() if self._began_s - mark.tripped_s <= LOCK_WITHIN_S)
        self._found_marks = {mark.pod: mark for mark in lately}
        self._unmarked: dict[str, None] = {}
        self._writing = False
        self._tell: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[Lock]:
        """The locks, as they were read or made since."""
        return iter(self._locks.values())

    def find(self, pod: str, now_s: float) -> None:
        """The ledger gives this pod a seat: even if the seat is lost, its breaker does not start CLOSED."""
        self._found_s[pod] = now_s

    def doubt(self, now_s: float) -> None:
        """The ledger has turned out to be a copy: no breaker starts CLOSED any more."""
        self._doubted_s = now_s

    def breaker_of(self, pod: str) -> Breaker:
        """Return the breaker with which a pod starts that is heard for the first time.

        A trip of the last half hour counts on, also for a pod without a seat: its frames are scored first.
        """
        lock, found = self._locks.get(pod), self._found_marks.get(pod)
        if lock is not None:
            return locked(lock.since_s, lock.cause)
        doubted_s = self._found_s.get(pod, self._doubted_s)
        if found is not None:
            return initial_after_crash(doubted_s or self._began_s, None, tripped_s=found.tripped_s)
        return initial_after_crash(doubted_s, None) if doubted_s else Breaker()

    # -- moves ------------------------------------------------------------------------------------

    def apply(self, record: PodRecord, observation: Observation) -> Transition | None:
        """Give the pod's breaker one observation; return the transition made, if any.

        A breaker that would close before its mark is in the ledger stays HALF_OPEN, and its deadline pauses.
        """
        now_s = self._clock.now_s()
        good = isinstance(observation, Good)
        if good and about_to_close(record.breaker) and not self.settled(record.pod):
            record.breaker = kept_from_closing(record.breaker, now_s)
            return None
        tripped_s = record.breaker.tripped_s
        record.breaker, transition = step(record.breaker, observation, now_s, self._rng)
        counted = isfinite(record.breaker.tripped_s) and record.breaker.tripped_s != tripped_s
        if transition is None and not counted:
            return None
        listener = self.listener_of(record.dreamscape)
        told = listener.broadcast_for(record.pod) if listener is not None else None
        if transition is None:  # a cause that counts took over a breaker that was open for another
            self._keep_mark(record.pod, record.breaker, told or (int(now_s * 1000), 0))
            return None
        self.note_pod(record.pod, transition, record.breaker, told)
        if listener is not None:
            listener.on_breaker_moved(record, transition)
        for on_moved in self.on_moved:
            on_moved(record)
        return transition

    def restart_scoring(self, record: PodRecord) -> None:
        """Begin the scoring of a HALF_OPEN breaker anew, with its whole deadline; others stay as they are."""
        record.breaker = seated(record.breaker, self._clock.now_s())

    def distrust(self, record: PodRecord) -> None:
        """Set a CLOSED breaker to HALF_OPEN: the ledger on which it rests was restored from a copy."""
        if record.breaker.may_couple:
            record.breaker = initial_after_crash(self._clock.now_s(), None)

    def adopt_closed(self, record: PodRecord) -> bool:
        """Start the breaker of a pod CLOSED, as its last owner left it; False: the ledger is in doubt.

        An earlier trip still counts.
        """
        if self._doubted_s:
            return False
        mark = self._marks.get(record.pod)
        earlier_s = -inf if mark is None else mark.tripped_s
        record.breaker = closed(self._clock.now_s())._replace(tripped_s=earlier_s)
        return True

    def adopt_stored(self, record: PodRecord, severed: StoredSever | None) -> None:
        """Start the breaker of a pod after a crash of its daemon, by the sever that the pod has stored.

        A sever for a planned stop counts as none: such a pod is scored like one with a lapsed lease.
        """
        now_s, mark = self._clock.now_s(), self._marks.get(record.pod)
        cause = cause_named(severed.cause) if severed is not None else None
        if cause is Cause.SHUTDOWN:
            severed, cause = None, None
        tripped_s = mark.tripped_s if mark is not None else -inf
        known = mark is not None and severed is not None and mark.tells_of(severed.term, severed.tick)
        breaker = initial_after_crash(now_s, cause, self._rng, tripped_s=tripped_s, known=known)
        if severed is not None and breaker.tripped_s > tripped_s:
            self._keep_mark(record.pod, breaker, (severed.term, severed.tick))
        if breaker.state is BreakerState.LOCKED:
            why = "severed a second time, and the daemon was gone before it was written"
            locking = Transition(now_s, BreakerState.OPEN, breaker.state, breaker.cause, why)
            self.note_pod(record.pod, locking, breaker)
            named = breaker.cause.value if breaker.cause else ""
            sentence = f"breaker of {record.pod} is locked: {named} ({why})"
            plain = f"locked: {named}"
            self._journal.append(
                now_s, "breaker-tripped", sentence, pod=record.pod, cause=named, reason=plain
            )
        record.breaker = breaker

    def adopt_trip(
        self, record: PodRecord, cause: Cause, at: tuple[int, int], seen_s: float | None = None
    ) -> None:
        """Let an earlier trip count for the initial breaker of a pod that reports a sever or a fault.

        It does not count where the pod reports that very trip again. at: (term, tick) of the last broadcast
        that the pod had received; a pod without a slot has (0, 0), which tells nothing. seen_s: of the event,
        by which `step` judges; without one, or with one of another clock, the broadcasts decide.
        """
        mark = self._marks.get(record.pod)
        timed = seen_s is not None and seen_s <= self._clock.now_s()
        told = mark is not None and not timed and mark.tells_of(*at)
        again = kind_of(cause) in (Kind.HARD, Kind.SOFT) and told
        if mark is not None:
            record.breaker = record.breaker._replace(tripped_s=-inf if again else mark.tripped_s)

    def is_initial(self, record: PodRecord) -> bool:
        """Whether nothing has moved this pod's breaker since this daemon began."""
        return record.breaker == self.breaker_of(record.pod)

    # -- what is known of them --------------------------------------------------------------------

    def settled(self, pod: str) -> bool:
        """Whether its last trip, and a lock made of it, is in the ledger.

        Before that its breaker does not close, and the event that reported the trip is not acknowledged.
        """
        return pod not in self._unmarked

    def note_dreamscape(
        self, name: str, before: DreamscapeState, after: DreamscapeState, now_s: float, why: str
    ) -> None:
        """Keep one move of a Dreamscape's breaker, where its state has moved it."""
        was, now = breaker_of(before), breaker_of(after)
        if was is not now:
            self.keep_move(f"dreamscapes/{name}", BreakerMove(now_s, was, now, after.value, why))

    def keep_move(self, name: str, moved: BreakerMove) -> None:
        """Keep one move of the breaker `name` (pods/{pod} or dreamscapes/{dreamscape})."""
        self._moves.setdefault(name, deque(maxlen=MOVES_KEPT)).append(moved)

    def note_pod(
        self, pod: str, transition: Transition, breaker: Breaker, told: tuple[int, int] | None = None
    ) -> None:
        """Keep one move of a pod's breaker, its lock and its mark.

        breaker: after it. told: (term, tick) of the broadcast that carries it, None for a pod without a slot.
        """
        if isfinite(breaker.tripped_s):
            term, tick = told or (int(transition.at_s * 1000), 0)
            tick -= transition.after is BreakerState.CLOSED  # that message is the first to grant again
            self._keep_mark(pod, breaker, (term, tick))
        cause = transition.cause.value if transition.cause else ""
        moved = BreakerMove(transition.at_s, transition.before, transition.after, cause, transition.detail)
        self.keep_move(f"pods/{pod}", moved)
        if transition.after is BreakerState.LOCKED and transition.cause is not None:
            self._forget(pod)
            self._locks[pod] = Lock(pod, transition.cause, transition.at_s, transition.detail)
            self._waiting[_scope(self._locks[pod])] += 1
            self._unsaved[pod] = None

    def _keep_mark(self, pod: str, breaker: Breaker, told: tuple[int, int]) -> None:
        """Keep the mark of the newest counted trip, to be written. told: see `Mark`."""
        mark = self._marks.get(pod)
        fresh = mark is None or breaker.tripped_s == breaker.since_s
        cause = breaker.cause if fresh or mark is None else mark.cause
        self._marks[pod] = Mark(pod, cause or Cause.UNKNOWN, breaker.tripped_s, *told)
        self._unmarked[pod] = None

    def moves(self, name: str) -> tuple[BreakerMove, ...]:
        """The last moves of this breaker, oldest first."""
        return tuple(self._moves.get(name, ()))

    def forget_dreamscape(self, name: str) -> None:
        """The Dreamscape has ended and is put away: forget the moves of its breaker."""
        self._moves.pop(f"dreamscapes/{name}", None)

    def evidence(self, name: str) -> str:
        """Return the evidence of the last move; after a restart, that of the lock."""
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
        """Return the write that forgets a lock; `unlocked` or `still_locked` follows."""
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
            self._waiting[_scope(lock)] -= 1

    def waiting(self) -> dict[Scope, int]:
        """Return how many locks wait for a person, by the scope of their cause."""
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
        """These are durable; a newer lock or mark of the same pod is still to be written."""
        for lock in locks:
            if self._locks.get(lock.pod) is lock:
                self._unsaved.pop(lock.pod, None)
        for mark in marks:
            if self._marks[mark.pod] is mark:
                self._unmarked.pop(mark.pod, None)
        for tell in self._tell:
            tell()
        self.flush()


def _scope(lock: Lock) -> Scope:
    """The scope of its cause: a person, or their device."""
    return CAUSES[lock.cause].scope
