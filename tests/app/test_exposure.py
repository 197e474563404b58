"""Consent and exposure in the application."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import inf, nan

import pytest

from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.adapters.exposure import UNDER_A_MARK_MIN, LedgerExposure
from dreamd.core.access.caller import SIGNALLED
from dreamd.core.consent.grant import Asked, Scope
from dreamd.core.dreamscapes.views import Plan, SeatState, SeatView
from dreamd.core.exposure.dose import Dose
from dreamd.core.exposure.windows import DAY_S
from dreamd.core.guidelines.doses import dose_limits
from dreamd.core.limits import GUIDELINE_CAP, HOP_S, LEASE_FADE_S, LEASE_S, MARK_HOLDS_S, SESSION_MAX_S
from dreamd.core.refusals import Code
from dreamd.ports.commit import LedgerError
from dreamd.ports.consent import ConsentStatus
from dreamd.ports.ledger.exposure import Exposure
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import PodEventKind, Release
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.people import SLEEPER, Exposures, granted
from fakes.stage import Puppet, Stage

ASH = "sleeper-1"
TEN_S = 40
WHOLE = ConsentStatus(ceiling=1.0, until_s=inf, scopes=frozenset({Scope.MERGE}))


def dreaming(exposures: Exposures | None = None, ledger: MemoryLedger | None = None) -> Stage:
    """Five dream, and render all they are granted."""
    stage = Stage(5, ledger, exposures)
    stage.appear()
    stage.dream()
    assert stage.coupling("bed-2") > 0
    return stage


def withdraw(stage: Stage) -> None:
    """Ash withdraws, through the application's door."""
    stage.app.consents.withdraw(SLEEPER, ASH)


def merge(stage: Stage, hops: int) -> dict[str, float]:
    """Let every pod render its newest grant; returns merge-minutes by sleeper."""
    lived = dict.fromkeys((f"sleeper-{n}" for n in range(1, 6)), 0.0)
    for _ in range(hops):
        for number, pod in enumerate(stage.pods, 1):
            pod.applied = stage.coupling(pod.name) / 255 if pod.assign else 0.0
            lived[f"sleeper-{number}"] += pod.applied * HOP_S / 60
        stage.hop()
    return lived


def seat(stage: Stage, pod: str = "bed-1") -> SeatView:
    """Its newest seat."""
    return next(one for one in stage.app.dreamscapes.get("night").seats if one.pod == pod)


def slot(pod: Puppet) -> int:
    """The slot it was given last."""
    assert pod.assign is not None
    return pod.assign.slot


def test_a_withdrawal_is_zero_in_the_next_message() -> None:
    """A withdrawal is zero weight and coupling in the next message, without a reason; the rest dream on."""
    stage = dreaming()
    gone, before = slot(stage.pod("bed-1")), len(stage.link.collectives)
    withdraw(stage)
    stage.hop(20)
    later = stage.link.collectives[before:]
    assert len(later) == 20
    assert not any(message.coupling[gone] or message.answered[gone] for message in later)
    assert all(message.coupling[slot(stage.pod("bed-2"))] for message in later)
    assert (seat(stage).state, seat(stage).cause) == (SeatState.LEFT, "withdraw")
    assert any(isinstance(one.what, Release) and one.pod == "bed-1" for one in stage.link.commands)


def test_a_withdrawn_sleeper_needs_a_new_grant() -> None:
    """After a withdrawal no check-in leads back, only a new grant, and then through admission."""
    stage = dreaming()
    withdraw(stage)
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.app.pods.check_in(OPERATOR, "bed-1", ASH)
    stage.hop(TEN_S)
    assert seat(stage).state is SeatState.LEFT
    check = next(c for c in stage.app.dreamscapes.explain("night", "bed-1") if not c.passed)
    assert (check.name, check.code) == ("consent", Code.CONSENT_MISSING.value)
    assert "withdrawn" in check.sentence
    granted(stage.app, ASH)
    stage.hop(4)
    assert seat(stage).state is SeatState.ASSIGNED


