"""A Dreamscape of several houses: the reducer, the sums of a tick, and what a house grants by an answer."""

from typing import Final

from mutate.mutation import Mutation

_REDUCTION: Final = "daemon/dreamd/fusion/reduction.py"
_SHARED: Final = "daemon/dreamd/app/collective/shared_ticks.py"
_ASKED: Final = "daemon/dreamd/app/collective/asked.py"
_COHORTS: Final = "daemon/dreamd/app/collective/cohorts.py"
_LOOP: Final = "daemon/dreamd/app/dreamscapes/drivers/shared_loop.py"
_TESTS_REDUCTION: Final = "tests/fusion/test_reduction.py"
_TESTS_SHARED: Final = "tests/app/test_shared_dreamscapes.py"

JOINED_HOUSES: Final = tuple(
    Mutation(f"houses.{name}", broken, path, old, new, (f"{tests}::{test}",))
    for name, broken, path, old, new, tests, test in (
        (
            "missing",
            "a missing house delays every tick",
            _REDUCTION,
            "        self._missing |= self._expected(instant) - tick.parts.keys()\n",
            "",
            _TESTS_REDUCTION,
            "test_a_missing_house_delays_one_tick",
        ),
        (
            "centre",
            "sums at two centres are added up",
            _REDUCTION,
            "(part for part in parts if part.centre == centre)",
            "parts",
            _TESTS_REDUCTION,
            "test_the_larger_side_has_the_centre_and_any_house_may_halt",
        ),
        (
            "clock",
            "a house with a wrong clock is waited for",
            _REDUCTION,
            "for house, last in self._last.items() if last in lately}",
            "for house in self._last}",
            _TESTS_REDUCTION,
            "test_a_wrong_clock_delays_no_other",
        ),
        (
            "finite",
            "sums with NaN are added up",
            _REDUCTION,
            "        if not part.sound:\n",
            "        if False:\n",
            _TESTS_REDUCTION,
            "test_sums_that_no_frames_can_make_are_in_no_answer",
        ),
        (
            "believed",
            "a centre of NaN is broadcast",
            _LOOP,
            "        if not answer.sound:\n",
            "        if False:\n",
            _TESTS_SHARED,
            "test_an_answer_that_is_not_finite_is_none",
        ),
        (
            "away",
            "the sleepers of a silent house count as healthy",
            _SHARED,
            "others.counts if lately else NOBODY",
            "others.counts",
            _TESTS_SHARED,
            "test_others_that_are_not_heard_are_away",
        ),
        (
            "gone",
            "a silent house leaves the others below their quorum",
            _SHARED,
            "        if houses >= known.houses:\n",
            "        if True:\n",
            _TESTS_SHARED,
            "test_the_quorum_counts_all_houses",
        ),
        (
            "holder",
            "a slot that was left meanwhile is granted",
            _ASKED,
            "        here = included & table.reachable & same\n",
            "        here = included\n",
            _TESTS_SHARED,
            "test_a_slot_left_meanwhile_is_granted_nothing",
        ),
        (
            "answered",
            "a message answers frames that are not in its sums",
            _COHORTS,
            "        if self._asked:\n            return",
            "        if False:\n            return",
            _TESTS_SHARED,
            "test_a_message_answers_the_frames_in_its_sums",
        ),
        (
            "unanswered",
            "without an answer the last tick's collective is granted for ever",
            _LOOP,
            "            and self._alone <= HELD_TICKS\n",
            "",
            _TESTS_SHARED,
            "test_without_a_reducer_no_permission_lives_longer",
        ),
        (
            "held",
            "a repeated message couples a sleeper who is excluded by now",
            _COHORTS,
            "was & now for was, now",
            "was for was, _now",
            _TESTS_SHARED,
            "test_a_held_message_excludes_in_the_same_tick",
        ),
        (
            "named",
            "a house grants in a tick that it is not in",
            _LOOP,
            "joined = shared.house in answer.houses and answer.centre == waiting.sent.centre",
            "joined = True",
            _TESTS_SHARED,
            "test_a_house_that_missed_an_answer_is_left_out_of_one_tick",
        ),
        (
            "scale",
            "a house takes the centre of a house on another scale",
            _LOOP,
            "            return  # the others are on another scale: nothing of theirs is ours\n",
            "            pass\n",
            _TESTS_SHARED,
            "test_a_house_on_another_scale_never_meets_the_others",
        ),
        (
            "empty",
            "sleepers whose sums were empty are granted",
            _LOOP,
            "        if not waiting.dreams:\n",
            "        if False:\n",
            _TESTS_SHARED,
            "test_a_house_resumed_between_sums_and_message_grants_nothing",
        ),
        (
            "halt",
            "a sever in one house leaves the others merged",
            _LOOP,
            "        if answer.halted and ",
            "        if False and ",
            _TESTS_SHARED,
            "test_a_sever_in_one_house_severs_all_until_people_resume",
        ),
        (
            "handed-on",
            "a sever goes round between houses for ever",
            _LOOP,
            'return "" if cause == Cause.ELSEWHERE.value else cause',
            "return cause",
            _TESTS_SHARED,
            "test_a_sever_in_one_house_severs_all_until_people_resume",
        ),
    )
)
