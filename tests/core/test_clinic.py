"""The clinic: levels by cause and answers, the course of a case, and pull."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.clinic.course import (
    ENDED,
    STEPS,
    By,
    Case,
    CaseEvent,
    CaseKind,
    CaseState,
    Closes,
    Evidence,
    Holds,
    Merged,
    Morning,
    Passes,
    Plans,
    Releases,
    Triages,
    opened,
    step,
)
from dreamd.core.clinic.levels import (
    LEVELS,
    Answers,
    Level,
    answers_fault,
    opened_by,
    opened_by_answers,
    opened_by_pull,
)
from dreamd.core.clinic.pull import Sitting, pull, upper_pull
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import CAUSES, Cause, Kind, Scope

CLINICIAN = By("clara", clinician=True)
OTHER_SITE = By("carl", clinician=False)
SLEEPER = By("subject-1", clinician=True)


def case(level: Level = Level.NOW) -> Case:
    """Return a case opened at 0."""
    return opened("c1", "subject-1", "north", level, 0.0)


def after(start: Case, *events: CaseEvent, at_s: float = 60.0) -> Case:
    """Return the case after these events, none of which is refused."""
    for event in events:
        stepped = step(start, event, at_s)
        assert isinstance(stepped, Case), stepped
        start = stepped
    return start


def test_each_personal_trip_opens_a_case_and_leaving_opens_none() -> None:
    """A hard cause of a person opens a case, but for the person's own leaving; an order of the house none."""
    for cause, row in CAUSES.items():
        level = LEVELS[cause]
        if cause in (Cause.WITHDRAWN, Cause.LATCHED):
            assert level is None
        elif row.scope is Scope.PERSON and row.kind is Kind.HARD:
            assert level is not None
            assert level <= Level.SOON
        elif row.scope in (Scope.DEVICE, Scope.WAY) and cause is not Cause.ACTUATOR:
            assert level is Level.NOTE


def test_a_device_opens_a_case_on_the_second_night_running() -> None:
    """A fault of a device opens no case in one night, and one of level 4 in two nights running."""
    assert opened_by(Cause.CONTACT) is None
    assert opened_by(Cause.CONTACT, nights=2) is Level.NOTE
    assert opened_by(Cause.DISTRESS) is Level.NOW


@pytest.mark.parametrize(
    ("answers", "kss", "who5", "level"),
    [
        (Answers(kss=8), [3, 4, 5], [], Level.SOON),
        (Answers(kss=6), [3, 3, 3], [], None),
        (Answers(kss=9), [7, 7, 8], [], None),
        (Answers(kss=9), [3, 3], [], None),
        (Answers(who5=15), [], [20, 20, 20], Level.SOON),
        (Answers(who5=16), [], [20, 20, 20], None),
        (Answers(who5=7), [], [9, 9, 9], Level.TODAY),
        (Answers(who5=7), [], [7, 7, 7], None),
        (Answers(who5=5), [], [], None),
        (Answers(kss=9, who5=3), [2, 2, 2], [20, 20, 20], Level.TODAY),
        (Answers(), [2, 2, 2], [20, 20, 20], None),
    ],
)
def test_answers_are_judged_by_the_own_baseline(
    answers: Answers, kss: list[int], who5: list[int], level: Level | None
) -> None:
    """KSS and WHO-5 open a case against the sleeper's own earlier answers, the gravest level first."""
    assert opened_by_answers(answers, kss, who5) is level


@pytest.mark.parametrize("answers", [Answers(kss=0), Answers(kss=10), Answers(who5=-1), Answers(who5=26)])
def test_an_answer_outside_its_scale_is_refused(answers: Answers) -> None:
    """An answer outside its scale names its field and the scale."""
    refusal = answers_fault(answers)
    assert refusal is not None
    assert refusal.code is Code.INVALID_ARGUMENT
    assert answers_fault(Answers(kss=1, who5=25)) is None


def test_a_pull_that_is_no_number_is_answered_now() -> None:
    """A pull of half opens a case of level 1, and so does one that is no number."""
    assert opened_by_pull(0.49) is None
    assert opened_by_pull(0.5) is Level.NOW
    assert opened_by_pull(nan) is Level.NOW


