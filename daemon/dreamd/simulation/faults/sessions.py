"""One session after another in one night: the one there is ends, in one way or another; the next gathers.

The end and the next start are asked for once a second until both are there: a daemon may be gone, a ledger
full, a sleeper latched. `World.between` is true meanwhile.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dreamd.core.dreamscapes.admission import INTIMATE_SEATS
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.limits import RAMP_MIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.faults.process_faults import later, stop_owner
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.world import World

if TYPE_CHECKING:
    from dreamd.simulation.machines.daemons import DaemonProcess
    from dreamd.simulation.machines.pods import Pod

ASKED_EVERY_S: Final = 1.0
NIGHTS: Final = 0.25
"""Of the nights with faults of every kind, those with several sessions and planned stops."""


def follow(world: World, _pod: "Pod", lasts_s: float, rng: random.Random) -> None:
    """End the session there is; the next begins so much later."""
    owner = _asked(world)
    if owner is None or world.between:
        return
    name = world.dreamscape
    way = rng.choice(("end", "sever-then-end", "end-twice"))
    if way == "sever-then-end":
        owner.app.dreamscapes.sever(OPERATOR, name, "over")
    ended = owner.app.dreamscapes.end(OPERATOR, name, "over")
    if way == "end-twice":
        ended = owner.app.dreamscapes.end(OPERATOR, name, "over")
    if isinstance(ended, Refusal):
        return
    world.watch.silenced(owner, name, silenced=True)
    world.between = True
    later(world, lasts_s, lambda: _next(world, name))


def _asked(world: World) -> "DaemonProcess | None":
    """The daemon that answers now, if one does."""
    owner = world.owner
    return owner if owner is not None and not owner.frozen and not owner.app.closing else None


def _next(world: World, ended: str) -> None:
    """Ask until the one has ended, the next is created, and started."""
    owner = _asked(world)
    if owner is not None and _begun(world, owner, ended):
        world.between = False
        return
    later(world, ASKED_EVERY_S, lambda: _next(world, ended))


def _begun(world: World, owner: "DaemonProcess", ended: str) -> bool:
    if world.dreamscape == ended:
        view = owner.app.dreamscapes.get(ended)
        state = getattr(view, "state", None)
        if state is DreamscapeState.WAKING:
            return False
        if state is not DreamscapeState.ENDED:
            owner.app.dreamscapes.end(
                OPERATOR, ended, "over"
            )  # a ledger that could not keep the end, or an older one
            return False
        most = max(len(world.pods), 5)
        plan = Plan(
            f"{ended.partition('-')[0]}-{world.schedule.now_ns}",
            seats_min=3,
            seats_max=most,
            ramp_s=RAMP_MIN_S,
            intimate=len(world.pods) <= INTIMATE_SEATS[1],
        )
        created = owner.app.dreamscapes.create(OPERATOR, plan)
        if not isinstance(created, Refusal):
            world.dreamscape = plan.dreamscape
        if isinstance(created, Refusal | Deferred):
            return False  # the ledger may have it by the next time
    view = owner.app.dreamscapes.get(world.dreamscape)
    if isinstance(view, Refusal):  # a daemon on an older ledger knows nothing of it
        world.dreamscape = ended
        return False
    if view.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED):
        return True
    return not isinstance(owner.app.dreamscapes.start(OPERATOR, world.dreamscape), Refusal | Deferred)


SESSIONS: Final[dict[str, tuple[Callable[[World, "Pod", float, random.Random], None], float, float]]] = {
    "stop-daemon": (stop_owner, 0.1, 4.0),
    "next-session": (follow, 1.0, 4.0),
}
"""What each kind does, and how long it lasts at least and at most, seconds."""
