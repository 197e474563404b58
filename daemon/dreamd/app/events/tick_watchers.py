"""Watching a Dreamscape: the newest tick, and how many ticks this watcher has missed.

Nothing is queued. A watch remembers the number of the tick it last took. The next one is made from the newest
arrays when the first watcher takes it, and is one view for all of them. So a tick that no watcher takes costs
nothing, and a thousandth watcher costs no second view.
"""

from collections.abc import Callable
from dataclasses import replace

from dreamd.app.events.attempts import Attempt, plainly
from dreamd.app.events.subscriptions import Changed
from dreamd.core.dreamscapes.views import CollectiveView
from dreamd.core.limits import WATCHERS_MAX
from dreamd.core.refusals import Code, Refusal


class Newest:
    """The newest tick as one view for all its watchers, made when the first of them takes it."""

    def __init__(
        self, number: Callable[[], tuple[int, int]], make: Callable[[], CollectiveView | None]
    ) -> None:
        """number: term and tick of the newest tick, at no cost; make: its view."""
        self._number = number
        self._make = make
        self._kept: tuple[tuple[int, int], CollectiveView] | None = None

    def view(self, seen: tuple[int, int] | None) -> CollectiveView | None:
        """The newest tick; None where there is none, or it is the one that was seen."""
        number = self._number()
        if number == seen:
            return None
        if self._kept is None or self._kept[0] != number:
            made = self._make()
            self._kept = (number, made) if made is not None else None
        return self._kept[1] if self._kept is not None else None

    def drop_tick(self) -> None:
        """A tick has closed: what was kept is old."""
        self._kept = None


class CollectiveWatching:
    """One watcher."""

    def __init__(
        self,
        newest: Newest,
        ended: Callable[[], bool],
        changed: Changed,
        leave: Callable[[], object],
    ) -> None:
        self._newest = newest
        self._ended = ended
        self._leave = leave
        self._seen: tuple[int, int] | None = None
        self._ticks_since = 0
        self.changed = changed

    def mark(self) -> None:
        """A tick has closed."""
        self._ticks_since += 1
        self.changed()

    def take(self) -> CollectiveView | None:
        """The newest tick not yet taken."""
        view = self._newest.view(self._seen)
        if view is None:
            return None
        skipped = max(self._ticks_since - 1, 0) if self._seen else 0
        self._seen, self._ticks_since = (view.term, view.tick), 0
        return replace(view, skipped=skipped) if skipped else view

    @property
    def ended(self) -> bool:
        """The Dreamscape has ended."""
        return self._ended()

    def close(self) -> None:
        """Stop watching."""
        self._leave()


class TickWatchers:
    """The watchers of one Dreamscape."""

    def __init__(
        self,
        newest: Newest,
        ended: Callable[[], bool],
        attempt: Attempt = plainly,
    ) -> None:
        self._newest = newest
        self._ended = ended
        self._attempt = attempt
        self._watches: dict[int, CollectiveWatching] = {}
        self._numbers = 0

    def join(self, changed: Changed) -> CollectiveWatching | Refusal:
        """Begin to watch; refused where too many do."""
        if len(self._watches) >= WATCHERS_MAX:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHERS_MAX} watchers watch this Dreamscape already")
        self._numbers += 1
        number = self._numbers
        watch = CollectiveWatching(
            self._newest, self._ended, changed, lambda: self._watches.pop(number, None)
        )
        self._watches[number] = watch
        return watch

    def tell(self) -> None:
        """A tick has closed, or the Dreamscape has ended."""
        self._newest.drop_tick()
        for watch in tuple(self._watches.values()):
            self._attempt("watcher", watch.mark)
