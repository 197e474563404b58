"""First causes: a sleeper is at zero for one cause, the first, under one word on every screen.

Several causes may hold one sleeper at zero at once: a bed that has railed may be in a Dreamscape that an
operator severs a minute later. Rules:

- The first cause stays on the seat until the sleeper may be merged again: with Resume, or, while the
  Dreamscape dreams, once the breaker has closed.
- A pod at which the coupling byte has become zero can only report that the daemon set it. So the daemon keeps
  the cause of its zero with the pod, and the pod's later report gets that word. Once the pod reports that it
  is merged, nothing is kept any more.
"""

from dreamd.app.fleet.registry import PodRecord, PodRegistry, breaker_cause
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.breaker import Transition
from dreamd.core.safety.causes import Cause, act, is_cause


class FirstCauses:
    """Keeps the first cause of seats and pods."""

    def __init__(self, fleet: PodRegistry) -> None:
        self._fleet = fleet

    def hold(self, seat: Seat, cause: Cause) -> None:
        """The seat's sleeper is set to zero for this cause."""
        seat.cause = seat.cause or cause.value
        record = self._fleet.get(seat.pod)
        if record is not None:
            record.zeroed_for = record.zeroed_for or cause.value

    def moved(self, seat: Seat, transition: Transition, *, severed: bool) -> None:
        """The seat's breaker has moved; severed: its Dreamscape is."""
        if transition.after in (BreakerState.OPEN, BreakerState.LOCKED) and transition.cause is not None:
            self.hold(seat, transition.cause)
        elif transition.after is BreakerState.CLOSED and not severed:
            self.release_seat(seat)

    def release_seat(self, seat: Seat) -> None:
        """The Dreamscape holds the seat's sleeper no longer; an open breaker keeps its own cause."""
        seat.cause = ""
        record = self._fleet.get(seat.pod)
        if record is not None:
            record.zeroed_for = breaker_cause(record)

    @staticmethod
    def left(record: PodRecord, cause: str) -> None:
        """The pod has lost its seat; `gone` and `home` are no causes of a sever."""
        if is_cause(cause):
            record.zeroed_for = record.zeroed_for or cause

    @staticmethod
    def told(record: PodRecord, cause: str, withheld: str) -> str:
        """Return the word for a sever that the pod reports; withheld: why nothing is granted now, if so."""
        return act(cause, record.zeroed_for or withheld)

    @staticmethod
    def merged(record: PodRecord) -> None:
        """The pod reports that it is coupled: its next sever has a cause of its own."""
        record.zeroed_for = ""


def because(cause: Cause, reason: str) -> str:
    """The cause by its one word, and the reason that was given."""
    return f"{cause.value}: {reason}" if reason and reason != cause.value else cause.value
