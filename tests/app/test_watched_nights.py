"""Surveillance in the house: nights counted, judged at noon, the cap in an alarm, its lifting, restarts."""

import json
import random
from dataclasses import replace
from datetime import UTC, timedelta, timezone, tzinfo
from math import isfinite, nan

import pytest

from dreamd.adapters.documents.shipped import bench_founding, founding
from dreamd.app.guidelines.revisions import Revisions
from dreamd.core.access.caller import Role
from dreamd.core.clinic.course import CaseKind, opened
from dreamd.core.clinic.kept_case import EvidenceLine, KeptCase, night_of
from dreamd.core.clinic.levels import Answers, Level
from dreamd.core.dreamscapes.views import Event
from dreamd.core.refusals import Code, Refusal
from dreamd.core.surveillance.e_detector import Evidence
from dreamd.core.surveillance.kinds import KINDS, HarmKind
from dreamd.core.surveillance.night_numbers import night_ends_s
from dreamd.core.surveillance.rates import poisson_upper
from dreamd.core.surveillance.watch import Alarm, NightCount, Watch, after_night
from dreamd.ports.ledger.clinic import MORNING
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import PodEventKind
from fakes import surveillance
from fakes.access import FakeAccess
from fakes.callers import OPERATOR
from fakes.ledger import LedgerStorage, MemoryLedger
from fakes.stage import START_S, Stage

HALF = coupling_to_byte(0.075)
FULL = coupling_to_byte(0.1)
FAR = 10**6


def same(watch: Watch) -> Watch:
    """The watch itself, for an answer."""
    return watch


def noon_in(seconds: float) -> tzinfo:
    """A zone in which it is noon so many seconds after the start, which is at 8:00 UTC."""
    return timezone(timedelta(hours=4.0, seconds=-seconds))


def near_alarm(kind: HarmKind = HarmKind.DISTRESS) -> Watch:
    """A watch one harmed night below its alarm."""
    return Watch(kind, 1, 500, 2, poisson_upper(2) / 500, Evidence((9000.0,) * 5), 90)


def house(
    watch: Watch | None = None,
    counts: tuple[NightCount, ...] = (),
    noon_s: float = FAR,
    share: float = 0.5,
) -> Stage:
    """Six beds, a ledger with this watch and these counts, noon after so long, and the share of the cap."""
    kept = MemoryLedger(LedgerStorage())
    kept.write(Transaction(watches=(watch,) if watch else (), night_counts=counts))
    zone = noon_in(noon_s) if noon_s != FAR else noon_in(-3600.0)
    bench = bench_founding()
    clauses = tuple(
        replace(one, limit=share) if one.key is not None and one.key.name == "alarm_cap_share" else one
        for one in bench.bundle.clauses
    )
    return Stage(6, kept, founding=replace(bench, bundle=replace(bench.bundle, clauses=clauses)), zone=zone)


def dream(stage: Stage, hops: int = 44) -> Stage:
    """Merge all sleepers, past the ramp."""
    stage.appear()
    stage.dream(ramp_s=10.0)
    for pod in stage.pods:
        pod.event(PodEventKind.MERGED, unix_ms=round(stage.clock.at_s * 1000))
    stage.hop(hops)
    return stage


def harm(stage: Stage, bed: str, cause: str) -> None:
    """The bed reports a sever by this cause."""
    stage.pod(bed).event(PodEventKind.SEVERED, cause, unix_ms=round(stage.clock.at_s * 1000))
    stage.hop(2)


def tonight(stage: Stage, zone: tzinfo | None = None) -> int:
    """The number of the night of now."""
    return night_of(stage.clock.at_s, zone or noon_in(-3600.0))


def kept(stage: Stage) -> Watch:
    """The watch over distress as the ledger has it."""
    found = {watch.kind: watch for watch in stage.ledger.watches()}
    return found.get(HarmKind.DISTRESS, Watch(HarmKind.DISTRESS))


def until_alarm(stage: Stage) -> None:
    """Let hops pass until an alarm is told; noon comes within 200 of them."""
    for _ in range(200):
        if events(stage, "alarm-raised"):
            return
        stage.hop()
    raise AssertionError("no alarm")


