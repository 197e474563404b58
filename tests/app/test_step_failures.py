"""A bug in one step: zeros first, a report, the other steps run, the daemon goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from dreamd.app.events.journal import Journal
from dreamd.app.inbound_guard import InboundGuard
from dreamd.app.safety.step_failures import STEPS, CannotZeroError, StepFailures
from dreamd.app.supervisor import RESTARTS_MAX, steadily
from dreamd.core.dreamscapes.views import DreamscapeState, Event, Plan
from dreamd.core.limits import FAILURE_HOLD_S, HOP_S
from dreamwire.messages import Collective, Command, PodEvent, PodEventKind, Release, Status
from fakes.callers import OPERATOR
from fakes.stage import START_S, HandClock, Stage

HOLD_HOPS = round(FAILURE_HOLD_S / HOP_S)


class Bug(Exception):  # noqa: N818 - what a test puts in
    """A deliberate bug."""


@dataclass
class Armed:
    """A callable that raises while it is armed."""

    armed: bool = False
    calls: int = 0

    def __call__(self, *_: object) -> None:
        """Raise if armed."""
        self.calls += 1
        if self.armed:
            raise Bug


def dreaming(pods: int = 5, **changes: object) -> Stage:
    """Merged sleepers, on a stage that expects bugs."""
    stage = Stage(pods=pods)
    stage.bugs_are_meant = True
    stage.appear()
    stage.dream(**changes)
    assert granted(stage, "night")
    return stage


def newest(stage: Stage, name: str) -> Collective:
    """The newest broadcast of a Dreamscape."""
    return next(one for one in reversed(stage.link.collectives) if one.dreamscape == name)


def granted(stage: Stage, name: str) -> bool:
    """Whether its newest broadcast grants a coupling."""
    return bool(newest(stage, name).coupling.any())


def told(stage: Stage) -> list[Event]:
    """The events that report a bug."""
    events = stage.app.journal.events_after(int(START_S * 1e6) - 1, 10_000)
    assert isinstance(events, tuple)
    return [event for event in events if event.kind == "step-failed"]


def arm_log(stage: Stage) -> Armed:
    """A log that raises."""
    bug = Armed()
    stage.app.journal.subscribe(bug)
    return bug


def arm_watcher(stage: Stage) -> Armed:
    """A watcher of the fleet that raises."""
    bug = Armed()
    stage.app.pods.watch(bug)
    return bug


def arm_events_watcher(stage: Stage) -> Armed:
    """A follower of the journal that raises."""
    bug = Armed()
    stage.app.house.watch_events(None, "", bug)
    return bug


def arm_collective_watcher(stage: Stage) -> Armed:
    """A watcher of the ticks that raises."""
    bug = Armed()
    stage.app.dreamscapes.watch("night", bug)
    return bug


def make_something_happen(stage: Stage) -> None:
    """Send a status and an event, so that every listener is called."""
    stage.pods[0].status()
    stage.app.inbound.on_event(
        PodEvent(bytes(16), "bed-1", stage.pods[0].incarnation, PodEventKind.WARNED, "x")
    )


@pytest.mark.parametrize(
    ("arm", "step"),
    [
        (arm_log, "log"),
        (arm_watcher, "watcher"),
        (arm_events_watcher, "watcher"),
        (arm_collective_watcher, "watcher"),
    ],
)
def test_a_listener_that_raises_costs_a_zero_and_nothing_more(
    arm: Callable[[Stage], Armed], step: str
) -> None:
    """A log or watcher that raises costs zeros and an event with the step; grants return soon."""
    stage = dreaming()
    bug = arm(stage)
    stage.hop()
    assert granted(stage, "night")
    bug.armed = True
    make_something_happen(stage)
    stage.hop()
    assert bug.calls
    assert not granted(stage, "night")
    bug.armed = False
    stage.hop(HOLD_HOPS - 2)
    assert not granted(stage, "night")
    stage.hop(4)
    assert granted(stage, "night")
    assert stage.meters.counts[f"step-failed:{step}"] >= 1
    if step != "log":
        assert told(stage)[0].sentence.startswith(f"a bug in the step {step} (Bug)")
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_a_bug_of_every_tick_is_one_long_zero() -> None:
    """A watcher that always raises keeps every pod at zero, with one event in ten seconds."""
    stage = dreaming()
    arm_collective_watcher(stage).armed = True
    stage.hop()
    stage.link.collectives.clear()
    stage.hop(60)
    assert not any(one.coupling.any() for one in stage.link.collectives)
    assert len(told(stage)) == 2
    assert stage.app.next_due_s() > stage.clock.at_s


def test_the_tick_of_one_dreamscape_costs_no_other_its_own() -> None:
    """A bug in one Dreamscape's tick zeroes it alone; the other is granted in the same turn."""
    stage = Stage(pods=8)
    stage.bugs_are_meant = True
    stage.appear()
    names = ("dawn", "night")
    for name, at in zip(names, (0, 4), strict=True):
        pods = tuple(pod.name for pod in stage.pods[at : at + 4])
        stage.app.dreamscapes.create(OPERATOR, Plan(name, seats_min=3, seats_max=4, pods=pods, ramp_s=10.0))
    stage.hop(4)
    for name in names:
        assert not hasattr(stage.app.dreamscapes.start(OPERATOR, name), "code")
    stage.hop(4)
    assert granted(stage, "dawn")
    assert granted(stage, "night")

    def bug(collective: Collective) -> None:
        if collective.dreamscape == "dawn" and collective.coupling.any():
            raise Bug

    stage.link.carry = bug
    for _ in range(3):
        stage.hop(4)
        assert granted(stage, "night")
        assert not granted(stage, "dawn")
    assert {(event.dreamscape, event.cause) for event in told(stage)} == {("dawn", "daemon")}
    stage.link.carry = lambda _: None
    stage.hop(HOLD_HOPS + 4)
    assert granted(stage, "dawn")


