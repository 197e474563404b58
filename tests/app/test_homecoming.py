"""The way home: every kind of end frees every bed, and a planned stop is no failure."""

from collections.abc import Callable

import pytest

from dreamd.core.access.caller import SIGNALLED
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, Plan, SeatState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import Command, PodEventKind, Release, WakePod, WakeScope
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.stage import Puppet, Stage

RENDERED = 0.097


def fading(stage: Stage) -> Stage:
    """Answer a release from the middle of the fade, as real pods do."""

    def deliver(command: Command) -> None:
        pod = stage.pod(command.pod)
        if not isinstance(command.what, Release):
            pod.obey(command)
            return
        pod.assign, pod.applied = None, RENDERED
        pod.status()
        pod.applied = 0.0
        pod.obey(command)

    stage.link.deliver = deliver
    return stage


def dreaming(pods: int = 5) -> Stage:
    """Five dream together."""
    stage = fading(Stage(pods))
    stage.appear()
    stage.dream(seats_max=8)
    for pod in stage.pods:
        pod.applied = RENDERED
    stage.hop(8)
    return stage


def state(stage: Stage, name: str = "night") -> DreamscapeState:
    """The Dreamscape's state."""
    return stage.app.dreamscapes.get(name).state


def sentences(stage: Stage) -> list[str]:
    """All sentences of the journal."""
    return [event.sentence for event in stage.app.journal._events]


def unlatch(stage: Stage) -> None:
    """Every sleeper clears the latch at their pod."""
    for pod in stage.pods:
        pod.latched = ""


def end(stage: Stage) -> None:
    """End it."""
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")


def wake(stage: Stage) -> None:
    """Wake all its pods."""
    stage.app.dreamscapes.wake(named("an operator"), "night", "morning")


def sever_then_end(stage: Stage) -> None:
    """Sever it, and end it a second later."""
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    stage.hop(4)
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")


def wake_then_end(stage: Stage) -> None:
    """Wake it, and end it in the same moment."""
    wake(stage)
    end(stage)


def end_twice(stage: Stage) -> None:
    """End it twice."""
    end(stage)
    end(stage)


def wake_order_then_lift(stage: Stage) -> None:
    """Give the fleet a wake order, and lift it."""
    given = stage.app.wake_orders.order(named("an advocate"), WakeScope.FLEET, "", "morning")
    stage.hop(8)
    stage.app.wake_orders.lift(named("an advocate"), given.order.id, "over")


def release_each(stage: Stage) -> None:
    """Release each bed, then end it."""
    for pod in stage.pods:
        stage.app.pods.release(OPERATOR, pod.name, "asked")
    stage.hop(4)
    stage.app.dreamscapes.end(OPERATOR, "night", "all were released")


def check_out_each(stage: Stage) -> None:
    """Check each sleeper out and in again, then end it."""
    for number, pod in enumerate(stage.pods, 1):
        stage.app.pods.check_out(OPERATOR, pod.name)
        stage.app.pods.check_in(OPERATOR, pod.name, f"sleeper-{number}")
    stage.app.dreamscapes.end(OPERATOR, "night", "all were released")


def restart_then_end(stage: Stage) -> None:
    """Kill the daemon, and end it before the new one has heard from a pod."""
    stage.restart()
    for pod in stage.pods:
        pod.presence()
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")


def end_then_restart(stage: Stage) -> None:
    """End it, and kill the daemon before its orders arrive."""
    stage.link.cut = True
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.restart()
    stage.link.cut = False
    for pod in stage.pods:
        pod.applied = 0.0  # its lease has lapsed; it still holds its assignment
        pod.presence()


def reboot_on_the_way(stage: Stage) -> None:
    """End it while every bed reboots."""
    stage.link.cut = True
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.link.cut = False
    for pod in stage.pods:
        pod.incarnation += 1
        pod.assign, pod.applied = None, 0.0
        pod.presence()


