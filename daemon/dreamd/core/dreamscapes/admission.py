"""Admission to a merge: checks in a fixed order, and the rules of a valid plan.

Every check is made and shown, so that `ExplainAdmission` can list all obstacles; the first that fails is the
reason on the seat. The order goes from facts that an operator sees at the bed to facts that only the daemon
knows: a sleeper is there and may be asked (present, credential, checked-in, seat, latch, wake order,
moratorium), can be read (calibrated, clock, quality), may merge (consent, invitation, clinic, exposure,
guidelines), fits (schema), has no recent failure (breaker), and a seat can be kept (ledger).

Rules
- A candidate (`candidate`) is plain facts; nothing here looks anything up.
- A number that is not finite fails its check: tests are written `ok = x >= limit`.
- A sleeper that has merged up to the limit is admitted again below four fifths of it, after a restart too. So
  no sleeper above that is admitted; one already seated may go on to the limit.
- HALF_OPEN is admitted: its frames must be scored before it is trusted again, and it has no weight meanwhile.
"""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from re import fullmatch
from typing import Final

from dreamd.core.dreamscapes.candidate import Candidate
from dreamd.core.dreamscapes.views import (
    IS_RECORDED,
    RENDERS_NOTHING,
    BreakerState,
    Check,
    Plan,
    renders_nothing,
)
from dreamd.core.limits import (
    ANCHOR_CEILING,
    ARTIST_SHARE_MOST,
    CALIBRATION_LIVE_S,
    CALIBRATION_OFFLINE_S,
    GUIDELINE_CAP,
    PODS_MAX,
    QUALITY_IN,
    QUORUM_MIN,
    RAMP_MIN_S,
    SEATS_MAX,
    SESSION_MAX_S,
    STATUS_FRESH_S,
)
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamwire.messages import CalibrationSource
from dreamwire.schema import SCHEMAS
from dreamwire.topics import RESERVED, is_name, is_pod

NAME_RULE: Final = "1 to 63 of a-z 0-9 _ . -, beginning and ending with a letter or digit"
REVISION_NAMES: Final = "shipped-1|revision-[1-9][0-9]{0,6}"
_ANCHOR: Final = "the plan is an anchor session"
INTIMATE_SEATS: Final = (2, 12)
"""Fewest and most seats of an intimate Dreamscape."""

CALIBRATION_NEEDED_S: Final[dict[CalibrationSource, float]] = {
    CalibrationSource.LIVE: CALIBRATION_LIVE_S,
    CalibrationSource.REPLAY: CALIBRATION_OFFLINE_S,
    CalibrationSource.SIMULATED: CALIBRATION_OFFLINE_S,
}
"""Seconds of clean data a calibration needs, by its source; another source never suffices."""
OF_EMPTY_BEDS: Final = frozenset({CalibrationSource.REPLAY, CalibrationSource.SIMULATED})
"""Calibrations of a bed in which no person lies."""


def selects(plan: Plan, pod: str, site: str) -> bool:
    """Return whether the plan asks for this pod: invited by name, else of its site, else any."""
    if plan.pods:
        return pod in plan.pods
    return plan.site in ("", site)


def admit(candidate: Candidate, plan: Plan) -> tuple[Check, ...]:
    """Return every admission check of this candidate for this plan, in the fixed order."""
    return tuple(check(candidate, plan) for check in CHECKS)


def first_refusal(checks: tuple[Check, ...]) -> Refusal | None:
    """Return the refusal of the first check that failed; None: admitted."""
    failed = next((check for check in checks if not check.passed), None)
    if failed is None:
        return None
    return Refusal(Code(failed.code), failed.sentence, {"check": failed.name, **failed.metadata})


def refused(name: str, refusal: Refusal) -> Check:
    """Return the failed check of this name, with the refusal's code, sentence and metadata."""
    return Check(name, False, refusal.code.value, refusal.sentence, refusal.metadata)  # noqa: FBT003 - a value's fields in order


def _check(name: str, code: Code, sentence: str, *, passed: bool) -> Check:
    return Check(name, passed=True) if passed else Check(name, False, code.value, sentence)  # noqa: FBT003 - a value's fields in order


