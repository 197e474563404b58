"""The seat of an artist that is a sleeper as well.

Rules
- An artist in a pod is severed like every sleeper, and then leads no more: not while the seat is at zero, nor
  after a seat that was lost to a sever, until the sleeper is merged here again.
- A seat that was left in peace (checked out, the night over) stops no lead. A release is in peace once the
  sleeper has got up; before that it is an order.
- An artist that sleeps elsewhere is stopped by the breaker of that pod.
"""

from typing import Final

from dreamd.app.fleet.registry import PodRegistry, breaker_cause
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import BreakerState, SeatState
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause, is_cause

IN_PEACE: Final = frozenset(
    cause.value
    for cause in (
        Cause.RELEASED,
        Cause.LEFT,
        Cause.STOPPED,
        Cause.DURATION,
        Cause.RECORDING_OVER,
        Cause.REASSIGNED,
        Cause.TIME_OVER,
        Cause.ENDED,
        Cause.SHUTDOWN,
    )
)
"""Causes of leaving a seat that are no sever."""


class LeaderSeat:
    """The seat of one artist in one Dreamscape. sleeper: the artist's own; empty: the artist is none."""

    def __init__(self, sleeper: str, seats: Seats, fleet: PodRegistry) -> None:
        self._sleeper = sleeper
        self._seats = seats
        self._fleet = fleet
        taken = [seat for seat in seats if seat.sleeper == sleeper] if sleeper else []
        self._seat: Seat | None = taken[-1] if taken else None

    def lead_refused(self) -> Refusal | None:
        """Return why the artist may not lead now; None: as a sleeper the artist is not severed."""
        cause = self._severed_for()
        if not cause:
            return None
        return Refusal(
            Code.LEADER_SEVERED, f"as a sleeper this artist was severed: {cause}", {"cause": cause}
        )

    def _severed_for(self) -> str:
        """The cause for which the sleeper is at zero, or lost the seat; empty: none."""
        if not self._sleeper:
            return ""
        record = self._fleet.get(self._fleet.pod_of(self._sleeper))
        seat = self._seats.of(record.pod) if record is not None else None
        if seat is not None and seat.sleeper == self._sleeper:
            self._seat = seat
        if record is not None and record.breaker.state is not BreakerState.CLOSED:
            return breaker_cause(record) or Cause.UNKNOWN.value
        held = self._seat
        if held is None:
            return ""
        if held.state is SeatState.LEFT and self._in_peace(held.cause, lying=record is not None):
            return ""
        return held.cause if is_cause(held.cause) else ""

    @staticmethod
    def _in_peace(cause: str, *, lying: bool) -> bool:
        return cause in IN_PEACE and not (lying and cause == Cause.RELEASED.value)
