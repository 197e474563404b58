"""A slow ledger severs no pod, delays new grants, and is reported."""

from collections.abc import Callable

import pytest

from dreamd.core.access.caller import SIGNALLED
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, Plan, PodView, SeatState
from dreamd.core.limits import (
    HOP_S,
    LEDGER_ANSWERS_WITHIN_S,
    LEDGER_SLOW_S,
    MARK_HOLDS_S,
    TERM_UNCONFIRMED_S,
)
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.ports.deferred import Deferred
from dreamd.simulation.machines.grants import SLEEPER
from dreamwire.messages import Ack, Assign, PodEventKind, WakeScope
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger, Taken
from fakes.people import Exposures
from fakes.stage import Stage

TEN_S = 40


def dreaming(pods: int = 5, **plan: object) -> tuple[Stage, MemoryLedger]:
    """Five dream with grants, and their ledger."""
    ledger = MemoryLedger()
    stage = Stage(pods, ledger)
    stage.appear()
    stage.dream(**plan)
    stage.hop(8)
    assert stage.coupling("bed-1") > 0
    return stage, ledger


def gathered(pods: int = 5) -> tuple[Stage, MemoryLedger]:
    """Five are admitted, before the start."""
    ledger = MemoryLedger()
    stage = Stage(pods, ledger)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8, ramp_s=10.0, ceiling=0.1))
    stage.hop(4)
    return stage, ledger


def states(stage: Stage) -> set[SeatState]:
    """The seats' states."""
    return {seat.state for seat in stage.app.dreamscapes.get("night").seats}


def told(stage: Stage, kind: str) -> list[str]:
    """The journal's events of this kind."""
    return [event.sentence for event in stage.app.journal._events if event.kind == kind]


def refused(answer: object) -> Code:
    """The code of a refusal that was answered late."""
    assert isinstance(answer, Deferred)
    assert answer.settled
    refusal = answer.answer()
    assert isinstance(refusal, Refusal), refusal
    return refusal.code


def test_a_disk_that_takes_a_minute_ends_no_grant() -> None:
    """During a write of a minute every merged pod keeps its grant in each message."""
    stage, ledger = dreaming()
    ledger.held = True
    before = len(stage.link.collectives)
    stage.hop(6 * TEN_S)
    for message in stage.link.collectives[before:]:
        assert all(message.coupling[pod.assign.slot] for pod in stage.pods), message.tick  # type: ignore[union-attr]
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    ledger.release()
    stage.hop(TEN_S)
    assert stage.coupling("bed-1") > 0


def test_a_disk_that_hangs_ends_every_grant_with_its_marks() -> None:
    """A hanging disk ends every grant with its mark, so that a crash charges no more."""
    stage, ledger = dreaming()
    marked_s = min(ledger.merging().values())
    ledger.held = True
    while stage.clock.at_s <= marked_s + MARK_HOLDS_S + HOP_S:
        stage.hop()
    assert not stage.link.collectives[-1].coupling.any()
    ledger.release()
    stage.hop(8)
    assert stage.coupling("bed-1") > 0


def test_a_write_that_fails_ends_the_grants_in_five_seconds() -> None:
    """A failed write ends the grants after five seconds, as the stored state is unknown."""
    stage, ledger = dreaming()
    ledger.broken = "the disk is gone"
    stage.hop(round((TERM_UNCONFIRMED_S + 2.0) / HOP_S))
    assert not stage.link.collectives[-1].coupling.any()


def test_a_joiner_gets_no_slot_before_its_seat_is_durable() -> None:
    """A joiner stays in COMMITTING without a slot until its seat is durable; the others notice nothing."""
    stage, ledger = dreaming(seats_max=8)
    stage.app.pods.check_out(OPERATOR, "bed-5")
    stage.hop(2)
    stage.lie_down("bed-5", "another")
    ledger.held = True
    stage.hop(TEN_S)
    joiner = next(seat for seat in stage.app.dreamscapes.get("night").seats if seat.sleeper == "another")
    assert joiner.state is SeatState.COMMITTING
    assert joiner.refusal_code == Code.LEDGER_UNAVAILABLE.value
    assert "has not kept the seat for" in joiner.refusal
    assert stage.pod("bed-5").assign is None
    assert stage.coupling("bed-1") > 0
    ledger.release()
    stage.hop(4)
    assert stage.pod("bed-5").assign is not None


def test_a_start_waits_for_its_seats_and_assigns_them_then() -> None:
    """A start waits in GATHERING for its durable seats, then assigns each; one answer for both."""
    stage, ledger = gathered()
    ledger.held = True
    answer = stage.app.dreamscapes.start(OPERATOR, "night")
    assert isinstance(answer, Deferred)
    assert stage.app.dreamscapes.start(OPERATOR, "night") is answer
    stage.hop(2)
    assert states(stage) == {SeatState.COMMITTING}
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.GATHERING
    assert not any(pod.assign for pod in stage.pods)
    ledger.release()
    assert answer.settled
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert all(pod.assign for pod in stage.pods)
    (record,) = ledger.load()
    assert {pod for _, pod, _ in record.seats} == {pod.name for pod in stage.pods}


