"""Consents in running Dreamscapes: withdrawn from each place in each state, in nights in which clocks change.

The model at the end takes grants, withdrawals, restarts and time in any order: no sleeper is coupled without
a grant in force at that tick.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Modality, Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.dreamscapes.views import DreamscapeState, Plan, SeatState
from dreamd.core.guidelines.bundle import window
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.machines.grants import SLEEPER, next_grant
from dreamwire.messages import Modality as Felt
from dreamwire.messages import PodEventKind
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.people import granted, now_s
from fakes.stage import Puppet, Stage

NIGHT: Final = window("22:00/07:00")
assert NIGHT is not None
ZURICH: Final = Hours(NIGHT, "Europe/Zurich")


def by_status(stage: Stage, pod: Puppet) -> None:
    """The button, told by the pod's status."""
    pod.latched = "withdraw"
    pod.status()


def by_event(_stage: Stage, pod: Puppet) -> None:
    """The button, told by the pod's event."""
    pod.latched = "withdraw"
    pod.event(PodEventKind.LATCHED, "withdraw")


def by(role: Role) -> Callable[[Stage, Puppet], None]:
    """A caller in this role, for the sleeper in the pod."""

    def withdraw(stage: Stage, pod: Puppet) -> None:
        sleeper = pod.name.replace("bed", "sleeper")
        stage.app.consents.withdraw(Caller("mira", role, Channel.GRPC), sleeper)

    return withdraw


PLACES: Final = (by_status, by_event, by(Role.SLEEPER), by(Role.ADVOCATE), by(Role.SERVICE))


def planned(stage: Stage) -> None:
    """Seats are not open yet."""
    plan = Plan("night", 3, 8, ramp_s=10.0, start_at_s=stage.clock.at_s + 900.0)
    stage.app.dreamscapes.create(OPERATOR, plan)


def gathering(stage: Stage) -> None:
    """Seats are open."""
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8, ramp_s=10.0))
    stage.hop(4)


def dreaming(stage: Stage) -> None:
    """Everyone is coupled."""
    stage.dream(seats_max=8)


def severed(stage: Stage) -> None:
    """Everyone is at zero, in a slot."""
    stage.dream(seats_max=8)
    stage.app.dreamscapes.sever(OPERATOR, "night", "a test")


def waking(stage: Stage) -> None:
    """Everyone is on the way home: no pod has answered yet."""
    stage.dream(seats_max=8)
    for pod in stage.pods:
        pod.sends = False
    stage.app.dreamscapes.wake(OPERATOR, "night", "a test")
    for pod in stage.pods:
        pod.sends = True


def ended(stage: Stage) -> None:
    """It is over."""
    stage.dream(seats_max=8)
    stage.app.dreamscapes.end(OPERATOR, "night", "a test")
    stage.hop(8)


@pytest.mark.parametrize("state", [planned, gathering, dreaming, severed, waking, ended])
def test_a_withdrawal_from_each_place_acts_in_each_state(state: Callable[[Stage], None]) -> None:
    """By status, event, sleeper, advocate, service: zero from the next message on, and in the ledger."""
    ledger = MemoryLedger()
    stage = Stage(8, ledger)
    stage.appear()
    state(stage)
    view = stage.app.dreamscapes.get("night")
    assert view.state is DreamscapeState[state.__name__.upper()]
    slots = {pod.name: pod.assign for pod in stage.pods[:5]}
    before = len(stage.link.collectives)
    for pod, place in zip(stage.pods[:5], PLACES, strict=True):
        place(stage, pod)
        assert stage.app.consents.consent_of(SLEEPER, pod.name.replace("bed", "sleeper")).state is (
            ConsentState.WITHDRAWN
        )
    stage.hop(2)
    for assign in slots.values():
        sent = [one for one in stage.link.collectives[before:] if assign and one.cohort == assign.cohort]
        assert not any(one.coupling[assign.slot] for one in sent if assign)
    for number in range(1, 6):
        assert ledger.consents()[f"sleeper-{number}"].state is ConsentState.WITHDRAWN
    seats = {seat.pod: seat for seat in stage.app.dreamscapes.get("night").seats}
    held = (SeatState.ASSIGNED, SeatState.ADMITTED, SeatState.COMMITTING)
    assert not any(seats[f"bed-{n}"].state in held for n in range(1, 6) if f"bed-{n}" in seats)
    if state is dreaming:
        assert stage.coupling("bed-6") > 0