def test_consent_that_ends_is_over_in_the_message_of_that_tick() -> None:
    """Expired consent ends in that tick's message; the assign was never longer than the consent."""
    stage = Stage(5)
    until_s = stage.clock.at_s + 6.0
    granted(stage.app, ASH, expires_s=until_s)
    stage.appear()
    stage.dream()
    pod = stage.pod("bed-1")
    assert pod.assign is not None
    assert 0.0 < pod.assign.seconds_left < 6.0
    gone = slot(pod)
    while stage.app.next_due_s() < until_s:
        stage.hop()
        assert stage.link.collectives[-1].coupling[gone]
    stage.hop()
    newest = stage.link.collectives[-1]
    assert (newest.coupling[gone], newest.answered[gone]) == (0, 0)
    assert any(event.cause == "consent-expired" for event in stage.app.journal._events)
    stage.hop(4)
    assert seat(stage).refusal_code == Code.CONSENT_MISSING.value


def test_consent_that_is_prolonged_in_time_goes_on() -> None:
    """Consent extended in time continues past its first end."""
    stage = Stage(5)
    granted(stage.app, ASH, expires_s=stage.clock.at_s + 6.0)
    stage.appear()
    stage.dream()
    granted(stage.app, ASH, expires_s=stage.clock.at_s + 600.0)
    stage.hop(TEN_S)
    assert stage.coupling("bed-1") > 0


def test_no_grant_exceeds_the_sleepers_consent() -> None:
    """A sleeper's lower ceiling applies to that sleeper, and from the next message on."""
    stage = Stage(5)
    granted(stage.app, ASH, ceiling=0.05)
    stage.appear()
    stage.dream()
    assign = stage.pod("bed-1").assign
    assert assign is not None
    assert assign.ceiling == 0.05
    assert (stage.coupling("bed-1"), stage.coupling("bed-2")) == (int(0.05 * 255), int(0.1 * 255))
    granted(stage.app, ASH, ceiling=0.02)
    stage.hop()
    assert stage.coupling("bed-1") == int(0.02 * 255)


@pytest.mark.parametrize(
    "status",
    [
        ConsentStatus(),
        replace(WHOLE, ceiling=nan),
        replace(WHOLE, ceiling=1.5),
        replace(WHOLE, until_s=nan),
        replace(WHOLE, withdrawn=True),
        replace(WHOLE, scopes=frozenset({Scope.RECORD})),
    ],
)
def test_a_consent_that_says_nothing_allows_nothing(status: ConsentStatus) -> None:
    """An empty or non-numeric status allows nothing; a whole one does."""
    assert WHOLE.allows(Asked(), 10.0)
    assert not status.allows(Asked(), 10.0)


def test_a_sleeper_that_is_checked_in_without_a_grant_waits_and_shows_the_scope() -> None:
    """A check-in alone merges no sleeper: its seat shows CONSENT_MISSING, and a grant leads on."""
    stage = Stage(5)
    stage.appear(sleepers=False)
    for number in range(1, 6):
        stage.app.pods.check_in(OPERATOR, f"bed-{number}", f"sleeper-{number}")
        if number > 1:
            granted(stage.app, f"sleeper-{number}")
    stage.dream()
    assert stage.pod("bed-1").assign is None
    assert seat(stage).refusal_code == Code.CONSENT_MISSING.value
    assert "granted nothing" in seat(stage).refusal
    assert stage.coupling("bed-2") > 0
    granted(stage.app, ASH)
    stage.hop(TEN_S)
    assert seat(stage).state is SeatState.ASSIGNED


def test_a_withdrawal_at_the_pod_holds_when_its_latch_is_cleared() -> None:
    """A withdrawal outlives the cleared latch: only a new grant is consent again."""
    stage = dreaming()
    pod = stage.pod("bed-1")
    pod.latched = "withdraw"
    pod.event(PodEventKind.LATCHED, "withdraw")
    stage.hop(4)
    pod.latched, pod.assign = "", None
    stage.hop(TEN_S)
    assert seat(stage).state is SeatState.LEFT
    assert pod.assign is None
    granted(stage.app, ASH)
    stage.hop(TEN_S)
    assert seat(stage).state is SeatState.ASSIGNED


def test_a_pod_is_assigned_only_after_its_mark_is_durable() -> None:
    """A pod is assigned only after its exposure mark is durable; then all are."""
    exposures = Exposures()
    stage = Stage(5, None, exposures)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8, ramp_s=10.0))
    stage.hop(4)
    exposures.broken = True
    refused = stage.app.dreamscapes.start(OPERATOR, "night")
    assert getattr(refused, "code", None) is Code.LEDGER_UNAVAILABLE
    stage.hop(8)
    assert not any(pod.assign for pod in stage.pods)
    assert not stage.link.collectives
    exposures.broken = False
    stage.app.dreamscapes.start(OPERATOR, "night")
    stage.hop(8)
    assert exposures.calls[0] == "open"
    assert stage.coupling("bed-1") > 0


