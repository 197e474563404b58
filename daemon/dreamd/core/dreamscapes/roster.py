"""Seats and slots of one Dreamscape: seats for people, slots for the wire.

A seat (1, 2, 3, ...) is the number that the API shows; it belongs to one sleeper in one pod for the whole
night. A slot is a place in a cohort's broadcast. The two are apart because a message for a slot may still be
in transit when its pod leaves: if the next sleeper got the slot, a delayed message would reach the wrong
person.

Rules
- A slot is given once per term and never reused; a full cohort opens another. A cohort that is empty may be
  closed and opened again, under a new term (`slot_places`).
- Every assignment has a random id, never 0, never one of the last IDS_KEPT this roster has given: frames
  carry it in place of a name.
- A seat that has been left keeps its number; the same sleeper in the same pod gets it back, with a new slot.
- A new term voids every assignment at once and starts the slots from the beginning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from dreamd.core.dreamscapes.slot_places import COHORTS_MAX, SlotPlaces, SlotsExhausted

__all__ = ["COHORTS_MAX", "IDS_KEPT", "Roster", "Seat", "Slot", "SlotsExhausted"]

IDS_KEPT: Final = 1 << 16
"""Assignment ids that are remembered; of 2^64 one is drawn twice by chance in no lifetime."""

_ID_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat, its pod and its sleeper."""

    number: int
    pod: str
    sleeper: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One assignment: a place in a cohort's broadcast, under an id that frames carry."""

    cohort: int
    slot: int
    assignment_id: int
    seat: int
    pod: str


class Roster:
    """Seats and slots of one Dreamscape. `rng` draws the assignment ids; give it real entropy in service."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._seats: dict[int, Seat] = {}
        self._seat_of_pod: dict[str, int] = {}
        self._slots: dict[int, Slot] = {}  # by seat
        self._by_assignment: dict[int, Slot] = {}
        self._numbers: dict[tuple[str, str], int] = {}  # numbers of seats, by pod and sleeper
        self.places = SlotPlaces()
        self._ids_given: dict[int, None] = {}

    @property
    def cohorts(self) -> int:
        """The number of open cohorts."""
        return self.places.open

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Every seat ever taken, by number, those that have been left included."""
        return tuple(self._seats.values())

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every assignment in force, in the order given."""
        return tuple(self._slots.values())

    @property
    def taken(self) -> int:
        """The number of seats held now."""
        return len(self._seat_of_pod)

    def take_seat(self, pod: str, sleeper: str) -> Seat:
        """Give this sleeper in this pod a seat: the one they hold or held before, else the next number.

        A pod with a new sleeper leaves its old seat, and with it its slot.
        """
        held = self.seat_of(pod)
        if held is not None and held.sleeper == sleeper:
            return held
        if held is not None:
            self.leave(pod)
        number = self._numbers.get((pod, sleeper))
        seat = Seat(len(self._seats) + 1, pod, sleeper) if number is None else self._seats[number]
        if number is None:
            self._seats[seat.number] = seat
            self._numbers[pod, sleeper] = seat.number
        self._seat_of_pod[pod] = seat.number
        return seat

    def restore_seat(self, number: int, pod: str, sleeper: str) -> Seat:
        """Put back a seat read from the ledger, under the number it had; seats come in order from 1.

        Raises:
            ValueError: the number is not the next one.
        """
        if number != len(self._seats) + 1:
            raise ValueError(f"seat {number} cannot follow {len(self._seats)} seats")
        seat = Seat(number, pod, sleeper)
        self._seats[number] = seat
        self._seat_of_pod[pod] = number
        self._numbers.setdefault((pod, sleeper), number)
        return seat

    def unname(self, sleeper: str) -> None:
        """Name nobody on the seats that an erased sleeper has left; another time in the pod is a new seat."""
        for (pod, who), number in tuple(self._numbers.items()):
            if who == sleeper and self._seat_of_pod.get(pod) != number:
                del self._numbers[pod, who]
                self._seats[number] = Seat(number, pod, "")

    def seat_of(self, pod: str) -> Seat | None:
        """The seat this pod holds now."""
        number = self._seat_of_pod.get(pod)
        return None if number is None else self._seats[number]

    def seat(self, number: int) -> Seat | None:
        """The seat with this number."""
        return self._seats.get(number)

    def slot_of(self, pod: str) -> Slot | None:
        """The assignment of this pod."""
        number = self._seat_of_pod.get(pod)
        return None if number is None else self._slots.get(number)

    def by_assignment(self, assignment_id: int) -> Slot | None:
        """The assignment in force under this id; None once released, or never given."""
        return self._by_assignment.get(assignment_id)

    def cohort(self, cohort: int) -> Iterator[Slot]:
        """The assignments in force in one cohort, in the order given."""
        return (slot for slot in self._slots.values() if slot.cohort == cohort)

    def assign(self, seat: int) -> Slot:
        """Give this seat a fresh slot; one it held before is released first.

        Raises:
            KeyError: no such seat, or its pod has left it.
            SlotsExhausted: no slot is left; the seat keeps the slot it had.
        """
        holder = self._seats[seat]
        if self._seat_of_pod.get(holder.pod) != seat:
            raise KeyError(f"seat {seat} has been left by {holder.pod}")
        # Before the release: when no place is left, this raises and the old slot must stay in force.
        cohort, place = self.places.give()
        self.release(holder.pod)
        slot = Slot(cohort, place, self._draw_id(), seat, holder.pod)
        self._slots[seat] = slot
        self._by_assignment[slot.assignment_id] = slot
        return slot

    def release(self, pod: str) -> Slot | None:
        """Take this pod's assignment back, its seat stays; return the assignment. Safe to call twice."""
        number = self._seat_of_pod.get(pod)
        slot = None if number is None else self._slots.pop(number, None)
        if slot is not None:
            del self._by_assignment[slot.assignment_id]
            self.places.give_back(slot.cohort)
        return slot

    def leave(self, pod: str) -> Slot | None:
        """Release this pod and give up its seat; return the assignment it had. Safe to call twice."""
        slot = self.release(pod)
        self._seat_of_pod.pop(pod, None)
        return slot

    def new_term(self) -> tuple[Slot, ...]:
        """Void every assignment and restart the slots; return the voided ones. Seats stay."""
        voided = self.slots
        self._slots.clear()
        self._by_assignment.clear()
        self.places = SlotPlaces()
        return voided

    def _draw_id(self) -> int:
        while True:
            drawn = self._rng.getrandbits(_ID_BITS)
            # 0 is what an unset field reads as; it must match no assignment.
            if drawn != 0 and drawn not in self._ids_given:
                self._ids_given[drawn] = None
                if len(self._ids_given) > IDS_KEPT:
                    del self._ids_given[next(iter(self._ids_given))]
                return drawn
