"""The journal: every fact once, in order, for whoever follows it with a cursor.

Bounded: the oldest events fall out, and a follower who was further behind is told so (CURSOR_TOO_OLD)
instead of silently missing some; a cursor above the newest event is refused too (CURSOR_AHEAD). Cursors
begin at the microsecond the process started, so a cursor from an earlier process is always too old and
never points at another event by accident. Its text is fit: a sentence may quote an error of anything
underneath, and every reader's encoder must take it.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Final

from dreamd.app.attempts import Attempt, plainly
from dreamd.app.coordination import Changed
from dreamd.core.limits import JOURNAL_EVENTS, WATCHERS_MAX
from dreamd.core.refusals import Code, Refusal
from dreamd.core.session.views import Event
from dreamwire.text import fit

SENTENCE_MAX: Final = 1000
"""Characters of a sentence that are kept."""


class Journal:
    """Appends events and serves them to followers.

    now_s: the start of this process by the session clock; `capacity` events are kept.
    """

    def __init__(self, now_s: float, capacity: int = JOURNAL_EVENTS, attempt: Attempt = plainly) -> None:
        self._attempt = attempt
        self._events: deque[Event] = deque(maxlen=capacity)
        self._next = int(now_s * 1e6)
        self._followers: dict[int, Changed] = {}
        self._follower_ids = 0
        self._seen: Callable[[Event], None] | None = None

    def observe(self, seen: Callable[[Event], None]) -> None:
        """Call `seen` with every event that is kept, and from now on with each as it is written (the log)."""
        for event in self._events:
            seen(event)
        self._seen = seen

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
        self._events.append(event)
        if self._seen is not None:
            self._attempt("log", partial(self._seen, event))
        for changed in tuple(self._followers.values()):
            self._attempt("watcher", changed)
        return event

    @property
    def newest(self) -> int:
        """The cursor of the newest event (one below the next)."""
        return self._next - 1

    def after(self, cursor: int, limit: int) -> tuple[Event, ...] | Refusal:
        """At most `limit` events with a cursor above `cursor`, in order.

        Refused where the events after it are no longer kept, and where no event has this cursor yet.
        """
        first = self._next - len(self._events)
        if cursor < first - 1:
            return Refusal(
                Code.CURSOR_TOO_OLD,
                f"cursor {cursor} is older than the oldest event kept, {first}",
                {"oldest": str(first)},
            )
        if cursor > self.newest:
            return Refusal(
                Code.CURSOR_AHEAD,
                f"cursor {cursor} is above the newest event, {self.newest}",
                {"newest": str(self.newest)},
            )
        start = max(cursor + 1 - first, 0)
        return tuple(islice(self._events, start, start + limit))

    def follow(self, cursor: int | None, dreamscape: str, changed: Changed) -> "Follower | Refusal":
        """Follow from `cursor`, or from now on; refused where too many follow already."""
        if len(self._followers) >= WATCHERS_MAX:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watchers follow the events already")
        start = self.newest if cursor is None else cursor
        probe = self.after(start, 1)
        if isinstance(probe, Refusal):
            return probe
        self._follower_ids += 1
        self._followers[self._follower_ids] = changed
        number = self._follower_ids
        return Follower(self, start, dreamscape, lambda: self._followers.pop(number, None))


class Follower:
    """One reader of the journal; a refusal once it fell behind what is kept."""

    def __init__(self, journal: Journal, cursor: int, dreamscape: str, leave: Callable[[], object]) -> None:
        self._journal = journal
        self._cursor = cursor
        self._dreamscape = dreamscape
        self._leave = leave

    def take(self, limit: int) -> tuple[Event, ...] | Refusal:
        """The next events of the Dreamscape followed, at most `limit`."""
        taken: list[Event] = []
        while len(taken) < limit:
            batch = self._journal.after(self._cursor, limit - len(taken))
            if isinstance(batch, Refusal):
                return batch
            if not batch:
                break
            self._cursor = batch[-1].cursor
            taken += [e for e in batch if self._dreamscape in ("", e.dreamscape)]
        return tuple(taken)

    @property
    def cursor(self) -> int:
        """Everything up to here has been taken or is of another Dreamscape."""
        return self._cursor

    def close(self) -> None:
        """Stop following."""
        self._leave()
