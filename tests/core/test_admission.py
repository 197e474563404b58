"""Admission in its fixed order, and the rules of a valid plan."""

from dataclasses import replace
from math import inf, nan

import pytest

from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.core.dreamscapes.admission import (
    admit,
    first_refusal,
    selects,
    validate_plan,
)
from dreamd.core.dreamscapes.candidate import NO_GUEST, NOTHING_GRANTED, Candidate
from dreamd.core.dreamscapes.views import RENDERS_NOTHING, BreakerState, Plan
from dreamd.core.exposure.dose import Dose
from dreamd.core.guidelines.running import running_limits
from dreamd.core.limits import CALIBRATION_LIVE_S, CALIBRATION_OFFLINE_S
from dreamd.core.refusals import CATALOGUE, Code, Refusal
from dreamwire.messages import CalibrationSource

NOW_S = 1_700_000_000.0
PLAN = Plan(dreamscape="lagoon", seats_min=3, seats_max=8)
READY = Candidate(
    pod="bed-1",
    online=True,
    status_age_s=0.4,
    incarnation=7,
    sleeper="heron",
    calibrated=True,
    calibration_source=CalibrationSource.LIVE,
    clean_s=CALIBRATION_LIVE_S,
    clock_synced=True,
    quality=0.9,
    unagreed=None,
    dose=Dose(),
    schema="bands6x2",
)

REFUSALS = [
    (replace(READY, online=False), "present", Code.POD_OFFLINE),
    (replace(READY, status_age_s=3.1), "present", Code.POD_OFFLINE),
    (replace(READY, status_age_s=nan), "present", Code.POD_OFFLINE),
    (replace(READY, incarnation=0), "present", Code.POD_OFFLINE),
    (replace(READY, barred=Refusal(Code.PRINCIPAL_PAUSED, "bed-1")), "credential", Code.PRINCIPAL_PAUSED),
    (replace(READY, sleeper=""), "checked-in", Code.NOT_CHECKED_IN),
    (replace(READY, sleeper_at="bed-2"), "checked-in", Code.SLEEPER_ELSEWHERE),
    (replace(READY, seated_in="atoll"), "seat", Code.SEAT_TAKEN),
    (replace(READY, seats_left=0), "seat", Code.SEATS_FULL),
    (replace(READY, latched="wake"), "latch", Code.POD_LATCHED),
    (replace(READY, wake_order="w1"), "wake-order", Code.WAKE_ORDER_ACTIVE),
    (replace(READY, moratorium=Refusal(Code.MORATORIUM, "m1 acts")), "moratorium", Code.MORATORIUM),
    (replace(READY, calibrated=False), "calibrated", Code.NOT_CALIBRATED),
    (replace(READY, clean_s=CALIBRATION_LIVE_S - 0.1), "calibrated", Code.NOT_CALIBRATED),
    (replace(READY, clean_s=nan), "calibrated", Code.NOT_CALIBRATED),
    (
        replace(READY, calibration_source=CalibrationSource.UNSPECIFIED, clean_s=inf),
        "calibrated",
        Code.NOT_CALIBRATED,
    ),
    (replace(READY, clock_synced=False), "clock", Code.CLOCK_UNSYNCED),
    (replace(READY, quality=0.49), "quality", Code.QUALITY_LOW),
    (replace(READY, quality=nan), "quality", Code.QUALITY_LOW),
    (replace(READY, quality=inf), "quality", Code.QUALITY_LOW),
    (replace(READY, unagreed=NOTHING_GRANTED), "consent", Code.CONSENT_MISSING),
    (
        replace(READY, unagreed=Refusal(Code.CONSENT_HOURS, "the sleeper sleeps later")),
        "consent",
        Code.CONSENT_HOURS,
    ),
    (replace(READY, dose=Dose(8.0, 10.0)), "exposure", Code.EXPOSURE_REACHED),
    (replace(READY, dose=Dose(1.0, 10.0, 8.0, 10.0)), "exposure", Code.EXPOSURE_REACHED),
    (replace(READY, dose=Dose(nan, 10.0)), "exposure", Code.EXPOSURE_REACHED),
    (replace(READY, dose=Dose(1.0, 10.0, nan, 10.0)), "exposure", Code.EXPOSURE_REACHED),
    (replace(READY, against=Refusal(Code.GUIDELINE_REFUSED, "G-1.1")), "guidelines", Code.GUIDELINE_REFUSED),
    (replace(READY, schema="bands5x1"), "schema", Code.SCHEMA_MISMATCH),
    (replace(READY, breaker=BreakerState.OPEN), "breaker", Code.BREAKER_OPEN),
    (replace(READY, breaker=BreakerState.LOCKED), "breaker", Code.BREAKER_LOCKED),
]