def test_an_order_that_cannot_be_sent_keeps_no_other_from_being_sent() -> None:
    """Of three commands the first raises at each sending; the others arrive, and a sever severs."""
    stage = dreaming()
    deliver = stage.link.deliver

    tried_s: dict[str, float] = {}

    def bug(command: Command) -> None:
        tried_s.setdefault(command.pod, stage.clock.at_s)
        if command.pod == "bed-1" and isinstance(command.what, Release):
            raise Bug
        deliver(command)

    stage.link.cut = True
    for pod in ("bed-1", "bed-2", "bed-3"):
        assert not hasattr(stage.app.pods.release(OPERATOR, pod, "asked"), "code")
    stage.link.cut, stage.link.deliver = False, bug
    stage.hop(8)
    assert [pod.assign is None for pod in stage.pods[:3]] == [False, True, True]
    assert tried_s["bed-1"] == tried_s["bed-2"] == tried_s["bed-3"], "in one and the same turn"
    assert not hasattr(stage.app.dreamscapes.sever(OPERATOR, "night", "now"), "code")
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.SEVERED
    stage.link.deliver = deliver
    stage.hop(12)
    assert stage.pods[0].assign is None


def test_a_message_that_a_handler_fails_at_costs_the_others_nothing() -> None:
    """A handler that raises is a step of its own: zeros, an event, and the next message is handled."""
    stage = dreaming()
    inbound = InboundGuard(stage.app.inbound, stage.app.failures)
    broken: Status = replace(stage.pods[0].account(), severed="no sever")  # type: ignore[arg-type]
    inbound.on_status(broken)
    assert not granted(stage, "night")
    assert [event.cause for event in told(stage)] == ["daemon"]
    inbound.on_status(stage.pods[1].account())
    stage.hop(HOLD_HOPS + 3)
    assert granted(stage, "night")


def test_where_no_zero_can_be_published_the_daemon_ends() -> None:
    """If the zeros cannot be published either, the next tick reports that the daemon must end."""
    stage = dreaming()
    stage.link.carry = Armed(armed=True)
    with pytest.raises(CannotZeroError, match="night"):
        stage.hop(2)


@dataclass
class Told:
    """The targets of a failure, in a test without a stage."""

    hushed: int = 0
    events: list[str] = field(default_factory=list)

    def hush(self) -> None:
        """Count."""
        self.hushed += 1


def test_attempts_nest_and_report_once_at_the_end() -> None:
    """A failure within a tick is reported at its end: no grant follows the zero."""
    clock, concerned, counted = HandClock(), Told(), []
    failures = StepFailures(clock.now_s, counted.append)
    failures.concern(lambda: (("night", concerned),), Journal(clock.now_s()))

    def tick() -> int:
        failures.attempt("watcher", Armed(armed=True))
        assert not concerned.hushed
        return 7

    assert failures.attempt("tick", tick, of="night") == 7
    assert (concerned.hushed, counted) == (1, ["watcher"])
    assert failures.holds("night")
    assert failures.holds("another")
    clock.at_s += FAILURE_HOLD_S
    assert not failures.holds("night")
    assert failures.attempt("tick", Armed(armed=True), of="night") is None
    assert failures.holds("night")
    assert not failures.holds("another")
    assert set(counted) <= set(STEPS)


def test_a_task_that_raises_begins_anew_and_is_given_up_in_the_end() -> None:
    """A task restarts after a bug; one that fails at every start ends with a fatal error."""
    failed: list[Exception] = []
    bug = Armed(armed=True)

    async def task() -> None:
        bug()
        await asyncio.Event().wait()

    with pytest.raises(Bug):
        asyncio.run(steadily(task, failed.append))
    assert len(failed) == bug.calls == RESTARTS_MAX + 1
    with pytest.raises(Bug):
        asyncio.run(steadily(task, failed.append, fatal=Bug))
    assert bug.calls == RESTARTS_MAX + 2
