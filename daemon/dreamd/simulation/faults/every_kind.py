"""Every kind of fault, by name, and the beginning of one."""

import random
from typing import Final

from dreamd.simulation.faults.access_faults import ACCESS
from dreamd.simulation.faults.clinic_acts import CLINIC
from dreamd.simulation.faults.congestion import CONGESTION
from dreamd.simulation.faults.fault_kinds import KINDS, Fault, Kinds
from dreamd.simulation.faults.gateway_faults import GATEWAYS
from dreamd.simulation.faults.house_faults import HOUSES
from dreamd.simulation.faults.ledger_faults import LEDGER
from dreamd.simulation.faults.moratorium_faults import MORATORIA
from dreamd.simulation.faults.people_faults import GUESTS, PEOPLE
from dreamd.simulation.faults.round_acts import ROUNDS
from dreamd.simulation.faults.sessions import SESSIONS
from dreamd.simulation.world import World

OF_PEOPLE: Final[Kinds] = PEOPLE | GUESTS | CLINIC | MORATORIA | ROUNDS
EVERY: Final[Kinds] = KINDS | CONGESTION | SESSIONS | ACCESS | LEDGER | GATEWAYS | HOUSES | OF_PEOPLE


def begin(world: World, fault: Fault, rng: random.Random) -> None:
    """Begin a fault."""
    world.checker.calm = False
    world.checker.free_always.disturbed()
    EVERY[fault.kind][0](world, world.pods[fault.pod], fault.lasts_s, rng)