def test_a_ledger_that_fails_ends_the_grants_under_its_marks_and_no_withdrawal_waits() -> None:
    """With a failing ledger grants end with their marks; a withdrawal takes effect at once."""
    exposures = Exposures()
    stage = dreaming(exposures)
    exposures.broken = True
    marked_s = min(exposures.marks.values())
    withdraw(stage)
    stage.hop()
    gone = slot(stage.pod("bed-2")), slot(stage.pod("bed-3"))
    while stage.clock.at_s <= marked_s + MARK_HOLDS_S + HOP_S:
        granted = any(stage.link.collectives[-1].coupling[one] for one in gone)
        assert granted == (stage.clock.at_s - marked_s <= MARK_HOLDS_S)
        stage.hop()
    assert not stage.link.collectives[-1].coupling.any()
    assert seat(stage).state is SeatState.LEFT
    exposures.broken = False
    stage.hop(8)
    assert stage.coupling("bed-2") > 0


def test_exposure_is_charged_and_not_much_more() -> None:
    """A minute at .1 and a release are charged as a tenth of a minute and the last fade."""
    exposures = Exposures()
    stage = dreaming(exposures=exposures)
    begun = dict(exposures.charged_min)
    lived = merge(stage, 240)
    stage.app.pods.release(OPERATOR, "bed-1", "enough")
    stage.hop()
    charged_min = exposures.charged_min[ASH] - begun[ASH]
    assert lived[ASH] == pytest.approx(0.098, abs=0.002)
    assert lived[ASH] <= charged_min <= lived[ASH] + 0.01
    assert ASH not in exposures.marks


def test_many_sleepers_are_charged_in_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """No write charges more sleepers than fit in one; each is charged once a round; nothing is lost."""
    monkeypatch.setattr("dreamd.app.people.exposure.CHARGED_AT_ONCE", 2)
    stage, charged = dreaming(), list[tuple[str, ...]]()
    plainly = LedgerExposure.charging

    def charging(own: LedgerExposure, minutes: Mapping[str, float], at_s: float) -> Exposure:
        charged.append(tuple(minutes))
        return plainly(own, minutes, at_s)

    monkeypatch.setattr(LedgerExposure, "charging", charging)
    merge(stage, TEN_S)
    begun, before = stage.ledger.exposures(0.0), len(charged)
    lived = merge(stage, 2 * TEN_S)
    assert {len(one) for one in charged} <= {1, 2}
    assert Counter(name for one in charged[before:] for name in one) == dict.fromkeys(lived, 2)
    after = stage.ledger.exposures(0.0)
    assert all(after[who] - begun[who] == pytest.approx(much, abs=0.004) for who, much in lived.items())
    assert stage.coupling("bed-2") > 0


def test_a_pod_that_is_not_heard_is_charged_what_it_may_render() -> None:
    """A silent pod is charged as merged until its permission ends."""
    exposures = Exposures()
    stage = dreaming(exposures=exposures)
    begun = exposures.charged_min[ASH]
    while exposures.charged_min[ASH] == begun:
        merge(stage, 1)
    before = exposures.charged_min[ASH]
    stage.pod("bed-1").sends = False
    stage.hop(TEN_S)
    stage.app.pods.release(OPERATOR, "bed-1", "enough")
    stage.hop()
    assert exposures.charged_min[ASH] - before >= 0.098 * (LEASE_S + LEASE_FADE_S) / 60


def test_the_exposure_limit_warns_releases_and_holds_admission() -> None:
    """A sleeper is warned at four fifths of the limit, out at the whole, and back only below four fifths."""
    exposures = Exposures({ASH: 0.2})
    stage = dreaming(exposures=exposures)
    lived = 0.0
    while stage.pod("bed-1").assign is not None and lived < 0.5:
        lived += merge(stage, 1)[ASH]
    assert lived == pytest.approx(0.2, abs=0.02)
    kinds = [event.kind for event in stage.app.journal._events if event.pod == "bed-1"]
    assert kinds.count("exposure-warning") == 1
    assert any(event.cause == "exposure" for event in stage.app.journal._events)
    stage.hop(TEN_S)
    assert seat(stage).refusal_code == Code.EXPOSURE_REACHED.value
    assert stage.coupling("bed-2") > 0
    exposures.charged_min[ASH] = 0.161
    stage.hop(8)
    assert stage.pod("bed-1").assign is None
    exposures.charged_min[ASH] = 0.15
    stage.hop(8)
    assert seat(stage).state is SeatState.ASSIGNED


