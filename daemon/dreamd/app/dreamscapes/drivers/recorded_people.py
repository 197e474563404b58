"""The people of one recording: whether each grants research and `perform` throughout, and their events.

A person is asked when they get a slot, and again with each change of their consent while the recording runs,
also after they have left. The end of a grant by time takes nothing back: the rows until then were granted.
"""

from collections import defaultdict
from typing import Final

from dreamd.core.consent.grant import Scope
from dreamd.core.consent.research import ResearchAnswer
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import Event, SeatState
from dreamd.ports.consent import Consents
from dreamd.ports.recordings import RecordingSink

SEATED: Final = "assigned"
LEFT: Final = "left"


class RecordedPeople:
    """The people of one recording."""

    def __init__(self, seats: Seats, consents: Consents, sink: RecordingSink) -> None:
        """Ask all that have a slot, and those that had one before a restart."""
        self._seats, self._consents, self._sink = seats, consents, sink
        self._seated: set[int] = set()
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        for seat in seats:
            if seat.sleeper and seat.state is not SeatState.LEFT:
                self._ask(seat, seated=seat.slot is not None)

    def takes(self, event: Event) -> bool:
        """Whether the event is recorded; the person of a slot that is given is asked before.

        It names no person, or one that grants `record`, or it ends the seat of one that was recorded.
        """
        if not event.seat:
            return True
        seat = self._seats.numbered(event.seat)
        if seat is None:
            return False
        if event.kind == SEATED:
            self._ask(seat, seated=True)
        if event.seat in self._seated and (seat.slot is not None or event.kind == LEFT):
            self._seated -= {event.seat} if event.kind == LEFT else set()
            return True
        return Scope.RECORD in self._consents.standing(seat.sleeper).scopes

    def on_consent_changed(self, sleeper: str) -> None:
        """Ask again, where this sleeper is in the recording."""
        for number in self._numbers.get(sleeper, ()):
            self._answer(number, sleeper, seated=False)

    def _ask(self, seat: Seat, *, seated: bool) -> None:
        self._numbers[seat.sleeper].add(seat.number)
        if seated:
            self._seated.add(seat.number)
        self._answer(seat.number, seat.sleeper, seated=seated)

    def _answer(self, number: int, sleeper: str, *, seated: bool) -> None:
        standing = self._consents.standing(sleeper)
        codes, performs = frozenset(standing.research), Scope.PERFORM in standing.scopes
        self._sink.take_research(number, ResearchAnswer(codes, seated, performs))
