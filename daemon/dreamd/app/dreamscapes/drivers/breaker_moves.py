"""The breakers of the pods in one Dreamscape: people trip and reset them, and each move has its effect here.

A move takes or gives weight and coupling in the next message, counts for the mass failure, sets the seat's
cause and is an event. A sever by a breaker waits for its pod's confirmation.
"""

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.safety.breaker import Reset, Transition, Trip
from dreamd.core.safety.causes import Kind, kind_of


class BreakerMoves:
    """Implements `breaker_registry.BreakerListener` for one Dreamscape."""

    def __init__(self, dreamscape: Dreamscape, dependencies: Dependencies) -> None:
        self._dreamscape = dreamscape
        self._deps = dependencies

    def trip(self, record: PodRecord, trip: Trip) -> bool:
        """Open the breaker of a pod that has a seat here; False: it has none."""
        seat = self._dreamscape.seats.of(record.pod)
        if seat is not None:
            self._dreamscape.evaluator.trip(seat, trip)
        return seat is not None

    def reset(self, record: PodRecord, observation: Reset) -> bool:
        """A person resets the breaker of a pod that has a seat here; False: it has none."""
        seat = self._dreamscape.seats.of(record.pod)
        if seat is not None:
            self._dreamscape.evaluator.reset(seat, observation)
        return seat is not None

    def broadcast_for(self, pod: str) -> tuple[int, int] | None:
        """Return (term, tick) of the next broadcast to this pod; None: it holds no slot here."""
        dreamscape = self._dreamscape
        seat = dreamscape.seats.of(pod)
        if seat is None or seat.slot is None:
            return None
        return dreamscape.ownership.held(seat.slot.cohort), dreamscape.cohorts.tick_number + 1

    def on_breaker_moved(self, record: PodRecord, transition: Transition) -> None:
        """Let weight and coupling of the seat follow its breaker in the next message."""
        dreamscape = self._dreamscape
        seat = dreamscape.seats.of(record.pod)
        if seat is None:
            return
        if seat.slot is not None:
            dreamscape.cohorts.moved(seat.slot, record.breaker)
        stopped = transition.after in (BreakerState.OPEN, BreakerState.LOCKED)
        if stopped and transition.cause is not None:
            dreamscape.mass.tripped(seat.pod, transition.cause, transition.at_s, transition.seen_s)
        severed = dreamscape.state is DreamscapeState.SEVERED
        dreamscape.causes.moved(seat, transition, severed=severed)
        dreamscape.version += 1
        dreamscape.log.write_breaker(seat, transition)
        if seat.disobeyed and transition.after is BreakerState.CLOSED and not dreamscape.closing:
            # A pod whose actuator did not obey stays at zero until it is assigned anew; its time has come.
            dreamscape.seat_anew(seat)
        # A pod that is lost on its way cannot confirm its zero.
        confirms = transition.cause is not None and kind_of(transition.cause) is not Kind.TRANSPORT
        if seat.slot is not None and stopped and confirms:
            self._deps.tickets.issue([record.pod])