def _present(candidate: Candidate, _plan: Plan) -> Check:
    heard = candidate.status_age_s <= STATUS_FRESH_S and candidate.incarnation > 0
    why = "has not sent a status lately" if candidate.online else "is offline"
    if candidate.online and heard and renders_nothing(candidate.renderer):
        return Check("present", passed=True, sentence=RENDERS_NOTHING)
    return _check(
        "present", Code.POD_OFFLINE, f"pod {candidate.pod} {why}", passed=candidate.online and heard
    )


def _credential(candidate: Candidate, _plan: Plan) -> Check:
    no = candidate.barred
    if no is None:
        return Check("credential", passed=True)
    return refused("credential", no)


def _checked_in(candidate: Candidate, _plan: Plan) -> Check:
    if candidate.sleeper_at:
        sentence = f"sleeper {candidate.sleeper} is checked in to pod {candidate.sleeper_at} too"
        return _check("checked-in", Code.SLEEPER_ELSEWHERE, sentence, passed=False)
    sentence = f"no sleeper is checked in to pod {candidate.pod}"
    return _check("checked-in", Code.NOT_CHECKED_IN, sentence, passed=candidate.sleeper != "")


def _seat(candidate: Candidate, plan: Plan) -> Check:
    if candidate.seated_in == plan.dreamscape:
        return _check("seat", Code.SEAT_TAKEN, "", passed=True)
    if candidate.seated_in:
        sentence = f"pod {candidate.pod} holds a seat in {candidate.seated_in}"
        return _check("seat", Code.SEAT_TAKEN, sentence, passed=False)
    if candidate.started and not plan.late_joining:
        sentence = f"{plan.dreamscape} has started and takes no late joiners"
        return _check("seat", Code.LATE_JOINING_CLOSED, sentence, passed=False)
    sentence = f"all {plan.seats_max} seats of {plan.dreamscape} are taken"
    return _check("seat", Code.SEATS_FULL, sentence, passed=candidate.seats_left > 0)


def _latch(candidate: Candidate, _plan: Plan) -> Check:
    sentence = f"pod {candidate.pod} is latched: {candidate.latched}"
    return _check("latch", Code.POD_LATCHED, sentence, passed=candidate.latched == "")


def _wake_order(candidate: Candidate, _plan: Plan) -> Check:
    sentence = f"wake order {candidate.wake_order} reaches pod {candidate.pod}"
    return _check("wake-order", Code.WAKE_ORDER_ACTIVE, sentence, passed=candidate.wake_order == "")


def _moratorium(candidate: Candidate, _plan: Plan) -> Check:
    no = candidate.moratorium
    if no is None:
        return Check("moratorium", passed=True)
    return refused("moratorium", replace(no, sentence=f"pod {candidate.pod}: {no.sentence}"))


def _calibrated(candidate: Candidate, _plan: Plan) -> Check:
    needed_s = CALIBRATION_NEEDED_S.get(candidate.calibration_source, CALIBRATION_LIVE_S)
    known = candidate.calibration_source in CALIBRATION_NEEDED_S
    enough = known and candidate.clean_s >= needed_s
    sentence = f"pod {candidate.pod} has {candidate.clean_s:.0f} s of clean calibration, needs {needed_s:.0f}"
    return _check("calibrated", Code.NOT_CALIBRATED, sentence, passed=candidate.calibrated and enough)


def _clock(candidate: Candidate, _plan: Plan) -> Check:
    sentence = f"the clock of pod {candidate.pod} is not synced yet"
    return _check("clock", Code.CLOCK_UNSYNCED, sentence, passed=candidate.clock_synced)


def _quality(candidate: Candidate, _plan: Plan) -> Check:
    cause = f" ({candidate.quality_cause})" if candidate.quality_cause else ""
    sentence = f"signal quality of pod {candidate.pod} is {candidate.quality:.2f}{cause}, needs {QUALITY_IN}"
    return _check("quality", Code.QUALITY_LOW, sentence, passed=QUALITY_IN <= candidate.quality <= 1.0)


def _consent(candidate: Candidate, plan: Plan) -> Check:
    no = candidate.unagreed
    if no is not None:
        named = no.sentence.replace("the sleeper", f"the sleeper in pod {candidate.pod}", 1)
        return refused("consent", replace(no, sentence=named))
    recorded = IS_RECORDED.format(dreamscape=plan.dreamscape) if plan.record else ""
    return Check("consent", passed=True, sentence=recorded)