def events(stage: Stage, kind: str) -> list[str]:
    """The causes of the events of this kind."""
    found = stage.app.journal.events_after(0, 10_000)
    if isinstance(found, Refusal):
        found = stage.app.journal.events_after(int(found.metadata["oldest"]) - 1, 10_000)
    assert not isinstance(found, Refusal)
    return [event.cause for event in found if event.kind == kind]


def test_merged_beds_and_each_kind_of_harm_are_counted_once_and_kept_without_a_name() -> None:
    """Six beds, one distressed twice and one too alike: the ledger has numbers alone, after a restart too."""
    stage = dream(house())
    harm(stage, "bed-2", "distress")
    harm(stage, "bed-2", "wake")
    harm(stage, "bed-3", "identity")
    harm(stage, "bed-4", "contact")
    harm(stage, "bed-5", "withdraw")
    expected = NightCount(tonight(stage), "night", 6, {HarmKind.DISTRESS: 1, HarmKind.IDENTITY: 1})
    assert stage.ledger.night_counts(0) == (expected,)
    stage.restart()
    for pod in stage.pods[:3]:
        pod.presence()
        pod.status()
        pod.event(PodEventKind.MERGED, unix_ms=round(stage.clock.at_s * 1000))
    stage.hop(2)
    assert stage.ledger.night_counts(0) == (expected,)


def low_morning(stage: Stage, sleeper: str, kss: int = 9) -> None:
    """The sleeper answers, after three mornings at 3."""
    rows = []
    for night in range(tonight(stage) - 3, tonight(stage)):
        body = {"night": night, "kss": 3, "who5": None, "low": False, "planned_min": 1.0}
        rows.append(PersonalRow(sleeper, MORNING, night * 86_400.0, json.dumps(body).encode()))
    stage.ledger.write(Transaction(personal=tuple(rows)))
    stage.app.clinic.answer_morning(OPERATOR, sleeper, Answers(kss=kss))
    stage.hop(2)


def test_a_low_check_in_counts_once_for_the_dreamscape_of_its_sleeper() -> None:
    """A low answer that opens a case counts; a good one is an answer, and the last of a morning stands."""
    stage = dream(house())
    low_morning(stage, "sleeper-1", kss=4)
    low_morning(stage, "sleeper-2")
    case = stage.app.clinic.own_case(OPERATOR, "sleeper-2")
    assert case is not None
    (count,) = stage.ledger.night_counts(0)
    assert count == NightCount(tonight(stage), "night", 6, {HarmKind.CHECK_IN: 1}, answers=2)
    low_morning(stage, "sleeper-1", kss=8)
    stage.app.surveillance.house.counts.drop_sleeper("sleeper-2")
    stage.hop(2)
    (count,) = stage.ledger.night_counts(0)
    assert (count.cases, count.answers) == ({HarmKind.CHECK_IN: 2}, 2), "the numbers of an erased one stay"


def test_a_pull_counts_once_as_identity() -> None:
    """Evidence of a sitting that is pulled counts for the Dreamscape; a later change of its case does not."""
    stage = dream(house())
    counts = stage.app.surveillance.house.counts
    line = EvidenceLine(stage.clock.at_s, "pull", "pulled by .6", 0.6)
    case = opened("c-1", "sleeper-3", "", Level.NOW, stage.clock.at_s)
    kept_case = KeptCase(case, tonight(stage)).with_evidence(line)
    for _ in range(2):
        counts.take_case(kept_case)
    counts.take_case(KeptCase(case, tonight(stage)).with_evidence(replace(line, at_s=START_S - 2 * 86_400.0)))
    stage.hop(2)
    (count,) = stage.ledger.night_counts(0)
    assert count.cases == {HarmKind.IDENTITY: 1}


