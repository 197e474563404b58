"""Gateways in virtual time: whatever befalls one, its beds are heard, and no cause is a person's."""

import pytest

from depth import LONG
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.refusals import Refusal
from dreamd.simulation.faults import gateway_faults
from dreamd.simulation.faults.access_faults import enrol_name, revoke
from dreamd.simulation.faults.gateway_faults import forged
from dreamd.simulation.nights import Night
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.scenario import run_scenario
from dreamd.simulation.world import World

SEEDS = tuple(seed for seed in range(400) if gateway_faults.gateways(seed)) if LONG else (1,)
UNHEARD_S = 3.5
"""From a silent denial to the first frame on the bed's own connection."""


class Counted(World):
    """A world that counts the frames of its gateway's beds by their sender."""

    def __init__(self, gateways: int = 1, *, site: bool = False) -> None:
        super().__init__(3, 6, gateways=gateways)
        if site:
            self.found_site()
        self.by: list[tuple[float, str]] = []
        receive = self.broker.receive

        def counted(topic: str, payload: bytes, *, retain: bool = False) -> None:
            if "/frames/" in topic:
                self.by.append((self.schedule.now_s, topic.rsplit("/", 1)[-1]))
            receive(topic, payload, retain=retain)

        self.broker.receive = counted  # type: ignore[method-assign]
        assert self.gather() == ""
        self.run(14.0)
        assert min(pod.share() for pod in self.pods) > 0.0
        self.checker.calm = False

    @property
    def ward(self) -> list[Pod]:
        """The beds behind a gateway."""
        return [pod for pod in self.pods if pod.gateway is not None]

    def senders(self, since_s: float) -> set[str]:
        """The senders of frames since then."""
        return {sender for at_s, sender in self.by if at_s >= since_s}

    def first_s(self, sender: str, since_s: float) -> float:
        """When the first frame of a sender came since then."""
        return min(at_s for at_s, name in self.by if name == sender and at_s >= since_s)

    def unaccused(self) -> bool:
        """Whether every breaker is closed, and no rule was broken."""
        assert self.daemon is not None
        closed = {pod.breaker for pod in self.daemon.app.pods.list()} == {BreakerState.CLOSED}
        return closed and not self.checker.violations


def test_nights_with_gateways_break_no_rule_and_give_no_hard_cause() -> None:
    """In nights of the network with every fault of a gateway, no person or device is accused."""
    told = [run_scenario(seed, 4 + seed % 5, 115.0, night=Night(network=True)) for seed in SEEDS]
    assert [(one.seed, one.violations[0]) for one in told if one.violations] == []
    assert {kind for one in told for kind in one.faults} >= {
        "gateway-denied",
        "gateway-doubles",
        "gateway-mixes",
    }


@pytest.mark.parametrize("moment", range(12) if LONG else (0,))
def test_a_silently_denied_gateway_does_not_keep_its_ward_alone(moment: int) -> None:
    """Each of its beds sends by itself within 3.5 s and merges again; allowed, the gateway gets them back."""
    world = Counted()
    world.run(0.17 * moment)
    gateway, denied_s = world.gateways[0], world.schedule.now_s
    gateway.denied = True
    world.run(5.0)
    for pod in world.ward:
        within_s = world.first_s(pod.name, denied_s) - denied_s
        assert within_s <= UNHEARD_S
        if LONG:
            print(f"{pod.name} sends by itself after {within_s:.2f} s")
    alone = [pod for pod in world.pods if pod.gateway is None]
    assert min(pod.share() for pod in alone) > 0.0, "the others dream on"
    world.run(20.0)
    assert min(pod.share() for pod in world.pods) > 0.0
    gateway.denied = False
    world.run(45.0)
    since_s = world.schedule.now_s
    world.run(4.0)
    assert world.senders(since_s) == {gateway.name, *(pod.name for pod in alone)}
    assert world.unaccused()


@pytest.mark.parametrize("ends", ["dies", "is cut"] if LONG else ["dies"])
def test_a_gateway_that_is_gone_keeps_no_bed_alone(ends: str) -> None:
    """Beds of one that died send by themselves at once; of one that is cut, as of one that is denied."""
    world = Counted()
    gateway, gone_s = world.gateways[0], world.schedule.now_s
    lowest: list[float] = []
    (gateway.die if ends == "dies" else gateway.cut)()
    for _ in range(40 if ends == "dies" else 200):
        world.run(0.1)
        lowest.append(min(pod.share() for pod in world.pods))
    within_s = 0.5 if ends == "dies" else UNHEARD_S
    for pod in world.ward:
        assert world.first_s(pod.name, gone_s) - gone_s <= within_s
    if ends == "dies":
        assert min(lowest) > 0.0, "no lease has lapsed"
    assert lowest[-1] > 0.0
    assert world.unaccused()


def test_what_a_gateway_sends_twice_accuses_no_bed() -> None:
    """Copies are refused and counted; every sleeper dreams on."""
    world = Counted()
    world.gateways[0].copies = 2
    world.run(6.0)
    assert world.daemon is not None
    assert world.daemon.metrics.counts["refused:copied"] >= 20
    assert min(pod.share() for pod in world.pods) > 0.0
    assert world.unaccused()


def test_frames_in_the_name_of_a_stranger_are_refused() -> None:
    """A gateway that forges the frames of beds that do not name it changes nothing for them."""
    world = Counted(gateways=2)
    gateway = world.gateways[0]
    gateway.mix = lambda: forged(world, gateway)
    world.run(6.0)
    assert world.daemon is not None
    assert world.daemon.metrics.counts["refused:wrong-sender"] >= 60
    assert min(pod.share() for pod in world.pods) > 0.0
    assert world.unaccused()


def test_a_revoked_gateway_is_put_out_and_its_beds_stay() -> None:
    """In a site its beds send by themselves without a lapse; enrolled anew, it has their frames again."""
    world = Counted(site=True)
    gateway, daemon = world.gateways[0], world.daemon
    assert daemon is not None
    assert not isinstance(revoke(daemon, gateway.name), Refusal)
    lowest: list[float] = []
    for _ in range(60):
        world.run(0.1)
        lowest.append(min(pod.share() for pod in world.pods))
    since_s = world.schedule.now_s - 2.0
    assert world.senders(since_s) == {pod.name for pod in world.pods}
    assert min(lowest) > 0.0
    enrol_name(world, gateway.name, lambda token: setattr(gateway, "credential", token))
    world.run(6.0)
    since_s = world.schedule.now_s - 2.0
    assert not world.senders(since_s) & {pod.name for pod in world.ward}
    assert world.unaccused()
