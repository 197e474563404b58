"""Moratoria as plain values: the call, its seconds, its lapse to the second, its lifting, the hours."""

from dataclasses import replace
from datetime import datetime
from math import inf, nan
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.access.caller import Role
from dreamd.core.guidelines.forms import Window
from dreamd.core.moratoria.course import (
    CALLED_EVERY_S,
    DAY_S,
    LONGEST_S,
    Lifts,
    Moratorium,
    MoratoriumEvent,
    MoratoriumScope,
    MoratoriumState,
    Passes,
    Seconds,
    call_fault,
    seconds_needed,
    step,
)
from dreamd.core.moratoria.hours import MergingHours, merging_hours
from dreamd.core.refusals import Code, Refusal

NOW_S = 1_800_000_000.0
CALLED = Moratorium(
    "m1", 1, MoratoriumScope.SITE, "north", NOW_S, NOW_S + 7 * DAY_S, "three cases", "ash", NOW_S
)
STANDING = replace(CALLED, state=MoratoriumState.STANDING, seconded_s=NOW_S)
ADVOCATE, CLINICIAN, SLEEPER = Role.ADVOCATE, Role.CLINICIAN, Role.SLEEPER


def after(moratorium: Moratorium, *events: MoratoriumEvent, at_s: float = NOW_S) -> Moratorium:
    """The moratorium after these events, none of which is refused."""
    for event in events:
        stepped = step(moratorium, event, at_s)
        assert isinstance(stepped, Moratorium), stepped
        moratorium = stepped
    return moratorium


def code_of(moratorium: Moratorium, event: MoratoriumEvent, at_s: float = NOW_S) -> Code:
    """The code with which this event is refused."""
    stepped = step(moratorium, event, at_s)
    assert isinstance(stepped, Refusal), stepped
    return stepped.code


def test_an_unseconded_call_acts_at_once_and_for_24_hours_to_the_second() -> None:
    """A call acts from its instant on, until 24 h later exactly; from then on it has lapsed."""
    assert not CALLED.acts(NOW_S - 0.001)
    assert CALLED.acts(NOW_S)
    assert CALLED.acts(NOW_S + DAY_S - 0.001)
    assert not CALLED.acts(NOW_S + DAY_S)
    assert after(CALLED, Passes(), at_s=NOW_S + DAY_S - 0.001) == CALLED
    lapsed = after(CALLED, Passes(), at_s=NOW_S + DAY_S)
    assert (lapsed.state, lapsed.closed_s) == (MoratoriumState.LAPSED, NOW_S + DAY_S)
    assert CALLED.acts(nan), "an instant that is no number ends nothing"


def test_a_call_of_a_later_beginning_lapses_24_hours_after_that() -> None:
    """The 24 hours run from the beginning; a call that ends sooner lapses at its end."""
    later = replace(CALLED, begins_s=NOW_S + DAY_S)
    assert not later.acts(NOW_S + DAY_S - 1.0)
    assert later.until_s == NOW_S + 2 * DAY_S
    assert replace(CALLED, ends_s=NOW_S + 60.0).until_s == NOW_S + 60.0


@pytest.mark.parametrize(
    ("event", "stands"),
    [
        (Seconds("birch", ADVOCATE), True),
        (Seconds("cedar", CLINICIAN), True),
        (Seconds("dora", SLEEPER, "s1", enrolled=4), False),
    ],
)
def test_another_advocate_or_a_clinician_seconds_it_at_once(event: Seconds, *, stands: bool) -> None:
    """One advocate or one clinician makes it stand to its end; one sleeper does not."""
    heard = after(CALLED, event)
    assert (heard.state is MoratoriumState.STANDING) is stands
    assert (heard.until_s == CALLED.ends_s) is stands
    assert heard.acts(NOW_S + DAY_S) is stands
    assert after(heard, event) == heard, "a person counts once"


@pytest.mark.parametrize("role", [ADVOCATE, CLINICIAN, SLEEPER])
def test_a_person_cannot_second_their_own_call(role: Role) -> None:
    """The caller seconds in no role, also not in another one that they hold."""
    assert code_of(CALLED, Seconds("ash", role, "s9", enrolled=1)) is Code.SAME_PERSON