def test_a_case_that_is_not_answered_climbs() -> None:
    """A case of level 3 climbs to 2 after 24 h and to 1 after 4 more, and holds from level 2 on."""
    one = case(Level.SOON)
    assert not one.held
    assert after(one, Passes(), at_s=24 * 3600.0 - 1).level is Level.SOON
    day = after(one, Passes(), at_s=24 * 3600.0)
    assert (day.level, day.held) == (Level.TODAY, True)
    late = after(one, Passes(), at_s=100 * 3600.0)
    assert (late.level, late.climbed) == (Level.NOW, 3)


def test_graver_evidence_after_the_triage_is_answered_anew() -> None:
    """A triaged case of level 3 that hears of distress is open again, holds, and is due in 15 minutes."""
    one = after(case(Level.SOON), Triages(CLINICIAN, Level.SOON))
    assert (one.state, one.held) == (CaseState.TRIAGED, False)
    again = after(one, Evidence(Level.NOW, trip=True), at_s=600.0)
    assert (again.state, again.held, again.due_s()) == (CaseState.OPEN, True, 600.0 + 900.0)


def test_a_clinician_may_hold_before_the_triage() -> None:
    """To hold waits for nothing: an open case of level 3 is held, and that is its answer."""
    one = after(case(Level.SOON), Holds(CLINICIAN))
    assert (one.state, one.share, one.answered_s) == (CaseState.HELD, 0.0, 60.0)


def test_a_parent_holds_nobody_and_can_be_closed() -> None:
    """The case of a Dreamscape is answered and closed like any other, and holds no person."""
    parent = opened("c9", "", "north", Level.NOW, 0.0, kind=CaseKind.PARENT)
    assert not parent.held
    triaged = after(parent, Triages(CLINICIAN, Level.NOW))
    assert triaged.state is CaseState.TRIAGED
    assert after(triaged, Closes(CLINICIAN)).ended
    assert isinstance(step(triaged, Holds(CLINICIAN), 60.0), Refusal)


def test_the_case_of_an_erased_person_is_closed_by_a_decision_alone() -> None:
    """An erased person has no way back to walk: a clinician closes the case, and until then it holds."""
    held = replace(after(case(), Triages(CLINICIAN, Level.NOW)), person="")
    assert (held.held, held.due_s()) == (True, inf)
    assert after(held, Closes(CLINICIAN)).share == 1.0
    assert isinstance(step(after(case(), Triages(CLINICIAN, Level.NOW)), Closes(CLINICIAN), 60.0), Refusal)


def test_a_note_closes_by_itself() -> None:
    """A case of level 4 closes after seven days, and never holds."""
    one = after(case(Level.NOTE), Passes(), at_s=7 * 24 * 3600.0)
    assert (one.state, one.held) == (CaseState.CLOSED, False)


def test_the_way_back_takes_three_clean_nights_and_a_release() -> None:
    """A held person returns by a quarter, half and the whole, a clean morning each; then it is released."""
    one = after(case(), Triages(CLINICIAN, Level.NOW))
    assert (one.state, one.share) == (CaseState.HELD, 0.0)
    one = after(one, Plans(CLINICIAN))
    for share in STEPS:
        assert one.share == share
        early = step(one, Releases(CLINICIAN, restored=True), 60.0)
        assert isinstance(early, Refusal)
        assert early.code is Code.PLAN_STEP
        one = after(one, Merged(), Morning(low=False))
    released = after(one, Releases(CLINICIAN, restored=True))
    assert (released.state, released.held, released.share) == (CaseState.RELEASED, False, 1.0)


def test_a_low_morning_goes_one_step_back_and_a_trip_to_the_hold() -> None:
    """A low check-in in the return costs one step; a trip ends the return."""
    one = after(case(), Triages(CLINICIAN, Level.NOW), Plans(CLINICIAN), Merged(), Morning(low=False))
    assert one.step == 2
    assert after(one, Merged(), Morning(low=True)).step == 1
    for grave in (Evidence(Level.SOON, trip=True), Evidence(Level.TODAY)):
        held = after(one, grave)
        assert (held.state, held.share) == (CaseState.HELD, 0.0)


def test_a_graver_triage_ends_the_return() -> None:
    """A returning case of level 3 that is set to 2 by a clinician holds; one that is set to 4 does not."""
    one = after(case(Level.SOON), Holds(CLINICIAN), Plans(CLINICIAN))
    graver, milder = after(one, Triages(CLINICIAN, Level.TODAY)), after(one, Triages(CLINICIAN, Level.NOTE))
    assert (graver.state, graver.share) == (CaseState.HELD, 0.0)
    assert (milder.state, milder.share) == (CaseState.RETURNING, STEPS[0])