def _invitation(candidate: Candidate, plan: Plan) -> Check:
    no = candidate.uninvited
    if no is None or not plan.intimate:
        return Check("invitation", passed=True)
    named = no.sentence.replace("the sleeper", f"the sleeper in pod {candidate.pod}", 1)
    return refused("invitation", replace(no, sentence=named))


def _clinic(candidate: Candidate, plan: Plan) -> Check:
    no = candidate.on_hold
    if no is None or plan.kind.alone:
        return Check("clinic", passed=True)
    named = no.sentence.replace("the sleeper", f"the sleeper in pod {candidate.pod}", 1)
    return refused("clinic", replace(no, sentence=named))


def _exposure(candidate: Candidate, _plan: Plan) -> Check:
    no = candidate.dose.refusal(f"the sleeper in pod {candidate.pod}")
    return Check("exposure", passed=True) if no is None else refused("exposure", no)


def _guidelines(candidate: Candidate, _plan: Plan) -> Check:
    no = candidate.against
    if no is None:
        return Check("guidelines", passed=True)
    return refused("guidelines", replace(no, sentence=f"pod {candidate.pod}: {no.sentence}"))


def _schema(candidate: Candidate, plan: Plan) -> Check:
    sentence = f"pod {candidate.pod} measures {candidate.schema or 'nothing'}, not {plan.schema}"
    bands = SCHEMAS[plan.schema].bands if plan.schema in SCHEMAS else ()
    for band in bands:
        if 0.0 < candidate.rate_hz < band.least_rate_hz:
            sentence += (
                f": {band.name} ({band.low_hz:g}-{band.high_hz:g} Hz) needs at least "
                f"{band.least_rate_hz:g} Hz, and its device has {candidate.rate_hz:g} Hz"
            )
    return _check("schema", Code.SCHEMA_MISMATCH, sentence, passed=candidate.schema == plan.schema)


def _breaker(candidate: Candidate, _plan: Plan) -> Check:
    code = Code.BREAKER_LOCKED if candidate.breaker is BreakerState.LOCKED else Code.BREAKER_OPEN
    passed = candidate.breaker in (BreakerState.CLOSED, BreakerState.HALF_OPEN)
    cause = candidate.breaker_cause or "no cause given"
    sentence = f"the breaker of pod {candidate.pod} is {candidate.breaker.value}: {cause}"
    return _check("breaker", code, sentence, passed=passed)


def _ledger(candidate: Candidate, _plan: Plan) -> Check:
    sentence = f"the ledger cannot keep a seat now: {candidate.ledger}"
    return _check("ledger", Code.LEDGER_UNAVAILABLE, sentence, passed=candidate.ledger == "")


CHECKS: Final[tuple[Callable[[Candidate, Plan], Check], ...]] = (
    _present,
    _credential,
    _checked_in,
    _seat,
    _latch,
    _wake_order,
    _moratorium,
    _calibrated,
    _clock,
    _quality,
    _consent,
    _invitation,
    _clinic,
    _exposure,
    _guidelines,
    _schema,
    _breaker,
    _ledger,
)
"""The order of admission."""


def validate_plan(plan: Plan, now_s: float) -> Refusal | None:
    """Return the first fault of a plan, or None. `now_s`: session time, seconds.

    A field is named by its path in CreateDreamscape, such as `plan.ramp`, with the values it takes.
    """
    seats = _alone_fault if plan.kind.alone else _seats_fault
    for rule in (_names_fault, _selection_fault, seats, _coupling_fault):
        fault = rule(plan)
        if fault is not None:
            return fault
    return _times_fault(plan, now_s)


def _names_fault(plan: Plan) -> Refusal | None:
    if not is_name(plan.dreamscape):
        return bad_field("dreamscape_id", NAME_RULE, plan.dreamscape)
    if plan.schema not in SCHEMAS:
        return bad_field("plan.schema", f"a known schema ({', '.join(sorted(SCHEMAS))})", plan.schema)
    if fullmatch(REVISION_NAMES, plan.guidelines) is None:
        expected = "nothing, or the name of a revision (shipped-1, revision-2)"
        return bad_field("plan.guidelines", expected, plan.guidelines)
    return None


def _selection_fault(plan: Plan) -> Refusal | None:
    if not len(plan.pods) <= PODS_MAX:
        return bad_field("plan.pods", f"at most {PODS_MAX} pods", Figure(f"{len(plan.pods)} pods"))
    seen: set[str] = set()
    for at, pod in enumerate(plan.pods):
        field = f"plan.pods[{at}]"
        if not is_pod(pod):
            return bad_field(field, "a pod: " + (RESERVED_RULE if pod in RESERVED else NAME_RULE), pod)
        if pod in seen:
            return bad_field(field, "a pod that is not invited already", pod)
        seen.add(pod)
    return _site_fault(plan)


