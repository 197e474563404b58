"""Watches of cases: first every case that has not ended, in level order, then each change.

A watch keeps the newest form of each case that its reader has not taken: a case that changed twice comes
once, so it holds no more than there are cases. A reader that takes nothing while thousands change is refused.
"""

from collections.abc import Callable, Iterable
from typing import Final

from dreamd.app.events.subscriptions import Changed
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.refusals import Code, Refusal

WATCHES_MOST: Final = 64
WAITING_MOST: Final = 10_000
"""Cases that wait for one reader."""

Sees = Callable[[KeptCase], bool]


class WatchedCases:
    """Implements `CaseWatch`."""

    def __init__(
        self, first: Iterable[KeptCase], sees: Sees, changed: Changed, leave: Callable[[], None]
    ) -> None:
        self._waiting = {one.case.id: one for one in first if sees(one)}
        self._sees = sees
        self._changed = changed
        self._leave = leave
        self._behind = False

    def tell_case(self, kept: KeptCase) -> None:
        """A case has changed."""
        if not self._sees(kept) or self._behind:
            return
        self._waiting[kept.case.id] = kept
        if len(self._waiting) > WAITING_MOST:
            self._behind = True
            self._waiting.clear()
        self._changed()

    def take_cases(self, most: int) -> tuple[KeptCase, ...] | Refusal:
        """At most so many, the gravest first."""
        if self._behind:
            sentence = f"more than {WAITING_MOST} cases have changed and were not taken"
            return Refusal(Code.CURSOR_TOO_OLD, sentence)
        taken = sorted(self._waiting.values(), key=lambda one: one.order)[:most]
        for one in taken:
            del self._waiting[one.case.id]
        return tuple(taken)

    def close(self) -> None:
        """Stop watching."""
        self._leave()


class CaseWatches:
    """The watches there are; told of every change of the book."""

    def __init__(self) -> None:
        self._watches: dict[int, WatchedCases] = {}
        self._newest = 0

    def tell_case(self, kept: KeptCase) -> None:
        """A case has changed."""
        for one in tuple(self._watches.values()):
            one.tell_case(kept)

    def open_watch(self, first: Iterable[KeptCase], sees: Sees, changed: Changed) -> WatchedCases | Refusal:
        """Watch the cases that `sees` lets through."""
        if len(self._watches) >= WATCHES_MOST:
            return Refusal(Code.TOO_MANY_WATCHERS, f"{WATCHES_MOST} watchers follow the cases already")
        self._newest += 1
        number = self._newest

        def leave() -> None:
            self._watches.pop(number, None)

        watch = self._watches[number] = WatchedCases(first, sees, changed, leave)
        return watch
