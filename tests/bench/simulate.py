"""Speed of virtual time: simulated seconds of eight pods per second of one core.

A calm night at its ceiling, and fixed seeds with all their faults, with every invariant checked as usual. CPU
time, so that other load on this machine counts less.
"""

import time
from collections.abc import Callable
from typing import Final

from dreamd.simulation.scenario import run_scenario
from dreamd.simulation.world import World

PODS: Final = 8
CALM_S: Final = 60.0
RISEN_S: Final = 12.0
"""Until every pod is at its ceiling."""
PARTS: Final = 8
SEEDS: Final = range(0, 200, 10)
"""Every tenth of the fixed seeds of `tests/sim`."""
STORY_S: Final = 150.0

Row = Callable[[str, str, str], None]


def simulate(row: Row) -> None:
    """Measure and print."""
    world = World(1, PODS)
    assert not world.gather()
    world.run(RISEN_S)
    calm = sorted(_speed(lambda: world.run(CALM_S), CALM_S) for _ in range(PARTS))
    row(f"{PODS} pods, a calm night: simulated s per CPU s", f"{calm[PARTS // 2]:.0f}", ">= 300")
    faulty = _speed(lambda: [run_scenario(seed, PODS, STORY_S) for seed in SEEDS], STORY_S * len(SEEDS))
    row(f"{PODS} pods, {len(SEEDS)} seeds with faults: the same", f"{faulty:.0f}", ">= 300")


def _speed(live: Callable[[], object], simulated_s: float) -> float:
    begun_s = time.process_time()
    live()
    return simulated_s / (time.process_time() - begun_s)
