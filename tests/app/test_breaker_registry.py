"""A crash only makes a breaker stricter: a trip is on the disk before its pod may close again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import Ack, PodEventKind, StoredSever
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import Puppet, Stage


def five() -> tuple[MemoryLedger, Stage, Puppet]:
    """A Dreamscape of five that has granted for a while, and one of its pods."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream()
    stage.hop(16)
    return ledger, stage, stage.pods[0]


def tripped_once() -> tuple[MemoryLedger, Stage, Puppet]:
    """The same, after this pod has tripped once and recovered."""
    ledger, stage, pod = five()
    sever(stage, pod)
    well_again(stage, pod)
    return ledger, stage, pod


def sever(stage: Stage, pod: Puppet, cause: str = "railed") -> None:
    """The pod severs itself, stores the sever as a pod does, and reports it."""
    newest = stage.link.collectives[-1]
    pod.severed = StoredSever("night", newest.term, newest.tick, cause)
    pod.event(PodEventKind.SEVERED, cause, evidence_ns=1, zero_ns=2)


def well_again(stage: Stage, pod: Puppet) -> None:
    """Wait until the pod's breaker is CLOSED."""
    stage.hop(4 * 50)
    assert breaker(stage, pod) is BreakerState.CLOSED


def breaker(stage: Stage, pod: Puppet) -> BreakerState:
    """The state of the pod's breaker."""
    return stage.app.pods.get(pod.name).breaker


def crash(stage: Stage, ledger: MemoryLedger, tell: Callable[[], None] = lambda: None) -> None:
    """Kill the daemon; the next one gets the events given, then every pod."""
    ledger.broken = ""
    stage.restart()
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
    tell()
    for pod in stage.pods:
        pod.status()
    stage.hop(4)


def test_a_second_trip_that_was_not_written_locks_all_the_same() -> None:
    """A second trip that was not written locks: the pod stored it, and the first is on the disk."""
    ledger, stage, pod = tripped_once()
    ledger.broken = "killed"
    sever(stage, pod)
    assert breaker(stage, pod) is BreakerState.LOCKED
    crash(stage, ledger)
    assert breaker(stage, pod) is BreakerState.LOCKED
    stage.hop(4 * 60)
    assert breaker(stage, pod) is BreakerState.LOCKED
    assert pod.assign is None or stage.coupling(pod.name) == 0
    assert [lock.pod for lock in ledger.locks()] == [pod.name]


def test_one_trip_reported_again_after_a_crash_is_one_trip() -> None:
    """A pod's repeated report of one trip after a crash does not lock, whether open or closed by then."""
    for wait_hops in (8, 4 * 50):
        ledger, stage, pod = five()
        sever(stage, pod)
        stage.hop(wait_hops)
        crash(stage, ledger)
        assert breaker(stage, pod) is BreakerState.OPEN
        pod.severed = None
        well_again(stage, pod)


def test_a_trip_for_the_way_after_the_first_is_no_second_one() -> None:
    """A stored transport trip, reported again after a crash, does not lock."""
    ledger, stage, pod = tripped_once()
    sever(stage, pod, "clock")
    stage.hop(2)
    crash(stage, ledger)
    assert breaker(stage, pod) is not BreakerState.LOCKED
    well_again(stage, pod)


def test_a_lost_second_trip_makes_the_next_one_lock() -> None:
    """A second trip lost with the daemon leaves the first counted: the next trip locks."""
    ledger, stage, pod = tripped_once()
    pod.severed = None
    crash(stage, ledger)
    well_again(stage, pod)
    sever(stage, pod)
    assert breaker(stage, pod) is BreakerState.LOCKED


def test_a_breaker_stays_half_open_until_its_trip_is_on_the_disk() -> None:
    """While the ledger cannot store the trip the pod stays HALF_OPEN, without limit and without a trip."""
    ledger, stage, pod = five()
    ledger.broken = "the disk is full"
    sever(stage, pod)
    stage.hop(4 * 120)
    assert breaker(stage, pod) is BreakerState.HALF_OPEN
    ledger.broken = ""
    stage.hop(4)
    assert breaker(stage, pod) is BreakerState.CLOSED
    assert [(mark.pod, mark.cause.value) for mark in ledger.marks()] == [(pod.name, "railed")]


