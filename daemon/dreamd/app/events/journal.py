"""The journal: every fact once, in order, for each follower by its cursor.

It is bounded in number and in bytes, in two rings that are read as one. Events of coming and going (CHURN:
check-ins, connections, seats that fill) have a ring of their own, so that however many of them there are, no
sever, trip, latch or wake order falls out for them. Cursors begin at the microsecond the process started, so
a cursor from an earlier process is always too old and never points at another event by accident. Its text is
fit: a sentence may quote an error of anything underneath, and every reader's encoder must take it.

Rules
- A follower behind the oldest safety event kept is refused (CURSOR_TOO_OLD); so is a cursor above the newest
  event (CURSOR_AHEAD).
- A follower behind the oldest event of CHURN gets, in the place of those that fell out, one event of the kind
  `events-dropped`, and then all that is kept. Nothing is missed in silence.
"""

from collections.abc import Callable, Iterator
from functools import partial
from heapq import merge
from itertools import islice
from typing import Final

from dreamd.app.events.attempts import Attempt, plainly
from dreamd.app.events.event_ring import EventRing
from dreamd.app.events.subscriptions import Changed
from dreamd.core.dreamscapes.views import Event
from dreamd.core.limits import JOURNAL_BYTES, JOURNAL_CHURN_EVENTS, JOURNAL_EVENTS, WATCHERS_MAX
from dreamd.core.refusals import Code, Refusal
from dreamwire.text import fit

CHURN: Final = frozenset(
    {
        *("checked-in", "checked-out", "pod-online", "pod-offline", "malformed", "admitted", "assigned"),
        *("assign-refused", "lead-started", "lead-ended", "planned", "gathering", "marker"),
        *("consent-given", "consent-narrowed"),
    }
)
"""Kinds of events, and causes of `state`, that one caller or one bad line can make any number of."""

SENTENCE_MAX: Final = 1000
"""Characters of a sentence that are kept."""


