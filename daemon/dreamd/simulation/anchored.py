"""An anchor session beside the group: the last bed of a night is in one, with the same faults as all."""

from typing import Final

from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.limits import ANCHOR_CEILING, RAMP_MIN_S
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

ANCHORED: Final = "anchor"
"""The name of the session."""
ASKED_EVERY_S: Final = 1.0


def without(world: World, pod: Pod) -> dict[str, object]:
    """Return the part of a plan that asks every other bed."""
    return {"pods": tuple(one.name for one in world.pods if one is not pod)}


def begin_session(world: World, pod: Pod) -> None:
    """Create and start it, once a second until it has started: a daemon may be gone, a sleeper latched."""
    daemon = world.daemon
    started = None
    if daemon is not None and not daemon.frozen and not daemon.app.closing:
        if isinstance(daemon.app.dreamscapes.get(ANCHORED), Refusal):
            plan = Plan(
                *(ANCHORED, 1, 1),
                pods=(pod.name,),
                ceiling=ANCHOR_CEILING,
                ramp_s=RAMP_MIN_S,
                kind=DreamscapeKind.ANCHOR,
            )
            daemon.app.dreamscapes.create(OPERATOR, plan)
        else:
            started = daemon.app.dreamscapes.start(OPERATOR, ANCHORED)
    if started is None or isinstance(started, Refusal | Deferred):
        later(world, ASKED_EVERY_S, lambda: begin_session(world, pod))
