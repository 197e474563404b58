"""The decisions of a reducer, in virtual time."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.adapters.cluster.reducer import Reducer, tree
from dreamd.core.limits import HOUSES_MAX
from dreamd.fusion.reduction import TICKS, Part, Reduction, add_up
from dreamd.fusion.summary import Summary
from fakes.parts import part, phase_part

WITHIN_S = 0.02


class Answers:
    """The answers of a reduction, by house and instant."""

    def __init__(self, reduction: Reduction | None = None) -> None:
        self.reduction = reduction or Reduction("root", WITHIN_S)
        self.found: dict[tuple[str, int], Part | None] = {}

    def add(self, one: Part, now_s: float = 0.0) -> None:
        """Add a part, and note its answer when it comes."""
        self.reduction.add_part(
            one, now_s, lambda answer: self.found.update({(one.sender, one.instant): answer})
        )

    def houses(self, house: str, instant: int) -> str:
        """Return the houses of an answer, as letters; empty where none has come."""
        answer = self.found.get((house, instant))
        return "".join(sorted(answer.houses)) if answer is not None else ""


def joined(*houses: str, instant: int = 100) -> Answers:
    """Return a reduction in which these houses were in the tick before `instant`."""
    answers = Answers()
    for house in houses:
        answers.add(part(house, instant - 1))
    for house in houses[1:]:  # the first of all closes its tick alone
        assert answers.houses(house, instant - 1) == houses[0]
    return answers


def test_a_tick_closes_with_its_last_house() -> None:
    """No house is answered before the last of those that were there lately; then all are, alike."""
    answers = joined("a", "b", "c")
    answers.add(part("a"))
    answers.add(part("b"))
    assert answers.houses("a", 100) == ""
    answers.add(part("c"))
    assert [answers.houses(house, 100) for house in "abc"] == ["abc"] * 3


def test_a_missing_house_delays_one_tick() -> None:
    """Without one house a tick closes at its deadline, and the next one at once."""
    answers = joined("a", "b")
    answers.add(part("a"), 1.0)
    answers.reduction.close_due(1.0 + WITHIN_S / 2)
    assert answers.houses("a", 100) == ""
    assert answers.reduction.due_s() == 1.0 + WITHIN_S
    answers.reduction.close_due(1.0 + WITHIN_S)
    assert answers.houses("a", 100) == "a"
    answers.add(part("a", 101), 1.25)
    assert answers.houses("a", 101) == "a"


def test_a_wrong_clock_delays_no_other() -> None:
    """A house a year ahead has ticks of its own; the others' ticks close as if it were not there."""
    answers = joined("a", "b")
    answers.add(part("ahead", 100 + 4 * 86_400 * 365))
    answers.add(part("a"))
    answers.add(part("b"))
    assert [answers.houses(house, 100) for house in "ab"] == ["ab"] * 2


def test_a_late_house_goes_on_from_the_newest_answer() -> None:
    """A part for a closed tick is answered with the newest tick closed since."""
    answers = joined("a", "b")
    for instant in (100, 101):
        answers.add(part("a", instant), float(instant))
        answers.reduction.close_due(instant + 1.0)
    answers.add(part("b", 100), 102.0)
    found = answers.found["b", 100]
    assert found is not None
    assert found.instant == 101


def test_the_larger_side_has_the_centre_and_any_house_may_halt() -> None:
    """Of two centres the one of more sleepers counts, whatever the order; a halt counts from either."""
    for order in ((0, 1, 2), (2, 1, 0)):
        parts = [
            part("a", n=5, centre=b"x"),
            part("b", n=5, centre=b"x"),
            part("c", n=9, centre=b"w", halted="quorum"),
        ]
        answers = joined("a", "b", "c")
        for k in order:
            answers.add(parts[k])
        found = answers.found["c", 100]
        assert found is not None
        assert (found.centre, found.houses, found.counts) == (b"x", frozenset("ab"), (10, 10, 0))
        assert found.halted == "quorum"


@pytest.mark.parametrize(
    "wrong", [{"w": np.nan}, {"s": np.full(12, np.inf)}, {"s": np.full(12, 1e6)}, {"squares": np.nan}]
)
def test_sums_that_no_frames_can_make_are_in_no_answer(wrong: dict[str, float]) -> None:
    """A part with NaN, infinity or a centre out of reach has no answer, and the others go on without it."""
    answers = joined("a", "b")
    sick = part("b")
    assert isinstance(sick.sums, Summary)
    answers.add(replace(sick, sums=replace(sick.sums, **wrong)))
    assert answers.found["b", 100] is None
    answers.add(part("a"), 1.0)
    answers.reduction.close_due(2.0)
    assert answers.houses("a", 100) == "a"


def test_phase_sums_are_finite() -> None:
    """Phase sums with NaN are not sound."""
    sick = phase_part("a")
    assert sick.sound
    sick.sums.k[0, 0, 0] = np.nan  # type: ignore[union-attr]
    assert not sick.sound


def test_kinds_of_sums_do_not_mix() -> None:
    """Sums of two kinds raise, and are never added up."""
    with pytest.raises(TypeError, match="have no sum"):
        add_up(part("a").sums, phase_part("b").sums)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3 * HOUSES_MAX), st.integers(0, 10**6)), max_size=60))
def test_nothing_grows(given: list[tuple[int, int]]) -> None:
    """Whatever houses and instants come, the ticks that wait and those remembered stay bounded."""
    answers = Answers(Reduction("leaf", WITHIN_S, lambda whole, reply: None))
    for house, instant in given:
        answers.add(part(str(house), instant))
    assert len(answers.reduction._ticks) <= TICKS
    assert len(answers.reduction._last) <= HOUSES_MAX


def test_levels_of_reducers() -> None:
    """Sixteen houses need the root alone; a thousand two levels below it, of sixteen each at most."""
    assert [tree(n) for n in (1, 16, 17, 100, 1000)] == [(), (), (2,), (7,), (63, 4)]


def test_a_tree_answers_as_its_root_does() -> None:
    """Four houses below two reducers hear the sum of all four; a tick without the root has no answer."""

    async def night() -> None:
        root, alive = Reducer("root", 1), [True]

        async def ask(one: Part) -> Part | None:
            if not alive[0]:
                raise ConnectionError
            return await root.submit(one)

        leaves = [Reducer("left", 0, ask), Reducer("right", 0, ask)]

        async def tick(instant: int) -> list[Part | None]:
            sends = [leaves[k // 2].submit(part(house, instant, k + 1)) for k, house in enumerate("abcd")]
            return list(await asyncio.gather(*sends))

        for instant in (99, 100, 101):
            found = await tick(instant)
        assert all(one is not None and one.houses == frozenset("abcd") for one in found)
        assert all(one is not None and isinstance(one.sums, Summary) and one.sums.n == 10 for one in found)
        alive[0] = False
        assert await tick(102) == [None] * 4

    asyncio.run(night())


def test_a_part_sent_twice_counts_once() -> None:
    """The later of two parts of one house at one instant is the one that is added up."""
    answers = joined("a", "b")
    answers.add(part("a", n=3))
    answers.add(replace(part("a", n=4)))
    answers.add(part("b", n=1))
    found = answers.found["b", 100]
    assert found is not None
    assert found.weight == 5