def test_a_bed_that_renders_nothing_is_admitted_with_a_warning() -> None:
    """The first check of a bed with a null renderer passes and has the warning; other renderers have none."""
    warned = {
        renderer: admit(replace(READY, renderer=renderer), PLAN)[0] for renderer in ("null", "sound", "")
    }
    assert all(check.passed for check in warned.values())
    assert [check.sentence for check in warned.values()] == [RENDERS_NOTHING, "", ""]
    gone = admit(replace(READY, renderer="null", online=False), PLAN)[0]
    assert not gone.passed
    assert "offline" in gone.sentence


def test_a_sleeper_is_admitted_to_a_recording_with_a_note() -> None:
    """The check of consent passes and names the recording; without consent it fails as ever."""
    plan = replace(PLAN, record=True)
    [told] = [check for check in admit(READY, plan) if check.sentence]
    assert (told.name, told.passed) == ("consent", True)
    assert told.sentence.startswith(f"{PLAN.dreamscape} is recorded, without names")
    [refused] = [check for check in admit(replace(READY, unagreed=NOTHING_GRANTED), plan) if not check.passed]
    assert refused.code == Code.CONSENT_MISSING.value


def test_an_intimate_dreamscape_alone_asks_for_an_invitation() -> None:
    """A sleeper of no list is refused where the plan is intimate, also a pod of which nothing is known."""
    duet = replace(PLAN, seats_min=2, seats_max=2, intimate=True)
    [no] = [check for check in admit(replace(READY, uninvited=NO_GUEST), duet) if not check.passed]
    assert (no.name, no.code) == ("invitation", Code.NOT_INVITED.value)
    assert "the sleeper in pod bed-1" in no.sentence
    assert "invitation" in [check.name for check in admit(Candidate("bed-9"), duet) if not check.passed]
    assert all(check.passed for check in admit(replace(READY, uninvited=None), duet))
    assert all(check.passed for check in admit(replace(READY, uninvited=NO_GUEST), PLAN))


def test_checks_come_in_the_order_of_the_design() -> None:
    """All checks of an admissible pod pass, in the fixed order."""
    checks = admit(READY, PLAN)
    names = (
        "present credential checked-in seat latch wake-order moratorium calibrated clock quality consent "
        "invitation clinic exposure guidelines schema breaker ledger"
    )
    assert [check.name for check in checks] == names.split()
    assert all(check.passed for check in checks)
    assert first_refusal(checks) is None


@pytest.mark.parametrize(("candidate", "name", "code"), REFUSALS)
def test_one_thing_wrong_is_one_refusal(candidate: Candidate, name: str, code: Code) -> None:
    """Each single fault fails exactly its own check, with its code and a sentence."""
    failed = [check for check in admit(candidate, PLAN) if not check.passed]
    assert [(check.name, check.code) for check in failed] == [(name, code.value)]
    assert "bed-1" in failed[0].sentence or "lagoon" in failed[0].sentence or "heron" in failed[0].sentence


def test_an_unknown_pod_fails_what_it_must_and_the_first_reason_stands() -> None:
    """An unknown pod fails every check that needs knowledge; its absence is the first reason."""
    checks = admit(Candidate(pod="bed-9"), PLAN)
    failed = [check.name for check in checks if not check.passed]
    assert failed == [
        *("present", "checked-in", "calibrated", "clock", "quality"),
        *("consent", "exposure", "schema"),
    ]
    refusal = first_refusal(checks)
    assert refusal is not None
    assert refusal.code is Code.POD_OFFLINE
    assert refusal.metadata == {"check": "present"}


