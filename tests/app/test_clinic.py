"""The clinic in the application: what opens cases, what a hold does, how a person comes back."""

from dataclasses import replace
from math import nan

import pytest

from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.clinic.course import CaseKind, CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.clinic.levels import LEVELS, Answers, Level
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.generation import LAPSED_S
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR
from fakes.stage import Stage

DAY_S = 86_400.0
ASH = "sleeper-1"


def dreaming(pods: int = 5) -> Stage:
    """A Dreamscape in which everyone is merged."""
    stage = Stage(pods)
    stage.appear()
    stage.dream()
    return stage


def later(stage: Stage, seconds: float) -> None:
    """Time passes in which this daemon sleeps."""
    stage.clock.at_s += seconds
    stage.app.run_due()


def case_of(stage: Stage, sleeper: str = ASH) -> KeptCase | None:
    """The case of a sleeper that has not ended."""
    return stage.app.clinic.own_case(OPERATOR, sleeper)


def held(stage: Stage, sleeper: str = ASH) -> KeptCase:
    """The case of a sleeper that is held."""
    kept = case_of(stage, sleeper)
    assert kept is not None
    assert kept.case.share == 0.0
    return kept


def done(answer: KeptCase | Refusal | Deferred[KeptCase]) -> KeptCase:
    """The case that a command answers."""
    found = answer.answer() if isinstance(answer, Deferred) else answer
    assert isinstance(found, KeptCase), found
    return found


def refused(answer: object) -> Code:
    """The code of a refusal."""
    found = answer.answer() if isinstance(answer, Deferred) else answer
    assert isinstance(found, Refusal), found
    return found.code


def why(stage: Stage, pod: str = "bed-1") -> str:
    """The code of the failed check `clinic` of a pod; empty: it passes."""
    checks = stage.app.dreamscapes.explain("night", pod)
    assert not isinstance(checks, Refusal)
    return next(one.code for one in checks if one.name == "clinic")


def distress(stage: Stage, pod: str = "bed-1") -> None:
    """The pod severs its sleeper for distress, and tells it."""
    stage.pod(pod).event(PodEventKind.SEVERED, "distress", unix_ms=round(stage.clock.now_s() * 1000))
    stage.hop()


def test_each_cause_opens_its_level() -> None:
    """A sever that a pod reports opens the level of its cause, a fault of the device none in one night."""
    causes = list(Cause)
    stage = Stage(len(causes))
    stage.appear()
    for pod, cause in zip(stage.pods, causes, strict=True):
        pod.event(PodEventKind.SEVERED, cause.value)
    stage.hop()
    opened = {cause: case_of(stage, f"sleeper-{number}") for number, cause in enumerate(causes, 1)}
    levels = {cause: None if kept is None else kept.case.level for cause, kept in opened.items()}
    silent = {cause for cause, level in LEVELS.items() if level is Level.NOTE} | {Cause.EXPOSURE}
    assert levels == LEVELS | dict.fromkeys(silent)
    assert all(kept.causes == (cause.value,) for cause, kept in opened.items() if kept is not None)
    assert all(kept.case.site == "here" for kept in opened.values() if kept is not None)


def test_a_hold_takes_the_seat_in_the_same_tick_and_no_grant_gives_it_back() -> None:
    """After distress the sleeper has no slot, is not admitted anywhere, and the others dream on."""
    stage = dreaming()
    distress(stage)
    kept = held(stage)
    assert stage.pod("bed-1").assign is None
    assert kept.case.held
    assert why(stage) == Code.ON_HOLD.value
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.lie_down("bed-1", ASH)
    stage.hop(12)
    assert stage.pod("bed-1").assign is None
    assert stage.pod("bed-2").assign is not None


def test_a_hold_is_no_reason_to_keep_anybody() -> None:
    """A held sleeper is checked out, withdrawn and erased like any other."""
    stage = dreaming()
    distress(stage)
    held(stage)
    ticket = stage.app.consents.withdraw(OPERATOR, ASH)
    assert not isinstance(ticket, Refusal)
    assert not isinstance(stage.app.pods.check_out(OPERATOR, "bed-1"), Refusal)