def test_an_assign_tells_what_is_left_of_what_limit() -> None:
    """An assign carries the rest, without minutes that are not charged yet; else of the clause."""
    exposures = Exposures({ASH: 0.2})
    stage = dreaming(exposures=exposures)
    first, free = stage.pod("bed-1").assign, stage.pod("bed-2").assign
    assert first is not None
    assert free is not None
    assert (first.dose_left_min, first.dose_limit_min) == (0.2, 0.2)
    day_min = stage.app.guidelines.in_force.bundle.number("dose_24h_min")
    assert (free.dose_left_min, free.dose_limit_min) == (day_min, day_min)
    lived = merge(stage, 32)
    runtime = stage.app.registry["night"]
    held = runtime.dreamscape.seats.of("bed-1")
    assert held is not None
    runtime.dreamscape.seat_anew(held)
    again = stage.pod("bed-1").assign
    assert again is not None
    assert again.assignment != first.assignment
    assert 0.2 - lived[ASH] - 0.01 < again.dose_left_min <= 0.2 - lived[ASH]


def test_a_pod_severed_at_its_own_limit_is_released() -> None:
    """A pod's own limit sever ends its seat; a late report of an earlier assignment ends no later one."""
    stage = dreaming()
    pod = stage.pod("bed-1")
    assert pod.assign is not None
    pod.event(PodEventKind.WARNED, "exposure", assignment=pod.assign.assignment, detail="0.8 of 1.0")
    stage.hop()
    assert seat(stage).state is SeatState.ASSIGNED
    assert any("near a limit: exposure (0.8 of 1.0)" in e.sentence for e in stage.app.journal._events)
    pod.event(PodEventKind.SEVERED, "exposure", assignment=pod.assign.assignment + 1)
    stage.hop()
    assert seat(stage).state is SeatState.ASSIGNED
    gone, breaker = slot(pod), stage.app.pods.get("bed-1").breaker
    pod.event(PodEventKind.SEVERED, "exposure", assignment=pod.assign.assignment)
    stage.hop()
    assert stage.link.collectives[-1].coupling[gone] == 0
    assert any(e.kind == "left" and e.cause == "exposure" for e in stage.app.journal._events)
    assert stage.app.pods.get("bed-1").breaker is breaker, "nothing has malfunctioned"
    assert stage.coupling("bed-2") > 0


def test_after_a_crash_at_least_as_much_is_charged_as_was_lived() -> None:
    """After a crash the uncharged time is charged as merged, with lease and fade."""
    for hops in (1, 7, 39, 41, 55, 79):
        ledger = MemoryLedger()
        stage = dreaming(ledger=ledger)
        lived = merge(stage, hops)
        after = {who: much + 0.1 * (LEASE_S + LEASE_FADE_S) / 60 for who, much in lived.items()}
        stage.restart()
        charged = ledger.exposures(0.0)
        assert all(charged[who] >= much for who, much in after.items()), hops
        assert not ledger.merging()


def test_an_orderly_end_closes_every_account() -> None:
    """An orderly end leaves no open mark, so nothing is charged twice."""
    ledger = MemoryLedger()
    stage = dreaming(ledger=ledger)
    lived = merge(stage, 55)
    stage.app.shutdown(SIGNALLED)
    stage.app.close()
    charged = ledger.exposures(0.0)
    assert not ledger.merging()
    assert all(lived[who] <= charged[who] < lived[who] + 0.02 for who in lived)
    stage.restart()
    assert ledger.exposures(0.0) == charged


def opened(ledger: MemoryLedger, exposures: LedgerExposure, at_s: float) -> None:
    """A daemon opens a mark, and it is durable."""
    opening = exposures.opening([ASH], at_s)
    ledger.write(Transaction(exposure=(opening,)))
    exposures.kept(opening)


