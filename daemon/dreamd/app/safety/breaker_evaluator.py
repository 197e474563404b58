"""The breaker evaluator: once a tick, frames and silence become observations of the breakers of seated pods.

Only seats that need attention are looked at one by one: those that gave cause this tick, and those whose
breaker is not closed or still counts something. The others cost nothing. One broken sleeper never moves
another's breaker.

If more than half of the pods are missing at once, the uplink is lost: our own way to the pods is broken. Then
no breaker trips for a missing frame, nothing is granted, and an event reports it. A will of the broker makes
no difference to that, for a switch ends connections as a crash does. Only after half a minute are the pods
gone whose will was published: their breakers trip for a cause of transport, and the others go on.
"""

from dataclasses import dataclass

from dreamd.app.collective.cohorts import Cohorts, SlotAt
from dreamd.app.collective.slot_conditions import Condition, SlotConditions
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.app.safety.breaker_registry import BreakerRegistry
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.limits import OWN_FAULT_HOLDS_S, QUALITY_OUT
from dreamd.core.safety.breaker import Bad, Good, Observation, Reset, Tick, Trip
from dreamd.core.safety.causes import Cause, Kind, kind_of
from dreamd.core.safety.quorum import own_fault
from dreamd.ports.clock import SessionClock
from dreamwire.messages import StoredSever


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one tick. blind: most frames are missing at once; missing: of so many pods."""

    blind: bool
    missing: int


class BreakerEvaluator:
    """Observes the breakers of one Dreamscape's seats."""

    def __init__(
        self,
        seats: Seats,
        cohorts: Cohorts,
        fleet: PodRegistry,
        breakers: BreakerRegistry,
        clock: SessionClock,
    ) -> None:
        self._seats = seats
        self._conditions = SlotConditions(cohorts)
        self._fleet = fleet
        self._breakers = breakers
        self._clock = clock
        self._attention: dict[int, Seat] = {}
        self.blind = False
        self._blind_s = 0.0

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
        out = set[int]() if going_home else self._look_at_uplink(stale, assigned)
        condition = self._conditions.condition_of(instant) if self._attention else None
        for number, seat in self._attention.items():
            if number not in signs and seat.slot is not None and condition is not None:
                signs[number] = (seat, _sign(condition(seat.slot)))
        heard = not self.blind and not going_home
        for seat, sign in signs.values():
            if heard or seat.number in out or _of_the_sleeper(sign):
                self._observe(seat, sign)
        return Verdict(self.blind, len(stale))

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

    def _look_at_uplink(self, stale: list[Seat], assigned: int) -> set[int]:
        """Set `blind`; return the numbers of the seats whose published will counts all the same.

        When the uplink is back, HALF_OPEN deadlines begin anew: an outage of ours locks no breaker.
        """
        now_s = self._clock.now_s()
        records = ((seat.number, self._fleet.get(seat.pod)) for seat in stale)
        offline = {number: record for number, record in records if record is not None and not record.online}
        gone = sum(not record.breaker.may_couple for record in offline.values())
        was_blind, self.blind = self.blind, own_fault(len(stale) - gone, assigned - gone)
        if self.blind and not was_blind:
            self._blind_s = now_s
        elif was_blind and not self.blind:
            for seat in self._attention.values():
                record = self._fleet.get(seat.pod)
                if record is not None:
                    self._breakers.restart_scoring(record)
        lasting = now_s - self._blind_s >= OWN_FAULT_HOLDS_S
        return set(offline) if lasting else set()

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
