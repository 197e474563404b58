"""Views and records of breakers: plain values. Times are session-clock seconds, 0 for never."""

from dataclasses import dataclass

from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause


@dataclass(frozen=True, slots=True)
class BreakerMove:
    """One move of a breaker. detail: the observation, or the name of the person and their reason."""

    at_s: float
    before: BreakerState
    after: BreakerState
    cause: str
    detail: str


@dataclass(frozen=True, slots=True)
class BreakerView:
    """A breaker, of a pod or of a Dreamscape. name: pods/{pod} or dreamscapes/{dreamscape}.

    until_s: end of the wait (open) or the deadline of the scoring (half-open). evidence: the detail of the
    last move. history: the last moves, oldest first.
    """

    name: str
    state: BreakerState
    cause: str
    since_s: float
    until_s: float
    tripped_s: float
    evidence: str
    history: tuple[BreakerMove, ...]
    etag: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest counted trip of a breaker; a second one within the lock time locks it.

    term, tick: of the broadcast up to which this breaker's moves are included. A sever that a pod has stored
    for a later broadcast is new.
    """

    pod: str
    cause: Cause
    tripped_s: float
    term: int
    tick: int

    def tells_of(self, term: int, tick: int) -> bool:
        """Whether a sever at this broadcast is already included."""
        return (term, tick) <= (self.term, self.tick)


@dataclass(frozen=True, slots=True)
class Lock:
    """A breaker that is LOCKED, as the ledger keeps it: no restart resets it."""

    pod: str
    cause: Cause
    since_s: float
    evidence: str