@pytest.mark.parametrize(
    ("enrolled", "needed"), [(0, 3), (1, 3), (60, 3), (61, 4), (80, 4), (81, 5), (1000, 50), (1001, 51)]
)
def test_sleepers_second_as_three_or_one_in_twenty(enrolled: int, needed: int) -> None:
    """max(3, 5 %) different sleepers make it stand, and one fewer does not."""
    assert seconds_needed(enrolled) == needed
    heard = after(CALLED, *(Seconds(f"p{n}", SLEEPER, f"s{n}", enrolled) for n in range(needed - 1)))
    again = after(heard, Seconds("p-other", SLEEPER, "s0", enrolled))
    assert again.state is MoratoriumState.CALLED, "two credentials of one sleeper are one sleeper"
    assert after(again, Seconds("last", SLEEPER, "s-last", enrolled)).state is MoratoriumState.STANDING


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ARTIST, Role.ADMIN, Role.SERVICE, Role.AUDITOR])
def test_no_other_role_seconds_or_lifts(role: Role) -> None:
    """Operators, artists and programs neither second nor lift."""
    assert code_of(CALLED, Seconds("elm", role)) is Code.WRONG_ROLE
    assert code_of(STANDING, Lifts("elm", role, "over")) is Code.WRONG_ROLE


@pytest.mark.parametrize("roles", [(ADVOCATE, CLINICIAN), (CLINICIAN, ADVOCATE)])
def test_two_people_in_two_roles_lift_it(roles: tuple[Role, Role]) -> None:
    """A clinician and an advocate lift it, in either order; the first alone, or twice, ends nothing."""
    one = after(STANDING, Lifts("birch", roles[0], "looked into"))
    assert one.acts(NOW_S)
    assert after(one, Lifts("birch", roles[0], "again")) == one
    assert code_of(one, Lifts("birch", roles[1], "in both roles")) is Code.SAME_PERSON
    assert after(one, Lifts("cedar", roles[0], "the same role")).acts(NOW_S)
    both = after(one, Lifts("cedar", roles[1], "agreed"))
    assert (both.state, both.acts(NOW_S), both.closed_reason) == (MoratoriumState.LIFTED, False, "agreed")


def test_its_caller_takes_back_a_call_without_seconds_and_no_other() -> None:
    """The caller alone lifts their own call until it is seconded; then two people do."""
    assert after(CALLED, Lifts("ash", ADVOCATE, "a mistake")).state is MoratoriumState.LIFTED
    assert after(CALLED, Lifts("birch", ADVOCATE, "hasty")).state is MoratoriumState.CALLED
    assert after(STANDING, Lifts("ash", ADVOCATE, "over")).state is MoratoriumState.STANDING


@pytest.mark.parametrize("event", [Seconds("birch", ADVOCATE), Lifts("birch", ADVOCATE, "over")])
def test_what_is_over_is_neither_seconded_nor_lifted(event: MoratoriumEvent) -> None:
    """A second that comes at the instant of the lapse comes too late."""
    assert code_of(CALLED, event, NOW_S + DAY_S) is Code.WRONG_STATE
    assert code_of(STANDING, event, STANDING.ends_s) is Code.WRONG_STATE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"begins_s": NOW_S - 1.0}, "begin_time"),
        ({"begins_s": NOW_S + LONGEST_S + 1.0, "ends_s": NOW_S + LONGEST_S + 2.0}, "begin_time"),
        ({"begins_s": nan}, "begin_time"),
        ({"ends_s": NOW_S}, "end_time"),
        ({"ends_s": NOW_S + LONGEST_S + 1.0}, "end_time"),
        ({"ends_s": nan}, "end_time"),
        ({"ends_s": inf}, "end_time"),
    ],
)
def test_a_call_lasts_at_most_fourteen_days(changes: dict[str, Any], field: str) -> None:
    """Times that are past, not finite, reversed or too long are refused by their field."""
    refusal = call_fault(replace(CALLED, **changes), ())
    assert refusal is not None
    assert (refusal.code, refusal.metadata["field"]) == (Code.INVALID_ARGUMENT, field)
    assert call_fault(replace(CALLED, ends_s=NOW_S + LONGEST_S), ()) is None