WAYS: tuple[Callable[[Stage], None], ...] = (
    *(end, wake, sever_then_end, wake_then_end, end_twice, wake_order_then_lift, release_each),
    *(check_out_each, restart_then_end, end_then_restart, reboot_on_the_way),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_however_a_session_ends_no_bed_keeps_a_seat_and_the_next_one_gathers(
    way: Callable[[Stage], None],
) -> None:
    """However a session ends, every seat is left, and a second session assigns all five."""
    stage = dreaming()
    way(stage)
    stage.hop(12)
    assert state(stage) is DreamscapeState.ENDED
    assert {seat.state for seat in stage.app.dreamscapes.get("night").seats} == {SeatState.LEFT}
    assert {pod.dreamscape for pod in stage.app.pods.list()} == {""}
    unlatch(stage)
    stage.app.dreamscapes.create(OPERATOR, Plan("second", seats_min=5, seats_max=8, ramp_s=10.0, ceiling=0.1))
    stage.hop(12)
    started = stage.app.dreamscapes.start(OPERATOR, "second")
    assert not hasattr(started, "code"), started
    stage.hop(48)
    seats = stage.app.dreamscapes.get("second").seats
    assert [seat.state for seat in seats if seat.state is not SeatState.LEFT] == [SeatState.ASSIGNED] * 5


def test_a_session_ends_at_its_closing_time_with_every_bed_free() -> None:
    """A plan's closing time ends the session like `end`."""
    stage = fading(Stage(5))
    stage.appear()
    stage.dream(seats_max=8, close_at_s=stage.clock.now_s() + 6.0)
    for pod in stage.pods:
        pod.applied = RENDERED
    stage.hop(40)
    assert state(stage) is DreamscapeState.ENDED
    assert {pod.dreamscape for pod in stage.app.pods.list()} == {""}


def test_a_pod_that_still_renders_is_waited_for() -> None:
    """The session stays open until the last pod has reported zero."""
    stage = dreaming()
    last = stage.pods[-1]

    def deliver(command: Command) -> None:
        if command.pod != last.name:
            stage.pod(command.pod).obey(command)

    stage.link.deliver = deliver
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    last.assign = None
    stage.hop(24)
    assert state(stage) is DreamscapeState.WAKING
    last.applied = 0.0
    stage.hop(8)
    assert state(stage) is DreamscapeState.ENDED


def test_a_pod_is_home_when_it_says_that_its_fade_is_over() -> None:
    """A pod's end-of-fade event counts at once; one of an earlier fade does not."""
    stage = dreaming()
    stage.link.deliver = lambda _: None
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    now_ms = int(stage.clock.now_s() * 1000)
    for pod in stage.pods:
        pod.assign = None
        pod.status()
        pod.event(PodEventKind.ALONE, "release", unix_ms=now_ms - 5000)
    assert state(stage) is DreamscapeState.WAKING
    for pod in stage.pods:
        pod.event(PodEventKind.ALONE, "release", unix_ms=now_ms + 50)
    assert state(stage) is DreamscapeState.ENDED


def test_after_a_restart_the_way_home_is_the_one_that_was_ordered() -> None:
    """After a crash the next daemon repeats the ordered way home from the ledger."""
    for ending, expected in ((wake, WakePod), (end, Release)):
        stage = dreaming()
        stage.link.cut = True
        ending(stage)
        stage.restart()
        stage.link.cut = False
        before = len(stage.link.commands)
        for pod in stage.pods:
            pod.applied = 0.0
            pod.presence()
        stage.hop(12)
        sent = {type(c.what) for c in stage.link.commands[before:]}
        assert sent == {expected}
        assert state(stage) is DreamscapeState.ENDED


def test_after_a_restart_a_pod_that_never_comes_back_does_not_keep_the_books_open() -> None:
    """After a restart an absent pod is waited for only as long as a reconnect may take."""
    stage = dreaming()
    stage.link.cut = True
    stage.app.dreamscapes.end(OPERATOR, "night", "morning")
    stage.restart()
    lost = stage.pods.pop()
    for pod in stage.pods:
        pod.assign, pod.applied = None, 0.0
        pod.presence()
    stage.hop(40)
    assert state(stage) is DreamscapeState.WAKING
    assert lost.name in {
        s.pod for s in stage.app.dreamscapes.get("night").seats if s.state is not SeatState.LEFT
    }
    stage.hop(30)
    assert state(stage) is DreamscapeState.ENDED


def test_a_ledger_with_seats_in_an_ended_session_is_mended() -> None:
    """A ledger record of an earlier version with seats in an ended session is mended on reading."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    record = ledger.storage.records["night"]
    ledger.storage.records["night"] = type(record)(
        record.plan, DreamscapeState.ENDED, record.created_s, record.seats
    )
    stage.restart()
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
        pod.status()
    assert {pod.dreamscape for pod in stage.app.pods.list()} == {""}
    assert {pod.breaker for pod in stage.app.pods.list()} == {BreakerState.CLOSED}


def slow_way(stage: Stage, hops: int) -> None:
    """Deliver orders to the pods only so many hops after they were sent."""
    waiting: list[tuple[float, Command]] = []
    stage.link.deliver = lambda command: waiting.append((stage.clock.now_s() + hops * 0.25, command))
    hop = stage.hop

    def hopping(count: int = 1, *, statuses: bool = True) -> None:
        for _ in range(count):
            hop(1, statuses=statuses)
            due = [command for at_s, command in waiting if at_s <= stage.clock.now_s()]
            waiting[:] = [(at_s, c) for at_s, c in waiting if at_s > stage.clock.now_s()]
            for command in due:
                stage.pod(command.pod).obey(command)

    stage.hop = hopping  # type: ignore[method-assign]


@pytest.mark.parametrize("hops", [1, 2, 4, 6])
def test_a_stopping_daemon_trips_no_pod_for_having_obeyed(hops: int) -> None:
    """A stopping daemon changes no state and trips no breaker, whatever the delay."""
    ledger = MemoryLedger()
    stage = Stage(8, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    for pod in stage.pods:
        pod.applied = RENDERED
    stage.hop(8)
    slow_way(stage, hops)
    told = len(sentences(stage))
    stage.app.shutdown(SIGNALLED)
    stage.hop(8)
    assert state(stage) is DreamscapeState.DREAMING
    assert ledger.storage.records["night"].state is DreamscapeState.DREAMING
    assert {pod.breaker for pod in stage.app.pods.list()} == {BreakerState.CLOSED}
    assert sentences(stage)[told:] == []


@pytest.mark.parametrize("ending", [end, wake])
def test_pods_sent_home_trip_nothing_by_leaving(ending: Callable[[Stage], None]) -> None:
    """Frames that stop by order trip nothing; the next session finds every breaker closed."""
    stage = dreaming(8)
    slow_way(stage, 6)
    ending(stage)
    told = len(sentences(stage))
    stage.hop(12)
    assert {pod.breaker for pod in stage.app.pods.list()} == {BreakerState.CLOSED}
    assert not any("broken" in sentence or "breaker" in sentence for sentence in sentences(stage)[told:])


def test_a_malfunction_during_the_stop_is_a_malfunction() -> None:
    """A pod's own fault during the stop trips it, and the ledger keeps it."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream(seats_max=8)
    stage.app.shutdown(SIGNALLED)
    ill: Puppet = stage.pods[0]
    ill.event(PodEventKind.MALFUNCTION, Cause.NONFINITE.value)
    assert stage.app.pods.get(ill.name).breaker is BreakerState.OPEN
    assert ledger.storage.marks[ill.name].cause is Cause.NONFINITE
