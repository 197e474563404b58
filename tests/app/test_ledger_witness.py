"""The broker's copy of the ledger's write count, and a daemon on an older ledger."""

from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock
from dreamwire.messages import PodEventKind, WakeOrder, WakeScope
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.people import granted
from fakes.stage import Stage, compare_book


def dreaming(ledger: MemoryLedger) -> Stage:
    """Five dream."""
    stage = Stage(5, ledger)
    stage.app.inbound.on_link(up=True)
    stage.appear()
    stage.dream(seats_max=8)
    return stage


def whole_copy_restored(stage: Stage, ledger: MemoryLedger) -> Stage:
    """Restore the whole disk from a copy a moment old; the broker keeps its state."""
    backup = ledger.storage.copy()
    backup.known = backup.writes
    stage.hop(8)
    stage.pods[4].latched = "withdraw"
    stage.pods[4].status()
    stage.hop(4)
    told = stage.link.counts[-1]
    assert told > backup.writes
    stage.pods[4].latched = ""
    ledger.storage.restore(backup, whole=True)
    assert not ledger.outdated(stage.clock.now_s()), "nothing on the disk says so"
    stage.restart()
    stage.app.inbound.on_count(told)
    stage.app.inbound.on_link(up=True)
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
        pod.status()
    return stage


def test_the_count_is_sent_after_every_tick_that_wrote_and_on_connection() -> None:
    """The broker's count is at most one tick behind the durable writes."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    assert stage.link.counts[-1] == ledger.writes
    stage.app.pods.check_out(OPERATOR, "bed-5")
    stage.hop(1)
    assert stage.link.counts[-1] == ledger.writes
    before = len(stage.link.counts)
    stage.hop(4)
    stage.app.inbound.on_link(up=True)
    assert stage.link.counts[-1] == ledger.writes
    assert len(stage.link.counts) <= before + 5


def test_a_whole_directory_restored_within_the_minute_is_known_by_the_broker() -> None:
    """A restored directory is recognised by the broker's count: new check-ins are needed, reported once."""
    ledger = MemoryLedger()
    stage = whole_copy_restored(dreaming(ledger), ledger)
    before = len(stage.link.collectives)
    stage.hop(80)
    assert not any(pod.assign for pod in stage.pods)
    assert not any(message.coupling.any() for message in stage.link.collectives[before:])
    assert ledger.checked_in() == {}
    told = [event for event in stage.app.journal._events if event.kind == "ledger-restored"]
    assert len(told) == 1
    assert "5 sleepers are to be checked in anew" in told[0].sentence
    assert ledger.writes >= stage.link.counts[-1]


def test_one_forgotten_write_is_enough_though_the_start_itself_writes_more() -> None:
    """One lost write suffices: the broker's count is compared with the ledger as opened."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    found = ledger.writes
    stage.restart()
    assert ledger.writes > found + 1
    stage.app.inbound.on_count(found + 1)
    assert any(event.kind == "ledger-restored" for event in stage.app.journal._events)
    assert ledger.checked_in() == {}


def test_checked_in_anew_they_dream_on_and_the_next_start_is_like_any_other() -> None:
    """After new check-ins they dream on, and the next start suspends nothing again."""
    ledger = MemoryLedger()
    stage = whole_copy_restored(dreaming(ledger), ledger)
    compare_book(stage.app)
    for number in range(1, 6):
        stage.lie_down(f"bed-{number}", f"sleeper-{number}")
    assert {pod.breaker for pod in stage.app.pods.list()} == {BreakerState.HALF_OPEN}
    stage.hop(60)
    assert all(stage.coupling(f"bed-{n}") > 0 for n in range(1, 6))
    told = stage.link.counts[-1]
    stage.restart()
    stage.app.inbound.on_count(told)
    stage.app.inbound.on_link(up=True)
    assert len(ledger.checked_in()) == 5
    assert not any(event.kind == "ledger-restored" for event in stage.app.journal._events)


def test_an_older_ledger_found_while_people_dream_lets_everyone_go() -> None:
    """An older ledger found while dreaming releases every merged pod in that call."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    stage.app.inbound.on_count(ledger.writes + 1)
    assert not any(pod.assign for pod in stage.pods)
    stage.hop(20)
    assert not any(pod.assign for pod in stage.pods)
    assert {pod.sleeper for pod in stage.app.pods.list()} == {""}