def test_one_call_of_a_scope_may_lapse_in_thirty_days() -> None:
    """A second call of that scope by that advocate waits 30 days, unless the first was seconded."""
    lapsed = after(CALLED, Passes(), at_s=NOW_S + DAY_S)
    at_s = NOW_S + CALLED_EVERY_S
    again = replace(CALLED, id="m2", called_s=at_s - 1.0, begins_s=at_s - 1.0, ends_s=at_s + DAY_S)
    for kept in (CALLED, lapsed, after(CALLED, Lifts("ash", ADVOCATE, "a mistake"))):
        refusal = call_fault(again, (kept,))
        assert refusal is not None
        assert refusal.code is Code.QUORUM_LACKING
    assert call_fault(replace(again, called_s=at_s, begins_s=at_s), (lapsed,)) is None
    assert call_fault(again, (STANDING,)) is None
    assert call_fault(replace(again, by="birch"), (lapsed,)) is None
    assert call_fault(replace(again, site="south"), (lapsed,)) is None


def test_it_reaches_its_site_or_the_fleet() -> None:
    """A site's reaches no other site; one for people leaves out beds in which no person lies."""
    assert CALLED.reaches("north", person=False)
    assert not CALLED.reaches("south", person=True)
    fleet = replace(CALLED, scope=MoratoriumScope.FLEET, site="")
    assert fleet.reaches("south", person=False)
    rest = replace(CALLED, people_only=True)
    assert (rest.reaches("north", person=True), rest.reaches("north", person=False)) == (True, False)


PEOPLE = st.sampled_from(["ash", "birch", "cedar", "dora"])
ROLES = st.sampled_from([ADVOCATE, CLINICIAN, SLEEPER])
EVENTS = st.one_of(
    st.builds(Seconds, PEOPLE, ROLES, st.sampled_from(["s1", "s2", "s3"]), st.integers(0, 80)),
    st.builds(Lifts, PEOPLE, ROLES, st.just("over")),
    st.just(Passes()),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0.0, 3 * DAY_S)), max_size=12))
def test_over_is_for_good_and_no_one_person_ends_what_stands(
    acts: list[tuple[MoratoriumEvent, float]],
) -> None:
    """Whatever is done, a moratorium that is over stays so, and a lifted standing one had two people."""
    moratorium, at_s = CALLED, NOW_S
    for event, later_s in acts:
        at_s += later_s
        before = moratorium
        stepped = step(before, event, at_s)
        moratorium = before if isinstance(stepped, Refusal) else stepped
        assert before.open or moratorium == before
        if before.seconded_s and moratorium.state is MoratoriumState.LIFTED and before.open:
            assert len({one.person for one in moratorium.lifting}) == 2
            assert {one.role for one in moratorium.lifting} == {ADVOCATE, CLINICIAN}
        assert moratorium.until_s <= CALLED.ends_s


NIGHT = Window(20 * 60, 9 * 60)
ZURICH = "Europe/Zurich"


def clock(text: str) -> float:
    """The unix time of a wall clock in Zurich."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZURICH)).timestamp()


@pytest.mark.parametrize(
    ("evening", "hours_long"), [("2026-10-24", 14.0), ("2026-03-28", 12.0), ("2026-06-01", 13.0)]
)
def test_the_hours_follow_the_clock_of_the_site(evening: str, hours_long: float) -> None:
    """From 20:00 to 09:00 by the wall clock: an hour more or less in the nights in which it changes."""
    opens_s = clock(f"{evening}T20:00")
    closes_s = opens_s + hours_long * 3600.0
    assert merging_hours(NIGHT, ZURICH, opens_s - 1.0) == MergingHours(open=False, changes_s=opens_s)
    assert merging_hours(NIGHT, ZURICH, opens_s) == MergingHours(open=True, changes_s=closes_s)
    assert merging_hours(NIGHT, ZURICH, closes_s - 1.0).open
    assert not merging_hours(NIGHT, ZURICH, closes_s).open


def test_hours_of_a_whole_day_never_close() -> None:
    """A window as long as the day is open for good."""
    assert merging_hours(Window(0, 0), ZURICH, NOW_S) == MergingHours(open=True, changes_s=inf)
