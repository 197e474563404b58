"""The seats of one Dreamscape: their state, and their view.

A seat is a person's place for the night; a slot (cohort, number, assignment id) is the wire's address for it
and changes with every assign. Arrays decide a sleeper's grant each tick; a seat keeps only the facts that the
next decision or an operator needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, nan
from random import Random

from dreamd.core.dreamscapes.roster import Roster, Slot
from dreamd.core.dreamscapes.views import BreakerState, SeatState, SeatView
from dreamd.core.fleet.freshness import Word, believed
from dreamd.core.limits import SEATS_EVER
from dreamd.core.refusals import Refusal


@dataclass(slots=True)
class Seat:
    """One seat. `returning`: it held a slot before, so an open breaker does not keep it from another.

    disobeyed: its actuator rendered more than was granted, so the pod waits for a fresh slot.
    """

    number: int
    pod: str
    sleeper: str
    state: SeatState = SeatState.WAITING
    refusal: Refusal | None = None
    slot: Slot | None = None
    incarnation: int = 0
    cause: str = ""
    returning: bool = False
    disobeyed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The last tick's readings of one slot; NaN: not known.

    synchrony: own PPC with the group. identity: likeness to the own first window.
    """

    granted: float = 0.0
    distance: float = 0.0
    synchrony: float = nan
    identity: float = nan


NOTHING = Reading()


@dataclass(frozen=True, slots=True)
class Person:
    """The sleeper of a seat. consent: its state. dose_share: of the nearer limit; NaN: not known."""

    consent: str = ""
    dose_share: float = nan


UNKNOWN = Person()


def shown(
    seat: Seat, breaker: BreakerState, cause: str, reading: Reading, word: Word, person: Person = UNKNOWN
) -> SeatView:
    """The seat as the API shows it; word: the last report of its pod, of any age."""
    word = believed(word)
    state = seat.state
    if state is SeatState.ASSIGNED and breaker is not BreakerState.CLOSED:
        state = SeatState.SEVERED
    refusal = seat.refusal
    return SeatView(
        seat=seat.number,
        pod=seat.pod,
        sleeper=seat.sleeper,
        state=state,
        refusal_code=refusal.code.value if refusal else "",
        refusal=str(refusal) if refusal else "",
        granted=reading.granted,
        applied=word.applied,
        quality=word.quality,
        breaker=breaker,
        cause=seat.cause or cause,
        distance=reading.distance if isfinite(reading.distance) else 0.0,
        synchrony=reading.synchrony,
        identity=reading.identity,
        heard_age_s=word.age_s,
        breaker_cause=cause,
        consent=person.consent,
        dose_share=person.dose_share,
    )


class Seats:
    """State of each seat, over the roster's numbers and slots."""

    def __init__(self, most: int, rng: Random) -> None:
        self._rng = rng
        self.renumber(most)

    def renumber(self, most: int) -> None:
        """Begin anew, with so many seats to offer and none taken."""
        self._most = most
        self._roster = Roster(self._rng)
        self._seats: dict[int, Seat] = {}
        self._nameless = 0
        self._at: dict[tuple[int, int], Seat] = {}

    def __iter__(self) -> Iterator[Seat]:
        """All seats, by number, those LEFT included."""
        return iter(tuple(self._seats.values()))

    @property
    def named(self) -> int:
        """The number of seats shown: all but those that were left before this daemon started."""
        return len(self._seats) - self._nameless

    @property
    def taken(self) -> int:
        """The number of seats that are not LEFT."""
        return self._roster.taken

    def resize(self, most: int) -> None:
        """Offer this many seats from now on."""
        self._most = most

    @property
    def full(self) -> bool:
        """Whether no seat is free. A seat that has been left frees its place, up to SEATS_EVER seats."""
        return self._roster.taken >= self._most or len(self._seats) >= SEATS_EVER

    def of(self, pod: str) -> Seat | None:
        """The seat of this pod, if it has one that is not LEFT."""
        held = self._roster.seat_of(pod)
        return self._seats[held.number] if held else None

    def by_assignment(self, assignment: int) -> Seat | None:
        """The seat that holds the slot in force under this assignment id."""
        slot = self._roster.by_assignment(assignment)
        return self._seats[slot.seat] if slot else None

    def assigned_slot(self, assignment: int) -> Slot | None:
        """The slot in force under this assignment id."""
        return self._roster.by_assignment(assignment)

    def at(self, cohort: int, slot: int) -> Seat | None:
        """The seat that holds this slot now."""
        return self._at.get((cohort, slot))

    def numbered(self, number: int) -> Seat | None:
        """The seat with this number."""
        return self._seats.get(number)

    def seat_pod(self, pod: str, sleeper: str) -> Seat:
        """Give the pod a seat: its old one where it had one, else the next."""
        number = self._roster.take_seat(pod, sleeper).number
        self._seats[number] = Seat(number, pod, sleeper)
        return self._seats[number]

    def restore(self, number: int, pod: str, sleeper: str) -> Seat:
        """Put a seat back as the ledger has it; a pod name that begins with # is a placeholder."""
        self._nameless += pod.startswith("#")
        self._roster.restore_seat(number, pod, sleeper)
        self._seats[number] = Seat(number, pod, sleeper, returning=True)
        return self._seats[number]

    def unname(self, sleeper: str) -> None:
        """Let the seats that an erased sleeper has left name nobody."""
        for seat in self._seats.values():
            if seat.sleeper == sleeper and seat.state is SeatState.LEFT:
                seat.sleeper = ""
        self._roster.unname(sleeper)

    def assign(self, seat: Seat) -> Slot:
        """Give the seat a fresh slot."""
        seat.slot = self._roster.assign(seat.number)
        seat.state, seat.refusal, seat.cause = SeatState.ASSIGNED, None, ""
        seat.disobeyed = False
        self._at[seat.slot.cohort, seat.slot.slot] = seat
        return seat.slot

    @property
    def slots_left(self) -> int:
        """The number of slots that can be given now."""
        return self._roster.places.left

    def upcoming(self, count: int) -> tuple[int, ...]:
        """The cohorts that hold the next `count` slots."""
        return self._roster.places.upcoming(count)

    def empty_cohorts(self) -> list[int]:
        """Open cohorts without holders, except the one being filled."""
        return self._roster.places.empty()

    def of_emptiest_cohort(self) -> list[Seat]:
        """The holders of the cohort with the fewest, other than the one being filled."""
        cohort = self._roster.places.emptiest()
        return [] if cohort is None else [self._seats[slot.seat] for slot in self._roster.cohort(cohort)]

    def close_cohort(self, cohort: int) -> None:
        """Close an empty cohort; its slots may be given again under a new term."""
        self._roster.places.close(cohort)

    def void(self, seat: Seat) -> Slot | None:
        """Take the seat's slot back; the seat waits for another."""
        seat.slot, seat.state, seat.returning = None, SeatState.WAITING, True
        return self._given_back(self._roster.release(seat.pod))

    def leave(self, seat: Seat, cause: str) -> Slot | None:
        """Mark the seat LEFT and take its slot back; the seat stays readable."""
        seat.state, seat.cause, seat.slot = SeatState.LEFT, cause, None
        return self._given_back(self._roster.leave(seat.pod))

    def _given_back(self, slot: Slot | None) -> Slot | None:
        if slot is not None:
            self._at.pop((slot.cohort, slot.slot), None)
        return slot

    def holding(self) -> list[Seat]:
        """The seats with a slot in force."""
        return [self._seats[slot.seat] for slot in self._roster.slots]