def test_a_person_that_is_not_restored_is_not_released() -> None:
    """Sittings that show the person pulled refuse the release; those that cannot be measured do not."""
    one = after(case(), Triages(CLINICIAN, Level.NOW), Plans(CLINICIAN))
    for _ in STEPS:
        one = after(one, Merged(), Morning(low=False))
    refusal = step(one, Releases(CLINICIAN, restored=False), 60.0)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.NOT_MEASURED
    assert after(one, Releases(CLINICIAN, restored=None)).state is CaseState.RELEASED


@pytest.mark.parametrize("by", [OTHER_SITE, SLEEPER])
def test_only_another_clinician_of_the_site_decides(by: By) -> None:
    """A clinician of another site, and the person itself, decide nothing of a case."""
    held = after(case(), Triages(CLINICIAN, Level.NOW))
    returning = after(held, Plans(CLINICIAN))
    for one in (case(), held, returning):
        events = Triages(by, Level.NOTE), Holds(by), Plans(by), Releases(by, restored=True), Closes(by)
        for event in events:
            assert isinstance(step(one, event, 60.0), Refusal)


events = st.one_of(
    st.builds(Evidence, st.sampled_from(Level), st.booleans()),
    st.builds(Triages, st.just(CLINICIAN), st.sampled_from(Level)),
    st.just(Holds(CLINICIAN)),
    st.just(Plans(CLINICIAN)),
    st.just(Merged()),
    st.builds(Morning, st.booleans()),
    st.builds(Releases, st.just(CLINICIAN), st.sampled_from((True, False, None))),
    st.just(Closes(CLINICIAN)),
    st.just(Passes()),
)


@given(st.sampled_from(Level), st.lists(st.tuples(events, st.floats(0.0, 1e6)), max_size=30))
def test_a_hold_ends_by_a_release_alone(level: Level, happened: list[tuple[CaseEvent, float]]) -> None:
    """Whatever happens, a held person merges in full only after a release, and an ended case stays ended."""
    one, now_s = case(level), 0.0
    for event, later_s in happened:
        now_s += later_s
        stepped = step(one, event, now_s)
        if isinstance(stepped, Refusal):
            continue
        if one.held and not stepped.held:
            assert stepped.state is CaseState.RELEASED
        if one.state in ENDED:
            assert stepped == one
        if stepped.held and stepped.state is not CaseState.RETURNING:
            assert stepped.share == 0.0
        one = stepped


def test_pull_is_zero_at_oneself_and_one_at_the_group() -> None:
    """Pull is 0 at the sleeper's own mean, 1 at the collective, half between, whatever lies aside."""
    own, collective = [0.0, 0.0, 1.0], [2.0, 0.0, 1.0]
    assert pull(own, own, collective, 3) == 0.0
    assert pull(collective, own, collective, 3) == 1.0
    assert pull([1.0, 5.0, 1.0], own, collective, 3) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("sitting", "collective", "days"),
    [
        ([0.0, 0.0], [2.0, 0.0], 2),
        ([0.0, 0.0], [1.0, 0.0], 3),
        ([nan, 0.0], [2.0, 0.0], 3),
        ([0.0, 0.0], [nan, 0.0], 3),
    ],
)
def test_pull_that_cannot_be_measured_is_said(
    sitting: list[float], collective: list[float], days: int
) -> None:
    """Too few calibration days, a group too near, or no number: pull cannot be measured."""
    found = pull(sitting, [0.0, 0.0], collective, days)
    assert isinstance(found, Refusal)
    assert found.code is Code.NOT_MEASURED


def test_three_sittings_near_oneself_show_restoration() -> None:
    """Three sittings near 0 lie below the limit; three at .5 do not, and two tell nothing."""
    base = [0.05, -0.05, 0.0, 0.02, -0.02]
    near = [Sitting(day, value) for day, value in enumerate((0.0, 0.05, -0.05))]
    upper = upper_pull(near, base)
    assert isinstance(upper, float)
    assert upper < 0.3
    far = upper_pull([replace(one, pull=0.5) for one in near], base)
    assert isinstance(far, float)
    assert not far < 0.3
    assert isinstance(upper_pull(near[:2], base), Refusal)
    assert isinstance(upper_pull([Sitting(1, 0.0), Sitting(1, 0.1), Sitting(1, 0.2)], base), Refusal)
