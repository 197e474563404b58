"""The answer to group findings: the whole table, escalation and return, and invariants of any course."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.limits import HALVED_FOR_S, HALVED_MUST_FALL, LOCK_WITHIN_S
from dreamd.core.safety.causes import CAUSES, Cause, Scope
from dreamd.core.safety.group import (
    CALM_FOR_S,
    CROWD_CAUSES,
    HALVINGS_MOST,
    LABEL_AFTER_S,
    LABEL_SLOW_S,
    SLOW,
    UNKNOWN,
    Act,
    GroupReading,
    GroupState,
    Halve,
    Label,
    Labelled,
    PersonAct,
    Phase,
    Restore,
    Zero,
    fallen,
    judge_person,
    step,
)

WELL = GroupReading(0.5, 1.2, calm=True)
BETWEEN = GroupReading(1.1, 1.2)
OVER = GroupReading(2.0, 1.2, over=True)
WORSE = GroupReading(9.0, 1.2, over=True, severe=True)
TICK_S = 0.25
FAST = [cause for cause in CROWD_CAUSES if cause not in SLOW]


def signs(cause: Cause, sign: GroupReading) -> tuple[GroupReading, ...]:
    """This reading of this cause, nothing of the others."""
    return tuple(sign if one is cause else WELL for one in CROWD_CAUSES)


@dataclass
class Course:
    """A group led through time, with the actions taken."""

    cause: Cause = Cause.GAIN
    crowd: GroupState = field(default_factory=GroupState)
    now_s: float = 1000.0

    def show(self, sign: GroupReading, *, live: bool = True) -> tuple[Act, ...]:
        """One step with this reading."""
        self.crowd, acts = step(self.crowd, signs(self.cause, sign), self.now_s, live=live)
        return acts

    def last(self, sign: GroupReading, seconds: float, *, live: bool = True) -> list[tuple[float, Act]]:
        """The same reading for a time; returns the actions with seconds since its beginning."""
        begun, done = self.now_s, []
        while self.now_s - begun < seconds:
            self.now_s += TICK_S
            done += [(self.now_s - begun, act) for act in self.show(sign, live=live)]
        return done

    @property
    def phase(self) -> Phase:
        """Of the cause that is led."""
        return self.crowd.watches[CROWD_CAUSES.index(self.cause)].phase

    def to(self, phase: Phase) -> "Course":
        """Led there."""
        if phase is not Phase.CALM:
            self.show(OVER)
        if phase is Phase.EASED:
            self.last(GroupReading(1.0, 1.2), HALVED_FOR_S)
        assert self.phase is phase
        return self


NEXT = {
    # (phase, reading): the phase after one more second of it, and the action
    (Phase.CALM, "unknown"): (Phase.CALM, None),
    (Phase.CALM, "well"): (Phase.CALM, None),
    (Phase.CALM, "between"): (Phase.CALM, None),
    (Phase.CALM, "over"): (Phase.HALVED, Halve),
    (Phase.CALM, "worse"): (Phase.CALM, Zero),
    (Phase.HALVED, "unknown"): (Phase.HALVED, None),
    (Phase.HALVED, "well"): (Phase.HALVED, None),
    (Phase.HALVED, "between"): (Phase.HALVED, None),
    (Phase.HALVED, "over"): (Phase.HALVED, None),
    (Phase.HALVED, "worse"): (Phase.CALM, Zero),
    (Phase.EASED, "unknown"): (Phase.EASED, None),
    (Phase.EASED, "well"): (Phase.EASED, None),
    (Phase.EASED, "between"): (Phase.EASED, None),
    (Phase.EASED, "over"): (Phase.HALVED, None),
    (Phase.EASED, "worse"): (Phase.CALM, Zero),
}
SHOWN = {"unknown": UNKNOWN, "well": WELL, "between": BETWEEN, "over": OVER, "worse": WORSE}


@pytest.mark.parametrize("cause", CROWD_CAUSES, ids=lambda cause: cause.value)
@pytest.mark.parametrize(("at", "after"), NEXT.items(), ids=lambda pair: str(pair[0]))
def test_the_table_whole(cause: Cause, at: tuple[Phase, str], after: tuple[Phase, type[Act] | None]) -> None:
    """Every phase and reading leads to the next phase and action; slow causes stay halved when over."""
    phase, shown = at
    course = Course(cause).to(phase)
    done = [act for _, act in course.last(SHOWN[shown], 1.0)]
    expected, act = after
    if cause in SLOW and at == (Phase.EASED, "over"):
        expected = Phase.EASED
    assert course.phase is expected
    assert [type(one) for one in done[:1]] == ([act] if act else [])


def test_every_phase_and_sign_is_in_the_table() -> None:
    """The table above names every phase and reading."""
    assert set(NEXT) == {(phase, shown) for phase in Phase for shown in SHOWN}


def test_its_causes_are_the_dreamscapes() -> None:
    """The causes of its severs concern the whole Dreamscape."""
    assert all(CAUSES[cause].scope is Scope.DREAMSCAPE for cause in CROWD_CAUSES)


@pytest.mark.parametrize("cause", FAST, ids=lambda cause: cause.value)
@pytest.mark.parametrize("value", [2.0, 1.41, 5.0, nan, inf])
def test_a_group_not_fallen_in_ten_seconds_is_severed(cause: Cause, value: float) -> None:
    """Halved at 2.0 and not fallen to 1.4 (or unknown) ten seconds later: severed then, not before."""
    course = Course(cause).to(Phase.HALVED)
    ((at_s, act),) = course.last(GroupReading(value, 1.2, over=value > 1.2), HALVED_FOR_S)
    assert isinstance(act, Zero)
    assert act.cause is cause
    assert at_s == HALVED_FOR_S
    assert course.crowd.halved is None


@pytest.mark.parametrize("cause", FAST, ids=lambda cause: cause.value)
def test_a_fallen_group_stays_halved_until_a_minute_is_calm(cause: Cause) -> None:
    """After a fall of 30 % it stays halved, and returns only after 60 s of calm."""
    course = Course(cause).to(Phase.HALVED)
    assert course.last(GroupReading(1.4, 1.5), 30.0) == []
    assert course.crowd.halved is cause
    (at_s, act), *rest = course.last(WELL, 120.0)
    assert act == Restore(cause)
    assert at_s == CALM_FOR_S + TICK_S
    assert rest == []


def test_a_falling_group_still_over_must_go_on_falling() -> None:
    """A fall from 10 to 6 is still over the limit: ten seconds later it must be 4.2, or zero."""
    course = Course()
    course.show(GroupReading(10.0, 1.2, over=True))
    assert course.last(GroupReading(6.0, 1.2, over=True), HALVED_FOR_S) == []
    assert course.phase is Phase.HALVED
    (_, act), *_ = course.last(GroupReading(5.0, 1.2, over=True), HALVED_FOR_S)
    assert isinstance(act, Zero)


def test_a_calm_that_was_interrupted_begins_anew() -> None:
    """Sixty seconds of calm must be in a row: a moment between, or an unknown one, restarts them."""
    for moment in (BETWEEN, UNKNOWN):
        course = Course().to(Phase.EASED)
        course.last(WELL, 50.0)
        course.last(moment, TICK_S)
        assert course.last(WELL, CALM_FOR_S) == []
        assert [act for _, act in course.last(WELL, 1.0)] == [Restore(Cause.GAIN)]


def test_homogenising_need_not_fall_in_seconds() -> None:
    """A homogenising group between its limits stays halved for ten minutes, and returns when calm."""
    course = Course(Cause.HOMOGENISED).to(Phase.HALVED)
    assert course.last(OVER, 600.0) == []
    assert course.crowd.halved is Cause.HOMOGENISED
    assert [act for _, act in course.last(WELL, 120.0)] == [Restore(Cause.HOMOGENISED)]


def test_two_causes_halve_once() -> None:
    """Two causes halve once, and couplings return when neither is left."""
    both = (OVER, OVER, WELL)
    crowd, acts = step(GroupState(), both, 0.0, live=True)
    assert [type(act) for act in acts] == [Halve]
    one = (WELL, GroupReading(1.0, 1.2), WELL)
    for k in range(400):
        crowd, acts = step(crowd, one, 0.25 * (k + 1), live=True)
        assert acts == ()
    assert crowd.halved is Cause.SYNCHRONY


def test_a_third_halving_in_half_an_hour_severs() -> None:
    """Two halvings in half an hour are allowed; a third severs; after half an hour it halves again."""
    course = Course()
    for _ in range(HALVINGS_MOST):
        assert [type(act) for act in course.show(OVER)] == [Halve]
        course.last(WELL, HALVED_FOR_S + CALM_FOR_S + 1.0)
        assert course.crowd.halved is None
    early = Course(crowd=course.crowd, now_s=course.now_s)
    assert [type(act) for act in early.show(OVER)] == [Zero]
    course.now_s += LOCK_WITHIN_S
    assert [type(act) for act in course.show(OVER)] == [Halve]


@pytest.mark.parametrize("cause", CROWD_CAUSES, ids=lambda cause: cause.value)
@pytest.mark.parametrize(("after", "label"), [(0.69, Label.LOOP), (0.71, Label.COMMON)])
def test_the_fall_after_zero_decides_the_label(cause: Cause, after: float, label: Label) -> None:
    """A fall of 30 % after zero means loop-driven, no fall common drive; classified once, in time."""
    course = Course(cause)
    course.show(WORSE)
    due_s = LABEL_SLOW_S if cause in SLOW else LABEL_AFTER_S
    done = course.last(GroupReading(9.0 * after, 1.2, over=True), 200.0, live=False)
    assert done == [(due_s, Labelled(cause, label, 9.0 * after))]


def test_unknown_values_give_no_classification() -> None:
    """Unknown values after zero, or an early resume, give no classification."""
    course = Course()
    course.show(WORSE)
    assert course.last(UNKNOWN, 200.0, live=False) == []
    course.show(WORSE)
    course.last(WELL, 5.0, live=False)
    course.last(WELL, 5.0)
    assert course.last(WELL, 200.0, live=False) == []


def test_without_a_loop_nothing_is_halved_or_severed() -> None:
    """Without coupling the worst reading has no effect and ends a halving."""
    course = Course()
    assert course.last(WORSE, 100.0, live=False) == []
    course.to(Phase.HALVED)
    assert [act for _, act in course.last(OVER, 50.0, live=False)] == [Restore(Cause.GAIN)]


SIGN = st.sampled_from(
    [
        UNKNOWN,
        WELL,
        BETWEEN,
        OVER,
        WORSE,
        GroupReading(5.0, 1.2, over=True),
        GroupReading(1.0, 1.2, over=True),
        GroupReading(nan, 1.2, over=True),
    ]
)
MOMENT = st.tuples(
    st.tuples(SIGN, SIGN, SIGN), st.sampled_from([0.25, 1.0, 9.0, 10.0, 61.0, 1900.0]), st.integers(0, 9)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MOMENT, max_size=40))
def test_of_any_course(course: list[tuple[tuple[GroupReading, ...], float, int]]) -> None:
    """For any course: halving is one state, severe means zero, no fall means zero, and calm is earned.

    At most two halvings in half an hour; without a loop nothing is halved or severed.
    """
    crowd, now_s = GroupState(), 0.0
    halvings: list[float] = []
    calm_s = [inf] * len(CROWD_CAUSES)
    for shown, wait_s, dice in course:
        now_s += wait_s
        live = dice > 0
        calm_s = [
            min(since, now_s) if sign.calm and live else inf
            for since, sign in zip(calm_s, shown, strict=True)
        ]
        before, (crowd, acts) = crowd, step(crowd, shown, now_s, live=live)
        assert len(acts) <= (2 if not live else 1)
        done = {type(act): act for act in acts}
        assert not (live and Labelled in done)
        assert live or not {Halve, Zero} & set(done)
        if live:
            assert _must_sever(before, shown, now_s) <= (Zero in done)
        if Halve in done:
            assert before.halved is None
            assert crowd.halved is not None
            halvings.append(now_s)
        if Restore in done and live:
            asked = [w.phase is not Phase.CALM for w in before.watches]
            assert all(now_s - since >= CALM_FOR_S for since, was in zip(calm_s, asked, strict=True) if was)
        if Zero in done or not live:
            assert crowd.halved is None
        if not acts:
            assert (before.halved is None) == (crowd.halved is None)
    assert all(b - a > LOCK_WITHIN_S for a, b in pairwise(halvings[::HALVINGS_MOST]))


def _must_sever(crowd: GroupState, shown: tuple[GroupReading, ...], now_s: float) -> bool:
    """The design's own rule for a sever."""
    for cause, watch, sign in zip(CROWD_CAUSES, crowd.watches, shown, strict=True):
        due = watch.phase is Phase.HALVED and now_s >= watch.at_s + HALVED_FOR_S and cause not in SLOW
        if sign.severe or (due and not sign.value <= watch.value * (1 - HALVED_MUST_FALL)):
            return True
    return False


