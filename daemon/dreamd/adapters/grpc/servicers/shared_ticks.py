"""Ticks as bytes: encoded once for all watchers of the same form.

Two forms of a Dreamscape are kept, with its seats and without, each only while it has a watcher. The first
watcher that takes a tick encodes it, the others get the same bytes. Only `skipped` differs; it is appended,
because a protobuf message may be given in parts. Seats are made and encoded SLICE at a time, and the event
loop runs between two slices, so ten thousand seats delay neither a tick nor a Sever. Of more than SLICE seats
the later ones may show the next tick's figures.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from dreamapi.v1.dreamscapes_pb2 import Collective
from dreamd.adapters.grpc.servicers import responses
from dreamd.app.events.watcher_budget import WatcherBudget
from dreamd.core.dreamscapes.views import CollectiveView, SeatView

SLICE: Final = 100
"""Seats encoded in one turn of the event loop: about a millisecond."""


class SharedTick:
    """The newest tick of one Dreamscape in one form."""

    def __init__(self, budget: WatcherBudget, *, with_seats: bool) -> None:
        self._budget = budget
        self._with_seats = with_seats
        self._lock = asyncio.Lock()
        self._number: tuple[int, int] | None = None
        self._bytes = b""
        self.watchers = 0
        self.encodings = 0

    async def encoded(self, view: CollectiveView) -> bytes:
        """The message for a watcher that has taken this view, `skipped` included."""
        number = (view.term, view.tick)
        if self._number != number:
            seats = view.seats if self._with_seats else ()
            async with self._lock:
                # The previous holder of the lock may have encoded it, or may have been cancelled halfway.
                if self._number is None or self._number < number:
                    self._bytes, self._number = await self._encode(view, seats), number
        if not view.skipped:
            return self._bytes
        return self._bytes + Collective(skipped=view.skipped).SerializeToString()

    async def _encode(self, view: CollectiveView, seats: Sequence[SeatView]) -> bytes:
        self.encodings += 1
        parts = [responses.collective(view).SerializeToString()]
        for start in range(0, len(seats), SLICE):
            if start:
                await asyncio.sleep(0)
            # The first slice runs in the turn that woke the watcher and is charged there; later slices here.
            with self._budget.spending() if start else nullcontext():
                shown = [responses.seat(view.dreamscape, one) for one in seats[start : start + SLICE]]
                parts.append(Collective(seats=shown).SerializeToString())
        return b"".join(parts)


class Ticks:
    """Every form of every Dreamscape that has a watcher."""

    def __init__(self, budget: WatcherBudget) -> None:
        self._budget = budget
        self._shared: dict[tuple[str, bool], SharedTick] = {}

    @contextmanager
    def shared(self, dreamscape: str, *, with_seats: bool) -> Iterator[SharedTick]:
        """The form for one watcher, while it watches."""
        key = (dreamscape, with_seats)
        shared = self._shared.setdefault(key, SharedTick(self._budget, with_seats=with_seats))
        shared.watchers += 1
        try:
            yield shared
        finally:
            shared.watchers -= 1
            if not shared.watchers:
                del self._shared[key]