def test_a_mark_of_another_daemon_is_charged_before_it_is_replaced() -> None:
    """A mark of another daemon is charged before it is replaced, so neither loses grants."""
    ledger = MemoryLedger()
    one, other = LedgerExposure(ledger, 0.0), LedgerExposure(ledger, 0.0)
    opened(ledger, one, 10.0)
    assert ASH not in ledger.exposures(0.0)
    opened(ledger, other, 11.0)
    assert ledger.exposures(0.0)[ASH] == pytest.approx(UNDER_A_MARK_MIN)
    opened(ledger, other, 12.0)
    assert ledger.exposures(0.0)[ASH] == pytest.approx(UNDER_A_MARK_MIN)
    assert pytest.approx(GUIDELINE_CAP * (MARK_HOLDS_S + 1.5) / 60) == UNDER_A_MARK_MIN


def test_a_dose_rolls_over_sessions_and_restarts() -> None:
    """Both windows count what any session charged, in this daemon and the next, against both limits."""
    ledger, at_s = MemoryLedger(), 1_800_000_000.0
    limits = dose_limits(shipped_bundle(), 3)
    one = LedgerExposure(ledger, at_s)
    for days, minutes in ((0.0, 50.0), (2.0, 55.0), (4.0, 58.0), (4.5, 1.0)):
        charged = one.closing({ASH: minutes}, at_s + days * DAY_S)
        ledger.write(Transaction(exposure=(charged,)))
        one.kept(charged)
    now_s = at_s + 4.6 * DAY_S
    for exposures in (one, LedgerExposure(ledger, now_s)):
        dose = exposures.dose(ASH, now_s).held_to(limits)
        assert (dose.charged_min, dose.limit_min) == (59.0, 60.0)
        assert (dose.week_min, dose.week_limit_min) == (164.0, 240.0)
        assert dose.left_min == 1.0
        assert dose.share == pytest.approx(59.0 / 60.0)
        assert exposures.dose(ASH, at_s + 7.5 * DAY_S).week_min == 114.0
        assert exposures.dose("sleeper-2", now_s) == Dose()
        assert exposures.dose(ASH, now_s).held_to(dose_limits(shipped_bundle(), 2)).limit_min == 10.0
    near = Dose(54.0, 60.0, 239.0, 240.0)
    assert (near.left_min, near.plus(1.0).left_min, near.share) == (1.0, 0.0, 239.0 / 240.0)


def test_a_planned_dose_is_written_with_the_first_seat() -> None:
    """Ceiling granted by planned time, in the seat's own transaction; a later assign does not revise it."""
    ledger = MemoryLedger()
    stage = dreaming(ledger=ledger)
    planned = ledger.planned_doses("night")
    assert set(planned) == {f"sleeper-{n}" for n in range(1, 6)}
    assert all(0.0 < minutes <= GUIDELINE_CAP * SESSION_MAX_S / 60.0 for minutes in planned.values())
    stage.restart()
    assert ledger.planned_doses("night") == planned


def test_a_ledger_that_cannot_charge_what_is_open_is_not_opened() -> None:
    """A daemon does not start on a ledger that cannot charge its open marks."""
    ledger = MemoryLedger()
    opened(ledger, LedgerExposure(ledger, 0.0), 10.0)
    ledger.broken = "the disk is full"
    with pytest.raises(LedgerError):
        LedgerExposure(ledger, 20.0)


def test_no_limit_is_never_reached_and_an_empty_one_always_is() -> None:
    """An infinite limit is never reached, an empty one always."""
    assert (Dose(5.0).share, Dose(5.0).left_min) == (0.0, inf)
    assert (Dose(0.0, 0.0).share, Dose(0.0, 0.0).left_min) == (inf, 0.0)


def test_a_group_that_shrinks_below_five_grants_nothing_to_those_without_that_scope() -> None:
    """Four are left of five: a sleeper without the scope is at zero in that message, the others go on."""
    stage = Stage(5)
    granted(stage.app, ASH, scopes=frozenset({Scope.MERGE}), artist_share=0.0)
    stage.appear()
    stage.dream(seats_max=8)
    assert min(stage.coupling(pod.name) for pod in stage.pods) > 0
    stage.app.pods.release(OPERATOR, "bed-5", "left")
    stage.hop()
    assert stage.coupling("bed-1") == 0
    assert min(stage.coupling(f"bed-{number}") for number in (2, 3, 4)) > 0