def test_a_night_that_ends_while_a_dreamscape_runs_is_judged_and_the_next_one_begins_with_its_beds() -> None:
    """At noon the night is judged once, by every watch, and each merged bed counts for the next night."""
    stage = dream(house(noon_s=16.0), hops=60)
    zone = noon_in(16.0)
    last = tonight(stage, zone) - 1
    assert [count.sleepers for count in stage.ledger.night_counts(0)] == [6, 6]
    assert [one.night for one in stage.ledger.night_counts(0)] == [last, last + 1]
    judged = stage.ledger.judged_nights()
    assert [(one.night, one.kind, one.dreamscapes, one.sleepers) for one in judged] == [
        (last, "check-in", 0, 0),
        (last, "distress", 1, 6),
        (last, "identity", 1, 6),
    ]
    assert not any(isfinite(one.value) for one in judged), "blind"
    assert [watch.gathered for watch in stage.ledger.watches()] == [0, 6, 6]


def test_an_alarm_halves_the_cap_of_a_running_dreamscape_in_the_next_message() -> None:
    """The night is judged at noon: the next message grants no more than half of the cap."""
    stage = house(near_alarm(), noon_s=16.0)
    dream(stage, hops=44)
    assert stage.coupling("bed-1") > HALF
    harm(stage, "bed-6", "distress")
    until_alarm(stage)
    before = len(stage.link.collectives)
    stage.hop()
    assert all(int(max(one.coupling)) <= HALF for one in stage.link.collectives[before:])
    assert stage.coupling("bed-1") == HALF
    assert events(stage, "alarm-raised") == ["distress"]
    cases = stage.app.clinic.list_cases(OPERATOR)
    assert isinstance(cases, tuple)
    assert [case.causes for case in cases if case.case.kind is CaseKind.FLEET] == [("distress",)]
    stage.hop(20)
    assert events(stage, "alarm-raised") == ["distress"], "one alarm is told once"
    assert stage.coupling("bed-1") == HALF


def test_an_alarm_holds_from_the_first_assign_after_a_restart() -> None:
    """A restarted daemon plans and assigns with half of the cap while the alarm of its ledger stands."""
    alarm = Alarm(START_S - 60.0, 20_000.0, 0.005)
    stage = dream(house(replace(near_alarm(), alarm=alarm)))
    assert {pod.assign.cap for pod in stage.pods if pod.assign} == {0.075}
    assert stage.coupling("bed-1") == HALF
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(60)
    assert stage.coupling("bed-1") == HALF
    planned = stage.ledger.planned_doses("night")
    assert planned["sleeper-1"] == pytest.approx(0.075 * 60.0 * 24, rel=0.5)


@pytest.mark.parametrize("share", [0.2, 0.0])
def test_the_share_of_the_clause_is_the_cap_in_an_alarm(share: float) -> None:
    """With a fifth each message grants a fifth of the cap; with no share at all no sleeper is merged."""
    alarm = Alarm(START_S - 60.0, 20_000.0, 0.005)
    stage = dream(house(replace(near_alarm(), alarm=alarm), share=share))
    assert stage.coupling("bed-1") == coupling_to_byte(share * 0.15)


def test_lifting_takes_a_clinician_and_an_advocate_and_a_seat_has_it_from_its_next_assign() -> None:
    """The first person changes nothing, the second lifts; a seat has the whole from its next assign."""
    alarm = Alarm(START_S - 60.0, 20_000.0, 0.005)
    stage = dream(house(replace(near_alarm(), alarm=alarm)))
    watch = stage.app.surveillance.house
    first = watch.lift(HarmKind.DISTRESS, "cleo", Role.CLINICIAN, same)
    assert isinstance(first, Watch)
    assert first.alarm is not None
    refusal = watch.lift(HarmKind.DISTRESS, "cleo", Role.ADVOCATE, same)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.SAME_PERSON
    assert kept(stage).alarm == first.alarm, "the agreement is in the ledger"
    done = watch.lift(HarmKind.DISTRESS, "ada", Role.ADVOCATE, same)
    assert isinstance(done, Watch)
    assert (done.alarm, done.evidence) == (None, Evidence())
    assert kept(stage).alarm is None
    assert events(stage, "alarm-lifted") == ["distress"]
    stage.hop(12)
    assert stage.coupling("bed-1") == HALF, "a seat has the whole cap from its next assign"
    stage.restart()
    for pod in stage.pods:
        pod.presence()
        pod.status()
    stage.hop(60)
    assert stage.coupling("bed-1") == FULL


