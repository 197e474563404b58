"""One Dreamscape in two houses: two real daemons, two brokers, a real Ray cluster; parts of it killed."""

import asyncio
import os
import signal
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, aclosing
from pathlib import Path

import psutil
import pytest

from depth import LONG
from fakes.ray_cluster import ray_cluster
from integration.conftest import running_broker
from integration.fleet import LEASE_AND_FADE_S, NIGHT, Fleet, boottime_s, number, stamp_s, until

pytestmark = pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two houses and a Ray cluster, a minute")

WARD = "ward"
FIRST = {"one": 1, "two": 5}
"""Of the pods of each house: equal numbers would be copies of one sleeper, which the houses find."""
BACK_WITHIN_S = 10.0


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a cluster with a token."""
    with pytest.MonkeyPatch.context() as patch, ray_cluster(patch) as address:
        yield address


@pytest.fixture
async def houses(tmp_path: Path, cluster: str) -> AsyncIterator[list[Fleet]]:
    """Two houses of four sleepers each, in one Dreamscape, all merged."""
    flags = ("--cluster-address", cluster, "--cluster-dreamscapes", NIGHT)
    with ExitStack() as brokers:
        both: list[Fleet] = []
        try:
            for name, first in FIRST.items():
                folder = tmp_path / name
                folder.mkdir()
                both.append(Fleet(folder, brokers.enter_context(running_broker(folder)), flags=flags))
                both[-1].daemon()
                both[-1].light(WARD, first, 4, "--hops")
            for house in both:
                await house.begin(pods(house))
            for house in both:
                await until(lambda house=house: merged(house), within_s=60.0)  # type: ignore[misc]
            yield both
        finally:
            for house in both:
                house.close()


def pods(house: Fleet) -> tuple[str, ...]:
    """The pods of a house."""
    first = FIRST[house.folder.name]
    return tuple(f"light-{k}" for k in range(first, first + 4))


def merged(house: Fleet) -> bool:
    """Whether every sleeper of the house is coupled."""
    return all(house.applied(pod, WARD) > 0.03 for pod in pods(house))


async def included(house: Fleet) -> int:
    """The number of sleepers in the centre that the house broadcasts."""
    async with house.api() as api, aclosing(api.dreamscapes.watch_collective(NIGHT)) as ticks:
        async for tick in ticks:
            return tick.included
    raise AssertionError("the Dreamscape ended")


async def all_in(house: Fleet, many: int, within_s: float) -> float:
    """Wait until so many sleepers are in the centre; returns the moment."""
    deadline_s = boottime_s() + within_s
    while await included(house) != many:
        assert boottime_s() < deadline_s, f"{await included(house)} of {many} in {within_s:.0f} s"
        await asyncio.sleep(0.1)
    return boottime_s()


def shares(house: Fleet, since_s: float) -> list[float]:
    """The shares that the house's pods rendered since then."""
    return [
        number(hop, "applied")
        for pod in pods(house)
        for hop in house.facts(pod, "hop", WARD)
        if stamp_s(hop) >= since_s
    ]


async def test_a_killed_house_is_alone_and_the_other_dreams_on(houses: list[Fleet]) -> None:
    """Its sleepers are alone in 1.5 s by their own stamps; the others' share never falls; both join again."""
    stays, dies = houses
    assert [await included(house) for house in houses] == [8, 8]
    killed_s = dies.kill_daemon()
    await until(lambda: all(dies.facts(pod, "alone", WARD) for pod in pods(dies)))
    alone_s = max(dies.alone_after_s(pod, killed_s, WARD) for pod in pods(dies))
    assert alone_s <= LEASE_AND_FADE_S
    await asyncio.sleep(2.0)
    assert await included(stays) == 4
    least = min(shares(stays, killed_s))
    assert least > 0.03, "the other house dreams on"
    dies.daemon()
    ready_s = boottime_s()
    back_s = await all_in(stays, 8, 30.0) - ready_s
    print(f"alone {alone_s:.2f} s after the kill; in the others' centre {back_s:.1f} s after it was ready")
    assert back_s <= BACK_WITHIN_S
    await until(lambda: merged(dies))


async def test_without_its_reducer_all_are_alone_until_ray_starts_it_again(houses: list[Fleet]) -> None:
    """The reducer is frozen: all sleepers of both houses are alone in 1.5 s; killed, it comes back."""
    reducer = next(
        one
        for one in psutil.process_iter(["cmdline"])
        if "ray::ReducerActor" in " ".join(one.info["cmdline"] or ()) and ours(one)
    )
    frozen_s = boottime_s()
    reducer.send_signal(signal.SIGSTOP)
    await until(lambda: all(alone_since(house, pod, frozen_s) for house in houses for pod in pods(house)))
    alone_s = max(house.alone_after_s(pod, frozen_s, WARD) for house in houses for pod in pods(house))
    assert alone_s <= LEASE_AND_FADE_S
    killed_s = boottime_s()
    reducer.send_signal(signal.SIGKILL)
    back_s = max([await all_in(house, 8, 60.0) for house in houses]) - killed_s
    print(f"alone {alone_s:.2f} s after the reducer was frozen; one centre again after {back_s:.1f} s")
    assert back_s <= BACK_WITHIN_S
    for house in houses:
        await until(lambda house=house: merged(house), within_s=60.0)  # type: ignore[misc]


async def test_a_house_outlives_its_cluster(houses: list[Fleet]) -> None:
    """Its head and node are killed: all are alone in 1.5 s; each daemon goes on, ready, and names it."""
    nodes = [
        one for one in psutil.Process().children(recursive=True) if one.name() in ("gcs_server", "raylet")
    ]
    assert {one.name() for one in nodes} == {"gcs_server", "raylet"}
    killed_s = boottime_s()
    for one in nodes:
        one.send_signal(signal.SIGKILL)
    await until(lambda: all(alone_since(house, pod, killed_s) for house in houses for pod in pods(house)))
    assert (
        max(house.alone_after_s(pod, killed_s, WARD) for house in houses for pod in pods(house))
        <= LEASE_AND_FADE_S
    )
    await asyncio.sleep(5.0)
    for house in houses:
        assert house.processes["daemon"].poll() is None
        told = await asyncio.to_thread(readiness, house)
        assert told.startswith("ok\n"), told
        assert "reducer" in told or "cluster" in told or "engine" in told, told
        assert house.stop_daemon(10.0) == 0


def readiness(house: Fleet) -> str:
    """The page /readyz of a daemon that is ready."""
    with urllib.request.urlopen(f"http://127.0.0.1:{house.http_port}/readyz", timeout=5.0) as page:
        told: bytes = page.read()
    return told.decode()


def alone_since(house: Fleet, pod: str, since_s: float) -> bool:
    """Whether this pod has been alone since then."""
    return any(stamp_s(fact, "alone_ns") >= since_s for fact in house.facts(pod, "alone", WARD))


def ours(process: psutil.Process) -> bool:
    """Whether a process descends from this one."""
    return psutil.Process(os.getpid()) in process.parents()