@pytest.mark.parametrize("way", ["sever", "wake", "end"])
def test_a_way_out_overtakes_a_start_that_waits(way: str) -> None:
    """A way out refuses a waiting start; its late write assigns no slot."""
    stage, ledger = gathered()
    ledger.held = True
    answer = stage.app.dreamscapes.start(OPERATOR, "night")
    out = {
        "sever": lambda: stage.app.dreamscapes.sever(OPERATOR, "night", "no"),
        "wake": lambda: stage.app.dreamscapes.wake(named("mira"), "night", "no"),
        "end": lambda: stage.app.dreamscapes.end(OPERATOR, "night", "no"),
    }
    out[way]()
    assert refused(answer) is Code.WRONG_STATE
    ledger.release()
    stage.hop(4)
    assert not any(pod.assign for pod in stage.pods)
    assert stage.app.dreamscapes.get("night").state is not DreamscapeState.DREAMING
    assert ledger.merging() == {}, "marks that were opened are closed"


def press(stage: Stage) -> None:
    """The sleeper in bed-1 presses the wake button."""
    stage.pod("bed-1").latched = "wake"
    stage.pod("bed-1").event(PodEventKind.LATCHED, "wake")


LEAVES: dict[str, Callable[[Stage], object]] = {
    "release": lambda stage: stage.app.pods.release(OPERATOR, "bed-1", "enough"),
    "check-out": lambda stage: stage.app.pods.check_out(OPERATOR, "bed-1"),
    "withdrawal": lambda stage: stage.app._deps.consents.withdraw("sleeper-1"),
    "wake order": lambda stage: stage.app.wake_orders.order(named("mira"), WakeScope.POD, "bed-1", "smoke"),
    "button": press,
}


@pytest.mark.parametrize("way", LEAVES)
def test_a_pod_that_leaves_while_committing_is_not_assigned(way: str) -> None:
    """A pod that leaves while COMMITTING is not assigned, and its mark is closed without a charge."""
    stage, ledger = gathered()
    ledger.held = True
    stage.app.dreamscapes.start(OPERATOR, "night")
    LEAVES[way](stage)
    ledger.release()
    stage.hop(8)
    assigned = {command.pod for command in stage.link.commands if isinstance(command.what, Assign)}
    assert assigned == {f"bed-{n}" for n in range(2, 6)}, "not even for a tick"
    assert "sleeper-1" not in ledger.merging()
    assert ledger.exposures(0.0).get("sleeper-1", 0.0) == 0.0


def test_a_start_that_cannot_be_kept_is_refused_and_can_be_asked_again() -> None:
    """A start that cannot be written is refused without a change; the seats show why they wait."""
    stage, ledger = gathered()
    ledger.broken = "the disk is full"
    answer = stage.app.dreamscapes.start(OPERATOR, "night")
    assert getattr(answer, "code", None) is Code.LEDGER_UNAVAILABLE
    assert "the disk is full" in str(answer)
    assert states(stage) == {SeatState.WAITING}
    assert not any(pod.assign for pod in stage.pods)
    ledger.broken = ""
    stage.hop(8)
    assert not isinstance(stage.app.dreamscapes.start(OPERATOR, "night"), Refusal)
    assert all(pod.assign for pod in stage.pods)


def test_a_slow_ledger_and_its_recovery_are_reported_once() -> None:
    """A slow ledger and its recovery appear once each: journal, house, admission, metric."""
    stage, ledger = dreaming(seats_max=8)
    ledger.held = True
    stage.hop(2 * TEN_S)
    (sentence,) = told(stage, "ledger-slow")
    assert "has not finished a write for" in sentence
    assert "(exposure)" in sentence
    assert any("is slow" in trouble for trouble in stage.app.house.overview().troubles)
    assert "is slow" in stage.app.ledger_trouble
    failed = [check for check in stage.app.dreamscapes.explain("night", "bed-1") if not check.passed]
    assert [check.name for check in failed] == ["ledger"]
    assert stage.meters.waited_s > LEDGER_SLOW_S
    ledger.release()
    stage.hop(2)
    assert len(told(stage, "ledger-recovered")) == 1
    assert stage.app.ledger_trouble == ""
    assert stage.meters.waited_s == 0.0