def test_a_count_that_is_smaller_empty_or_a_strangers_is_set_right() -> None:
    """A smaller, empty or foreign count at the broker is corrected without affecting pods."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    before = len(stage.link.counts)
    stage.app.inbound.on_count(0)
    assert stage.link.counts[before:] == [ledger.writes]
    assert len(ledger.checked_in()) == 5


def test_an_older_count_does_not_hide_a_lock_that_is_in_the_ledger() -> None:
    """A new generation keeps the locks that the copy has."""
    ledger = MemoryLedger()
    ledger.storage.locks["bed-1"] = Lock("bed-1", Cause.NONFINITE, 1.0, "twice")
    stage = Stage(5, ledger)
    stage.appear()
    stage.app.inbound.on_count(10_000)
    assert stage.app.pods.get("bed-1").breaker is BreakerState.LOCKED


ORDER = WakeOrder(
    "w9", 4_000_000_000_000, WakeScope.FLEET, "", "an advocate", "smoke", 1_800_000_000_000, lifted=False
)


def test_a_wake_order_that_a_restored_ledger_has_lost_stands_again() -> None:
    """A signed wake order lost by a restored ledger stands again, wakes its pods and is stored."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    stage.app.inbound.on_wake_place(ORDER)
    stage.hop(8)
    assert {pod.latched for pod in stage.pods} == {"wake"}
    assert [order.id for order in stage.app.wake_orders.list() if order.stands] == ["w9"]
    assert "w9" in ledger.storage.wake_orders
    assert stage.link.wakes[-1] == ORDER


def test_a_strangers_word_or_a_replayed_order_in_the_place_is_set_right() -> None:
    """An empty, foreign or older message in the retained place is replaced by the newest order."""
    stage = dreaming(MemoryLedger())
    stage.app.inbound.on_wake_place(None)
    assert stage.link.cleared == 1, "nothing is to be said: the place is emptied"
    given = stage.app.wake_orders.order(named("an advocate"), WakeScope.POD, "bed-1", "asked")
    for said in (None, WakeOrder("w1", 1, WakeScope.FLEET, "", "x", "old", 0, lifted=False)):
        before = len(stage.link.wakes)
        stage.app.inbound.on_wake_place(said)
        assert [order.id for order in stage.link.wakes[before:]] == [given.order.id]
    stage.hop(4)
    assert stage.pods[1].latched == ""


def test_a_withdrawal_outlives_the_daemon_though_the_latch_is_cleared_meanwhile() -> None:
    """A withdrawal outlives the daemon although the latch is cleared: a new grant is needed."""
    for crash_at_once in (False, True):
        ledger = MemoryLedger()
        stage = dreaming(ledger)
        gone = stage.pods[0]
        gone.latched, gone.assign = "withdraw", None
        gone.event(PodEventKind.LATCHED, "withdraw")
        assert stage.app.pods.get("bed-1").sleeper == "sleeper-1", "they lie there still"
        if not crash_at_once:
            stage.hop(1)
            assert ledger.consents()["sleeper-1"].state is ConsentState.WITHDRAWN
        gone.latched = "" if not crash_at_once else "withdraw"
        stage.restart()
        for pod in stage.pods:
            pod.assign = None
            pod.presence()
            pod.status()
        gone.latched = ""
        stage.hop(60)
        assert gone.assign is None
        assert stage.coupling("bed-2") > 0
        assert ledger.consents()["sleeper-1"].state is ConsentState.WITHDRAWN
        assert ledger.checked_in()["bed-1"] == "sleeper-1", "they lie there still"


def test_a_withdrawal_that_cannot_be_written_is_tried_again_and_its_event_kept() -> None:
    """A withdrawal's event is acknowledged once it is in the ledger; a later grant is newer."""
    ledger = MemoryLedger()
    stage = dreaming(ledger)
    gone = stage.pods[0]
    ledger.broken = "the disk is full"
    before = len(stage.link.commands)
    gone.latched, gone.assign = "withdraw", None
    gone.event(PodEventKind.LATCHED, "withdraw")
    stage.hop(2)
    acks = [c for c in stage.link.commands[before:] if c.pod == "bed-1" and hasattr(c.what, "ids")]
    assert acks == []
    ledger.broken = ""
    stage.hop(2)
    assert ledger.consents()["sleeper-1"].state is ConsentState.WITHDRAWN
    acks = [c for c in stage.link.commands[before:] if c.pod == "bed-1" and hasattr(c.what, "ids")]
    assert len(acks) == 1
    granted(stage.app, "sleeper-1")
    stage.hop(4)
    assert ledger.consents()["sleeper-1"].state is ConsentState.GIVEN, "the latch was counted once"
    gone.latched = ""
    stage.hop(8)
    assert gone.assign is not None