def test_a_hold_outlives_restarts() -> None:
    """A daemon that starts anew on the same ledger holds the same person, with the evidence and the notes."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    done(stage.app.clinic.triage(OPERATOR, case, Level.NOW, related=True, expected=False))
    done(stage.app.clinic.add_note(OPERATOR, case, "sat up and cried"))
    before = held(stage)
    for _ in range(3):
        stage.restart()
        assert replace(held(stage), pull=before.pull) == before
        for pod in stage.pods:
            pod.incarnation += 1
        stage.appear()
        stage.hop(8)
        assert stage.pod("bed-1").assign is None
        assert why(stage) == Code.ON_HOLD.value
    assert [note.text for note in held(stage).notes] == ["sat up and cried"]


@pytest.mark.parametrize("levels", [(Level.TODAY, Level.SOON), (Level.SOON, Level.TODAY)])
def test_of_two_cases_by_two_daemons_the_one_that_holds_counts(levels: tuple[Level, Level]) -> None:
    """Two daemons opened a case each of one person: the next one holds them, and an erasure unnames both."""
    stage = Stage(1)
    older = stage.app
    stage.restart()
    for app, level in zip((older, stage.app), levels, strict=True):
        app._deps.clinic.add_evidence(ASH, level, "told", "at the bed", site="here")
        stage.clock.at_s += 1.0
        app._deps.clinic.write_due()
    stage.restart()
    book = stage.app._deps.clinic
    kept = held(stage)
    assert (len(list(book)), kept.case.level, book.share(ASH)) == (2, Level.TODAY, 0.0)
    book.drop_sleeper(ASH)
    assert {one.case.person for one in book} == {""}
    book.come_back(ASH)
    assert [one.case.person for one in book] == [ASH, ASH]
    done(stage.app.clinic.triage(OPERATOR, kept.case.id, Level.SOON))
    assert held(stage).case.id == kept.case.id


def test_later_evidence_joins_the_case_of_the_person() -> None:
    """A person has one case: a second cause joins it, the graver level counts, a repetition adds nothing."""
    stage = dreaming()
    at_ms = round(stage.clock.now_s() * 1000)
    stage.pod("bed-1").event(PodEventKind.SEVERED, "arousal", unix_ms=at_ms)
    stage.hop()
    first = case_of(stage)
    assert first is not None
    assert (first.case.level, first.case.held) == (Level.SOON, False)
    stage.pod("bed-1").event(PodEventKind.SEVERED, "arousal", unix_ms=at_ms)
    stage.pod("bed-1").event(PodEventKind.SEVERED, "distress", unix_ms=at_ms + 900)
    stage.hop()
    both = held(stage)
    assert both.case.id == first.case.id
    assert (both.case.level, both.causes) == (Level.NOW, ("arousal", "distress"))
    assert len(both.evidence) == 2


def test_a_late_report_is_of_the_sleeper_that_lay_there() -> None:
    """A pod tells of a sever after another sleeper has lain down: the first one's case opens."""
    stage = dreaming()
    at_ms = round(stage.clock.now_s() * 1000)
    stage.hop(4)
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.lie_down("bed-1", "rowan")
    stage.pod("bed-1").event(PodEventKind.SEVERED, "distress", unix_ms=at_ms)
    stage.hop()
    held(stage)
    assert case_of(stage, "rowan") is None


def test_a_pod_is_answered_once_its_case_is_on_the_disk() -> None:
    """A report is not acknowledged before the case is written, also that of a sleeper who has left."""
    stage = dreaming()
    at_ms = round(stage.clock.now_s() * 1000)
    stage.hop(4)
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.lie_down("bed-1", "rowan")
    stage.hop()
    stage.ledger.held = True
    stage.pod("bed-1").event(PodEventKind.SEVERED, "distress", unix_ms=at_ms)
    stage.hop()
    assert not stage.app._deps.clinic.has_told("bed-1")
    assert not stage.app.inbound._settled("bed-1")
    stage.ledger.release()
    stage.hop()
    assert stage.app._deps.clinic.has_told("bed-1")
    assert stage.ledger.storage.cases


def test_a_device_that_fails_on_two_nights_running_opens_a_note() -> None:
    """One night opens none, the next night opens level 4, a pause of a night begins the count anew."""
    stage = dreaming()
    opened = []
    for days in (0.0, 2.0, 1.0):
        stage.clock.at_s += days * DAY_S
        stage.restart()
        for pod in stage.pods:
            pod.incarnation += 1
        stage.appear()
        stage.pod("bed-1").event(PodEventKind.SEVERED, "contact")
        stage.hop()
        opened.append(case_of(stage))
    assert opened[:2] == [None, None]
    assert opened[2] is not None
    assert (opened[2].case.level, opened[2].case.held) == (Level.NOTE, False)
    assert why_free(stage)