def test_a_failing_ledger_is_found_well_again_though_nothing_is_to_be_written() -> None:
    """A failing ledger is probed once a second, so that grants return by themselves."""
    stage = Stage(1, ledger := MemoryLedger())
    ledger.broken = "the disk is full"
    stage.appear(sleepers=False)
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.hop(8)
    assert stage.app.ledger_trouble == "the disk is full"
    assert len(told(stage, "ledger-write-failed")) == 2, "of the plan, and of the first that asks"
    ledger.broken, before = "", ledger.storage.writes
    stage.hop(8)
    assert stage.app.ledger_trouble == ""
    assert ledger.storage.writes == before + 1, "once it is well nothing asks any more"
    assert len(told(stage, "ledger-recovered")) == 1


def locked(stage: Stage) -> None:
    """bed-1's breaker locks."""
    for _ in range(2):
        stage.app.registry.trip(stage.app._deps.fleet.get("bed-1"), Cause.FLAT, "mira", "seen")  # type: ignore[arg-type]
        stage.hop(200)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.LOCKED


@pytest.mark.parametrize("kind", [MemoryLedger, Taken])
def test_a_call_that_binds_is_refused_in_time_and_then_is_not_done(kind: type[MemoryLedger]) -> None:
    """Check-in, create, reset and lift are refused after three seconds, and undone if written late."""
    ledger = kind()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    locked(stage)
    order = stage.app.wake_orders.order(named("mira"), WakeScope.POD, "bed-2", "smoke").order
    stage.app.pods.check_out(OPERATOR, "bed-3")
    stage.hop(2)
    ledger.held = True
    answers = {
        "check-in": stage.app.pods.check_in(OPERATOR, "bed-3", "another"),
        "create": stage.app.dreamscapes.create(OPERATOR, Plan("day", 3, 8)),
        "reset": stage.app.breakers.reset(named("mira"), "pods/bed-1", "mended"),
        "lift": stage.app.wake_orders.lift(named("mira"), order.id, "over"),
    }
    assert all(isinstance(answer, Deferred) and not answer.settled for answer in answers.values())
    stage.hop(round(LEDGER_ANSWERS_WITHIN_S / HOP_S) + 2)
    assert {refused(answer) for answer in answers.values()} == {Code.LEDGER_UNAVAILABLE}
    ledger.release()
    stage.hop(4)
    assert stage.app.pods.get("bed-3").sleeper == ""
    assert "bed-3" not in ledger.checked_in()
    day = stage.app.dreamscapes.get("day")
    assert isinstance(day, Refusal) or day.state is DreamscapeState.ENDED
    assert stage.app.pods.get("bed-1").breaker is BreakerState.LOCKED
    assert [lock.pod for lock in ledger.locks()] == ["bed-1"]
    assert [kept.stands for kept in ledger.wake_orders()] == [True]


def test_a_check_in_holds_its_bed_and_its_sleeper_while_it_waits() -> None:
    """A waiting check-in holds bed and sleeper: the same pair joins it, another is refused."""
    stage, ledger = gathered()
    for name in ("bed-1", "bed-2"):
        stage.app.pods.check_out(OPERATOR, name)
    ledger.held = True
    answer = stage.app.pods.check_in(OPERATOR, "bed-1", "another")
    assert stage.app.pods.check_in(OPERATOR, "bed-1", "another") is answer
    assert getattr(stage.app.pods.check_in(OPERATOR, "bed-1", "third"), "code", None) is Code.POD_BUSY
    assert (
        getattr(stage.app.pods.check_in(OPERATOR, "bed-2", "another"), "code", None) is Code.SLEEPER_ELSEWHERE
    )
    assert stage.app.pods.get("bed-1").sleeper == ""
    ledger.release()
    assert isinstance(answer, Deferred)
    view = answer.answer()
    assert isinstance(view, PodView)
    assert view.sleeper == "another"
    assert ledger.checked_in()["bed-1"] == "another"


def test_a_check_out_frees_at_once_and_overtakes_a_check_in() -> None:
    """A check-out releases in the call and overtakes a check-in; its answer waits for the ledger."""
    stage, ledger = dreaming()
    ledger.held = True
    answer = stage.app.pods.check_out(OPERATOR, "bed-1")
    assert stage.pod("bed-1").assign is None
    assert stage.app.pods.get("bed-1").sleeper == ""
    assert isinstance(answer, Deferred)
    assert not answer.settled
    waiting = stage.app.pods.check_in(OPERATOR, "bed-1", "another")
    out = stage.app.pods.check_out(OPERATOR, "bed-1")
    assert refused(waiting) is Code.NOT_CHECKED_IN
    ledger.release()
    stage.hop(4)
    assert isinstance(out, Deferred)
    assert isinstance(out.answer(), PodView)
    assert "bed-1" not in ledger.checked_in()


