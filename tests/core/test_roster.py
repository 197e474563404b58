"""Seats and slots: no pod is ever addressed in another's place."""

from random import Random

import pytest

from dreamd.core.dreamscapes.roster import COHORTS_MAX, Roster, SlotsExhausted
from dreamd.core.limits import COHORT_SLOTS


def filled(n: int) -> Roster:
    """Return a roster with seats for beds 1 to n."""
    roster = Roster(Random(1))
    for k in range(1, n + 1):
        roster.take_seat(f"bed-{k}", f"sleeper-{k}")
    return roster


def test_seats_are_numbered_from_one_in_order() -> None:
    """Seats are numbered from one in order, and a repeated request gets the same seat."""
    roster = filled(3)
    assert [(s.number, s.pod) for s in roster.seats] == [(1, "bed-1"), (2, "bed-2"), (3, "bed-3")]
    assert roster.take_seat("bed-2", "sleeper-2").number == 2
    assert roster.taken == 3


def test_a_left_seat_is_kept_for_the_same_sleeper_only() -> None:
    """A returning sleeper gets the old seat; another sleeper in that pod gets a new one."""
    roster = filled(3)
    roster.leave("bed-2")
    assert roster.taken == 2
    assert roster.seat_of("bed-2") is None
    assert roster.take_seat("bed-2", "other").number == 4
    roster.leave("bed-2")
    assert roster.take_seat("bed-2", "sleeper-2").number == 2


def test_a_changed_sleeper_loses_the_slot_of_the_one_before() -> None:
    """Another sleeper in an assigned pod voids the earlier assignment."""
    roster = filled(1)
    slot = roster.assign(1)
    assert roster.take_seat("bed-1", "other").number == 2
    assert roster.by_assignment(slot.assignment_id) is None
    assert roster.slot_of("bed-1") is None


def test_a_slot_is_never_given_twice_in_a_term() -> None:
    """Repeated assignments walk through fresh slots, and a full cohort opens another."""
    roster = filled(2)
    given = set()
    for _ in range(COHORT_SLOTS + 3):
        slot = roster.assign(1)
        given.add((slot.cohort, slot.slot))
        roster.release("bed-1")
    assert len(given) == COHORT_SLOTS + 3
    assert {cohort for cohort, _ in given} == {0, 1}
    assert max(place for _, place in given) == COHORT_SLOTS - 1
    assert roster.cohorts == 2
    assert roster.slots == ()


def test_assigning_again_voids_the_assignment_before() -> None:
    """A seat has one assignment at a time; the earlier id is unknown."""
    roster = filled(1)
    first, second = roster.assign(1), roster.assign(1)
    assert roster.by_assignment(first.assignment_id) is None
    assert roster.by_assignment(second.assignment_id) is second
    assert roster.slots == (second,)


class Loaded(Random):
    """A generator that first draws 0, then the same number twice."""

    def __init__(self) -> None:
        super().__init__(0)
        self.draws = [0, 5, 5, 0, 6]

    def getrandbits(self, k: int, /) -> int:
        assert k == 64
        return self.draws.pop(0)


def test_assignment_ids_are_never_zero_and_never_repeat() -> None:
    """Zero and used assignment ids are drawn again, even after a release."""
    roster = Roster(Loaded())
    roster.take_seat("bed-1", "heron")
    first = roster.assign(1).assignment_id
    roster.release("bed-1")
    assert (first, roster.assign(1).assignment_id) == (5, 6)


def test_release_is_idempotent_and_touches_no_other() -> None:
    """A second release, or one of an unknown pod, changes no other."""
    roster = filled(2)
    one, two = roster.assign(1), roster.assign(2)
    assert roster.release("bed-1") == one
    assert roster.release("bed-1") is None
    assert roster.release("stranger") is None
    assert roster.slot_of("bed-2") == two
    assert roster.seat_of("bed-1") is not None


def test_a_new_term_voids_all_and_begins_the_slots_anew() -> None:
    """A new term voids every id, keeps the seats, and restarts slots at cohort 0, slot 0."""
    roster = filled(2)
    before = (roster.assign(1), roster.assign(2))
    assert roster.new_term() == before
    assert roster.slots == ()
    assert all(roster.by_assignment(slot.assignment_id) is None for slot in before)
    again = roster.assign(2)
    assert (again.cohort, again.slot) == (0, 0)
    assert again.assignment_id not in {slot.assignment_id for slot in before}


def test_only_a_held_seat_is_assigned() -> None:
    """A seat that is not taken or is left cannot be assigned."""
    roster = filled(1)
    with pytest.raises(KeyError):
        roster.assign(2)
    roster.leave("bed-1")
    with pytest.raises(KeyError, match="has been left by bed-1"):
        roster.assign(1)


def test_a_term_has_an_end() -> None:
    """Without slots in the term assign reports it and changes nothing; a new term has slots."""
    roster = filled(1)
    last = None
    for _ in range(COHORTS_MAX * COHORT_SLOTS):
        last = roster.assign(1)
    with pytest.raises(SlotsExhausted):
        roster.assign(1)
    assert roster.slot_of("bed-1") == last
    roster.new_term()
    assert roster.assign(1).slot == 0


def test_seats_come_back_from_the_ledger_in_their_order() -> None:
    """Restored seats keep their numbers; a gap is refused."""
    roster = Roster(Random(1))
    roster.restore_seat(1, "bed-1", "heron")
    with pytest.raises(ValueError, match="seat 3 cannot follow 1 seats"):
        roster.restore_seat(3, "bed-3", "crane")
    roster.restore_seat(2, "bed-2", "crane")
    assert roster.take_seat("bed-9", "stork").number == 3
    assert list(roster.cohort(0)) == []
    slot = roster.assign(2)
    assert list(roster.cohort(0)) == [slot]
    assert roster.seat(2) == roster.seat_of("bed-2")