def test_fallen_means_by_thirty_percent() -> None:
    """A value at .7 of the start has fallen; above it or unknown it has not."""
    assert fallen(0.7, 1.0)
    assert not fallen(0.701, 1.0)
    assert not fallen(nan, 1.0)
    assert not fallen(0.1, nan)
    assert not fallen(inf, inf)


@pytest.mark.parametrize(
    ("likeness", "chance", "halved", "act"),
    [
        (1.0, 0.1, False, PersonAct.NOTHING),
        (0.5, 0.0, False, PersonAct.NOTHING),
        (0.49, 0.0, False, PersonAct.HALVE),
        (0.49, 0.02, False, PersonAct.NOTHING),
        (0.3, 0.19, False, PersonAct.HALVE),
        (0.3, 0.19, True, PersonAct.NOTHING),
        (0.59, 0.1, True, PersonAct.NOTHING),
        (0.6, 0.1, True, PersonAct.RESTORE),
        (0.25, 0.1, True, PersonAct.NOTHING),
        (0.24, 0.1, False, PersonAct.SEVER),
        (0.24, 0.3, False, PersonAct.NOTHING),
        (0.24, 0.3, True, PersonAct.SEVER),
        (-1.0, 0.1, False, PersonAct.SEVER),
        (nan, nan, False, PersonAct.NOTHING),
        (nan, nan, True, PersonAct.NOTHING),
        (0.1, nan, False, PersonAct.NOTHING),
    ],
)
def test_a_person_by_their_likeness(likeness: float, chance: float, halved: bool, act: PersonAct) -> None:
    """A person: halved surely below .5, severed below .25, whole again from .6; unknown changes nothing."""
    assert judge_person(likeness, chance, halved=halved) is act