class Journal:
    """Appends events and serves them to followers.

    now_s: the start of this process by the session clock; `capacity` safety events are kept, and `churn` of
    what comes and goes.
    """

    def __init__(
        self,
        now_s: float,
        capacity: int = JOURNAL_EVENTS,
        churn: int = JOURNAL_CHURN_EVENTS,
        attempt: Attempt = plainly,
    ) -> None:
        self._attempt = attempt
        self._safety, self._churn = EventRing(capacity, JOURNAL_BYTES), EventRing(churn, JOURNAL_BYTES)
        self._first = self._next = int(now_s * 1e6)
        self._followers: dict[int, Changed] = {}
        self._follower_ids = 0
        self._seen: Callable[[Event], None] | None = None
        self._listeners: dict[str, Callable[[Event], None]] = {}
        self._observers: list[Callable[[Event], None]] = []

    def subscribe(self, seen: Callable[[Event], None]) -> None:
        """Call `seen` with every event that is kept, and from now on with each as it is written (the log)."""
        for event in self._events:
            seen(event)
        self._seen = seen

    def listen(self, dreamscape: str, seen: Callable[[Event], None]) -> None:
        """Call `seen` with each event of this Dreamscape as it is written (a recording)."""
        self._listeners[dreamscape] = seen

    def hear_all(self, seen: Callable[[Event], None]) -> None:
        """Call `seen` with every event as it is written (the nights of sleepers)."""
        self._observers.append(seen)

    def unlisten(self, dreamscape: str) -> None:
        """Nothing listens to this Dreamscape any more."""
        self._listeners.pop(dreamscape, None)

    def append(
        self,
        now_s: float,
        kind: str,
        sentence: str,
        *,
        dreamscape: str = "",
        pod: str = "",
        seat: int = 0,
        cause: str = "",
        values: dict[str, float] | None = None,
        acted_s: float = 0.0,
        reason: str = "",
    ) -> Event:
        """Write one fact and wake the followers; acted_s, reason: see `Event`."""
        event = Event(
            cursor=self._next,
            at_s=now_s,
            kind=kind,
            dreamscape=dreamscape,
            pod=pod,
            seat=seat,
            cause=fit(cause),
            sentence=fit(sentence, SENTENCE_MAX),
            values=values or {},
            acted_s=acted_s,
            reason=fit(reason, SENTENCE_MAX),
        )
        self._next += 1
        churn = kind in CHURN or (kind == "state" and cause in CHURN)
        (self._churn if churn else self._safety).append(event)
        if self._seen is not None:
            self._attempt("log", partial(self._seen, event))
        listener = self._listeners.get(dreamscape)
        if listener is not None:
            self._attempt("watcher", partial(listener, event))
        for observer in self._observers:
            self._attempt("watcher", partial(observer, event))
        for changed in tuple(self._followers.values()):
            self._attempt("watcher", changed)
        return event

    @property
    def _events(self) -> tuple[Event, ...]:
        """Every event kept, oldest first."""
        return tuple(merge(self._safety.after(0), self._churn.after(0), key=_cursor))

    @property
    def newest(self) -> int:
        """The cursor of the newest event (one below the next)."""
        return self._next - 1

    def events_after(self, cursor: int, limit: int) -> tuple[Event, ...] | Refusal:
        """At most `limit` events with a cursor above `cursor`, in order.

        Where events of coming and going after it are no longer kept, one of the kind `events-dropped` stands
        for them. Refused where safety events after it are no longer kept, and where no event has this cursor.
        """
        oldest = max(self._first, self._safety.dropped_to + 1)
        if cursor < oldest - 1:
            return Refusal(
                Code.CURSOR_TOO_OLD,
                f"cursor {cursor} is older than the oldest event kept, {oldest}",
                {"oldest": str(oldest)},
            )
        if cursor > self.newest:
            return Refusal(
                Code.CURSOR_AHEAD,
                f"cursor {cursor} is above the newest event, {self.newest}",
                {"newest": str(self.newest)},
            )
        rings = self._safety.after(cursor), self._churn.after(cursor), self._forgotten(cursor)
        return tuple(islice(merge(*rings, key=_cursor), limit))

    def _forgotten(self, cursor: int) -> Iterator[Event]:
        """One event in the place of the last of CHURN that fell out, where that was behind this cursor."""
        place = self._churn.dropped_to
        if cursor < place:
            yield self._say("events-dropped", place, self._churn.dropped)

    def _say(self, kind: str, place: int, count: int) -> Event:
        at_s = next((event.at_s for event in self._churn.after(place)), 0.0)
        sentence = f"{count} events of coming and going up to here are no longer kept"
        return Event(place, at_s, kind, "", "", 0, "", sentence, {"events": float(count)})

    def follow(self, cursor: int | None, dreamscape: str, changed: Changed) -> "JournalWatch | Refusal":
        """Follow from `cursor`, or from now on; refused where too many follow already."""
        if len(self._followers) >= WATCHERS_MAX:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watchers follow the events already")
        start = self.newest if cursor is None else cursor
        probe = self.events_after(start, 1)
        if isinstance(probe, Refusal):
            return probe
        self._follower_ids += 1
        self._followers[self._follower_ids] = changed
        number = self._follower_ids
        return JournalWatch(self, start, dreamscape, lambda: self._followers.pop(number, None))


class JournalWatch:
    """One reader of the journal; a refusal once it fell behind what is kept."""

    def __init__(self, journal: Journal, cursor: int, dreamscape: str, leave: Callable[[], object]) -> None:
        self._journal = journal
        self._cursor = cursor
        self._dreamscape = dreamscape
        self._leave = leave

    def take(self, limit: int) -> tuple[Event, ...] | Refusal:
        """The next events of the Dreamscape followed, at most `limit`; what is forgotten is told to all."""
        taken: list[Event] = []
        while len(taken) < limit:
            batch = self._journal.events_after(self._cursor, limit - len(taken))
            if isinstance(batch, Refusal):
                return batch
            if not batch:
                break
            self._cursor = batch[-1].cursor
            taken += [
                e for e in batch if self._dreamscape in ("", e.dreamscape) or e.kind == "events-dropped"
            ]
        return tuple(taken)

    @property
    def cursor(self) -> int:
        """Everything up to here has been taken or is of another Dreamscape."""
        return self._cursor

    def close(self) -> None:
        """Stop following."""
        self._leave()


def _cursor(event: Event) -> int:
    return event.cursor
