"""Clauses of the guidelines, enforced where their keys say: plan, admission, assign, artist, running."""

import struct
from dataclasses import replace
from math import nan

import numpy as np
import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.app.guidelines.dry_run import DryRun
from dreamd.app.guidelines.revisions import Founding
from dreamd.app.people.calibration_days import CalibrationDays
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.dreamscapes.views import Plan, SeatState
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.course import Course, CourseState
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from dreamd.core.refusals import CATALOGUE, Code, Refusal
from dreamd.ports.ledger.exposure import MarkMove
from dreamd.ports.ledger.guidelines import KeptRevision
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.grants import next_grant
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import CalibrationSource
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger, charge
from fakes.stage import START_S, Stage

CLEO = Caller("cleo", Role.CLINICIAN, Channel.GRPC)
ADA = Caller("ada", Role.ADVOCATE, Channel.GRPC)
STRICT = Plan("strict", seats_min=3, seats_max=8, ramp_s=30.0, ceiling=0.1, artist_share=0.2)
MILD = Plan("calm", seats_min=3, seats_max=8, ramp_s=600.0, ceiling=0.01)
BASE = {"ramp_s": 20.0, "dose_new_min": 9.0}
WIDE = {"ramp_s": 10.0, "dose_24h_min": 100.0, "dose_new_min": 90.0, "artist_share": 0.5}


def bundle(revision: int = 1, **limits: float) -> Bundle:
    """The shipped revision with other limits."""
    clauses = tuple(
        replace(clause, limit=limits[clause.key.name]) if clause.key and clause.key.name in limits else clause
        for clause in shipped_bundle().clauses
    )
    return Bundle(revision, clauses)


def ledger() -> MemoryLedger:
    """A ledger of a house with a clinician and an advocate; sleeper-1 has three calibration days."""
    kept = MemoryLedger()
    people = (
        Principal("cleo", Kind.PERSON, (Grant(Role.CLINICIAN, sites=frozenset("*")),)),
        Principal("ada", Kind.PERSON, (Grant(Role.ADVOCATE),)),
    )
    days = tuple(("sleeper-1", day) for day in (1, 2, 3))
    kept.write(Transaction(principals=people, calibration_days=days))
    kept.write(charge({"sleeper-1": 8.0, "sleeper-2": 4.0}, START_S - 60.0, MarkMove.CLOSE))
    kept.write(charge({"sleeper-1": 12.0}, START_S - 3 * 86_400.0, MarkMove.CLOSE))
    return kept


def house(pods: int = 2, kept: MemoryLedger | None = None, **limits: float) -> Stage:
    """Beds with people calibrated live, in a house with these limits; nothing dreams."""
    stage = Stage(pods, kept or ledger(), founding=Founding(bundle(**BASE | limits), digest))
    for pod in stage.pods:
        pod.calibrated = CalibrationSource.LIVE, 150.0
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, MILD)
    stage.hop(2)
    return stage


def refusals(stage: Stage) -> set[tuple[str, str]]:
    """Each refusal of a strict plan and of two sleepers: where it is shown, and the clause."""
    created = stage.app.dreamscapes.create(OPERATOR, STRICT, validate_only=True)
    found = {("plan", created.metadata["clause"])} if isinstance(created, Refusal) else set()
    for pod in ("bed-1", "bed-2"):
        checks = stage.app.dreamscapes.explain("calm", pod)
        assert not isinstance(checks, Refusal)
        found |= {(f"{pod} {c.name}", c.metadata.get("clause", "")) for c in checks if not c.passed}
    return found


CHANGES = [
    ("ceiling", 0.09, "plan", "G-2.1"),
    ("ramp_s", 31.0, "plan", "G-2.3"),
    ("artist_share", 0.19, "plan", "G-4.1"),
    ("calibration_days", 4.0, "bed-1 exposure", "G-3.3"),
    ("dose_24h_min", 9.9, "bed-1 exposure", "G-3.1"),
    ("dose_7d_min", 24.0, "bed-1 exposure", "G-3.2"),
    ("dose_new_min", 4.9, "bed-2 exposure", "G-3.3"),
]


@pytest.mark.parametrize(("key", "limit", "place", "clause"), CHANGES)
def test_changing_one_key_changes_exactly_one_refusal(
    key: str, limit: float, place: str, clause: str
) -> None:
    """Under the base revision nothing is refused; with one tighter limit exactly its own clause refuses."""
    assert refusals(house(**{key: limit})) == {(place, clause)}


