"""A ring of events: the newest, bounded in number and in bytes, and found by cursor."""

from bisect import bisect_right
from collections.abc import Iterator

from dreamd.core.dreamscapes.views import Event

_EVENT_BYTES = 450
_VALUE_BYTES = 120
"""About what an event without text costs, and each of its figures."""


def size_of(event: Event) -> int:
    """About how many bytes of memory an event takes."""
    return _EVENT_BYTES + len(event.sentence) + len(event.reason) + _VALUE_BYTES * len(event.values)


class EventRing:
    """Holds at most so many events and bytes; the oldest fall out.

    dropped_to: the cursor of the newest event that has fallen out, 0 where none has; dropped: how many have.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._events: list[Event] = []
        self._begin = 0
        self._bytes = 0
        self.dropped_to = 0
        self.dropped = 0

    def __len__(self) -> int:
        """How many are held."""
        return len(self._events) - self._begin

    def append(self, event: Event) -> None:
        """Take in the newest; one event is held however large it is."""
        self._events.append(event)
        self._bytes += size_of(event)
        while len(self) > 1 and (len(self) > self._most or self._bytes > self._most_bytes):
            oldest = self._events[self._begin]
            self._bytes -= size_of(oldest)
            self.dropped_to = oldest.cursor
            self.dropped += 1
            self._begin += 1
        if self._begin > self._most:
            del self._events[: self._begin]
            self._begin = 0

    def after(self, cursor: int) -> Iterator[Event]:
        """Those with a cursor above this one, oldest first; read before another is appended."""
        begin = bisect_right(self._events, cursor, lo=self._begin, key=lambda event: event.cursor)
        return (self._events[at] for at in range(begin, len(self._events)))