@pytest.mark.parametrize("source", [CalibrationSource.REPLAY, CalibrationSource.SIMULATED])
def test_a_simulated_or_replayed_bed_needs_a_short_calibration(source: CalibrationSource) -> None:
    """Replayed and simulated sleepers pass with 8 s of clean data and fail just below."""
    short = replace(READY, calibration_source=source, clean_s=CALIBRATION_OFFLINE_S)
    assert first_refusal(admit(short, PLAN)) is None
    refusal = first_refusal(admit(replace(short, clean_s=CALIBRATION_OFFLINE_S - 0.01), PLAN))
    assert refusal is not None
    assert refusal.code is Code.NOT_CALIBRATED


def test_half_open_is_admitted() -> None:
    """A HALF_OPEN breaker is admitted: its frames must be scored before it can close."""
    assert first_refusal(admit(replace(READY, breaker=BreakerState.HALF_OPEN), PLAN)) is None


def test_late_joining_is_the_plans_choice() -> None:
    """After Start a newcomer needs late joining; a pod with a seat does not."""
    closed = replace(PLAN, late_joining=False)
    late = replace(READY, started=True)
    refusal = first_refusal(admit(late, closed))
    assert refusal is not None
    assert refusal.code is Code.LATE_JOINING_CLOSED
    assert first_refusal(admit(late, PLAN)) is None
    assert first_refusal(admit(replace(late, seated_in="lagoon", seats_left=0), closed)) is None


def test_a_plan_selects_by_name_by_site_or_all() -> None:
    """A plan invites named pods; else the pods of its site; else every pod."""
    assert selects(replace(PLAN, pods=("bed-1",)), "bed-1", "north")
    assert not selects(replace(PLAN, pods=("bed-1",)), "bed-2", "north")
    assert selects(replace(PLAN, site="north"), "bed-2", "north")
    assert not selects(replace(PLAN, site="north"), "bed-2", "south")
    assert selects(PLAN, "bed-2", "south")


def test_the_ceiling_is_lower_below_five() -> None:
    """Below five assigned sleepers the ceiling is .10, from five on the plan's own; never above either."""
    limits = running_limits(shipped_bundle())
    assert [limits.ceiling_for(PLAN.ceiling, n) for n in (3, 4, 5, 6)] == [0.10, 0.10, 0.15, 0.15]
    assert limits.ceiling_for(0.05, 3) == 0.05
    low = replace(limits, ceiling=0.08)
    assert [low.ceiling_for(PLAN.ceiling, n) for n in (4, 5)] == [0.08, 0.08]


GOOD_PLANS = [
    PLAN,
    replace(PLAN, seats_min=3, seats_max=10_000),
    replace(PLAN, seats_min=2, seats_max=2, intimate=True, ceiling=0.10),
    replace(PLAN, seats_max=4, ceiling=0.15),
    replace(PLAN, seats_min=2, seats_max=12, intimate=True),
    replace(PLAN, start_at_s=NOW_S + 60, close_at_s=NOW_S + 3600),
    replace(PLAN, pods=("bed-1", "bed-2", "bed-3")),
    replace(PLAN, site="north-ward"),
    replace(PLAN, ceiling=0.01, ramp_s=10.0),
]