def test_the_base_revision_refuses_nothing_and_calibration_is_its_own_clause() -> None:
    """Nothing is refused at first; the seconds of calibration are asked of both sleepers, by G-2.4 alone."""
    assert refusals(house()) == set()
    both = {("bed-1 guidelines", "G-2.4"), ("bed-2 guidelines", "G-2.4")}
    assert refusals(house(calibration_s=151.0)) == both


def test_a_refusal_names_clause_revision_limit_value_and_next_step() -> None:
    """Plan and check tell the same four facts, and the seat shows what the check says."""
    stage = house(artist_share=0.15, calibration_s=180.0)
    told = stage.app.dreamscapes.create(OPERATOR, STRICT)
    assert isinstance(told, Refusal)
    assert told.code is Code.GUIDELINE_REFUSED
    assert told.metadata == {"clause": "G-4.1", "revision": "1", "limit": "0.15", "value": "0.2"}
    assert told.next_step == CATALOGUE[Code.GUIDELINE_REFUSED].next_step
    shown = stage.app.dreamscapes.get("calm")
    assert not isinstance(shown, Refusal)
    assert {seat.refusal_code for seat in shown.seats} == {"GUIDELINE_REFUSED"}
    counted = stage.meters.counts["clause:G-2.4"]
    stage.hop(8)
    assert counted == len(shown.seats), "once a seat, where it begins to wait"
    assert stage.meters.counts["clause:G-2.4"] == counted, "and not at each look"
    assert "G-2.4" in shown.seats[0].refusal
    assert "150" in shown.seats[0].refusal
    assert "180" in shown.seats[0].refusal


@pytest.mark.parametrize("fault", ["minor", "unknown", "nan"])
def test_a_sleeper_of_whom_a_fact_is_missing_is_refused(fault: str) -> None:
    """No adult, no word about it, a calibration that is no number: each is a refusal, none a skip."""
    kept = ledger()
    if fault == "minor":  # no door takes such a grant: a ledger of another program
        grant = replace(next_grant(Consent(), "sleeper-1", START_S), adult=False, at_s=START_S)
        given = Consent(ConsentState.GIVEN, 1, grant, grant.held, START_S)
        kept.write(Transaction(grants=(grant,), consents=(("sleeper-1", given),)))
    stage = house(kept=kept)
    if fault == "nan":
        stage.pod("bed-1").calibrated = CalibrationSource.LIVE, nan
        stage.pod("bed-1").status()
    elif fault == "unknown":
        stage.app.pods.check_out(OPERATOR, "bed-1")
        stage.app.pods.check_in(OPERATOR, "bed-1", "another")
    checks = stage.app.dreamscapes.explain("calm", "bed-1")
    assert not isinstance(checks, Refusal)
    failed = {check.name: check.metadata.get("clause") for check in checks if not check.passed}
    assert failed["guidelines"] == ("G-2.4" if fault == "nan" else "G-1.1")


def test_an_update_is_held_to_the_clauses_as_well() -> None:
    """A plan that keeps to the clauses cannot be changed into one that does not."""
    stage = house()
    changed = stage.app.dreamscapes.update(OPERATOR, replace(MILD, ramp_s=12.0))
    assert isinstance(changed, Refusal)
    assert changed.metadata["clause"] == "G-2.3"
    got = stage.app.dreamscapes.get("calm")
    assert not isinstance(got, Refusal)
    assert got.plan.ramp_s == 600.0


# -- a revision that comes into force in the night --------------------------------------------------


def dreaming(pods: int = 6, after: Bundle | None = None) -> Stage:
    """A night with so many pods; after: a ratified revision that is in force 20 s after the start."""
    kept = ledger()
    if after is not None:
        begins_s = START_S + 20.0
        course = Course(after.revision, "ida", 0.0, CourseState.RATIFIED, 1.0, begins_s)
        course = replace(course, clinician="cleo", advocate="ada")
        kept.write(Transaction(guidelines=(KeptRevision(after, digest(after.document()), course),)))
    stage = Stage(pods, kept, founding=Founding(bundle(**WIDE), digest))
    stage.appear()
    stage.dream(ceiling=0.15, artist_share=0.3, seats_max=max(pods, 8))
    stage.hop(12)
    return stage


def ratified(stage: Stage, **limits: float) -> int:
    """Two people ratify a tighter revision at once; return its number."""
    held = stage.app.guidelines.in_force.bundle
    number = stage.app.guidelines.list_revisions()[-1].bundle.revision + 1
    text = toml(Bundle(number, tuple(tightened(held, limits))))
    for answer in (
        stage.app.guidelines.propose(CLEO, text),
        stage.app.guidelines.open_revision(CLEO, number),
    ):
        assert not isinstance(answer, Refusal), answer
    for caller in (CLEO, ADA):
        assert not isinstance(stage.app.guidelines.ratify(caller, number), Refusal)
    return number


