"""The seats of guests that decline, or are taken off a list: set to zero and released in the call.

The others dream on: their acceptances cover one another. Too few of them are severed by the quorum.
"""

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.core.safety.causes import Cause


class GuestSeats:
    """Releases the seats of guests that may not be seated any more."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes
        dependencies.invitations.left.append(self._release)
        dependencies.consents.changed(self._withdrawn)

    def _release(self, dreamscape: str, sleeper: str) -> None:
        """Take the seat of this sleeper in this Dreamscape out of every later message."""
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        runtime = self._dreamscapes.get(dreamscape)
        if record is None or runtime is None or not runtime.dreamscape.plan.intimate:
            return
        seat = runtime.dreamscape.seats.of(record.pod)
        if seat is None or seat.sleeper != sleeper:
            return
        if seat.slot is not None:
            runtime.dreamscape.assignment.release_for(seat, Cause.WITHDRAWN)
        else:
            runtime.dreamscape.assignment.leave(seat, Cause.WITHDRAWN.value)
        runtime.dreamscape.close_if_home()

    def _withdrawn(self, sleeper: str) -> None:
        """A sleeper that withdraws their consent has declined every invitation."""
        if self._deps.consents.standing(sleeper).withdrawn:
            self._deps.invitations.decline_all(sleeper)
