"""The log of one Dreamscape: each fact is written into the journal under its name and at the time of now."""

from dreamd.app.events.journal import Journal
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import BreakerState, Event
from dreamd.core.safety.breaker import Transition
from dreamd.ports.clock import SessionClock


class DreamscapeLog:
    """Writes the events of one Dreamscape."""

    def __init__(self, journal: Journal, clock: SessionClock, dreamscape: str) -> None:
        self._journal = journal
        self._clock = clock
        self.dreamscape = dreamscape

    def append_event(
        self,
        kind: str,
        sentence: str,
        cause: str = "",
        *,
        reason: str = "",
        values: dict[str, float] | None = None,
        acted_s: float = 0.0,
    ) -> Event:
        """Write a fact about the Dreamscape; reason: the part of it that the operator's log may hold.

        acted_s: when it happened by its sender's account, session time; 0: not known. Returns the event.
        """
        return self._journal.append(
            self._clock.now_s(),
            kind,
            sentence,
            dreamscape=self.dreamscape,
            cause=cause,
            values=values,
            acted_s=acted_s,
            reason=reason,
        )

    def write_seat(
        self, kind: str, seat: Seat, sentence: str, cause: str = "", values: dict[str, float] | None = None
    ) -> None:
        """Write a fact about one seat."""
        self.write_pod(kind, seat.pod, seat, sentence, cause, values)

    def write_pod(
        self,
        kind: str,
        pod: str,
        seat: Seat | None,
        sentence: str,
        cause: str = "",
        values: dict[str, float] | None = None,
        *,
        acted_s: float = 0.0,
        reason: str = "",
    ) -> None:
        """Write a fact about a pod. acted_s: when it happened by the pod's own clock, 0: not known."""
        self._journal.append(
            self._clock.now_s(),
            kind,
            sentence,
            dreamscape=self.dreamscape,
            pod=pod,
            seat=seat.number if seat is not None else 0,
            cause=cause,
            values=values,
            acted_s=acted_s,
            reason=reason,
        )

    def write_breaker(self, seat: Seat, transition: Transition) -> None:
        """Write that the breaker of a seat's pod has moved."""
        cause = transition.cause.value if transition.cause else ""
        tripped = transition.after in (BreakerState.OPEN, BreakerState.LOCKED)
        because = f": {cause}" if tripped and cause else ""
        detail = f" ({transition.detail})" if transition.detail else ""
        self.write_pod(
            "breaker-tripped" if tripped else "breaker-changed",
            seat.pod,
            seat,
            f"breaker of {seat.pod} is {transition.after.value}{because}{detail}",
            cause,
            reason=f"{transition.after.value}{because}",
        )
