"""A ledger restored from a copy merges no pod on its own."""

import pytest

from dreamd.app.durability.generation import TOUCHED_EVERY_S
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, SeatState
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.generation import LAPSED_S
from dreamd.ports.ledger.transaction import Transaction
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import Stage, compare_book


def restored() -> tuple[Stage, MemoryLedger]:
    """Five dream; then the daemon restarts on a copy made meanwhile."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    backup = ledger.storage.copy()
    stage.hop(16)
    ledger.write(Transaction(check_ins=(("bed-5", ""),)))
    ledger.storage.restore(backup)
    stage.restart()
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
        pod.status()
    return stage, ledger


def test_a_restored_ledger_needs_new_check_ins() -> None:
    """The copy's check-ins may be wrong and its grants withdrawn: each is void until it is given anew."""
    stage, ledger = restored()
    compare_book(stage.app)
    before = len(stage.link.collectives)
    stage.hop(80)
    assert not any(pod.assign for pod in stage.pods)
    assert not any(message.coupling.any() for message in stage.link.collectives[before:])
    assert ledger.checked_in() == {}
    told = [event for event in stage.app.journal._events if event.kind == "ledger-restored"]
    assert len(told) == 1
    assert "5 sleepers are to be checked in anew and 5 to grant anew" in told[0].sentence
    assert {one.state for one in ledger.consents().values()} == {ConsentState.SUSPENDED}
    stage.app.pods.check_in(OPERATOR, "bed-1", "sleeper-1")
    stage.hop(8)
    assert stage.pods[0].assign is None, "a check-in is no consent"


def test_checked_in_anew_they_are_scored_and_dream_on() -> None:
    """After a new check-in the pods are scored and dream on in the same Dreamscape."""
    stage, _ = restored()
    compare_book(stage.app)
    for number in range(1, 6):
        stage.lie_down(f"bed-{number}", f"sleeper-{number}")
    stage.hop(8)
    assert {stage.app.pods.get(f"bed-{n}").breaker for n in range(1, 6)} == {BreakerState.HALF_OPEN}
    assert not stage.link.collectives[-1].coupling.any()
    stage.hop(60)
    seats = [seat for seat in stage.app.dreamscapes.get("night").seats if seat.state is SeatState.ASSIGNED]
    assert len(seats) == 5
    assert all(stage.coupling(f"bed-{n}") > 0 for n in range(1, 6))


def test_the_next_restart_is_one_like_any_other() -> None:
    """Suspended consents stay so; the next restart suspends nothing again."""
    stage, ledger = restored()
    stage.lie_down("bed-1", "sleeper-1")
    stage.restart()
    assert ledger.checked_in() == {"bed-1": "sleeper-1"}
    assert not any(event.kind == "ledger-restored" for event in stage.app.journal._events)


def test_a_second_daemon_on_the_copy_needs_new_check_ins_too() -> None:
    """A second daemon on the copy suspends nothing more, and scores new check-ins within a second."""
    stage, _ = restored()
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.hop(4)
    compare_book(stage.app)
    for number in range(1, 6):
        stage.lie_down(f"bed-{number}", f"sleeper-{number}")
    before = len(stage.link.collectives)
    stage.hop(8, statuses=False)
    assert all(pod.assign for pod in stage.pods)
    assert {stage.app.pods.get(f"bed-{n}").breaker for n in range(1, 6)} == {BreakerState.HALF_OPEN}
    assert not any(message.answered.any() for message in stage.link.collectives[before:]), "nobody has weight"


def test_a_generation_that_cannot_begin_lets_no_daemon_start() -> None:
    """A daemon does not start if the new generation cannot be stored; the next start finds the copy again."""
    stage, ledger = restored()
    ledger.storage.replaced = True
    ledger.broken = "the disk is full"
    with pytest.raises(LedgerError):
        Stage(5, ledger)
    ledger.broken = ""
    assert ledger.outdated(stage.clock.now_s())


def test_after_an_hour_without_a_daemon_check_ins_are_void() -> None:
    """After an hour without a daemon the check-ins are void, as sleepers may have left."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    ledger.storage.lived_s -= LAPSED_S + 2.0
    stage.restart()
    assert ledger.checked_in() == {}
    assert any(event.kind == "ledger-restored" for event in stage.app.journal._events)
    stage.restart()
    assert not any(event.kind == "ledger-restored" for event in stage.app.journal._events), "it lives again"


def test_a_daemon_says_in_its_ledger_that_it_lives_and_goes_on_where_it_cannot() -> None:
    """The daemon updates its heartbeat in the ledger once a minute; a full disk costs only that."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    began_s = ledger.storage.lived_s
    stage.hop(260)
    assert 0.0 < stage.clock.now_s() - ledger.storage.lived_s < TOUCHED_EVERY_S + 1.0
    assert ledger.storage.lived_s > began_s
    ledger.broken = "the disk is full"
    before_s = ledger.storage.lived_s
    stage.hop(260)
    assert ledger.storage.lived_s == before_s
    ledger.broken = ""
    stage.hop(260)
    assert ledger.storage.lived_s > before_s
