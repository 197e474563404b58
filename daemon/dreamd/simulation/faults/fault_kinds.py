"""The faults of a night: kind, time and duration are drawn from the seed, and each has its own end.

A night takes some of the kinds, so that each also comes alone, at a rate of its own. Every fault ends by
itself well before the night does, so that the fleet can recover.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from dreamd.core.dreamscapes.views import PodView
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.views import BreakerView
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.generation import LAPSED_S
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.checks.violations import lie_once
from dreamd.simulation.faults import group_faults, process_faults, ways_out
from dreamd.simulation.faults.byzantine import LIES
from dreamd.simulation.faults.clinic_acts import LOOKED_FOR_S, compare_book
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.grants import grant_tonight
from dreamd.simulation.machines.guests import all_come
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.operators import OPERATOR, named
from dreamd.simulation.machines.sleepers import MALFUNCTIONS, SimulatedFault
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.schedule import MS_NS, SECOND_NS
from dreamd.simulation.world import World

STORM: Final = NetworkConditions(delay_s=(0.05, 0.6), loss=0.3, duplicates=0.2)
SHUFFLE: Final = NetworkConditions(delay_s=(0.0, 0.4), reorders=True)
STUCK_SHARE: Final = 0.4
STUCK_LEAST_S: Final = 3.0
WHOLE_COPIES: Final = 0.5
"""Share of restored copies that are of the whole directory."""
RENEWED_AFTER_S: Final = 5.0
SEEN_EVERY_S: Final = 0.02
ASKED_EVERY_S: Final = 1.0
RESUMED_AFTER_S: Final = 52.0
"""A pod that was severed when it happened is open for up to 36 s, then scored."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    kind: str
    at_s: float
    lasts_s: float
    pod: int


Act = Callable[[World, Pod, float, random.Random], None]


# -- pods ---------------------------------------------------------------------------------------------