@pytest.mark.parametrize(("evening", "hours"), [("2027-10-30T22:30", 9.5), ("2027-03-27T22:30", 7.5)])
def test_the_hours_of_a_grant_end_by_the_wall_clock_in_both_nights_of_change(
    evening: str, hours: float
) -> None:
    """The assign lasts as long as the night; zero at the tick of its end; the next evening it holds again."""
    stage = Stage(5)
    stage.clock.at_s = datetime.fromisoformat(evening).replace(tzinfo=ZoneInfo("Europe/Zurich")).timestamp()
    stage.app.run_due()
    until_s = stage.clock.at_s + hours * 3600.0
    granted(stage.app, "sleeper-1", hours=ZURICH, expires_s=stage.clock.at_s + 30 * 86_400.0)
    stage.appear()
    stage.dream(seats_max=8)
    pod = stage.pod("bed-1")
    assert pod.assign is not None
    assert stage.coupling("bed-1") > 0
    assert pod.assign.seconds_left == pytest.approx(until_s - stage.clock.at_s, abs=5.0)
    slot = pod.assign.slot
    stage.clock.at_s = until_s - 0.6
    stage.app.run_due()  # the ticks of the night are skipped
    assert stage.app.consents.until_s("sleeper-1") == until_s
    while stage.app.next_due_s() <= until_s + 0.3:
        stage.hop()
    assert stage.link.collectives[-1].coupling[slot] == 0
    assert any(event.kind == "consent-expired" for event in stage.app.journal._events)
    check = next(c for c in stage.app.dreamscapes.explain("night", "bed-1") if c.name == "consent")
    assert (check.passed, check.code) == (False, Code.CONSENT_HOURS.value)
    stage.clock.at_s = until_s + 15.5 * 3600.0
    consent = stage.app.consents.consent_of(SLEEPER, "sleeper-1")
    assert isinstance(consent, Consent)
    assert consent.state is ConsentState.GIVEN


def test_an_older_grant_that_is_sent_again_is_refused() -> None:
    """Neither the grant before a newer one nor the one before a withdrawal is taken a second time."""
    stage = Stage(1)
    first = replace(next_grant(Consent(), "sleeper-1", now_s(stage.app)), revision=1)
    for held in (first, replace(first, revision=2, ceiling=0.05)):
        assert not isinstance(stage.app.consents.grant(SLEEPER, held), Refusal)
    for old in (first, replace(first, revision=2)):
        refusal = stage.app.consents.grant(SLEEPER, old)
        assert isinstance(refusal, Refusal)
        assert refusal.code is Code.CONSENT_STALE
    stage.app.consents.withdraw(SLEEPER, "sleeper-1")
    refusal = stage.app.consents.grant(SLEEPER, replace(first, revision=2, ceiling=0.05))
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.CONSENT_STALE


def test_a_scope_that_is_taken_back_releases_the_seat() -> None:
    """Without perform a seat of an artist's Dreamscape waits; a share taken back is zero in that message."""
    stage = Stage(6)
    whole = frozenset(Scope) - {Scope.RESEARCH}
    granted(stage.app, "sleeper-6", scopes=whole - {Scope.PERFORM}, artist_share=0.0)
    stage.appear()
    stage.dream(seats_max=8, artist_share=0.2)
    seats = {seat.pod: seat for seat in stage.app.dreamscapes.get("night").seats}
    assert (seats["bed-6"].state, seats["bed-6"].refusal_code) == (SeatState.WAITING, "CONSENT_MISSING")
    assert "perform" in seats["bed-6"].refusal
    assign = stage.pod("bed-1").assign
    assert assign is not None
    granted(stage.app, "sleeper-1", artist_share=0.1)
    stage.hop()
    assert stage.link.collectives[-1].coupling[assign.slot] == 0
    seats = {seat.pod: seat for seat in stage.app.dreamscapes.get("night").seats}
    assert (seats["bed-1"].state, seats["bed-1"].refusal_code) == (SeatState.WAITING, "CONSENT_MISSING")
    assert stage.coupling("bed-2") > 0


def test_a_modality_that_is_taken_back_ends_the_assign_and_begins_another_from_zero() -> None:
    """The old slot is zero in the next message, and the new assign names what is left."""
    stage = Stage(5)
    stage.appear()
    stage.dream(seats_max=8)
    before = stage.pod("bed-1").assign
    assert before is not None
    assert before.modalities == frozenset(Felt)
    granted(stage.app, "sleeper-1", ceiling=0.05)
    assert stage.pod("bed-1").assign is before, "a lower ceiling needs no other assign"
    granted(stage.app, "sleeper-1", modalities=frozenset({Modality.SOUND}))
    stage.hop()
    after = stage.pod("bed-1").assign
    assert after is not None
    assert (after.assignment != before.assignment, after.modalities) == (True, frozenset({Felt.SOUND}))
    assert stage.link.collectives[-1].coupling[before.slot] == 0
    assert after.ramp_s == before.ramp_s, "the pod begins at zero, as after each assign"
    stage.hop(12)
    assert stage.coupling("bed-1") > 0