BAD_PLANS = [
    (replace(PLAN, dreamscape=""), "dreamscape_id"),
    (replace(PLAN, dreamscape="a/b"), "dreamscape_id"),
    (replace(PLAN, dreamscape="x" * 64), "dreamscape_id"),
    (replace(PLAN, site="North"), "plan.site"),
    (replace(PLAN, site="north", pods=("bed-1",)), "plan.site"),
    (replace(PLAN, pods=("bed-1", "bed-2", "bed-1")), "plan.pods[2]"),
    (replace(PLAN, pods=("bed-1", "bed+1")), "plan.pods[1]"),
    (replace(PLAN, pods=tuple(f"bed-{n}" for n in range(20_001))), "plan.pods"),
    (replace(PLAN, schema="bands5x1"), "plan.schema"),
    (replace(PLAN, seats_min=2), "plan.seats_min"),
    (replace(PLAN, seats_min=0), "plan.seats_min"),
    (replace(PLAN, seats_min=9), "plan.seats_max"),
    (replace(PLAN, seats_max=10_001), "plan.seats_max"),
    (replace(PLAN, seats_min=1, intimate=True), "plan.seats_min"),
    (replace(PLAN, seats_max=13, intimate=True), "plan.seats_max"),
    (replace(PLAN, ceiling=0.0), "plan.ceiling"),
    (replace(PLAN, ceiling=-0.1), "plan.ceiling"),
    (replace(PLAN, ceiling=nan), "plan.ceiling"),
    (replace(PLAN, ceiling=inf), "plan.ceiling"),
    (replace(PLAN, ceiling=0.151), "plan.ceiling"),
    (replace(PLAN, ramp_s=9.9), "plan.ramp"),
    (replace(PLAN, ramp_s=nan), "plan.ramp"),
    (replace(PLAN, ramp_s=inf), "plan.ramp"),
    (replace(PLAN, start_at_s=NOW_S - 1), "plan.start_time"),
    (replace(PLAN, start_at_s=nan), "plan.start_time"),
    (replace(PLAN, close_at_s=NOW_S - 1), "plan.close_time"),
    (replace(PLAN, close_at_s=inf), "plan.close_time"),
    (replace(PLAN, start_at_s=NOW_S + 60, close_at_s=NOW_S + 60), "plan.close_time"),
    (replace(PLAN, close_at_s=NOW_S + 12 * 3600 + 1), "plan.close_time"),
    (replace(PLAN, pods=("bed-1", "bed-99")), "plan.pods"),
    (replace(PLAN, pods=("dreamd", "bed-1", "bed-2")), "plan.pods[0]"),
    (replace(PLAN, guidelines="nope"), "plan.guidelines"),
    (replace(PLAN, guidelines="x" * 900_000), "plan.guidelines"),
    (replace(PLAN, guidelines=""), "plan.guidelines"),
    (replace(PLAN, artist_share=0.51), "plan.artist_share"),
    (replace(PLAN, artist_share=nan), "plan.artist_share"),
]


@pytest.mark.parametrize("plan", GOOD_PLANS)
def test_a_sound_plan_is_accepted(plan: Plan) -> None:
    """A plan within every bound has no fault."""
    assert validate_plan(plan, NOW_S) is None


@pytest.mark.parametrize(("plan", "field"), BAD_PLANS)
def test_a_faulty_plan_is_refused_by_the_field_at_fault(plan: Plan, field: str) -> None:
    """Each fault is INVALID_ARGUMENT: the API's path of the field, the values it takes, what came."""
    refusal = validate_plan(plan, NOW_S)
    assert refusal is not None
    assert refusal.code is Code.INVALID_ARGUMENT
    assert refusal.metadata["field"] == field
    assert refusal.metadata["expected"]
    assert refusal.sentence.startswith(f"{field}: expected {refusal.metadata['expected']}, got ")
    assert len(refusal.sentence) < 300


def test_a_slow_device_is_told_what_gamma_needs() -> None:
    """A bed of 64 Hz is refused for gamma with both rates and the schema that helps; a faster one without."""
    slow = replace(READY, schema="bands5x2", rate_hz=64.0)
    refusal = first_refusal(admit(slow, PLAN))
    assert refusal is not None
    assert refusal.code is Code.SCHEMA_MISMATCH
    told = "pod bed-1 measures bands5x2, not bands6x2"
    gamma = ": gamma (30-45 Hz) needs at least 100 Hz, and its device has 64 Hz"
    assert told + gamma in refusal.sentence
    assert "bands5x2 below 100 Hz" in CATALOGUE[Code.SCHEMA_MISMATCH].next_step
    assert first_refusal(admit(slow, replace(PLAN, schema="bands5x2"))) is None
    fast = first_refusal(admit(replace(slow, rate_hz=256.0), PLAN))
    assert fast is not None
    assert fast.sentence.startswith(told)
    assert "gamma" not in fast.sentence
