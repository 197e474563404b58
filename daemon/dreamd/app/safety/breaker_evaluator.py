"""The breaker evaluator: once a tick, frames and silence become observations of the breakers of seated pods.

Only seats that need attention are looked at one by one: those that gave cause this tick, and those whose
breaker is not closed or still counts something. The others cost nothing. One broken sleeper never moves
another's breaker.

If most pods at a broker are missing at once, our own way to it is lost (`own_ways`). Then no breaker there
trips for a missing frame, nothing is granted there, and an event reports it. Only after half a minute are the
pods gone whose will was published: their breakers trip for a cause of transport, and the others go on.
"""

from dataclasses import dataclass

from dreamd.app.collective.cohorts import Cohorts, SlotAt
from dreamd.app.collective.slot_conditions import Condition, SlotConditions
from dreamd.app.fleet.broker_states import BrokerStates
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.app.safety.own_ways import OwnWays
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.limits import QUALITY_OUT
from dreamd.core.safety.breaker import Bad, Good, Observation, Reset, Tick, Trip
from dreamd.core.safety.causes import Cause, Kind, kind_of
from dreamd.ports.clock import SessionClock
from dreamwire.messages import StoredSever


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one tick. lost, back: the brokers whose way is lost, and is back since the last tick."""

    lost: frozenset[int]
    back: frozenset[int]


class BreakerEvaluator:
    """Observes the breakers of one Dreamscape's seats."""

    def __init__(
        self,
        seats: Seats,
        cohorts: Cohorts,
        fleet: PodRegistry,
        breakers: BreakerRegistry,
        clock: SessionClock,
        brokers: BrokerStates,
    ) -> None:
        self._seats = seats
        self._conditions = SlotConditions(cohorts)
        self._fleet = fleet
        self._breakers = breakers
        self._rows = cohorts.brokers
        self.ways = OwnWays(fleet, brokers, clock)
        self._attention: dict[int, Seat] = {}

    @property
    def blind(self) -> bool:
        """Whether every way to a pod of the Dreamscape is lost."""
        return self.ways.blind

    def attend(self, seat: Seat) -> None:
        """Look at this seat every tick until nothing is held against it."""
        self._attention[seat.number] = seat

    def forget_seat(self, seat: Seat) -> None:
        """The seat holds no slot any more."""
        self._attention.pop(seat.number, None)

    def trip(self, seat: Seat, trip: Trip) -> None:
        """Open the breaker of this seat's pod now; one that is open for the same cause stays as it is."""
        record = self._fleet.get(seat.pod)
        seat.disobeyed = seat.disobeyed or trip.cause is Cause.ACTUATOR
        if record is None or (
            record.breaker.state is BreakerState.OPEN and record.breaker.cause is trip.cause
        ):
            return
        self._breakers.apply(record, trip)
        self.attend(seat)

    def reset(self, seat: Seat, observation: Reset) -> None:
        """A person resets the locked breaker of this seat's pod: its frames are scored from now on."""
        record = self._fleet.get(seat.pod)
        if record is not None:
            self._breakers.apply(record, observation)
            self.attend(seat)

    def adopt(self, record: PodRecord, severed: StoredSever | None, *, closed: bool = False) -> None:
        """The pod of a restored seat has reported: its breaker starts by the last sever that it has stored.

        closed: it starts CLOSED, as the last owner handed it over. A lock stays: no restart resets it. So
        does a breaker that the pod's events have moved already.
        """
        locked = record.breaker.state is BreakerState.LOCKED
        if not locked and self._breakers.is_initial(record):
            well = closed and self._breakers.adopt_closed(record)
            if not well:
                self._breakers.adopt_stored(record, severed)

    def tick(self, instant: int, assigned: int, *, going_home: bool = False) -> Verdict:
        """Observe one tick, before it is fused. assigned: how many hold a slot.

        going_home: the pods were ordered to leave, so their silence is obedience. Evidence about a sleeper
        or a device counts all the same.
        """
        signs: dict[int, tuple[Seat, Observation]] = {}
        stale: list[Seat] = []
        for at, cause in self._found(instant):
            seat = self._seats.at(at.cohort, at.slot)
            if seat is not None:
                bad = Bad(cause, self._conditions.evidence(at, cause, instant))
                signs.setdefault(seat.number, (seat, bad))
                stale += [seat] if cause is Cause.STALE else []
        lost = self.ways.lost
        out = set[int]() if going_home else self._judge_ways(stale, assigned)
        condition = self._conditions.condition_of(instant) if self._attention else None
        for number, seat in self._attention.items():
            if number not in signs and seat.slot is not None and condition is not None:
                signs[number] = (seat, _sign(condition(seat.slot)))
        for seat, sign in signs.values():
            heard = not going_home and not self.ways.excuses(seat)
            if heard or seat.number in out or _of_the_sleeper(sign):
                self._observe(seat, sign)
        return Verdict(self.ways.lost, lost - self.ways.lost)

    def _found(self, instant: int) -> list[tuple[SlotAt, Cause]]:
        """The slots that give cause in this tick, worst cause first."""
        conditions = self._conditions
        if conditions.all_healthy(instant, QUALITY_OUT):
            return []
        return [
            *((at, Cause.ACTUATOR) for at in conditions.over_rendering_slots(instant)),
            *((at, Cause.STALE) for at in conditions.stale_slots(instant)),
            *((at, Cause.LOST) for at in conditions.lossy_slots()),
            *((at, Cause.QUALITY) for at in conditions.low_quality_slots(instant, QUALITY_OUT)),
        ]

    def _judge_ways(self, stale: list[Seat], assigned: int) -> set[int]:
        """Judge the ways; return the numbers of the seats whose published will counts all the same.

        When a way is back, HALF_OPEN deadlines there begin anew: an outage of ours locks no breaker.
        """
        before = self.ways.lost
        out = self.ways.judge_ways(stale, lambda n: [assigned] if n == 1 else self._rows.assigned(n))
        self._rows.cut(self.ways.lost)
        back = before - self.ways.lost
        for seat in self._attention.values() if back else ():
            record = self._fleet.get(seat.pod)
            if record is not None and record.broker in back:
                self._breakers.restart_scoring(record)
        return out

    def _observe(self, seat: Seat, sign: Observation) -> None:
        record = self._fleet.get(seat.pod)
        if record is None:
            return
        if isinstance(sign, Bad) and sign.cause is Cause.ACTUATOR:
            seat.disobeyed = True
        self._breakers.apply(record, sign)
        breaker = record.breaker
        if breaker.state is BreakerState.CLOSED and not breaker.bad and not breaker.row:
            self._attention.pop(seat.number, None)
        else:
            self.attend(seat)


def _of_the_sleeper(sign: Observation) -> bool:
    """Whether an observation is about a sleeper or a device, and not about the way to them."""
    return isinstance(sign, Good) or (isinstance(sign, Bad) and kind_of(sign.cause) is not Kind.TRANSPORT)


def _sign(condition: Condition) -> Observation:
    """Return the observation of a slot; a frame that is neither sound nor poor is too old to count."""
    if condition.sound:
        return Good()
    return Bad(Cause.QUALITY) if condition.poor else Tick()
