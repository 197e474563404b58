"""A fleet in virtual time: the main job, and the loss of its parts."""

import pytest

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from fakes.callers import OPERATOR
from sim.world import Fact, Weather, World, severs


def alone_s(world: World, pod: str) -> float:
    """When this pod's sleeper was last reported alone, world time."""
    return max(fact.at_s for fact in world.facts if fact.pod == pod and fact.kind == "alone")


def facts(world: World, kind: str) -> list[Fact]:
    """All facts of one kind."""
    return [fact for fact in world.facts if fact.kind == kind]


@pytest.fixture(scope="module")
def quiet() -> World:
    """Eight pods, sixty quiet seconds; read only."""
    world = World(seed=1)
    world.gather()
    world.run(55.0)
    return world


def test_eight_sleepers_merge_and_stay_merged(quiet: World) -> None:
    """In sixty quiet seconds all merge once and reach the ceiling, without a sever."""
    assert len(facts(quiet, "merged")) == 8
    assert severs(quiet) == []
    assert all(0.14 < applied <= 0.15 for applied in quiet.applied().values())


def test_every_frame_arrives_in_its_tick(quiet: World) -> None:
    """On a good network no frame is late, lost or refused, and no tick is skipped."""
    counts = quiet.meters.counts
    assert counts["accepted"] >= 8 * 4 * 54
    assert counts.get("late", 0) == counts.get("lost", 0) == counts.get("skipped", 0) == 0
    assert not [name for name in counts if name.startswith("refused:")]


def test_feedback_is_younger_than_half_a_second(quiet: World) -> None:
    """On a good network at most 250 ms pass from capture to the feedback that answers it."""
    latencies = [float(f.values["capture_to_feedback_ms"]) for f in facts(quiet, "hop")
                 if "capture_to_feedback_ms" in f.values]  # fmt: skip
    assert latencies
    assert max(latencies) <= 250.0


def test_a_minute_of_eight_pods_without_their_signal_is_the_same_minute() -> None:
    """With ready-made features all merge too and survive a killed daemon: sixty seconds in two."""
    world = World(seed=14, raw=False)
    world.gather()
    world.run(22.0)
    assert min(world.applied().values()) > 0.14
    world.kill_daemon()
    world.run(1.5)
    assert set(world.applied().values()) == {0.0}
    world.start_daemon()
    world.run(28.5)
    assert world.now_s == 60.0
    assert min(world.applied().values()) > 0.14
    assert {cause for _, cause in severs(world)} == {"lease"}


def test_one_seed_is_one_story() -> None:
    """One seed gives the same facts at the same moments, another seed others."""

    def story(seed: int) -> list[tuple[float, str, str]]:
        world = World(seed, pods=3)
        world.gather()
        world.run(4.0)
        return [(fact.at_s, fact.pod, fact.kind) for fact in world.facts]

    assert story(3) == story(3)
    assert story(3) != story(4)


def test_a_killed_daemon_leaves_everyone_alone_within_lease_and_fade() -> None:
    """Without a daemon each renderer is at zero within 1.5 s; the new daemon ramps all from zero."""
    world = World(seed=2, pods=4)
    world.gather()
    world.run(15.0)
    assert min(world.applied().values()) > 0.05
    killed_s = world.now_s
    world.kill_daemon()
    world.run(1.5)
    assert set(world.applied().values()) == {0.0}
    assert max(alone_s(world, pod) for pod in world.pods) - killed_s <= 1.5
    world.start_daemon()
    world.run(3.0)
    assert set(world.applied().values()) == {0.0}, "scored at zero before anybody is granted anything"
    world.run(17.0)
    assert world.app.dreamscapes.get("night").state is DreamscapeState.DREAMING
    assert min(world.applied().values()) > 0.05


def test_a_railed_implant_is_alone_within_a_hop_and_the_rest_dream_on() -> None:
    """Railing is found at the pod: zero within one hop of the evidence, seven dream on, breaker OPEN."""
    world = World(seed=5)
    sick = world.pods["bed-5"]
    sick.kill()
    sick.malfunction = ("railed", 25.0)
    sick.boot()
    world.gather()
    world.run(22.0)
    told = facts(world, "severed")
    assert [(f.pod, f.values["cause"]) for f in told] == [("bed-5", "railed")]
    assert float(told[0].values["evidence_to_zero_ms"]) <= 250.0
    assert world.applied()["bed-5"] == 0.0
    assert sum(applied > 0.1 for applied in world.applied().values()) == 7
    assert world.app.pods.get("bed-5").breaker is BreakerState.OPEN


@pytest.mark.parametrize("name", ["silence", "flat", "nonfinite"])
def test_each_malfunction_is_severed_by_its_own_cause(name: str) -> None:
    """Silence, a flat line and a NaN each sever their own sleeper by their own cause, and no other."""
    world = World(seed=6, pods=4)
    sick = world.pods["bed-2"]
    sick.kill()
    sick.malfunction = (name, 18.0)
    sick.boot()
    world.gather()
    world.run(16.0)
    assert {pod for pod, _ in severs(world)} == {"bed-2"}
    assert severs(world)[0] == ("bed-2", name)
    assert world.applied()["bed-2"] == 0.0