@pytest.mark.parametrize("by", ["event", "person"])
def test_a_lock_is_on_the_disk_before_its_call_is_answered(by: str) -> None:
    """A lock is on the disk before the call that made it is answered."""
    ledger, stage, pod = five()
    sever(stage, pod)
    assert [mark.pod for mark in ledger.marks()] == [pod.name]
    well_again(stage, pod)
    if by == "event":
        sever(stage, pod)
    else:
        stage.app.registry.trip(stage.app._deps.fleet.get(pod.name), Cause.FLAT, "mira", "seen")  # type: ignore[arg-type]
    assert [lock.pod for lock in ledger.locks()] == [pod.name]


def test_a_fault_is_acknowledged_when_it_is_on_the_disk() -> None:
    """A fault is acknowledged once it is on the disk: until then the pod repeats it."""
    ledger, stage, pod = five()

    def acknowledged() -> int:
        return sum(isinstance(command.what, Ack) for command in stage.link.commands)

    ledger.broken = "the disk is full"
    pod.event(PodEventKind.MALFUNCTION, "railed")
    assert breaker(stage, pod) is BreakerState.OPEN
    pod.events -= 1
    pod.event(PodEventKind.MALFUNCTION, "railed")
    assert acknowledged() == 0
    crash(stage, ledger)
    pod.events -= 1
    pod.event(PodEventKind.MALFUNCTION, "railed")
    assert breaker(stage, pod) is BreakerState.OPEN
    assert [mark.pod for mark in ledger.marks()] == [pod.name]
    assert acknowledged() == 1


def test_a_second_trip_first_reported_to_the_next_daemon_locks() -> None:
    """A second trip first reported to the next daemon locks, although its event precedes any status."""
    ledger, stage, pod = tripped_once()
    newest = stage.link.collectives[-1]
    pod.severed = StoredSever("night", newest.term, newest.tick, "railed")
    told = {"term": newest.term, "tick": newest.tick}
    crash(stage, ledger, lambda: pod.event(PodEventKind.SEVERED, "railed", **told))
    assert breaker(stage, pod) is BreakerState.LOCKED
    assert [lock.pod for lock in ledger.locks()] == [pod.name]


def test_a_trip_repeated_to_the_next_daemon_does_not_lock() -> None:
    """A repeated event of a stored trip, after a lost acknowledgement, does not lock."""
    ledger, stage, pod = five()
    newest = stage.link.collectives[-1]
    sever(stage, pod)
    told = {"term": newest.term, "tick": newest.tick}
    crash(stage, ledger, lambda: pod.event(PodEventKind.SEVERED, "railed", **told))
    assert breaker(stage, pod) is BreakerState.OPEN
    pod.severed = None
    well_again(stage, pod)


def test_a_stall_reported_to_the_next_daemon_erases_no_trip() -> None:
    """A transport sever reported to the next daemon is not counted, and erases no counted trip."""
    ledger, stage, pod = tripped_once()
    pod.severed = None
    crash(stage, ledger, lambda: pod.event(PodEventKind.SEVERED, "stalled"))
    well_again(stage, pod)
    sever(stage, pod)
    assert breaker(stage, pod) is BreakerState.LOCKED


def test_a_fault_reported_before_the_first_status_is_waited_out() -> None:
    """A status without a sever does not half-open a pod that has just reported a fault."""
    ledger, stage, pod = five()
    crash(stage, ledger, lambda: pod.event(PodEventKind.MALFUNCTION, "railed"))
    assert breaker(stage, pod) is BreakerState.OPEN
    stage.hop(4 * 20)
    assert breaker(stage, pod) is BreakerState.OPEN, "24 s at least"
    well_again(stage, pod)


def acknowledged(stage: Stage) -> int:
    """How many acknowledgements of events this stage's daemons have sent."""
    return sum(isinstance(command.what, Ack) for command in stage.link.commands)


@pytest.mark.parametrize("way", ["clock", "stalled"])
def test_a_fault_that_takes_over_an_open_breaker_is_kept_before_it_is_acknowledged(way: str) -> None:
    """A fault reported while the breaker is open for the way is marked, and acknowledged only then."""
    ledger, stage, pod = five()
    pod.event(PodEventKind.MALFUNCTION, way)
    assert breaker(stage, pod) is BreakerState.OPEN
    ledger.broken, before = "the disk is full", acknowledged(stage)
    pod.event(PodEventKind.MALFUNCTION, "railed")
    assert acknowledged(stage) == before
    ledger.broken = ""
    stage.hop(4)
    assert [(mark.pod, mark.cause.value) for mark in ledger.marks()] == [(pod.name, "railed")]
    assert acknowledged(stage) > before


