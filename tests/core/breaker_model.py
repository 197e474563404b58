"""A second, slower implementation of the breaker: DESIGN 8.1 taken literally, with lists of events."""

from dataclasses import dataclass, field
from math import inf

from dreamd.core.safety.breaker import Bad, Good, Observation, Reset, Tick, Trip
from dreamd.core.safety.causes import Cause, Kind, kind_of

PERSON = (Kind.HARD, Kind.SOFT)


@dataclass
class Model:
    """One sleeper's breaker; every wait is exact."""

    now: float
    state: str = "closed"
    cause: Cause | None = None
    since: float = inf
    until: float = 0.0
    silent: int = 0
    row: int = 0
    good: int = 0
    last_trip: float = -inf
    history: dict[int, bool] = field(default_factory=dict)  # tick -> whether any was bad

    def observe(self, what: Observation, now: float) -> None:
        """One observation at `now`."""
        self.since = min(self.since, self.now)
        self.now = now
        if self.state == "closed" and now - self.since >= 600.0:
            self.last_trip = -inf
        getattr(self, self.state.replace("-", "_"))(what)

    def trip(self, cause: Cause) -> None:
        """Open or lock."""
        kind = kind_of(cause)
        again = kind in PERSON and self.now - self.last_trip <= 1800.0
        self.enter("locked" if again else "open", cause)
        self.until = inf if again else self.now + (1.0 if kind is Kind.TRANSPORT else 30.0)
        if kind in PERSON:
            self.last_trip = self.now

    def enter(self, state: str, cause: Cause | None) -> None:
        """Enter a state with all counts at zero."""
        self.state, self.cause, self.since = state, cause, self.now
        self.silent = self.row = self.good = 0
        self.history = {}

    def half_open_now(self, otherwise: Cause) -> None:
        """Begin to score."""
        self.enter("half-open", self.cause or otherwise)
        self.until = self.now + 60.0

    def closed(self, what: Observation) -> None:
        tick = int(self.now / 0.25)
        match what:
            case Good():
                self.row = self.silent = 0
                self.history[tick] = self.history.get(tick, False)
            case Tick():
                self.silent += 1
                if self.silent > 3:
                    self.trip(Cause.SILENCE)
            case Trip(cause):
                self.trip(cause)
            case Bad(cause) if kind_of(cause) in (Kind.HARD, Kind.TRANSPORT):
                self.trip(cause)
            case Bad(cause) if kind_of(cause) is Kind.SOFT:
                self.silent = 0
                self.row += 1
                self.history[tick] = True
                window = [bad for at, bad in self.history.items() if tick - at < 40]
                half = len(window) >= 20 and sum(window) >= len(window) / 2
                if self.row >= 5 or half:
                    self.trip(cause)
            case _:
                pass

    def open(self, what: Observation) -> None:
        held = self.cause is not None and kind_of(self.cause) in PERSON
        way = self.cause is not None and kind_of(self.cause) is Kind.TRANSPORT
        match what:
            case Trip(cause) if kind_of(cause) is Kind.TRANSPORT:
                return
            case Trip() if held:
                self.until = self.now + 30.0
                return
            case Trip(cause):
                self.trip(cause)
                return
            case Bad(cause) if kind_of(cause) is Kind.HARD and not held:
                self.trip(cause)
                return
            case _:
                pass
        soft = isinstance(what, Bad) and kind_of(what.cause) is Kind.SOFT
        if self.now >= self.until and (not way or soft or isinstance(what, Good)):
            self.half_open_now(Cause.UNKNOWN)

    def half_open(self, what: Observation) -> None:
        blame = self.cause or Cause.UNKNOWN
        match what:
            case Trip(cause):
                self.trip(cause)
                return
            case Bad(cause) if kind_of(cause) in (Kind.HARD, Kind.TRANSPORT):
                self.trip(cause)
                return
            case Bad(cause) if kind_of(cause) is Kind.SOFT:
                self.good = self.silent = 0
                blame = cause
            case Good():
                self.silent = 0
                self.good += 1
                if self.good == 30:
                    self.enter("closed", self.cause)
                    return
            case Tick():
                self.silent += 1
                blame = Cause.SILENCE
                if self.silent > 3:
                    self.trip(blame)
                    return
            case _:
                pass
        if self.now >= self.until:
            self.trip(blame)

    def locked(self, what: Observation) -> None:
        match what:
            case Reset(by, reason) if by.strip() and reason.strip():
                self.half_open_now(Cause.OPERATOR)
            case _:
                pass