def why_free(stage: Stage) -> bool:
    """Whether no case keeps the sleeper in the first bed."""
    return stage.app.clinic.own_case(OPERATOR, ASH) is not None and case_share(stage) == 1.0


def case_share(stage: Stage) -> float:
    """The share of the ceiling of the first sleeper."""
    kept = case_of(stage)
    return 1.0 if kept is None else kept.case.share


def test_a_waking_by_order_opens_no_case() -> None:
    """Everyone is woken by an operator: nothing has happened to a person."""
    stage = dreaming()
    stage.link.cut = True  # the pods obey a moment later
    stage.app.dreamscapes.wake(OPERATOR, "night", "morning")
    for pod in stage.pods:
        pod.event(PodEventKind.SEVERED, "wake")
        pod.event(PodEventKind.LATCHED, "wake")
    stage.hop(4)
    assert stage.app.clinic.list_cases(OPERATOR) == ()


def test_a_dreamscape_severed_as_one_opens_a_parent() -> None:
    """Homogenisation opens a parent and a case of level 1 for each sleeper; the list has the parent first."""
    stage = dreaming()
    runtime = stage.app.registry["night"]
    runtime.dreamscape.sever(Cause.HOMOGENISED, "planted")
    stage.hop()
    cases = stage.app.clinic.list_cases(OPERATOR)
    assert isinstance(cases, tuple)
    assert [one.case.kind for one in cases] == [CaseKind.PARENT, *[CaseKind.PERSON] * 5]
    assert {one.case.level for one in cases} == {Level.NOW}
    assert {one.case.parent for one in cases[1:]} == {cases[0].case.id}
    assert all(pod.assign is None for pod in stage.pods)


def test_a_mass_failure_is_the_parent_of_what_it_opened() -> None:
    """Cases that the Dreamscape opened just before its fall are its parent's, in level order."""
    stage = dreaming()
    distress(stage, "bed-3")
    stage.pod("bed-4").event(PodEventKind.SEVERED, "arousal")
    stage.hop()
    stage.app.registry["night"].dreamscape.sever(Cause.MASS, "planted")
    stage.hop()
    stage.pod("bed-5").event(PodEventKind.SEVERED, "distress")
    stage.hop()
    cases = stage.app.clinic.list_cases(OPERATOR)
    assert isinstance(cases, tuple)
    (parent,) = [one for one in cases if one.case.kind is CaseKind.PARENT]
    assert parent.case.level is Level.TODAY
    assert [(one.case.person, one.case.parent) for one in cases if one is not parent] == [
        ("sleeper-3", parent.case.id),
        ("sleeper-5", parent.case.id),
        ("sleeper-4", parent.case.id),
    ]
    done(stage.app.clinic.triage(OPERATOR, parent.case.id, Level.SOON))
    assert done(stage.app.clinic.close_case(OPERATOR, parent.case.id, "broker")).case.ended


def test_late_answers_climb_and_hold() -> None:
    """A case of level 3 that waits a day is of level 2 and holds its sleeper, who merges at that moment."""
    stage = dreaming()
    stage.app._deps.clinic.add_evidence(ASH, Level.SOON, "arousal", "", nan, site="here")
    stage.hop()
    assert stage.pod("bed-1").assign is not None
    later(stage, DAY_S)
    kept = held(stage)
    assert (kept.case.level, kept.case.climbed) == (Level.TODAY, 1)
    assert stage.pod("bed-1").assign is None


def test_a_case_of_level_1_that_waits_15_minutes_is_counted_until_its_triage() -> None:
    """The count that pages a clinician begins 15 minutes after the opening, and ends with the answer."""
    stage = dreaming()
    distress(stage)
    counts = stage.app._deps.clinic.counts
    later(stage, 880.0)
    assert (counts()[0][Level.NOW], counts()[1].get(Level.NOW, 0)) == (1, 0)
    later(stage, 30.0)
    assert counts()[1][Level.NOW] == 1
    stage.restart()
    counts = stage.app._deps.clinic.counts
    assert counts()[1][Level.NOW] == 1
    done(stage.app.clinic.triage(OPERATOR, held(stage).case.id, Level.NOW))
    assert counts()[1][Level.NOW] == 0


