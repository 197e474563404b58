"""Leaving out pulses that decide nothing gives the same night, message for message.

A story is everything by which two worlds can differ: each byte that each pod sends and the nanosecond at
which it arrives, each line of each journal with its moment and its numbers, and the share that each renderer
gives.
"""

import random

import pytest

from depth import LONG
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.sleepers import Body, SimulatedFault
from dreamd.simulation.processes.pods import Pod
from dreamedge.app.pod_runner import PodRunner
from dreamedge.core.merging.cue import Felt
from dreamwire.messages import WakeOrder
from dreamwire.schema import WIRE_REVISION
from sim.recorded import RecordedWorld

CALM = NetworkConditions()
ROUGH = NetworkConditions(delay_s=(0.05, 0.15), loss=0.05)
STEP_S = 0.37
SEEDS = (1, 2, 3)
NIGHTS = [
    pytest.param(seed, conditions, id=f"{seed}-{name}")
    for name, conditions in (("calm", CALM), ("rough", ROUGH))
    for seed in SEEDS
    if LONG or (seed, name) in ((1, "calm"), (2, "rough"))
]


class Unmoved(Body):
    """A sleeper that does not react to feedback.

    A reacting one feels the newest pulse before a hop, so leaving pulses out moves its levels by some
    hundredths of a decibel. That is a property of the simulated sleeper and not of the pod.
    """

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Ignore it."""


class PublishLog:
    """A client that keeps everything that pods publish, and when it arrives; it is no daemon."""

    alive, owns, reads = True, True, WIRE_REVISION

    def __init__(self, world: RecordedWorld) -> None:
        self._schedule = world.schedule
        self.link = world.environment.link()
        self.received: list[tuple[int, str, bytes]] = []
        world.broker.welcome(self)

    def on_message(self, topic: str, payload: bytes) -> None:
        """Keep a message."""
        self.received.append((self._schedule.now_ns, topic, payload))

    def recall(self, writes: int, place: WakeOrder | None) -> None:
        """It has no ledger."""

    def on_broker(self, *, up: bool) -> None:
        """It does nothing about it."""


class Night(RecordedWorld):
    """A world that keeps its story."""

    def __init__(self, seed: int, conditions: NetworkConditions, *, every_pulse: bool) -> None:
        self.rendered: list[dict[str, float]] = []
        super().__init__(seed, 8, conditions, sleeper=Unmoved, every_pulse=every_pulse)
        self.published = PublishLog(self).received

    def dream(self, seconds: float) -> None:
        """Let time pass and record the renderers' shares now and then."""
        for _ in range(int(seconds / STEP_S)):
            self.run(STEP_S)
            self.rendered.append(self.shares())
        self.run(seconds % STEP_S)


def trouble(world: Night, rng: random.Random) -> None:
    """One of everything that can happen to a pod, at moments of chance."""
    cut, killed, frozen, woken, poor, silent = rng.sample(world.pods, 6)
    cut.link.cut()
    cut.watch_link()
    world.dream(rng.uniform(0.3, 2.0))
    cut.link.heal()
    killed.kill()
    world.dream(rng.uniform(0.1, 1.0))
    killed.boot()
    frozen.freeze()
    world.dream(rng.uniform(0.3, 0.8))
    frozen.thaw()
    woken.press("wake")
    world.dream(rng.uniform(0.0, 1.0))
    fail(poor, "contact")
    fail(silent, "silence")
    world.dream(rng.uniform(0.6, 2.0))
    poor.inject_fault(None)
    silent.inject_fault(None)
    world.dream(rng.uniform(0.0, 4.0))
    world.kill_daemon()
    world.dream(rng.uniform(0.2, 3.0))
    world.start_daemon()


def fail(pod: Pod, kind: str) -> None:
    """The implant of this pod fails from now on."""
    pod.inject_fault(SimulatedFault(kind, pod.local_ns()))


def night(seed: int, conditions: NetworkConditions, *, every_pulse: bool) -> Night:
    """A night with one of everything, twice: on the way up and at the top."""
    world = Night(seed, conditions, every_pulse=every_pulse)
    assert world.gather(intimate=False) == ""
    rng = random.Random(seed)
    world.dream(rng.uniform(2.0, 8.0))
    trouble(world, rng)
    world.dream(14.0)
    trouble(world, rng)
    world.dream(6.0)
    return world


@pytest.mark.parametrize(("seed", "conditions"), NIGHTS)
def test_pulses_left_out_change_no_story(seed: int, conditions: NetworkConditions) -> None:
    """At 20 Hz or only when needed: the same messages, facts and shares, at the same moments."""
    whole, sparing = (night(seed, conditions, every_pulse=every) for every in (True, False))
    assert {"merged", "severed", "alone", "latched"} <= {line.kind for line in whole.lines}
    assert {"contact", "silence"} & {line.values.get("cause") for line in whole.lines}
    assert sparing.lines == whole.lines
    assert sparing.published == whole.published
    assert sparing.rendered == whole.rendered


def test_most_pulses_of_a_steady_night_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A merged pod at its ceiling pulses once a hop, and once before each broadcast, not twenty times."""
    world = RecordedWorld(1)
    world.merge(15.0)
    pulses = 0
    pulse = PodRunner.pulse

    def counted(bed: PodRunner, now_ns: int) -> None:
        nonlocal pulses
        pulses += 1
        pulse(bed, now_ns)

    monkeypatch.setattr(PodRunner, "pulse", counted)
    world.run(10.0)
    assert pulses <= 8 * 10 * 10
