"""Omitting pulses that decide nothing leaves the same night, word for word.

A record is every observable difference between two worlds: each byte that a pod sends with its nanosecond,
each line of each journal with its moment and numbers, and each renderer's share.
"""

import random

import pytest

from depth import LONG
from dreamedge.app.pod_runner import PodRunner
from sim.world import Features, Pod, Quiet, Weather, World

CALM = Weather()
ROUGH = Weather(delay_s=(0.1, 0.3), loss=0.05)
STEP_S = 0.37


class Listener(World):
    """A world that keeps its record."""

    def __init__(self, seed: int, weather: Weather, *, every_pulse: bool) -> None:
        self.said: list[tuple[int, str, bytes]] = []
        self.shares: list[dict[str, float]] = []
        super().__init__(seed, weather=weather, raw=False, every_pulse=every_pulse)

    def hears(self, topic: str, payload: bytes) -> None:
        """Record a pod's message."""
        self.said.append((self.now_ns, topic, payload))

    def dream(self, seconds: float) -> None:
        """Let time pass and record the renderers' shares now and then."""
        for _ in range(int(seconds / STEP_S)):
            self.run(STEP_S)
            self.shares.append(self.applied())
        self.run(seconds % STEP_S)


def trouble(world: Listener, rng: random.Random) -> None:
    """One of every event that a pod can have, at random moments."""
    cut, killed, frozen, woken, poor, silent = rng.sample(list(world.pods.values()), 6)
    cut.unplug()
    world.dream(rng.uniform(0.3, 2.0))
    cut.plug()
    killed.kill()
    world.dream(rng.uniform(0.1, 1.0))
    killed.boot()
    frozen.frozen = True
    world.dream(rng.uniform(0.3, 0.8))
    frozen.frozen = False
    woken.press("wake")
    world.dream(rng.uniform(0.0, 1.0))
    poorly(poor, 0.1)
    broken(silent, really=True)
    world.dream(rng.uniform(0.6, 2.0))
    poorly(poor, 1.0)
    broken(silent, really=False)
    world.dream(rng.uniform(0.0, 4.0))
    world.kill_daemon()
    world.dream(rng.uniform(0.2, 3.0))
    world.start_daemon()


def poorly(pod: Pod, quality: float) -> None:
    """Make this pod's electrodes fit badly."""
    assert isinstance(pod.front, Features)
    pod.front.quality, pod.front.cause = quality, "contact" if quality < 1.0 else ""


def broken(pod: Pod, *, really: bool) -> None:
    """Stop this pod's implant."""
    assert isinstance(pod.implant, Quiet)
    pod.catch_up()
    pod.implant.broken = really


def night(seed: int, weather: Weather, monkeypatch: pytest.MonkeyPatch, *, every_pulse: bool) -> Listener:
    """A night with one of every event, twice: during the ramp and at the ceiling."""
    send = Pod._send

    def overheard(pod: Pod, topic: str, payload: bytes) -> None:
        pod.world.hears(topic, payload)
        send(pod, topic, payload)

    with monkeypatch.context() as patch:
        patch.setattr(Pod, "_send", overheard)
        world = Listener(seed, weather, every_pulse=every_pulse)
        world.gather()
        rng = random.Random(seed)
        world.dream(rng.uniform(2.0, 8.0))
        trouble(world, rng)
        world.dream(14.0)
        trouble(world, rng)
        world.dream(6.0)
    return world


@pytest.mark.parametrize("weather", [CALM, ROUGH], ids=["calm", "rough"])
@pytest.mark.parametrize("seed", [1, 2, 3] if LONG else [2])
def test_pulses_left_out_change_no_story(
    seed: int, weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 20 Hz or only when needed: the same messages, facts and shares, at the same moments."""
    whole, sparing = (night(seed, weather, monkeypatch, every_pulse=every) for every in (True, False))
    assert {"merged", "severed", "alone", "latched"} <= {fact.kind for fact in whole.facts}
    assert {"quality", "contact", "silence"} & {fact.values.get("cause") for fact in whole.facts}
    assert sparing.facts == whole.facts
    assert sparing.said == whole.said
    assert sparing.shares == whole.shares


def test_most_pulses_of_a_steady_night_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A merged pod at its ceiling pulses once a hop, and once before each broadcast, not twenty times."""
    world = World(1, raw=False)
    world.gather()
    world.run(15.0)
    pulses = 0
    pulse = PodRunner.pulse

    def counted(bed: PodRunner, now_ns: int) -> None:
        nonlocal pulses
        pulses += 1
        pulse(bed, now_ns)

    monkeypatch.setattr(PodRunner, "pulse", counted)
    world.run(10.0)
    assert pulses <= 8 * 10 * 10