def test_a_case_by_hand_holds_in_the_call() -> None:
    """A clinician opens a case for what a person tells; elsewhere, or for oneself, nobody does."""
    stage = dreaming()
    here = frozenset({"here"})
    clara = enrolled(stage, "clara", Grant(Role.CLINICIAN, sites=here))
    carl = enrolled(stage, "carl", Grant(Role.CLINICIAN, sites=frozenset({"there"})))
    own = enrolled(stage, "ash-own", Grant(Role.CLINICIAN, sites=here), Grant(Role.SLEEPER, sleeper=ASH))
    clinic = stage.app.clinic
    assert refused(clinic.open_case(carl, ASH, Level.NOW, "cries")) is Code.NOT_YOUR_SITE
    assert refused(clinic.open_case(own, ASH, Level.NOW, "cries")) is Code.NOT_YOURS
    assert refused(clinic.open_case(clara, "no name!", Level.NOW, "cries")) is Code.INVALID_ARGUMENT
    assert refused(clinic.open_case(clara, ASH, Level.NOW, " ")) is Code.INVALID_ARGUMENT
    anna = enrolled(stage, "anna", Grant(Role.CLINICIAN, sites=frozenset("*")))
    for site in ("", "nowhere"):
        elsewhere = clinic.open_case(anna, "rowan", Level.NOW, "rings from home", site)
        assert refused(elsewhere) is Code.INVALID_ARGUMENT, "no ward would see the case"
    assert done(clinic.open_case(anna, "rowan", Level.SOON, "rings", "there")).case.site == "there"
    opened = done(clinic.open_case(clara, ASH, Level.TODAY, "cries"))
    assert (opened.case.site, opened.causes, opened.evidence[0].words) == ("here", ("clinician",), "cries")
    assert stage.pod("bed-1").assign is None
    assert done(clinic.open_case(clara, ASH, Level.NOW, "again")).case.id == opened.case.id


def test_a_hold_by_hand_is_zero_in_the_call() -> None:
    """A clinician holds a person that merges: no slot when the call returns, and a note tells why."""
    stage = dreaming()
    kept = stage.app._deps.clinic.add_evidence(ASH, Level.SOON, "arousal", "", nan, site="here")
    assert stage.pod("bed-1").assign is not None
    answered = done(stage.app.clinic.hold_person(OPERATOR, kept.case.id, "wishes to rest"))
    assert answered.case.state is CaseState.HELD
    assert stage.pod("bed-1").assign is None
    assert answered.notes[0].text == "hold: wishes to rest"


def test_a_hold_is_answered_although_the_disk_fails() -> None:
    """A hold waits for no disk: it stands, and is written once the disk is back."""
    stage = dreaming()
    kept = stage.app._deps.clinic.add_evidence(ASH, Level.SOON, "arousal", "", nan, site="here")
    stage.hop()
    stage.ledger.broken = "full"
    answered = done(stage.app.clinic.hold_person(OPERATOR, kept.case.id, ""))
    assert answered.case.held
    assert stage.pod("bed-1").assign is None
    stage.hop(8)
    stage.ledger.broken = ""
    stage.hop(8)
    stage.restart()
    held(stage)


def test_a_release_waits_for_the_disk() -> None:
    """The plan of return is refused while the disk fails, and the person stays held."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    done(stage.app.clinic.triage(OPERATOR, case, Level.NOW))
    stage.ledger.broken = "full"
    assert refused(stage.app.clinic.plan_return(OPERATOR, case)) is Code.LEDGER_UNAVAILABLE
    held(stage)
    stage.ledger.broken = ""
    stage.hop(8)
    stage.restart()
    held(stage)


def back_in_bed(stage: Stage, days: float = 1.0) -> None:
    """The next night: the daemon starts anew, and everyone lies down again."""
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.hop(8)
    for pod in stage.pods:
        stage.app.pods.check_out(OPERATOR, pod.name)
    stage.hop(16)
    stage.clock.at_s += days * DAY_S
    stage.restart()
    for pod in stage.pods:
        pod.incarnation, pod.assign = pod.incarnation + 1, None
    stage.appear()


def ceiling_in(stage: Stage, name: str) -> float:
    """Dream again as `name`; return the ceiling of the first bed's assign."""
    stage.app.dreamscapes.create(OPERATOR, Plan(name, 3, len(stage.pods), ramp_s=10.0, ceiling=0.1))
    stage.hop(4)
    assert not isinstance(stage.app.dreamscapes.start(OPERATOR, name), Refusal)
    stage.hop(4)
    assign = stage.pod("bed-1").assign
    assert assign is not None
    return assign.ceiling