def tightened(held: Bundle, limits: dict[str, float]) -> list:
    """The clauses with other limits."""
    return [
        replace(one, limit=limits[one.key.name]) if one.key and one.key.name in limits else one
        for one in held.clauses
    ]


def toml(revision: Bundle) -> str:
    """A bundle as a person writes it."""
    lines = [f"revision = {revision.revision}"]
    for clause in revision.clauses:
        lines += ["[[clause]]", f'number = "{clause.number}"', f'text = "{clause.text}"']
        lines += [f'key = "{clause.key.name}"'] if clause.key else []
        if clause.limit is not None:
            quoted = isinstance(clause.limit, float | int)
            lines.append(f"limit = {clause.limit}" if quoted else f'limit = "{clause.limit}"')
    return "\n".join(lines)


def couplings(stage: Stage) -> set[int]:
    """The coupling bytes that the newest message grants."""
    return {stage.coupling(pod.name) for pod in stage.pods if pod.assign is not None}


def test_a_tightened_ceiling_holds_in_the_next_message() -> None:
    """Ratified by two people, it is in the very next message of each pod, and one event reports it."""
    stage = dreaming()
    assert couplings(stage) == {coupling_to_byte(0.15)}
    number = ratified(stage, ceiling=0.06)
    assert stage.app.guidelines.in_force.bundle.revision == number
    stage.hop(1)
    assert couplings(stage) == {coupling_to_byte(0.06)}
    assert [e.values["revision"] for e in events(stage, "guidelines-in-force")] == [number]
    assert all(pod.assign.cap == 0.15 for pod in stage.pods if pod.assign)


def events(stage: Stage, kind: str) -> list:
    """The events of this kind."""
    return [event for event in stage.app.journal._events if event.kind == kind]


def test_a_plan_names_the_revision_that_it_was_judged_by() -> None:
    """Before and after a ratification, by creation and by a change; a name in a request changes nothing."""
    stage = dreaming()
    api = stage.app.dreamscapes
    api.create(OPERATOR, replace(MILD, dreamscape="early", guidelines="revision-9"))
    ratified(stage, ceiling=0.06)
    api.create(OPERATOR, replace(MILD, dreamscape="late"))
    names = {one.plan.dreamscape: one.plan.guidelines for one in api.list()}
    assert names == {"night": "shipped-1", "early": "shipped-1", "late": "revision-2"}
    changed = api.update(OPERATOR, replace(MILD, dreamscape="early", ramp_s=700.0))
    assert not isinstance(changed, Refusal)
    assert changed.plan.guidelines == "revision-2"
    refused = api.create(OPERATOR, replace(MILD, dreamscape="odd", guidelines="mine"))
    assert isinstance(refused, Refusal)
    assert refused.metadata["field"] == "plan.guidelines"


def test_a_tightened_ceiling_of_small_groups_holds_for_them_alone() -> None:
    """Four people are held to it in the next message; six are not."""
    for pods, expected in ((4, 0.05), (6, 0.15)):
        stage = dreaming(pods)
        ratified(stage, ceiling_intimate=0.05)
        stage.hop(1)
        assert couplings(stage) == {coupling_to_byte(expected)}


def test_a_tightened_dose_releases_in_the_next_tick_who_is_above_it() -> None:
    """sleeper-1 has lived 8 of 100 minutes; with a limit of 5 the seat is left for exposure at once."""
    stage = dreaming()
    ratified(stage, dose_24h_min=5.0, dose_new_min=5.0)
    stage.hop(1)
    view = stage.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    waiting = {seat.pod: seat.refusal_code for seat in view.seats if seat.state is SeatState.WAITING}
    assert waiting == {"bed-1": "EXPOSURE_REACHED"}
    assert [event.cause for event in events(stage, "left")] == ["exposure"]
    assert stage.pod("bed-1").assign is None


def test_a_tightened_artist_share_and_slew_hold_in_the_next_message() -> None:
    """A share that stands falls at once to the new limit; a slower slew counts from then on."""
    stage = dreaming()
    lead = stage.app.dreamscapes.lead(OPERATOR, "night")
    assert not isinstance(lead, Refusal)
    for _ in range(16):
        lead.offer([1.0] * 12, 0.3)
        stage.hop(1)
    assert stage.link.collectives[-1].share == pytest.approx(0.3)
    ratified(stage, artist_share=0.12, artist_slew=0.2)
    lead.offer([-1.0] * 12, 0.3)
    before = stage.link.collectives[-1].artist
    stage.hop(1)
    newest = stage.link.collectives[-1]
    assert newest.share == pytest.approx(0.12)
    assert np.abs(newest.artist - before).max() == pytest.approx(0.05, abs=1e-6)