def _ail(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """An implant fails, and works again."""
    if pod.body.fault is not None:
        return
    kind = rng.choice(MALFUNCTIONS)
    world.checker.touched.add(pod.name)
    pod.inject_fault(SimulatedFault(kind, pod.local_ns()))
    world.checker.on_fault(pod, kind, pod.local_ns())

    def heal() -> None:
        pod.inject_fault(None)
        world.checker.on_fault_cleared(pod)

    later(world, lasts_s, heal)


def _lie(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A pod begins to send false frames."""
    world.checker.touched.add(pod.name)
    pod.bend = LIES[rng.choice(sorted(LIES))].bend()

    def tell_the_truth() -> None:
        pod.bend = None

    later(world, lasts_s, tell_the_truth)


def _freeze(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A process freezes, and goes on."""
    pod.freeze()
    later(world, lasts_s, pod.thaw)


def _kill(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A process is killed, and started again."""
    if pod.alive:
        pod.kill()
        later(world, lasts_s, lambda: None if pod.alive else pod.boot())


def _cut(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A partition, one way or both."""
    out, back = rng.choice(((True, True), (True, False), (False, True)))
    pod.link.cut(out=out, back=back)
    pod.watch_link()
    later(world, lasts_s, pod.link.heal)


def _switch(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A switch fails: most pods at once, both ways, for longer than a keepalive."""
    most = rng.sample(
        world.pods, min(len(world.pods), rng.randint(len(world.pods) // 2 + 1, len(world.pods)))
    )
    for pod in most:
        pod.link.cut()
        pod.watch_link()
        later(world, lasts_s, pod.link.heal)


def _blackhole(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """Nothing comes through, then everything at once."""
    pod.link.hold()
    pod.watch_link()
    later(world, lasts_s, pod.link.let_go)


def _jump(world: World, pod: Pod, _lasts_s: float, rng: random.Random) -> None:
    """A machine's clock leaps ahead."""
    world.checker.touched.add(pod.name)
    pod.jump(rng.randrange(10 * MS_NS, 5 * SECOND_NS))


def _twin(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A second pod with the same name, for a while."""
    world.checker.touched.add(pod.name)
    twin = world.add_pod(pod.name, 100 + len(world.pods))

    def part() -> None:
        """The twin is found out and taken away, and the pod is started anew."""
        twin.kill()
        pod.kill()
        pod.boot()

    later(world, lasts_s, part)


def _button(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A sleeper presses a button, and later lifts the latch."""
    if not pod.alive or pod.frozen:
        return
    world.checker.on_latched(pod)
    pod.press(rng.choice(("wake", "distress", "withdraw", "arousal")))
    world.checker.pod_changed(pod)
    later(world, lasts_s, lambda: unlatch(world, pod))


def unlatch(world: World, pod: Pod) -> None:
    """The sleeper lifts the latch, as soon as the pod can take it."""
    if not pod.alive or pod.frozen:
        later(world, 1.0, lambda: unlatch(world, pod))
        return
    world.checker.on_unlatched(pod)
    pod.unlatch()


def _storm(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The conditions of one link turn bad; a storm within a storm takes its place and ends by itself."""
    storm = replace(rng.choice((STORM, SHUFFLE)))
    pod.link.conditions = storm

    def clear() -> None:
        if pod.link.conditions is storm:
            pod.link.conditions = world.conditions

    later(world, lasts_s, clear)


# -- daemon, broker, ledger ---------------------------------------------------------------------------


def _kill_at_a_lock(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The daemon is killed in the call in which the next breaker locks, and restarted; an implant fails."""
    daemon = world.daemon
    if daemon is None:
        return
    daemon.dies_at_a_lock = True
    _ail(world, pod, lasts_s, rng)
    later(world, 45.0, lambda: _ail(world, pod, lasts_s, rng))

    def start() -> None:
        process_faults.start_anew(world)
        if world.daemon is daemon and daemon.alive:
            later(world, 1.0, start)

    later(world, 1.0, start)


def _restore_ledger(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A copy of the ledger is put in its place after a while; every sleeper is checked in anew after that.

    The copy is of this night, with everything noted beside the ledger since; or an old one of everything.
    """
    backup, whole = world.storage.copy(), rng.random() < WHOLE_COPIES
    if whole:
        backup.lived_s -= 2.0 * LAPSED_S

    def restore() -> None:
        for daemon in world.daemons:
            daemon.kill()
        world.storage.restore(backup, whole=whole)
        if world.storage.replaced or whole:  # else nothing was written since, so the copy is of nothing older
            world.checker.ledger_restored(backup)
        world.start_daemon()
        for pod in world.pods:
            later(world, RENEWED_AFTER_S, lambda pod=pod: bind_sleeper(world, pod))  # type: ignore[misc]
        until_s = world.schedule.now_s + LOOKED_FOR_S
        later(world, RENEWED_AFTER_S, lambda: compare_book(world, until_s))
        later(world, RESUMED_AFTER_S, lambda: resume(world))

    later(world, lasts_s, restore)


# -- people -------------------------------------------------------------------------------------------


def _sever(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """An operator severs the Dreamscape, and resumes it."""
    daemon = world.daemon
    if daemon is None or daemon.frozen or world.between:
        return
    ways_out.sever(world, daemon, "a drill")
    world.checker.set_silenced(daemon, world.dreamscape, silenced=True)
    later(world, lasts_s, lambda: resume(world))


def resume(world: World) -> None:
    """An operator resumes the Dreamscape, where it can be resumed."""
    daemon = world.daemon
    if daemon is None or daemon.frozen:
        return
    if not isinstance(daemon.app.dreamscapes.resume(OPERATOR, world.dreamscape), Refusal):
        world.checker.set_silenced(daemon, world.dreamscape, silenced=False)


def resume_in_time(world: World, until_s: float) -> None:
    """An operator tries once a second: below quorum the daemon refuses until there are enough."""
    resume(world)
    if world.schedule.now_s < until_s:
        later(world, ASKED_EVERY_S, lambda: resume_in_time(world, until_s))


def _release(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """An operator releases one bed; its sleeper is checked in again later."""
    daemon = world.daemon
    if daemon is None or daemon.frozen:
        return
    ways_out.check_out(world, daemon, pod)
    later(world, lasts_s, lambda: bind_sleeper(world, pod))


def lie_down_anew(world: World, pod: Pod) -> None:
    """A sleeper that was released alone is checked out and in, so that the bed is asked again."""
    _release(world, pod, 0.5, world.rng)


def bind_sleeper(world: World, pod: Pod) -> None:
    """The sleeper grants where no grant holds, accepts where they are a guest, and lies down again."""
    daemon = world.daemon
    answer, agrees, sleeper = None, False, sleeper_of(pod.name)
    if daemon is not None and not daemon.frozen:
        agrees = grant_tonight(daemon.app, sleeper, daemon.now_s())
        agrees = agrees and all_come(daemon.app, world.dreamscape, [sleeper])
        answer = daemon.app.pods.check_in(OPERATOR, pod.name, sleeper)
        lie_once(daemon, world.checker.violated)
    if not (isinstance(answer, PodView) and agrees):
        later(world, 1.0, lambda: bind_sleeper(world, pod))


def wake_one(world: World, pod: Pod) -> Callable[[], None]:
    """A wake order for one pod; return what lifts it, and later the latch by the sleeper."""
    daemon = world.daemon
    if daemon is None or daemon.frozen:
        return lambda: None
    given = ways_out.order_wake(world, daemon, pod)
    if isinstance(given, Refusal):
        return lambda: None
    world.checker.wake_ordered(daemon, pod.name)
    return lambda: _lift(world, pod, given.order.id)


def _wake(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    later(world, lasts_s, wake_one(world, pod))


def _lift(world: World, pod: Pod, order_id: str) -> None:
    """A named person lifts a wake order; a refused lift is tried again."""
    daemon = world.daemon
    orders = daemon.app.wake_orders if daemon is not None and not daemon.frozen else None
    lifted = orders.lift(named("advocate"), order_id, "morning") if orders is not None else None
    gone = isinstance(lifted, Refusal) and lifted.code is Code.WAKE_ORDER_UNKNOWN
    if not (gone or isinstance(lifted, Order)):
        later(world, 1.0, lambda: _lift(world, pod, order_id))
        return
    later(world, 3.0, lambda: unlatch(world, pod))


def _reset(world: World, pod: Pod, _lasts_s: float, _rng: random.Random) -> None:
    """A named person resets a breaker that is LOCKED."""
    daemon = world.daemon
    if daemon is None or daemon.frozen:
        return
    answer = daemon.app.breakers.reset(named("a clinician"), f"pods/{pod.name}", "looked at the electrodes")
    _see_reset(world, pod.name, answer)


def _see_reset(world: World, pod: str, answer: BreakerView | Refusal | Deferred[BreakerView]) -> None:
    if isinstance(answer, Deferred):
        if not answer.settled:
            later(world, SEEN_EVERY_S, lambda: _see_reset(world, pod, answer))
            return
        answer = answer.answer()
    if not isinstance(answer, Refusal):
        world.checker.breaker_reset(pod)


def _stick(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A device renders more than commanded."""
    if not pod.alive:
        return
    world.checker.touched.add(pod.name)
    pod.catch_up()
    device = pod.device
    device.stuck = STUCK_SHARE
    world.checker.stuck_devices.begun(pod)

    def give() -> None:
        device.stuck = 0.0

    later(world, max(lasts_s, STUCK_LEAST_S), give)


Kinds = dict[str, tuple[Act, float, float]]

KINDS: Final[Kinds] = {
    "ail": (_ail, 0.3, 12.0),
    "lie": (_lie, 1.0, 6.0),
    "freeze": (_freeze, 0.1, 9.0),
    "kill": (_kill, 0.2, 9.0),
    "cut": (_cut, 0.2, 9.0),
    "blackhole": (_blackhole, 0.2, 9.0),
    "switch": (_switch, 8.0, 45.0),
    "jump": (_jump, 0.0, 0.0),
    "twin": (_twin, 2.0, 12.0),
    "button": (_button, 2.0, 8.0),
    "storm": (_storm, 2.0, 12.0),
    "kill-daemon": (process_faults.kill_daemon, 0.2, 6.0),
    "kill-at-a-lock": (_kill_at_a_lock, 0.3, 6.0),
    "freeze-daemon": (process_faults.freeze_daemon, 0.1, 6.0),
    "second-daemon": (process_faults.second_daemon, 0.1, 8.0),
    "ledger": (process_faults.break_ledger, 1.0, 9.0),
    "slow-disk": (process_faults.slow_disk, 2.0, 45.0),
    "kill-broker": (process_faults.crash_broker, 0.2, 6.0),
    "restore-ledger": (_restore_ledger, 1.0, 12.0),
    "freeze-broker": (process_faults.freeze_broker, 0.1, 6.0),
    "sever": (_sever, 0.5, 6.0),
    "release": (_release, 0.5, 6.0),
    "wake": (_wake, 1.0, 6.0),
    "reset": (_reset, 0.0, 0.0),
    "stuck": (_stick, 2.0, 6.0),
    "crowd": (group_faults.act, 5.0, 40.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""


def draw(rng: random.Random, pods: int, begin_s: float, end_s: float) -> tuple[Fault, ...]:
    """Draw the faults of one night, in order; some nights have none."""
    if rng.random() < 0.1:  # noqa: PLR2004
        return ()
    kinds = rng.sample(sorted(KINDS), rng.randint(1, len(KINDS)))
    every_s = rng.choice((2.0, 4.0, 8.0, 16.0))
    faults = []
    at_s = begin_s
    while (at_s := at_s + rng.expovariate(1.0 / every_s)) < end_s:
        kind = rng.choice(kinds)
        _, least_s, most_s = KINDS[kind]
        faults.append(Fault(kind, at_s, rng.uniform(least_s, most_s), rng.randrange(pods)))
    return tuple(faults)