def answer(stage: Stage, kss: int | None, who5: int | None = None) -> object:
    """The first sleeper answers this morning."""
    answered = stage.app.clinic.answer_morning(OPERATOR, ASH, Answers(kss, who5))
    assert isinstance(answered, Deferred)
    return answered.answer()


def test_a_person_returns_in_three_nights_at_a_quarter_half_and_the_whole() -> None:
    """Each night merges with its share of the ceiling and ends clean; then the person is released."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    clinic = stage.app.clinic
    done(clinic.triage(OPERATOR, case, Level.NOW))
    done(clinic.plan_return(OPERATOR, case))
    for night, share in enumerate((0.25, 0.5, 1.0)):
        back_in_bed(stage)
        clinic = stage.app.clinic
        assert ceiling_in(stage, f"night-{night}") == pytest.approx(0.1 * share)
        most = round(0.1 * share * 255) + 1
        stage.hop(44)
        assert 0 < stage.coupling("bed-1") <= most
        assert refused(clinic.release_person(OPERATOR, case, "")) is Code.PLAN_STEP
        stage.pod("bed-1").event(PodEventKind.MERGED)
        stage.hop()
        answer(stage, kss=3)
        stage.app.dreamscapes.end(OPERATOR, f"night-{night}", "morning")
        stage.hop(4)
    assert done(clinic.release_person(OPERATOR, case, "well again")).case.state is CaseState.RELEASED
    assert case_of(stage) is None
    stage.restart()
    assert case_of(stage) is None


def test_a_low_morning_of_the_return_goes_one_step_back() -> None:
    """A low answer in the second night of the return leads to the first step; a distress to the hold."""
    stage = dreaming()
    for _ in range(3):
        answer(stage, kss=3)
        later(stage, DAY_S)
    distress(stage)
    case = held(stage).case.id
    done(stage.app.clinic.triage(OPERATOR, case, Level.NOW))
    done(stage.app.clinic.plan_return(OPERATOR, case))
    steps = []
    for kss in (3, 8, 8):
        later(stage, DAY_S)
        stage.pod("bed-1").event(PodEventKind.MERGED)
        stage.hop()
        answer(stage, kss)
        kept = case_of(stage)
        assert kept is not None
        steps.append((kept.case.step, kept.case.share))
    assert steps == [(2, 0.5), (1, 0.25), (0, 0.0)]


def test_answers_open_a_case_by_the_own_baseline() -> None:
    """A WHO-5 of 5 after three of 20 opens level 2 and holds; the answers are kept, one row a night."""
    stage = dreaming()
    for _ in range(3):
        answer(stage, kss=4, who5=20)
        later(stage, DAY_S)
    assert case_of(stage) is None
    answer(stage, kss=4, who5=19)
    taken = answer(stage, kss=4, who5=5)
    assert taken.level is Level.TODAY
    assert taken.physician
    assert held(stage).causes == ("answers",)
    rows = stage.ledger.personal(ASH, "morning")
    assert len(rows) == 4
    assert b'"who5": 5' in rows[-1].body


@pytest.mark.parametrize(("kss", "who5"), [(0, None), (None, 26), (None, None), (True, None)])
def test_answers_that_are_none_are_refused(kss: int | None, who5: int | None) -> None:
    """An answer outside its scale, or none at all, names its field."""
    stage = dreaming()
    assert (
        refused(stage.app.clinic.answer_morning(OPERATOR, ASH, Answers(kss, who5))) is Code.INVALID_ARGUMENT
    )


def enrolled(stage: Stage, name: str, *grants: Grant) -> Caller:
    """A person of the site with these grants, as a caller."""
    stage.app.principals.put_rows((Principal(name, Kind.PERSON, grants),))
    return Caller(name, grants[0].role, Channel.GRPC)


def test_only_another_clinician_of_the_site_decides() -> None:
    """Neither a clinician of another site decides, nor the person itself in a clinician's role."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    here = frozenset({"here"})
    clara = enrolled(stage, "clara", Grant(Role.CLINICIAN, sites=here))
    carl = enrolled(stage, "carl", Grant(Role.CLINICIAN, sites=frozenset({"there"})))
    own = enrolled(stage, "ash-own", Grant(Role.CLINICIAN, sites=here), Grant(Role.SLEEPER, sleeper=ASH))
    artist = enrolled(stage, "arti", Grant(Role.ARTIST, dreamscapes=frozenset({"night"})))
    clinic = stage.app.clinic
    assert refused(clinic.triage(carl, case, Level.NOW)) is Code.NOT_YOUR_SITE
    assert refused(clinic.add_note(carl, case, "x")) is Code.NOT_YOUR_SITE
    assert refused(clinic.triage(own, case, Level.NOW)) is Code.NOT_YOURS
    assert refused(clinic.triage(artist, case, Level.NOW)) is Code.CASE_UNKNOWN
    assert refused(clinic.case_of(carl, case)) is Code.CASE_UNKNOWN
    assert clinic.list_cases(carl) == ()
    assert done(clinic.case_of(own, case)).case.id == case
    assert done(clinic.triage(clara, case, Level.NOW)).case.state is CaseState.HELD
    assert refused(clinic.plan_return(own, case)) is Code.NOT_YOURS
    done(clinic.plan_return(clara, case))
    assert refused(clinic.release_person(own, case, "")) is Code.NOT_YOURS


