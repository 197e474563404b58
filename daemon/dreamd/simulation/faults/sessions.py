"""Several sessions in one night: the current one ends, in one way or another, and the next one gathers.

The end and the next start are requested once a second until both have happened: a daemon may be gone, a
ledger full, a sleeper latched. `World.between` is true meanwhile.
"""

import random
from collections.abc import Callable
from typing import Final

from dreamd.core.dreamscapes.admission import INTIMATE_SEATS
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.limits import GUIDELINE_CAP, RAMP_MIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.faults import ways_out
from dreamd.simulation.faults.process_faults import later, stop_daemon
from dreamd.simulation.machines.guests import all_come
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

ASKED_EVERY_S: Final = 1.0
NIGHTS: Final = 0.25
"""Share of nights with several sessions and planned stops, of those with faults of every kind."""


def follow(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """End the current session; the next begins so much later."""
    daemon = _asked(world)
    if daemon is None or world.between:
        return
    name = world.dreamscape
    way = rng.choice(("end", "sever-then-end", "end-twice"))
    if way == "sever-then-end":
        ways_out.sever(world, daemon, "over")
    ended = ways_out.end(world, daemon, "over")
    if way == "end-twice":
        ended = ways_out.end(world, daemon, "over")
    if isinstance(ended, Refusal):
        return
    world.checker.set_silenced(daemon, name, silenced=True)
    world.between = True
    later(world, lasts_s, lambda: _next(world, name))


def _asked(world: World) -> DaemonProcess | None:
    """The daemon that answers now; None if none does."""
    daemon = world.daemon
    return daemon if daemon is not None and not daemon.frozen and not daemon.app.closing else None


def _next(world: World, ended: str) -> None:
    """Retry until the old session has ended and the next is created and started."""
    daemon = _asked(world)
    if daemon is not None and _begun(world, daemon, ended):
        world.between = False
        return
    later(world, ASKED_EVERY_S, lambda: _next(world, ended))


def _begun(world: World, daemon: DaemonProcess, ended: str) -> bool:
    if world.dreamscape == ended:
        view = daemon.app.dreamscapes.get(ended)
        state = getattr(view, "state", None)
        if state is DreamscapeState.WAKING:
            return False
        if state is not DreamscapeState.ENDED:
            ways_out.end(world, daemon, "over")  # a ledger that could not keep the end, or an older one
            return False
        most = max(len(world.pods), 5)
        plan = Plan(
            f"{ended.partition('-')[0]}-{world.schedule.now_ns}",
            seats_min=3,
            seats_max=most,
            ramp_s=RAMP_MIN_S,
            intimate=len(world.pods) <= INTIMATE_SEATS[1],
            ceiling=_ceiling(daemon),
        )
        created = daemon.app.dreamscapes.create(OPERATOR, plan)
        if not isinstance(created, Refusal):
            world.dreamscape = plan.dreamscape
        if isinstance(created, Refusal | Deferred):
            return False  # the ledger may have it by the next time
    view = daemon.app.dreamscapes.get(world.dreamscape)
    if isinstance(view, Refusal):  # a daemon on an older ledger knows nothing of it
        world.dreamscape = ended
        return False
    if view.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED):
        return True
    world.checker.free_always.bound_again()
    come = all_come(daemon.app, world.dreamscape, [sleeper_of(pod.name) for pod in world.pods])
    started = daemon.app.dreamscapes.start(OPERATOR, world.dreamscape) if come else None
    return not (started is None or isinstance(started, Refusal | Deferred))


def _ceiling(daemon: DaemonProcess) -> float:
    """The ceiling of the guidelines in force: a plan above it is refused."""
    held = daemon.app.guidelines.get_revision()
    return GUIDELINE_CAP if isinstance(held, Refusal) else held.bundle.number("ceiling")


SESSIONS: Final[dict[str, tuple[Callable[[World, Pod, float, random.Random], None], float, float]]] = {
    "stop-daemon": (stop_daemon, 0.1, 4.0),
    "next-session": (follow, 1.0, 4.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
