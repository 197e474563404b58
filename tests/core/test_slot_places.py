"""Places are given once in a term, and never run out while cohorts empty."""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dreamd.core.dreamscapes.roster import IDS_KEPT, Roster
from dreamd.core.dreamscapes.slot_places import COHORTS_MAX, SlotPlaces, SlotsExhausted
from dreamd.core.limits import COHORT_SLOTS


class Giving(RuleBasedStateMachine):
    """Slots given, returned and closed in bursts, with their invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.places = SlotPlaces()
        self.term: dict[int, int] = {}
        self.given: set[tuple[int, int, int]] = set()
        self.held: list[int] = []

    @rule(count=st.sampled_from([1, 3, COHORT_SLOTS - 1, COHORT_SLOTS, 5 * COHORT_SLOTS, 40_000]))
    def give(self, count: int) -> None:
        """Request this many; as many as are left are given, each for the first time in its term."""
        left, upcoming = self.places.left, self.places.upcoming(count)
        cohorts: dict[int, None] = {}
        for _ in range(min(count, left)):
            cohort, place = self.places.give()
            assert (cohort, self.term.setdefault(cohort, 0), place) not in self.given
            self.given.add((cohort, self.term[cohort], place))
            self.held.append(cohort)
            cohorts[cohort] = None
        assert tuple(cohorts) == upcoming
        assert self.places.left == left - min(count, left)
        if count > left:
            with pytest.raises(SlotsExhausted):
                self.places.give()

    @rule(share=st.sampled_from([0.0, 0.5, 0.99]), seed=st.integers(0, 9))
    def give_back(self, share: float, seed: int) -> None:
        """All but a share of the holders leave, in any order."""
        Random(seed).shuffle(self.held)
        stay = round(len(self.held) * share)
        for cohort in self.held[stay:]:
            self.places.give_back(cohort)
        del self.held[stay:]

    @rule()
    def close(self) -> None:
        """Close every empty cohort; its next slot belongs to a new term."""
        for cohort in self.places.empty():
            assert cohort not in self.held
            self.places.close(cohort)
            self.term[cohort] = self.term.get(cohort, 0) + 1

    @invariant()
    def the_emptiest_is_held(self) -> None:
        """The emptiest cohort has holders, and no other but the one being filled has fewer."""
        found = self.places.emptiest()
        assert found is None or found in self.held
        assert self.places.open <= COHORTS_MAX


Giving.TestCase.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
TestGiving = Giving.TestCase


def test_more_assigns_than_a_term_has_slots_go_round() -> None:
    """Endless joining and leaving never runs out of slots, and one sleeper keeps its own."""
    roster = Roster(Random(1))
    for number in range(3):
        roster.take_seat(f"bed-{number}", f"sleeper-{number}")
    stays = roster.assign(1)
    for number in range(COHORTS_MAX * COHORT_SLOTS + 5000):
        roster.assign(2 + number % 2)
        for cohort in roster.places.empty() if number % 100 == 0 else ():
            roster.places.close(cohort)
    assert roster.slot_of("bed-0") == stays
    assert roster.cohorts <= 3
    assert len(roster._ids_given) == IDS_KEPT


def test_a_seat_is_found_again_without_looking_through_all() -> None:
    """Ten thousand sleepers who leave and return have one seat each, found without a scan."""
    roster = Roster(Random(1))
    for _ in range(2):
        for number in range(10_000):
            assert roster.take_seat(f"bed-{number}", "heron").number == number + 1
            roster.leave(f"bed-{number}")
