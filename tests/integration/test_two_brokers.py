"""A house with two real brokers: one is killed, and those at the other dream on, by the pods' own stamps."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from math import inf
from pathlib import Path

import pytest

from depth import LONG
from dreamapi.v1.severing_pb2 import Breaker
from integration.conftest import running_broker
from integration.fleet import LEASE_AND_FADE_S, Fleet, boottime_s, number, stamp_s, until
from mosquitto import Broker

FIRST, SECOND = "ward-a", "ward-b"
SOAKED = pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a smaller house is in every run")


class TwoBrokers(Fleet):
    """A fleet whose pods are at two brokers, by the number in `at`."""

    at: dict[str, tuple[str, ...]]
    brokers: dict[str, Broker]

    def gather(self, many: dict[str, int]) -> None:
        """Start the daemon, and so many pods in each ward."""
        self.daemon()
        self.at, first = {}, 1
        for ward, count in many.items():
            self.light(ward, first, count, "--hops")
            self.at[ward] = tuple(f"light-{n}" for n in range(first, first + count))
            first += count

    def merged(self, ward: str, since_s: float = 0.0) -> bool:
        """Whether everyone there renders a share, by a hop after this moment."""
        hops = [self.facts(pod, "hop", ward) for pod in self.at[ward]]
        return all(one and stamp_s(one[-1]) > since_s and number(one[-1], "applied") > 0.03 for one in hops)

    def shares(self, ward: str, since_s: float, until_s: float = inf) -> list[float]:
        """The shares that were rendered there in that time."""
        hops = [hop for pod in self.at[ward] for hop in self.facts(pod, "hop", ward)]
        return [number(hop, "applied") for hop in hops if since_s <= stamp_s(hop) < until_s]

    def severed(self, ward: str, since_s: float) -> list[str]:
        """The causes for which pods there were severed since then."""
        facts = (fact for pod in self.at[ward] for fact in self.facts(pod, "severed", ward))
        return [str(fact["cause"]) for fact in facts if stamp_s(fact) >= since_s]

    async def tripped(self) -> dict[str, str]:
        """The pods whose breakers are not closed, with the cause."""
        pods = await self.breakers()
        return {
            name: pod.breaker.cause for name, pod in pods.items() if pod.breaker.state != Breaker.STATE_CLOSED
        }

    async def survives(self, dead: str, living: str, lasting_s: float) -> None:
        """Kill a broker: those there are alone by their stamps, those at the other render on in each hop."""
        killed_s = boottime_s()
        self.brokers[dead].kill()
        await asyncio.sleep(lasting_s)
        alone_s = [self.alone_after_s(pod, killed_s, dead) for pod in self.at[dead]]
        assert max(alone_s) <= LEASE_AND_FADE_S
        assert not any(self.shares(dead, killed_s + LEASE_AND_FADE_S))
        shares = self.shares(living, killed_s)
        assert len(shares) >= len(self.at[living]) * (lasting_s - 1.0) * 4
        assert min(shares) > 0.03
        assert self.severed(living, killed_s) == []
        assert await self.tripped() == {}

    async def returns(self, dead: str, living: str) -> None:
        """Start it again: everyone there merges again, and no breaker has tripped for it."""
        back_s = boottime_s()
        self.brokers[dead].start()
        await until(lambda: self.merged(dead, back_s), 60.0)
        assert min(self.shares(living, back_s)) > 0.03
        assert await self.tripped() == {}


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[TwoBrokers]:
    """Two brokers and no process beside them yet."""
    folders = [tmp_path / ward for ward in (FIRST, SECOND)]
    for folder in folders:
        folder.mkdir()
    with running_broker(folders[0]) as first, running_broker(folders[1]) as second:
        one = TwoBrokers(tmp_path, first)
        one.brokers = {FIRST: first, SECOND: second}
        one.through = {FIRST: first.url, SECOND: second.url, "daemon": f"{first.url},{second.url}"}
        try:
            yield one
        finally:
            one.close()


def everyone(fleet: TwoBrokers) -> Sequence[str]:
    """All pods."""
    return [pod for pods in fleet.at.values() for pod in pods]


async def test_with_most_pods_at_a_dead_broker_the_others_dream_on(fleet: TwoBrokers) -> None:
    """The broker of five of eight pods is killed: the three at the other render on, hop by hop."""
    fleet.gather({FIRST: 5, SECOND: 3})
    await fleet.begin(everyone(fleet))
    await until(lambda: fleet.merged(FIRST) and fleet.merged(SECOND), 60.0)
    await fleet.survives(FIRST, SECOND, 4.0)


@SOAKED
async def test_each_of_two_brokers_dies_and_comes_back(fleet: TwoBrokers) -> None:
    """The broker of 8 of 24 pods is killed and started again, then that of 16: the others dream on."""
    fleet.gather({FIRST: 16, SECOND: 8})
    await fleet.begin(everyone(fleet))
    await until(lambda: fleet.merged(FIRST) and fleet.merged(SECOND), 60.0)
    for dead, living in ((SECOND, FIRST), (FIRST, SECOND)):
        await fleet.survives(dead, living, 40.0)
        await fleet.returns(dead, living)
