"""Failures of a group: implants that mix wrongly, in many beds at once, or two with one brain.

Each has a bound: so long after it began, in a group that is drawn in and otherwise left alone, every coupling
is halved or zero for it (or both beds are severed, of two with one brain). In a night with more faults no
bound can be given; the invariants hold all the same.
"""

import math
import random
from dataclasses import dataclass
from typing import Final

from dreamd.core.safety.causes import Cause
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.sleepers import Body, SimulatedFault
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World


@dataclass(frozen=True, slots=True)
class Failing:
    """A way for a group to fail. share: of the beds. begins_s: from the merge, when it can be seen at all."""

    share: float
    begins_s: float
    bound_s: float
    causes: frozenset[Cause]


CROWDS: Final = {
    "gain-runaway": Failing(0.34, 15.0, 15.0, frozenset({Cause.GAIN})),
    "synchrony-runaway": Failing(0.5, 15.0, 50.0, frozenset({Cause.SYNCHRONY})),
    "homogenise": Failing(1.0, 70.0, 60.0, frozenset({Cause.HOMOGENISED, Cause.IDENTITY, Cause.GAIN})),
    "collapse": Failing(1.0, 70.0, 90.0, frozenset({Cause.HOMOGENISED, Cause.IDENTITY, Cause.GAIN})),
    "crosstalk": Failing(0.0, 15.0, 20.0, frozenset({Cause.CROSSTALK})),
}
WARD: Final = NetworkConditions(delay_s=(0.0001, 0.0008))
"""A wired link: on slower ones the clock is too uncertain for phases, and no lock of a group is seen."""
QUICK: Final = ("gain-runaway", "synchrony-runaway", "crosstalk")
"""The failures for which a night of minutes is long enough."""


def inject_group_fault(world: World, kind: str, first: int = 0) -> tuple[Pod, ...]:
    """Let the group fail from now on, counted from bed `first`; returns the failing pods."""
    world.checker.calm = False
    count = len(world.pods)
    number = max(math.ceil(CROWDS[kind].share * count), 2)
    pods = tuple(world.pods[(first + index) % count] for index in range(number))
    if kind == "crosstalk":
        carrier, source = pods[1].body, pods[0].body
        assert isinstance(carrier, Body), "crosstalk needs sleepers of features alone"
        assert isinstance(source, Body), "crosstalk needs sleepers of features alone"
        carrier.other = source
    for pod in pods:
        world.checker.touched.add(pod.name)
    for pod in pods[1:] if kind == "crosstalk" else pods:
        pod.inject_fault(SimulatedFault(kind, pod.local_ns()))
    return pods


def heal(pods: tuple[Pod, ...]) -> None:
    """Let these implants work again."""
    for pod in pods:
        pod.inject_fault(None)


def answer_s(world: World, kind: str, began_s: float) -> float:
    """The time from `began_s` until the group was halved or severed for this failure; inf: never."""
    causes = {cause.value for cause in CROWDS[kind].causes}
    acts = (at_s for at_s, cause in world.checker.acts if cause in causes and at_s >= began_s)
    return next(acts, math.inf) - began_s


def act(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """One of the quick failures, from this bed on, for a while: a fault like any other of a night."""
    if any(other.body.fault is not None for other in world.pods):
        return
    pods = inject_group_fault(world, rng.choice(QUICK), world.pods.index(pod))
    world.schedule.after(round(lasts_s * 1e9), lambda: heal(pods))