def test_an_unplugged_pod_is_alone_by_itself_and_merges_again_later() -> None:
    """A pod without network is at zero within 1.5 s, the others go on, and it ramps again from zero."""
    world = World(seed=7, pods=5)
    world.gather()
    world.run(15.0)
    cut_s = world.now_s
    world.pods["bed-1"].unplug()
    world.run(4.0)
    assert alone_s(world, "bed-1") - cut_s <= 1.5
    assert severs(world) == [("bed-1", "lease")]
    world.pods["bed-1"].plug()
    world.run(20.0)
    assert world.applied()["bed-1"] > 0.05
    assert severs(world) == [("bed-1", "lease")]


@pytest.mark.parametrize("frozen_s", [0.7, 3.6])
def test_a_frozen_pod_falls_silent_by_its_renderer(frozen_s: float) -> None:
    """A frozen pod renders nothing 0.5 s after its last cue, reports that time, and ramps from zero."""
    world = World(seed=8, pods=4)
    world.gather()
    world.run(12.0)
    stopped_s = world.now_s
    world.pods["bed-3"].frozen = True
    world.run(0.6)
    assert world.applied()["bed-3"] == 0.0
    world.run(frozen_s - 0.6)
    world.pods["bed-3"].frozen = False
    world.run(0.5)
    assert severs(world) == [("bed-3", "stalled")]
    alone = next(fact for fact in facts(world, "alone") if fact.pod == "bed-3")
    alone_ns = int(alone.values["alone_ns"]) - world.pods["bed-3"].offset_ns
    assert alone_ns / 1e9 - stopped_s <= 0.5
    assert world.applied()["bed-3"] <= 0.01, "from zero, whatever the lease would still allow"


def test_a_woken_sleeper_stays_out_through_a_reboot() -> None:
    """The latch of a wake survives the agent: the pod is not seated until its sleeper unlatches."""
    world = World(seed=9, pods=4)
    world.gather()
    world.run(12.0)
    world.pods["bed-1"].press("wake")
    assert world.pods["bed-1"].disk.latched == "wake"
    world.run(1.0)
    assert world.applied()["bed-1"] == 0.0
    world.pods["bed-1"].kill()
    world.run(1.0)
    world.pods["bed-1"].boot()
    world.run(20.0)
    assert world.applied()["bed-1"] == 0.0
    assert world.app.dreamscapes.get("night").assigned == 3


def test_a_replayed_collective_is_refused() -> None:
    """Every broadcast of a coupled minute, replayed to a pod, changes nothing and is counted."""
    world = World(seed=10, pods=3)
    heard: list[tuple[str, bytes]] = []
    world.tap = lambda topic, payload: heard.append((topic, payload))
    world.gather()
    world.run(12.0)
    world.app.dreamscapes.sever(OPERATOR, "night", "enough")
    world.run(1.0)
    assert set(world.applied().values()) == {0.0}
    pod = world.pods["bed-1"]
    replayed = tuple(heard)
    for topic, payload in replayed:
        pod.deliver(topic, payload)
        pod.deliver(topic, payload[:-1] + bytes([payload[-1] ^ 1]))
    world.run(3.0)
    assert world.applied()["bed-1"] == 0.0
    record = world.app._deps.fleet.get("bed-1")
    assert record is not None
    assert record.status is not None
    assert record.status.refused_broadcasts == 2 * len(replayed)


def test_an_older_daemon_moves_no_pod() -> None:
    """After a second daemon has taken over the first one's term moves no pod, and it notices."""
    world = World(seed=11, pods=3)
    world.gather()
    world.run(12.0)
    old = world.daemon
    assert old is not None
    world.start_daemon()
    world.run(8.0)
    assert set(world.applied().values()) == {0.0} or world.daemon is not old
    runtime = next(iter(old.app.registry.values()))
    assert runtime.ownership.lost


def test_slow_links_sever_no_healthy_pod() -> None:
    """With 100 to 300 ms each way for half a minute no healthy sleeper is severed."""
    world = World(seed=12, pods=4, weather=Weather(delay_s=(0.1, 0.3)))
    world.gather()
    world.run(30.0)
    assert severs(world) == []
    assert min(world.applied().values()) > 0.05


def test_everyone_comes_home_when_it_ends() -> None:
    """End takes every pod to zero and home, and the Dreamscape closes by itself."""
    world = World(seed=13, pods=4)
    world.gather()
    world.run(12.0)
    ticket = world.app.dreamscapes.end(OPERATOR, "night", "morning")
    world.run(1.0)
    assert ticket.outcome().confirmed == 4
    assert set(world.applied().values()) == {0.0}
    assert world.app.dreamscapes.get("night").state is DreamscapeState.ENDED
    assert all(pod.bed.at_home for pod in world.pods.values())
