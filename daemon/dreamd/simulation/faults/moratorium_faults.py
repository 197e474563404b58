"""An advocate calls a moratorium in the midst of a night: all are at zero until it ends or is taken back.

A call is made once by each advocate, because one without a second in 30 days is refused.
"""

import random
from typing import Final

from dreamd.app.api.awareness.moratoria_protocol import Called
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.moratoria.course import Moratorium, MoratoriumScope
from dreamd.core.refusals import Code, Refusal
from dreamd.simulation.faults import fault_kinds
from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

TAKEN_BACK: Final = 0.4
LONGER_S: Final = 3600.0
"""Such a call is taken back within the night."""
AGAIN_S: Final = 2.0


def _called(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """An advocate calls, for the fleet or for the site; the operator resumes when it is over."""
    daemon = world.daemon
    if daemon is None or daemon.frozen or daemon.app.closing or world.between:
        return
    caller = Caller(f"advocate-{world.schedule.now_ns}", Role.ADVOCATE, Channel.GRPC)
    site = rng.choice(("", "here"))
    scope = MoratoriumScope.SITE if site else MoratoriumScope.FLEET
    taken_back = rng.random() < TAKEN_BACK
    ends_s = daemon.now_s() + lasts_s + (LONGER_S if taken_back else 0.0)
    told = daemon.app.moratoria.call_moratorium(caller, scope, site, 0.0, ends_s, "three cases")
    if not isinstance(told, Called):
        return
    world.checker.grants.moratoria.called(daemon, told.moratorium)
    view = daemon.app.dreamscapes.get(world.dreamscape)
    if not isinstance(view, Refusal) and view.state is DreamscapeState.SEVERED:
        world.checker.set_silenced(daemon, world.dreamscape, silenced=True)
    if taken_back:
        later(world, lasts_s, lambda: _take_back(world, caller, told.moratorium))
    else:
        later(world, lasts_s + AGAIN_S, lambda: _dream_on(world))


def _take_back(world: World, caller: Caller, called: Moratorium) -> None:
    """Its caller takes it back; a refused lift is tried again."""
    daemon = world.daemon
    asked = daemon is not None and not daemon.frozen
    lifted = daemon.app.moratoria.lift_moratorium(caller, called.id, "over") if daemon and asked else None
    gone = isinstance(lifted, Refusal) and lifted.code in (Code.MORATORIUM_UNKNOWN, Code.WRONG_STATE)
    if isinstance(lifted, Moratorium) or gone:
        _dream_on(world)
    else:
        later(world, AGAIN_S, lambda: _take_back(world, caller, called))


def _dream_on(world: World) -> None:
    """The Dreamscape is resumed, which a copy of the ledger or a dead daemon may refuse at first."""
    fault_kinds.resume(world)
    later(world, AGAIN_S, lambda: fault_kinds.resume(world))


MORATORIA: Final[Kinds] = {"moratorium": (_called, 3.0, 20.0)}
"""The action of the kind, and how long it lasts at least and at most, seconds."""