def _site_fault(plan: Plan) -> Refusal | None:
    if plan.site and not is_name(plan.site):
        return bad_field("plan.site", NAME_RULE, plan.site)
    if plan.pods and plan.site:
        return bad_field("plan.site", "no site where pods are invited by name", plan.site)
    if plan.pods and not len(plan.pods) >= plan.seats_min:
        got = Figure(f"{len(plan.pods)} pods")
        return bad_field("plan.pods", f"at least seats_min ({plan.seats_min}) pods, or none", got)
    return None


RESERVED_RULE: Final = "not the daemon's own name at the broker"


def _seats_fault(plan: Plan) -> Refusal | None:
    fewest, most = INTIMATE_SEATS if plan.intimate else (QUORUM_MIN, SEATS_MAX)
    kind = "intimate" if plan.intimate else "not intimate"
    if not fewest <= plan.seats_min:
        return bad_field("plan.seats_min", f"at least {fewest}, as the plan is {kind}", plan.seats_min)
    if not plan.seats_max <= most:
        return bad_field("plan.seats_max", f"at most {most}, as the plan is {kind}", plan.seats_max)
    if not plan.seats_min <= plan.seats_max:
        return bad_field("plan.seats_max", f"at least seats_min ({plan.seats_min})", plan.seats_max)
    return None


def _alone_fault(plan: Plan) -> Refusal | None:
    """An anchor session is of one named bed, and nothing of it is another's."""
    for field, value in (("plan.seats_min", plan.seats_min), ("plan.seats_max", plan.seats_max)):
        if value != 1:
            return bad_field(field, f"1, as {_ANCHOR}", value)
    if len(plan.pods) != 1:
        return bad_field("plan.pods", f"one pod, as {_ANCHOR}", Figure(f"{len(plan.pods)} pods"))
    for field, asked in (("plan.intimate", plan.intimate), ("plan.record", plan.record)):
        if asked:
            return bad_field(field, f"false, as {_ANCHOR}", asked)
    if plan.artist_share != 0.0:
        return bad_field("plan.artist_share", f"0, as {_ANCHOR}", plan.artist_share)
    if not 0.0 <= plan.ceiling <= ANCHOR_CEILING:
        expected = f"a coupling from 0 (a sitting) to {ANCHOR_CEILING}, as {_ANCHOR}"
        return bad_field("plan.ceiling", expected, plan.ceiling)
    return None


def _coupling_fault(plan: Plan) -> Refusal | None:
    # Below five sleepers `ceiling_for` lowers the ceiling every tick, however many seats there are.
    if not (0.0 < plan.ceiling <= GUIDELINE_CAP or plan.kind.alone):
        return bad_field("plan.ceiling", f"a coupling above 0, at most {GUIDELINE_CAP}", plan.ceiling)
    if not 0.0 <= plan.artist_share <= ARTIST_SHARE_MOST:
        return bad_field("plan.artist_share", f"0 to {ARTIST_SHARE_MOST}", plan.artist_share)
    if not RAMP_MIN_S <= plan.ramp_s <= SESSION_MAX_S:
        expected = f"{RAMP_MIN_S:.0f} to {SESSION_MAX_S:.0f} s"
        return bad_field("plan.ramp", expected, Figure(f"{plan.ramp_s:g} s"))
    return None


def _times_fault(plan: Plan, now_s: float) -> Refusal | None:
    for field, at_s in (("plan.start_time", plan.start_at_s), ("plan.close_time", plan.close_at_s)):
        if not (isfinite(at_s) and (at_s == 0.0 or at_s > now_s)):
            return bad_field(field, "nothing, or a time to come", Figure(f"{at_s - now_s:+.0f} s from now"))
    begins_s = max(plan.start_at_s, now_s)
    if plan.close_at_s != 0.0 and not begins_s < plan.close_at_s <= begins_s + SESSION_MAX_S:
        expected = f"a time after the start, within {SESSION_MAX_S / 3600:.0f} h of it"
        return bad_field("plan.close_time", expected, Figure(f"{plan.close_at_s - begins_s:+.0f} s from it"))
    return None