def test_a_check_out_that_was_not_kept_is_written_later() -> None:
    """A check-out that was not written is no refusal: it is reported, and written as soon as possible."""
    stage, ledger = dreaming()
    ledger.broken = "the disk is full"
    answer = stage.app.pods.check_out(OPERATOR, "bed-1")
    assert isinstance(answer, PodView)
    assert "ledger-write-failed" in [event.kind for event in stage.app.journal._events]
    assert stage.app.pods.get("bed-1").sleeper == ""
    ledger.broken = ""
    stage.hop(1)
    assert "bed-1" not in ledger.checked_in()


def test_all_trips_of_a_tick_are_one_transaction() -> None:
    """Fifty trips between two ticks are two writes: the first, and the rest together."""
    stage, ledger = dreaming(50)
    ledger.held = True
    for pod in stage.pods:
        pod.event(PodEventKind.MALFUNCTION, "railed")
    assert len(ledger._waiting) == 1
    before = ledger.storage.writes
    ledger.release()
    assert ledger.storage.writes == before + 2
    assert len(ledger.marks()) == 50


def test_a_breaker_closes_and_an_event_is_acknowledged_once_the_mark_is_durable() -> None:
    """Until the mark is durable the breaker stays HALF_OPEN and the pod repeats its fault."""
    stage, ledger = dreaming()
    ledger.held = True
    stage.pod("bed-1").event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)

    def acknowledged() -> int:
        return sum(isinstance(command.what, Ack) for command in stage.link.commands)

    stage.hop(4 * 60)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.HALF_OPEN
    assert acknowledged() == 0
    ledger.release()
    assert acknowledged() == 1
    stage.hop(2)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.CLOSED


def test_an_unwritten_trip_is_lost_in_a_crash_and_the_next_daemon_is_stricter() -> None:
    """An unwritten trip is lost in a crash, so the next daemon scores every pod before a grant."""
    stage, ledger = dreaming()
    ledger.held = True
    stage.app.dreamscapes.sever(OPERATOR, "night", "a drill")
    stage.pod("bed-1").event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)
    ledger.crash(durable=False)
    stage.ledger = MemoryLedger(ledger.storage)
    before = len(stage.link.collectives)
    stage.restart()
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
    stage.hop(20)
    assert not any(message.coupling.any() for message in stage.link.collectives[before:])
    assert all(stage.app.pods.get(pod.name).breaker is not BreakerState.CLOSED for pod in stage.pods)


def test_the_end_says_what_was_not_written() -> None:
    """The stop's sentence names the unwritten changes; every pod is at zero."""
    stage, ledger = dreaming()
    ledger.held = True
    stage.app.dreamscapes.sever(OPERATOR, "night", "over")
    stage.app.shutdown(SIGNALLED)
    stage.app.close_books()
    assert not stage.app.written
    stage.app.close(0.0)
    (sentence,) = (one for one in told(stage, "ledger-write-failed") if "before the end" in one)
    assert "night" in sentence
    assert "exposure" in sentence


def lived_min(*, slow: bool) -> float:
    """Merge-minutes rendered by a sleeper with a limit of .1 before the release."""
    stage = Stage(5, ledger := MemoryLedger(), Exposures({"sleeper-1": 0.1}))
    stage.appear()
    stage.dream()
    lived = 0.0
    while stage.pod("bed-1").assign is not None and lived < 0.5:
        ledger.held = slow and lived > 0.07  # from then on a charge of ten seconds is on its way
        for pod in stage.pods:
            pod.applied = stage.coupling(pod.name) / 255 if pod.assign else 0.0
        lived += stage.pod("bed-1").applied * HOP_S / 60
        stage.hop()
    return lived


def test_minutes_waiting_to_be_charged_count_as_used() -> None:
    """A sleeper is released at the limit on a slow disk as on a quick one."""
    assert lived_min(slow=True) == pytest.approx(lived_min(slow=False), abs=0.004)


def test_the_answer_to_a_withdrawal_waits_for_the_ledger_and_the_withdrawal_for_nothing() -> None:
    """The next message is zero while the ledger holds; the answer comes with its write, or after 1.5 s."""
    stage, ledger = dreaming()
    slots = {name: stage.pod(name).assign for name in ("bed-1", "bed-2")}
    ledger.held = True
    tickets = [stage.app.consents.withdraw(SLEEPER, f"sleeper-{number}") for number in (1, 2)]
    stage.hop(2)
    for name in ("bed-1", "bed-2"):
        assert stage.link.collectives[-1].coupling[slots[name].slot] == 0  # type: ignore[union-attr]
        stage.pod(name).status()
    assert [ticket.outcome().unconfirmed for ticket in tickets] == [(), ()]
    assert not any(ticket.settled for ticket in tickets)
    ledger.release()
    stage.hop(1)
    assert all(ticket.settled for ticket in tickets)
    ledger.held = True
    late = stage.app.consents.withdraw(SLEEPER, "sleeper-3")
    stage.hop(2)
    assert not late.settled
    stage.hop(6)
    assert late.settled
