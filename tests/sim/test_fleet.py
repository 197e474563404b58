"""A fleet in virtual time: the main job, and the loss of its parts."""

import pytest

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.sleepers import SimulatedFault
from dreamd.simulation.processes.pods import Pod
from dreamwire import topics
from dreamwire.codec import COLLECTIVE, decode_broadcast
from dreamwire.cohort_key import decrypt
from dreamwire.messages import EncryptedCollective
from dreamwire.signing import unseal
from fakes.callers import OPERATOR
from sim.recorded import RecordedWorld


def alone_s(world: RecordedWorld, pod: str) -> float:
    """When this pod's sleeper was last alone, world time."""
    return max(line.at_s for line in world.kinds("alone") if line.pod == pod)


def counts_of(world: RecordedWorld) -> dict[str, int]:
    """The counters of the living daemon."""
    assert world.daemon is not None
    return world.daemon.metrics.counts


def failing(pod: Pod, kind: str) -> None:
    """The implant of this pod fails from now on; the checker may blame its sleeper."""
    pod.inject_fault(SimulatedFault(kind, pod.local_ns()))


class Eavesdropper:
    """A client that hears every broadcast of one cohort, and is no pod."""

    alive, frozen, taken_over = True, False, 0

    def __init__(self, world: RecordedWorld, topic: str) -> None:
        self.name, self.wanted = "eavesdropper", topic
        self.link = world.environment.link()
        self.heard: list[tuple[str, bytes]] = []
        world.broker.greet(self)

    def land(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Keep a broadcast."""
        if topic == self.wanted and not retained:
            self.heard.append((topic, payload))

    def disconnected(self, why: str) -> None:
        """It does not come back."""


@pytest.fixture(scope="module")
def quiet() -> RecordedWorld:
    """Eight pods, sixty seconds, nothing goes wrong; do not disturb."""
    world = RecordedWorld(1, signal=True)
    world.merge(55.0)
    return world


def test_eight_sleepers_merge_and_stay_merged(quiet: RecordedWorld) -> None:
    """In sixty quiet seconds all merge once and reach the ceiling, without a sever."""
    assert len(quiet.kinds("merged")) == 8
    assert quiet.severs() == []
    assert all(0.14 < applied <= 0.15 for applied in quiet.shares().values())


def test_every_frame_arrives_in_its_tick(quiet: RecordedWorld) -> None:
    """On a good network no frame is late, lost or refused, and no tick is skipped."""
    counts = counts_of(quiet)
    assert counts["accepted"] >= 8 * 4 * 54
    assert counts.get("late", 0) == counts.get("lost", 0) == counts.get("skipped", 0) == 0
    assert not [name for name in counts if name.startswith("refused:")]


def test_feedback_is_younger_than_half_a_second(quiet: RecordedWorld) -> None:
    """On a good network at most 250 ms pass from capture to the feedback that answers it."""
    latencies = [float(f.values["capture_to_feedback_ms"]) for f in quiet.kinds("hop")
                 if "capture_to_feedback_ms" in f.values]  # fmt: skip
    assert latencies
    assert max(latencies) <= 250.0


def test_a_minute_of_eight_pods_without_their_signal_is_the_same_minute() -> None:
    """With ready-made features all merge too and survive a killed daemon: sixty seconds in two."""
    world = RecordedWorld(14)
    world.merge(22.0)
    assert min(world.shares().values()) > 0.14
    world.kill_daemon()
    world.run(1.5)
    assert set(world.shares().values()) == {0.0}
    world.start_daemon()
    world.run(28.5)
    assert 60.0 <= world.schedule.now_s < 61.0
    assert min(world.shares().values()) > 0.14
    assert {cause for _, cause in world.severs()} == {"lease"}


def test_one_seed_is_one_story() -> None:
    """One seed gives the same facts at the same moments, another seed others."""

    def story(seed: int) -> list[tuple[float, str, str]]:
        world = RecordedWorld(seed, 3, signal=True)
        world.merge(4.0)
        return [(line.at_s, line.pod, line.kind) for line in world.lines]

    assert story(3) == story(3)
    assert story(3) != story(4)


def test_a_killed_daemon_leaves_everyone_alone_within_lease_and_fade() -> None:
    """Without a daemon each renderer is at zero within 1.5 s; the new daemon ramps all from zero."""
    world = RecordedWorld(2, 4, signal=True)
    world.merge(15.0)
    assert min(world.shares().values()) > 0.05
    killed_s = world.schedule.now_s
    world.kill_daemon()
    world.run(1.5)
    assert set(world.shares().values()) == {0.0}
    assert max(alone_s(world, pod.name) for pod in world.pods) - killed_s <= 1.5
    world.start_daemon()
    world.run(3.0)
    assert set(world.shares().values()) == {0.0}, "scored at zero before anybody is granted anything"
    world.run(17.0)
    assert world.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert min(world.shares().values()) > 0.05


def test_a_railed_implant_is_alone_within_a_hop_and_the_rest_dream_on() -> None:
    """Railing is found at the pod: zero within one hop of the evidence, seven dream on, breaker OPEN."""
    world = RecordedWorld(5, signal=True)
    world.merge(17.0)
    failing(world.bed(5), "railed")
    world.run(5.0)
    severs = world.kinds("severed")
    assert [(f.pod, f.values["cause"]) for f in severs] == [("bed-5", "railed")]
    assert float(severs[0].values["evidence_to_zero_ms"]) <= 250.0
    assert world.shares()["bed-5"] == 0.0
    assert sum(applied > 0.1 for applied in world.shares().values()) == 7
    assert world.app.pods.get("bed-5").breaker is BreakerState.OPEN


@pytest.mark.parametrize("name", ["silence", "flat", "nonfinite"])
def test_each_malfunction_is_severed_by_its_own_cause(name: str) -> None:
    """Silence, a flat line and a NaN each sever their own sleeper by their own cause, and no other."""
    world = RecordedWorld(6, 4, signal=True)
    world.merge(10.0)
    failing(world.bed(2), name)
    world.run(6.0)
    assert {pod for pod, _ in world.severs()} == {"bed-2"}
    assert world.severs()[0] == ("bed-2", name)
    assert world.shares()["bed-2"] == 0.0


def test_an_unplugged_pod_is_alone_by_itself_and_merges_again_later() -> None:
    """A pod without network is at zero within 1.5 s, the others go on, and it ramps again from zero."""
    world = RecordedWorld(7, 5, signal=True)
    world.merge(15.0)
    cut_s = world.schedule.now_s
    world.bed(1).link.cut()
    world.run(4.0)
    assert alone_s(world, "bed-1") - cut_s <= 1.5
    assert world.severs() == [("bed-1", "lease")]
    world.bed(1).link.heal()
    world.run(23.0)
    assert world.shares()["bed-1"] > 0.05
    assert world.severs() == [("bed-1", "lease")]


@pytest.mark.parametrize("frozen_s", [0.7, 3.6])
def test_a_frozen_pod_falls_silent_by_its_renderer(frozen_s: float) -> None:
    """A frozen pod renders nothing 0.5 s after its last cue, reports that time, and ramps from zero."""
    world = RecordedWorld(8, 4, signal=True)
    world.merge(12.0)
    stopped_s = world.schedule.now_s
    world.bed(3).freeze()
    world.run(0.6)
    assert world.shares()["bed-3"] == 0.0
    world.run(frozen_s - 0.6)
    world.bed(3).thaw()
    world.run(0.5)
    assert world.severs()[0] == ("bed-3", "stalled")
    assert {pod for pod, _ in world.severs()} == {"bed-3"}
    alone = next(line for line in world.kinds("alone") if line.pod == "bed-3")
    alone_ns = world.bed(3).machine.world_ns(int(alone.values["alone_ns"]))
    assert alone_ns / 1e9 - stopped_s <= 0.5
    assert world.shares()["bed-3"] <= 0.01, "from zero, whatever the lease would still allow"


def test_a_woken_sleeper_stays_out_through_a_reboot() -> None:
    """The latch of a wake survives the agent: the pod is not seated until its sleeper unlatches."""
    world = RecordedWorld(9, 4, signal=True)
    world.merge(12.0)
    world.bed(1).press("wake")
    assert world.bed(1).disk.latched == "wake"
    world.run(1.0)
    assert world.shares()["bed-1"] == 0.0
    world.bed(1).kill()
    world.run(1.0)
    world.bed(1).boot()
    world.run(20.0)
    assert world.shares()["bed-1"] == 0.0
    assert world.app.dreamscapes.get("night").assigned == 3


def test_a_replayed_collective_is_refused() -> None:
    """Every broadcast of a coupled minute, replayed to a pod, changes nothing and is counted."""
    world = RecordedWorld(10, 3)
    heard = Eavesdropper(world, topics.collective("night", 0)).heard
    world.merge(12.0)
    world.app.dreamscapes.sever(OPERATOR, "night", "enough")
    world.run(1.0)
    assert set(world.shares().values()) == {0.0}
    pod = world.bed(1)
    replayed = tuple(heard)
    for topic, payload in replayed:
        pod.land(topic, payload)
        pod.land(topic, payload[:-1] + bytes([payload[-1] ^ 1]))
    world.run(3.0)
    assert world.shares()["bed-1"] == 0.0
    record = world.app._deps.fleet.get("bed-1")
    assert record is not None
    assert record.status is not None
    assert record.status.refused_broadcasts == 2 * len(replayed)


def test_departures_cost_those_that_stay_nothing_and_take_the_key_from_those_that_go() -> None:
    """Of nine two are released, one withdraws and one is woken, a second apart: five dream on undisturbed.

    No lease of theirs lapses, none is severed, no tick is skipped. Each broadcast after a departure is read
    by no key of a bed that left, and by a key of each that stayed.
    """
    world = RecordedWorld(14, 9)
    heard = Eavesdropper(world, topics.collective("night", 0)).heard
    world.merge(7.0)
    before, left = world.shares(), []
    for number in range(1, 5):
        pod = world.bed(number)
        if number > 2:
            pod.press("withdraw" if number == 3 else "wake")
        else:
            world.app.pods.release(OPERATOR, pod.name, "enough")
        left += pod.held.secrets
        world.run(1.0)
        last = decode_broadcast(unseal(world.environment.key, COLLECTIVE, heard[-1][1]))
        assert isinstance(last, EncryptedCollective)
        assert not any(decrypt(last, secret) for secret in left)
        for other in range(number + 1, 10):
            assert decrypt(last, world.bed(other).held.secrets[-1]) is not None
    world.run(3.0)
    after = world.shares()
    assert {line.pod for line in world.kinds("severed")} <= {f"bed-{number}" for number in range(1, 5)}
    assert all(after[f"bed-{number}"] >= before[f"bed-{number}"] > 0.0 for number in range(5, 10))
    assert counts_of(world).get("skipped", 0) == 0
    for number in range(5, 10):
        record = world.app._deps.fleet.get(f"bed-{number}")
        assert record is not None
        assert record.status is not None
        assert record.status.refused_broadcasts == 0


def test_slow_links_sever_no_healthy_pod() -> None:
    """With 100 to 300 ms each way for half a minute no healthy sleeper is severed."""
    world = RecordedWorld(12, 4, NetworkConditions(delay_s=(0.05, 0.15)), signal=True)
    world.merge(30.0)
    assert world.severs() == []
    assert min(world.shares().values()) > 0.05


def test_everyone_comes_home_when_it_ends() -> None:
    """End takes every pod to zero and home, and the Dreamscape closes by itself."""
    world = RecordedWorld(13, 4, signal=True)
    world.merge(12.0)
    ticket = world.app.dreamscapes.end(OPERATOR, "night", "morning")
    world.run(1.0)
    assert ticket.outcome().confirmed == 4
    assert set(world.shares().values()) == {0.0}
    assert world.app.dreamscapes.get("night").state is DreamscapeState.ENDED
    assert all(pod.runner.at_home for pod in world.pods)