def test_a_loosened_ceiling_waits_for_the_next_assign() -> None:
    """From its instant on those seated stay where they were; a pod assigned anew has the new limit."""
    stage = dreaming(after=bundle(2, **WIDE, ceiling=0.12))
    ratified(stage, ceiling=0.05)
    stage.hop(1)
    assert couplings(stage) == {coupling_to_byte(0.05)}
    while stage.clock.at_s < START_S + 21.0:
        stage.hop(1)
    assert stage.app.guidelines.in_force.bundle.revision == 2
    stage.hop(4)
    assert couplings(stage) == {coupling_to_byte(0.05)}
    stage.app.pods.release(OPERATOR, "bed-1", "a walk")
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.hop(8)
    stage.app.pods.check_in(OPERATOR, "bed-1", "sleeper-1")
    stage.hop(40)
    assert stage.coupling("bed-1") == coupling_to_byte(0.12)
    others = {stage.coupling(pod.name) for pod in stage.pods[1:]}
    assert others == {coupling_to_byte(0.05)}


# -- what is kept ------------------------------------------------------------------------------------


def test_admissions_are_kept_and_a_dry_run_reads_them() -> None:
    """Each slot given is one admission of 13 facts; a tighter dose would have refused sleeper-1 alone."""
    stage = dreaming()
    kept = stage.ledger.read_admissions(0.0, list).value
    assert len(kept) == 6
    facts = [dict(zip(ADMISSION_FACTS, struct.unpack("<13d", told), strict=True)) for _, told in kept]
    assert sorted(one["dose_24h_min"] for one in facts)[-2:] == [4.0, 8.0]
    assert {(one["adult"], one["ceiling"], one["ramp_s"]) for one in facts} == {(1.0, 0.15, 10.0)}
    held = stage.app.guidelines.in_force.bundle
    text = toml(Bundle(2, tuple(tightened(held, {"ramp_s": 60.0}))))
    run = stage.app.guidelines.dry_run_text(text, 1)
    assert isinstance(run, DryRun)
    assert run.admissions == 6
    assert [(row.clause, row.more) for row in run.clauses] == [("G-2.3", 6.0)]
    refused = stage.app.guidelines.dry_run_text(text, 91)
    assert isinstance(refused, Refusal)


def test_a_calibration_day_is_counted_with_the_slot_and_survives() -> None:
    """A night is one day for each sleeper, in the ledger with the seat; after a restart it counts still."""
    stage = dreaming()
    days = stage.ledger.calibration_days()
    assert days["sleeper-2"][0] == 1
    assert days["sleeper-1"][0] == 4
    stage.restart()
    assert stage.ledger.calibration_days() == days


def test_days_go_from_noon_to_noon_count_once_and_are_forgotten() -> None:
    """One night is one day; a clock set back counts none again; an erased sleeper is a walk-in."""
    noon_s = 20_000 * 86_400.0 + 43_200.0
    assert CalibrationDays.day_of(noon_s) == CalibrationDays.day_of(noon_s + 86_399.0)
    assert CalibrationDays.day_of(noon_s - 1.0) == CalibrationDays.day_of(noon_s) - 1
    days = CalibrationDays(MemoryLedger())
    for day in (7, 8, 8, 7):
        days.kept("ash", day)
    assert days.many("ash") == 2
    days.forget_sleeper("ash")
    assert days.many("ash") == 0


def test_one_person_never_ratifies_for_two_and_without_enrolment_no_one_does() -> None:
    """Cleo, clinician alone, ratifies once; in the other role she is refused, as is a stranger."""
    stage = dreaming()
    held = stage.app.guidelines.in_force.bundle
    text = toml(Bundle(2, tuple(tightened(held, {"ceiling": 0.1}))))
    stage.app.guidelines.propose(CLEO, text)
    stage.app.guidelines.open_revision(CLEO, 2)
    codes = []
    for caller, role in ((CLEO, None), (CLEO, None), (CLEO, Role.ADVOCATE), (OPERATOR, Role.ADVOCATE)):
        answer = stage.app.guidelines.ratify(caller, 2, role)
        codes.append(answer.code if isinstance(answer, Refusal) else None)
    assert codes == [None, None, Code.WRONG_ROLE, Code.PERSON_NEEDED]
    assert stage.app.guidelines.in_force.bundle.revision == 1
