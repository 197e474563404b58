"""A ledger that is gone, or slow: ways out go on within their bounds, and nothing new is bound.

While it lasts people leave in every way that there is, with their rates used up and the lanes of others
full. After its return the ledger has what happened meanwhile.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Final

from dreamapi.v1 import dreamscapes_pb2
from dreamd.adapters.grpc.calls.lanes import BOUNDS, Lane
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import LEDGER_ANSWERS_WITHIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.faults import fault_kinds, ways_out
from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.operators import OLGA, token_of_person
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.front_desk import PEER
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

GONE: Final = "the connection to the server is lost"
WRITE_S: Final = (2.0, 10.0)
"""How long a write of a slow ledger takes."""
LEAVE_EVERY_S: Final = 2.5
BACK_AFTER_S: Final = 3.0
METHOD_PODS: Final = (
    "CheckOutPod",
    "ReleasePod",
    "OrderWake",
    "TripBreaker",
    "OrderSever",
    "WithdrawConsent",
)
"""The ways out of one bed."""
KEPT_S: Final = 6.0
"""After the return of a ledger everything is in it within this time."""


def _gone(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The ledger's server is away: every write fails."""
    daemon = world.daemon
    if daemon is None:
        return
    daemon.ledger.broken = GONE
    _bind_nothing(world, daemon)
    _leave_meanwhile(world, daemon, pod, lasts_s, rng)

    def back() -> None:
        if daemon.ledger.broken == GONE:
            daemon.ledger.broken = ""

    later(world, lasts_s, back)


def _slow(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """Each write takes seconds."""
    daemon = world.daemon
    if daemon is None:
        return
    daemon.fsync_least_s = rng.uniform(*WRITE_S)
    _leave_meanwhile(world, daemon, pod, lasts_s, rng)

    def fast() -> None:
        daemon.fsync_least_s = 0.0

    later(world, lasts_s, fast)


def create(world: World, daemon: DaemonProcess) -> object:
    """An operator creates another Dreamscape, at the front desk."""
    plan = Plan(f"other-{world.schedule.now_ns}", seats_min=3, seats_max=8)
    return daemon.desk.call(
        token_of_person(OLGA),
        dreamscapes_pb2.CreateDreamscapeRequest(dreamscape_id=plan.dreamscape),
        "CreateDreamscape",
        lambda caller: daemon.app.dreamscapes.create(caller, replace(plan)),
    )


def _bind_nothing(world: World, daemon: DaemonProcess) -> None:
    """A call that binds is refused with its reason while nothing can be written."""
    answer = create(world, daemon)

    def judge() -> None:
        if not daemon.alive or daemon.frozen or daemon.ledger.broken != GONE:
            return
        answered = answer.answer() if isinstance(answer, Deferred) and answer.settled else answer
        if not (isinstance(answered, Refusal) and answered.sentence):
            world.checker.violated("free-always", "create", f"is answered {answered} without a ledger")

    later(world, LEDGER_ANSWERS_WITHIN_S + 0.5, judge)


def _leave_meanwhile(
    world: World, daemon: DaemonProcess, pod: Pod, lasts_s: float, rng: random.Random
) -> None:
    first = world.pods.index(pod)
    times = max(1, min(int(lasts_s / LEAVE_EVERY_S), len(world.pods) // 2))
    for turn in range(times):
        other = world.pods[(first + turn) % len(world.pods)]
        method = rng.choice(ways_out.METHODS)
        later(
            world,
            0.3 + turn * LEAVE_EVERY_S,
            lambda other=other, method=method: leave(world, daemon, other, method, rng),  # type: ignore[misc]
        )


def leave(
    world: World, daemon: DaemonProcess, pod: Pod, method: str, rng: random.Random, *, again: bool = True
) -> None:
    """A sleeper leaves in this way, while the lane of reads is full. again: and comes back later."""
    if not daemon.alive or daemon.frozen or world.between:
        return
    with ExitStack() as lane:
        for _ in range(BOUNDS[Lane.READ].connection):
            if daemon.desk.lanes.refusal(Lane.READ, PEER) is None:
                lane.enter_context(daemon.desk.lanes.place(Lane.READ, PEER))
        comes_back = _left(world, daemon, pod, method, rng)
    if again:
        later(world, BACK_AFTER_S, comes_back)


def _left(
    world: World, daemon: DaemonProcess, pod: Pod, method: str, rng: random.Random
) -> Callable[[], None]:
    """Leave; return what leads back."""
    match method:
        case "SeverDreamscape":
            ways_out.sever(world, daemon, "a drill")
            world.checker.set_silenced(daemon, world.dreamscape, silenced=True)
            return lambda: fault_kinds.resume(world)
        case "TripBreaker":
            ways_out.trip(world, daemon, pod)
            return lambda: None
        case "OrderWake":
            return fault_kinds.wake_one(world, pod)
        case "CheckOutPod":
            ways_out.check_out(world, daemon, pod)
            _look_kept(world, daemon, pod)
            return lambda: fault_kinds.bind_sleeper(world, pod)
        case "ReleasePod":
            ways_out.release(world, daemon, pod)
        case "WithdrawConsent":
            ways_out.withdraw(world, daemon, pod, sleeper_of(pod.name))
            _look_withdrawn(world, daemon, pod)
        case _:
            ways_out.order_sever(world, daemon, pod, rng)
    return lambda: fault_kinds.lie_down_anew(world, pod)


def _look_kept(world: World, daemon: DaemonProcess, pod: Pod) -> None:
    """Once the ledger is back it has the check-out: no start of a daemon brings the sleeper back."""

    def look(*, before: bool = False) -> None:
        if not daemon.alive or daemon.lost or world.daemon is not daemon:
            return
        if not (before and not _waits(world, daemon)):
            later(world, KEPT_S, partial(look, before=not _waits(world, daemon)))
            return
        view = daemon.app.pods.get(pod.name)
        if not getattr(view, "sleeper", "") and pod.name in world.storage.beds:
            world.checker.violated("free-always", pod.name, "was checked out, and the ledger has it still")

    later(world, KEPT_S, look)


def _look_withdrawn(world: World, daemon: DaemonProcess, pod: Pod) -> None:
    """Once the ledger is back it has the withdrawal: no start of a daemon gives the consent back."""
    sleeper = sleeper_of(pod.name)
    newest = max((revision for who, revision in world.storage.grants if who == sleeper), default=0)

    def look(*, before: bool = False) -> None:
        if not daemon.alive or daemon.lost or world.daemon is not daemon:
            return
        if not (before and not _waits(world, daemon)):
            later(world, KEPT_S, partial(look, before=not _waits(world, daemon)))
            return
        kept = world.storage.consents.get(sleeper)
        if kept is not None and kept.state is ConsentState.GIVEN and kept.revision <= newest:
            world.checker.violated("free-always", pod.name, "has withdrawn, and the ledger has the consent")

    later(world, KEPT_S, look)


def _waits(world: World, daemon: DaemonProcess) -> bool:
    """Whether the ledger cannot have everything yet; what waits is written some time after it is back."""
    return daemon.frozen or bool(daemon.app.ledger_trouble) or daemon.slow_until_s > world.schedule.now_s


LEDGER: Final[Kinds] = {
    "ledger-gone": (_gone, 2.0, 15.0),
    "ledger-slow": (_slow, 4.0, 30.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