def test_a_fault_that_took_over_an_open_breaker_counts_after_a_crash() -> None:
    """The next fault of a pod locks, though the first had only taken over an open breaker before a crash."""
    ledger, stage, pod = five()
    pod.event(PodEventKind.MALFUNCTION, "clock")
    pod.event(PodEventKind.MALFUNCTION, "railed")
    crash(stage, ledger)
    sever(stage, pod)
    assert breaker(stage, pod) is BreakerState.LOCKED


def test_a_frame_that_takes_over_an_open_breaker_is_kept() -> None:
    """A frame that is not finite marks a breaker that was open for the way."""
    ledger, stage, pod = five()
    pod.event(PodEventKind.MALFUNCTION, "clock")
    pod.bend = lambda frame: replace(frame, quality=float("nan"))
    stage.hop(1)
    assert [(mark.pod, mark.cause.value) for mark in ledger.marks()] == [(pod.name, "nonfinite")]


def waited_out() -> tuple[MemoryLedger, Stage, Puppet]:
    """A pod has tripped 40 s ago, and the next daemon scores its frames."""
    ledger, stage, pod = five()
    sever(stage, pod)
    pod.severed = None
    stage.clock.at_s += 40.0
    crash(stage, ledger)
    assert breaker(stage, pod) is BreakerState.HALF_OPEN
    return ledger, stage, pod


@pytest.mark.parametrize(("ago_s", "state"), [(5, BreakerState.LOCKED), (41, BreakerState.OPEN)])
def test_a_fault_without_a_slot_is_judged_by_its_own_time(ago_s: int, state: BreakerState) -> None:
    """A fault told to the next daemon by a pod without a slot locks where it came after the first trip."""
    ledger, stage, pod = waited_out()
    told_ms = round((stage.clock.now_s() - ago_s) * 1000)
    crash(stage, ledger, lambda: pod.event(PodEventKind.MALFUNCTION, "amplitude", unix_ms=told_ms))
    assert breaker(stage, pod) is state


def test_a_fault_of_another_clock_is_judged_by_its_broadcast() -> None:
    """A repeated fault stamped later than now, by an earlier daemon's clock, does not lock."""
    ledger, stage, pod = waited_out()
    ahead_ms = round((stage.clock.now_s() + 3600.0) * 1000)
    crash(stage, ledger, lambda: pod.event(PodEventKind.MALFUNCTION, "railed", unix_ms=ahead_ms))
    assert breaker(stage, pod) is BreakerState.OPEN


def test_two_daemons_over_one_ledger_lock_on_the_same_fault() -> None:
    """A fault told to two daemons at once locks in both, though the newer one has not heard the pod yet."""
    ledger, stage, pod = waited_out()
    older = stage.app
    stage.restart()
    pod.presence()
    newer, told_ms = stage.app, round(stage.clock.now_s() * 1000)
    for stage.app in (older, newer):
        pod.event(PodEventKind.MALFUNCTION, "amplitude", unix_ms=told_ms)
        pod.events -= 1
        assert breaker(stage, pod) is BreakerState.LOCKED
    assert [lock.pod for lock in ledger.locks()] == [pod.name]


@pytest.mark.parametrize("hours", [0, 1])
def test_a_trip_counts_for_half_an_hour_for_a_pod_without_a_seat(hours: int) -> None:
    """A pod without a seat is scored first after a crash; its next trip locks within half an hour."""
    _, stage, pod = five()
    sever(stage, pod)
    pod.severed = None
    stage.app.pods.check_out(OPERATOR, pod.name)
    stage.hop(4)
    stage.clock.at_s += hours * 3600.0
    stage.restart()
    pod.assign = None
    pod.presence()
    pod.status()
    assert breaker(stage, pod) is BreakerState.HALF_OPEN
    stage.app.registry.trip(stage.app._deps.fleet.get(pod.name), Cause.FLAT, "mira", "seen")  # type: ignore[arg-type]
    assert breaker(stage, pod) is (BreakerState.OPEN if hours else BreakerState.LOCKED)


def test_a_trip_known_from_a_stored_sever_is_kept() -> None:
    """A first trip that a new daemon reads from the pod's stored sever is marked in the ledger."""
    ledger, stage, pod = five()
    ledger.broken = "killed"
    sever(stage, pod)
    crash(stage, ledger)
    assert breaker(stage, pod) is BreakerState.OPEN
    assert [(mark.pod, mark.cause.value) for mark in ledger.marks()] == [(pod.name, "railed")]