def test_grants_and_receipts_of_older_revisions_are_read_beside_the_tick() -> None:
    """Each revision is listed and has its receipt; one that was never given is refused by its field."""
    stage = Stage(1, ledger := MemoryLedger())
    granted(stage.app, "sleeper-1")
    granted(stage.app, "sleeper-1", ceiling=0.05)
    listed = stage.app.consents.list_revisions(SLEEPER, "sleeper-1").answer()
    assert not isinstance(listed, Refusal)
    assert [(one.revision, one.ceiling) for one in listed] == [(1, 0.15), (2, 0.05)]
    newest, older = (stage.app.consents.receipt(SLEEPER, "sleeper-1", number) for number in (0, 1))
    assert isinstance(newest, str)
    assert newest.endswith(".2.given")
    assert isinstance(older, Deferred)
    assert str(older.answer()).endswith(".1.given")
    wrong = stage.app.consents.receipt(SLEEPER, "sleeper-1", 7)
    assert isinstance(wrong, Deferred)
    refusal = wrong.answer()
    assert isinstance(refusal, Refusal)
    assert refusal.metadata["field"] == "revision"
    ledger.broken = "the disk is full"
    refusal = stage.app.consents.list_revisions(SLEEPER, "sleeper-1").answer()
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.LEDGER_UNAVAILABLE


class ConsentInTheNight(RuleBasedStateMachine):
    """Three sleepers change their minds, the daemon restarts, time passes: a coupling needs a grant."""

    @initialize()
    def begin(self) -> None:
        """Six dream, three of them on trial."""
        self.stage = Stage(6)
        self.stage.appear()
        self.stage.dream(seats_max=12)
        self.until_s = dict.fromkeys((1, 2, 3), float("inf"))
        self.most = dict.fromkeys((1, 2, 3), 0.15)

    @rule(
        who=st.sampled_from((1, 2, 3)),
        ceiling=st.sampled_from((0.02, 0.05, 0.15)),
        lasts_s=st.sampled_from((3.0, 20.0, 3600.0)),
        merges=st.booleans(),
    )
    def grant(self, who: int, ceiling: float, lasts_s: float, merges: bool) -> None:
        """A new grant, wider or narrower."""
        at_s = self.stage.clock.at_s
        changes = {"ceiling": ceiling, "expires_s": at_s + lasts_s}
        if not merges:
            changes |= {"scopes": frozenset({Scope.RECORD}), "ceiling": 0.0, "artist_share": 0.0}
        granted(self.stage.app, f"sleeper-{who}", modalities=frozenset(Modality), **changes)
        self.until_s[who] = at_s + lasts_s if merges else 0.0
        self.most[who] = ceiling

    @rule(who=st.sampled_from((1, 2, 3)), place=st.sampled_from(PLACES))
    def withdraw(self, who: int, place: Callable[[Stage, Puppet], None]) -> None:
        """From any place; the latch is cleared at once."""
        pod = self.stage.pods[who - 1]
        place(self.stage, pod)
        pod.latched = ""
        pod.status()
        self.until_s[who] = 0.0

    @rule(hops=st.integers(1, 12))
    def passes(self, hops: int) -> None:
        """Time passes."""
        self.stage.hop(hops)

    @rule()
    def restart(self) -> None:
        """The daemon is killed."""
        self.stage.restart()
        for pod in self.stage.pods:
            pod.assign = None
            pod.presence()
            pod.status()

    @invariant()
    def only_with_a_grant(self) -> None:
        """The tick's message couples none of the three without a grant that holds, nor above its ceiling."""
        if not hasattr(self, "stage"):
            return
        self.stage.hop()
        tick_s = self.stage.clock.at_s
        for who, pod in enumerate(self.stage.pods[:3], 1):
            if pod.assign is None:
                continue
            place = pod.assign.cohort, pod.assign.term
            sent = [one for one in self.stage.link.collectives[-4:] if (one.cohort, one.term) == place]
            told = sent[-1].coupling if sent else ()  # one sent before the assign has no such slot yet
            granted_byte = int(told[pod.assign.slot]) if pod.assign.slot < len(told) else 0
            limit = self.most[who] if tick_s < self.until_s[who] else 0.0
            assert granted_byte <= int(limit * 255), (who, granted_byte, limit)


ConsentInTheNight.TestCase.settings = settings(max_examples=3, stateful_step_count=10, deadline=None)
TestConsentInTheNight = ConsentInTheNight.TestCase