def test_an_erasure_buys_no_release() -> None:
    """The case of an erased person names nobody; the same pseudonym is held when it is back."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    done(stage.app.clinic.add_note(OPERATOR, case, "sat up and cried"))
    sleeper = Caller("ash", Role.SLEEPER, Channel.GRPC)
    stage.app.erasures.erase(sleeper, ASH)
    stage.hop(50)
    kept = done(stage.app.clinic.case_of(OPERATOR, case))
    assert (kept.case.person, kept.evidence, kept.notes) == ("", (), ())
    assert kept.case.held
    assert "cried" not in str(stage.ledger.storage.personal)
    for _ in range(2):
        stage.restart()
        for pod in stage.pods:
            pod.incarnation, pod.assign = pod.incarnation + 1, None
        stage.appear()
        stage.hop(8)
        assert why(stage) == Code.ON_HOLD.value
        assert stage.pod("bed-1").assign is None
    assert held(stage).case.id == case
    assert held(stage).case.person == ASH
    stored = stage.ledger.storage
    stored.cases[case] = replace(kept, sittings=(), pull=None)  # the return was not written
    stage.restart()
    assert held(stage).case.person == ASH, "a sleeper that lies in a bed is known at the start"


def test_a_restored_ledger_lets_nobody_merge_until_a_clinician_has_looked() -> None:
    """A hold younger than the copy is lost with it: a fleet case holds everyone until it is closed."""
    stage = dreaming()
    stage.hop(8)
    copy = stage.ledger.storage.copy()
    distress(stage)
    lost = held(stage).case.id
    stage.hop(8)
    stage.ledger.storage.restore(copy)
    for _ in range(2):
        stage.restart()
        for pod in stage.pods:
            pod.incarnation, pod.assign = pod.incarnation + 1, None
        stage.appear()
        stage.hop(8)
        assert case_of(stage) is None
        assert {why(stage, pod.name) for pod in stage.pods} == {Code.ON_HOLD.value}
        assert all(pod.assign is None for pod in stage.pods)
    (doubt,) = stage.app.clinic.list_cases(OPERATOR)
    assert (doubt.case.kind, doubt.causes) == (CaseKind.FLEET, ("restored",))
    assert doubt.case.id != lost
    stage.app._deps.clinic.add_evidence(ASH, Level.NOW, "distress", "from paper", nan, site="here")
    done(stage.app.clinic.triage(OPERATOR, doubt.case.id, Level.SOON))
    done(stage.app.clinic.close_case(OPERATOR, doubt.case.id, "compared"))
    stage.hop(40)
    assert why(stage) == Code.ON_HOLD.value
    assert why(stage, "bed-2") == ""


def test_an_hour_without_a_daemon_needs_no_clinician() -> None:
    """A house that is switched off by day begins the evening without a case over its book."""
    stage = dreaming()
    stage.hop(8)
    stage.ledger.storage.lived_s -= LAPSED_S + 60.0
    stage.restart()
    assert any(event.kind == "ledger-restored" for event in stage.app.journal._events)
    assert stage.app.clinic.list_cases(OPERATOR) == ()


def test_a_watch_sends_what_is_open_and_then_each_change() -> None:
    """A watch begins with all open cases in level order; a case that changed twice comes once."""
    stage = dreaming()
    book = stage.app._deps.clinic
    book.add_evidence("sleeper-2", Level.SOON, "arousal", "", nan, site="here")
    book.add_evidence("sleeper-3", Level.NOW, "distress", "", nan, site="here")
    told: list[int] = []
    watch = stage.app.clinic.watch_cases(OPERATOR, lambda: told.append(1))
    assert not isinstance(watch, Refusal)
    first = watch.take_cases(10)
    assert not isinstance(first, Refusal)
    assert [one.case.person for one in first] == ["sleeper-3", "sleeper-2"]
    assert watch.take_cases(10) == ()
    for cause in ("wake", "arousal"):
        book.add_evidence("sleeper-2", Level.SOON, cause, "", nan, site="here", at_s=stage.clock.now_s() + 1)
    assert told
    (changed,) = watch.take_cases(10)
    assert changed.causes == ("arousal", "wake")
    watch.close()
    watches = [stage.app.clinic.watch_cases(OPERATOR, lambda: None) for _ in range(65)]
    assert refused(watches[-1]) is Code.TOO_MANY_WATCHERS


def test_the_report_counts_cases_and_names_nobody() -> None:
    """Cases by level, time to triage, unanticipated problems by case id; an ended case counts too."""
    stage = dreaming()
    from_s = stage.clock.now_s() - 1.0
    distress(stage)
    stage.pod("bed-2").event(PodEventKind.SEVERED, "arousal")
    stage.hop()
    case, mild = held(stage).case.id, case_of(stage, "sleeper-2")
    assert mild is not None
    stage.clock.at_s += 600.0
    done(stage.app.clinic.triage(OPERATOR, case, Level.NOW, related=True, expected=False))
    done(stage.app.clinic.triage(OPERATOR, mild.case.id, Level.SOON))
    done(stage.app.clinic.close_case(OPERATOR, mild.case.id, ""))
    stage.hop(4)
    assert case_of(stage, "sleeper-2") is None
    asked = stage.app.clinic.report(OPERATOR, from_s, stage.clock.now_s() + 1.0)
    assert isinstance(asked, Deferred)
    report = asked.answer()
    by_level = {one.level: one for one in report.levels}
    assert {level: one.cases for level, one in by_level.items()} == {
        Level.NOW: 1,
        Level.TODAY: 0,
        Level.SOON: 1,
        Level.NOTE: 0,
    }
    assert by_level[Level.NOW].to_triage_s == pytest.approx(600.0, abs=2.0)
    assert by_level[Level.NOW].within == 1
    assert report.unanticipated == (case,)
    assert ASH not in str(report)
    ended = stage.app.clinic.list_cases(OPERATOR, (CaseState.CLOSED,))
    assert isinstance(ended, Deferred)
    assert [one.case.id for one in ended.answer()] == [mild.case.id]
    assert refused(stage.app.clinic.report(OPERATOR, 2.0, 2.0)) is Code.INVALID_ARGUMENT


def test_no_event_of_a_case_names_a_person() -> None:
    """The journal tells of cases by id alone, and its kinds are in the table."""
    stage = dreaming()
    distress(stage)
    case = held(stage).case.id
    done(stage.app.clinic.triage(OPERATOR, case, Level.NOW))
    events = [one for one in stage.app.journal._events if one.kind.startswith("case-")]
    assert [one.kind for one in events] == ["case-opened", "case-held"]
    assert all(one.cause == case and ASH not in one.sentence for one in events)
    assert [one.pod for one in events] == ["bed-1", ""], "where the person lay, once"


def test_a_dose_above_the_limit_opens_a_case_and_reaching_it_none() -> None:
    """Merge-minutes far above the clause open level 2; a dose at the limit opens none."""
    stage = dreaming()
    openings = stage.app._institutions._clinic._openings
    dose = stage.app._deps.doses.dose(ASH, stage.clock.now_s())
    for charged_min, opens in ((dose.limit_min, False), (dose.limit_min + 5.0, True)):
        openings._dose_of = lambda _s, _t, charged_min=charged_min: replace(dose, charged_min=charged_min)
        openings._doses.append((0.0, ASH))
        stage.hop()
        assert (case_of(stage) is not None) is opens
    assert held(stage).causes == ("exposure",)
