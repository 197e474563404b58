"""A house with a lease and a standby: the owner is killed, frozen, cut off, ended, or the database dies.

Each lasts longer than a lease as a rule, so that the house moves; a database that dies moves no house.
"""

import random
from typing import Final

from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import cut_owner, freeze_daemon, later
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

GONE: Final = "the server of the database is away"
NIGHTS: Final = 0.25
"""Share of nights with faults of the house, of those with faults of every kind."""


def _kill(world: World, _pod: Pod, _lasts_s: float, _rng: random.Random) -> None:
    """The owner's machine is gone, and its standby takes over."""
    if world.daemon is not None:
        world.daemon.kill()


def _hand_over(world: World, _pod: Pod, _lasts_s: float, _rng: random.Random) -> None:
    """The owner hands the house over to its standby, by plan."""
    daemon = world.daemon
    if daemon is not None and not daemon.frozen and not daemon.app.closing:
        daemon.stop(hands_over=world.has_heir)


def _cut(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The owner's way to the database is cut; that to the beds is whole."""
    if world.daemon is not None:
        cut_owner(world, world.daemon, lasts_s)


def _database(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The database is away, for every daemon."""
    if world.storage.away:
        return
    world.storage.away = GONE

    def back() -> None:
        world.storage.away = ""

    later(world, lasts_s, back)


HOUSES: Final[Kinds] = {
    "owner-killed": (_kill, 1.0, 1.0),
    "owner-frozen": (freeze_daemon, 5.0, 15.0),
    "owner-cut": (_cut, 5.0, 15.0),
    "owner-ended": (_hand_over, 1.0, 1.0),
    "database-gone": (_database, 2.0, 15.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