def test_a_lifting_that_the_ledger_cannot_write_lifts_nothing() -> None:
    """A grant is written before it acts: with a full disk the alarm stands, and half of the cap with it."""
    alarm = Alarm(START_S, 20_000.0, 0.005, {Role.CLINICIAN: "cleo"})
    stage = dream(house(replace(near_alarm(), alarm=alarm)))
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.broken = "the disk is full"
    refusal = stage.app.surveillance.house.lift(HarmKind.DISTRESS, "ada", Role.ADVOCATE, same)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.LEDGER_UNAVAILABLE
    assert stage.app.surveillance.house.watches[0].alarm == alarm


def test_an_alarm_acts_while_the_ledger_cannot_write_and_is_written_later() -> None:
    """A restriction waits for no disk: half of the cap at once; the alarm is kept once the disk is back."""
    stage = house(near_alarm(), noon_s=16.0)
    dream(stage, hops=44)
    harm(stage, "bed-6", "distress")
    assert isinstance(stage.ledger, MemoryLedger)
    stage.ledger.held = True
    until_alarm(stage)
    stage.hop()
    assert stage.coupling("bed-1") <= HALF
    assert kept(stage).alarm is None
    stage.ledger.release()
    stage.hop(4)
    assert kept(stage).alarm is not None


def test_nights_that_ended_while_no_daemon_ran_are_judged_in_their_order() -> None:
    """After two days without a daemon each counted night is judged once, the oldest first."""
    night = night_of(START_S, noon_in(-3600.0))
    counts = tuple(NightCount(night - age, "old", 8, {HarmKind.DISTRESS: 1}) for age in (3, 2, 1))
    stage = house(near_alarm(), counts)
    stage.hop(2)
    judged = [one.night for one in stage.ledger.judged_nights() if one.kind == "distress"]
    assert judged == [night - 3, night - 2, night - 1]
    assert kept(stage).alarm is not None
    stage.restart()
    stage.hop(2)
    assert len(stage.ledger.judged_nights()) == 9


def test_a_year_with_restarts_ends_where_the_same_nights_without_one_end() -> None:
    """Over 200 nights, a daemon killed in every seventh, the watches are those of the counts alone."""
    people = FakeAccess()
    revisions = Revisions(founding(), people.ledger, people.commits, people.clock)
    draw, expected = random.Random(18), {kind: Watch(kind) for kind in KINDS}
    first = night_of(people.clock.now, UTC) + 1
    watches = surveillance.commands(people, revisions).house
    for night in range(first, first + 200):
        people.clock.now = night_ends_s(night, UTC) - 43_200.0
        harmed = [bed for bed in range(10) if draw.random() < 0.01]
        for bed in range(10):
            watches.counts.take_event(told(people, "merged", bed))
        watches.judge_due(people.clock.now)
        if night % 7 == 0:
            watches = surveillance.commands(people, revisions).house
        for bed in harmed:
            for _ in range(2):
                watches.counts.take_event(told(people, "severed", bed, "distress"))
            watches.counts.take_event(told(people, "left", bed))
        for bed in range(10):
            watches.counts.take_event(told(people, "left", bed))
        people.clock.now = night_ends_s(night, UTC)
        watches.judge_due(people.clock.now)
        count = NightCount(night, "night", 10, {HarmKind.DISTRESS: len(harmed)} if harmed else {})
        for kind in KINDS:
            expected[kind] = after_night(expected[kind], night, [count], nan, people.clock.now)
    assert {watch.kind: watch for watch in watches.watches} == expected
    assert {watch.kind: watch for watch in people.ledger.watches()} == expected
    assert expected[HarmKind.DISTRESS].nights == 150
    assert len(people.ledger.judged_nights()) == 600


def told(people: FakeAccess, kind: str, bed: int, cause: str = "") -> Event:
    """An event of a bed in the Dreamscape of the night."""
    return Event(1, people.clock.now, kind, "night", f"bed-{bed}", bed + 1, cause, "")
