"""A large fleet over a real broker: it dies and the pods come back; one after another malfunctions.

The pods are light ones (`fakes.light_pods`): real agents, links and connections, sleepers of ready-made
numbers, in two processes. `make soak` has two hundred of them, `make test` forty. The test asserts
safety deadlines by the pods' own stamps, and the causes. Speed is printed, and measured alone by
`make bench ARGS=sever`: beside other tests this fleet may starve, then leases lapse, and the night is resumed
after a lost quorum.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

import dreamapi
from depth import LONG
from dreamapi.v1.dreamscapes_pb2 import Dreamscape
from dreamapi.v1.severing_pb2 import Breaker
from integration.crowd import Crowd
from integration.fleet import LEASE_AND_FADE_S, NIGHT, Fleet, boottime_s, stamp_s, until
from integration.withdrawals import own_socket, ways_out
from mosquitto import Broker

COUNT = 200 if LONG else 40
DOWN_S = 2.0
INJECTIONS = 40 if LONG else 8
"""At most a fifth of the fleet: one more within ten seconds would be a mass failure."""
OF_THE_WAY = {"", "lease", "stale", "lost", "clock", "stalled", "daemon"}
"""Causes that count against no pod."""


@pytest.fixture
async def crowd(broker: Broker, tmp_path: Path) -> AsyncIterator[Crowd]:
    """All sleepers, merged."""
    fleet = Fleet(tmp_path, broker)
    try:
        one = Crowd(fleet, COUNT)
        await one.begin()
        await all_merged(one, 0.0)
        yield one
    finally:
        fleet.close()


async def all_merged(crowd: Crowd, since_s: float) -> None:
    """Wait until all have merged since then; resume the night after a lost quorum."""
    deadline_s = boottime_s() + 60.0
    async with crowd.fleet.api() as api:
        while len({fact["pod"] for fact in crowd.told("merged", since_s)}) < COUNT:
            assert boottime_s() < deadline_s, "they have not all merged"
            await asyncio.sleep(0.5)
            if (await api.dreamscapes.get(NIGHT)).state == Dreamscape.STATE_SEVERED:
                with suppress(dreamapi.ApiError):
                    await api.dreamscapes.resume(NIGHT)


async def test_a_night_of_a_large_fleet(crowd: Crowd, broker: Broker) -> None:
    """The broker dies and all come back; a fifth of the pods send false frames; then sleepers withdraw."""
    await _come_back_one_by_one(crowd, broker)
    await _false_frames_are_severed(crowd)
    await _withdrawals_are_zero(crowd)


async def _come_back_one_by_one(crowd: Crowd, broker: Broker) -> None:
    """After kill -9 of the broker all are alone within 1.5 s, then merged again, without a personal cause."""
    killed_s = boottime_s()
    broker.kill()
    await asyncio.sleep(DOWN_S)
    restarted_s = boottime_s()
    broker.start()
    await all_merged(crowd, restarted_s)
    coupled = _coupled(crowd, killed_s)
    alone_s: dict[object, float] = {}
    for fact in crowd.told("alone", killed_s):
        if fact["pod"] in coupled:
            alone_s.setdefault(fact["pod"], stamp_s(fact, "alone_ns") - killed_s)
    connected_s = sorted(stamp_s(fact) - restarted_s for fact in crowd.told("connected", restarted_s))
    most = max(Counter(int(at_s * 10) for at_s in connected_s[:COUNT]).values())
    merged_s = {fact["pod"]: stamp_s(fact) - restarted_s for fact in crowd.told("merged", restarted_s)}
    print(
        f"alone after {max(alone_s.values()):.3f} s at the latest; connected again {connected_s[0]:.2f} to "
        f"{connected_s[-1]:.2f} s after its start, at most {most} in 100 ms; "
        f"merged by {max(merged_s.values()):.1f} s"
    )
    assert len(coupled) > COUNT // 2
    assert set(alone_s) == coupled
    assert max(alone_s.values()) <= LEASE_AND_FADE_S
    assert {fact["pod"] for fact in crowd.told("connected", restarted_s)} == set(crowd.pods)
    assert most <= COUNT // 4
    breakers = (await crowd.fleet.breakers()).values()
    assert not any(pod.breaker.state == Breaker.STATE_LOCKED for pod in breakers)
    assert {pod.breaker.cause for pod in breakers} <= OF_THE_WAY
    assert {str(fact["cause"]) for fact in crowd.told("severed", killed_s)} <= OF_THE_WAY


def _coupled(crowd: Crowd, at_s: float) -> set[object]:
    """The pods that were merged at this moment: on a busy machine a lease may have lapsed before it."""
    merged_s = {fact["pod"]: stamp_s(fact) for fact in crowd.told("merged", 0.0) if stamp_s(fact) < at_s}
    told = [(fact["pod"], stamp_s(fact, "alone_ns")) for fact in crowd.told("alone", 0.0)]
    left_s = {pod: alone_s for pod, alone_s in told if alone_s < at_s}
    return {pod for pod, since_s in merged_s.items() if not left_s.get(pod, 0.0) > since_s}


async def _false_frames_are_severed(crowd: Crowd) -> None:
    """Many pods send a NaN without notice: each is at zero in 1.5 s, and no other has a cause."""
    liars = crowd.pods[:: COUNT // INJECTIONS]
    began_s = boottime_s()
    for liar in liars:
        crowd.lie(liar)
        await asyncio.sleep(0.27)
    await until(lambda: len(list(crowd.told("lied", began_s))) == INJECTIONS)
    await asyncio.sleep(LEASE_AND_FADE_S)
    took_s = crowd.evidence_to_zero_s(began_s)
    print(f"{len(took_s)} times evidence to zero: p50 {1000 * took_s[len(took_s) // 2]:.0f} ms, "
          f"worst {1000 * took_s[-1]:.0f} ms")  # fmt: skip
    assert took_s
    assert took_s[-1] <= LEASE_AND_FADE_S
    assert await _blamed(crowd, set(liars)) == set(liars)


async def _withdrawals_are_zero(crowd: Crowd) -> None:
    """By each of five ways a sleeper leaves: zero in 1.5 s by the pod's stamp, and withdrawn in the book."""
    moments: list[tuple[str, float]] = []
    async with crowd.fleet.api() as api, own_socket(crowd.fleet) as own:
        ways = ways_out(crowd, api, own)
        for pod, leave in zip(crowd.pods[1 :: COUNT // len(ways)], ways.values(), strict=True):
            moments.append((pod, boottime_s()))
            await leave(pod)
        await asyncio.sleep(LEASE_AND_FADE_S)
        consents = [await api.consents.consent_of(f"sleeper-{pod}") for pod, _ in moments]
    assert [one.state for one in consents] == [one.STATE_WITHDRAWN for one in consents]
    took_s = crowd.zero_after_s(moments)
    print(f"{len(took_s)} withdrawals to zero, worst {1000 * max(took_s, default=0.0):.0f} ms")
    assert all(one_s <= LEASE_AND_FADE_S for one_s in took_s)


async def _blamed(crowd: Crowd, liars: set[str]) -> set[str]:
    """The pods with a personal cause, once all liars have one: on a busy machine one is late to be merged."""
    blamed: set[str] = set()
    for _ in range(40):
        breakers = (await crowd.fleet.breakers()).items()
        blamed = {name for name, pod in breakers if pod.breaker.cause not in OF_THE_WAY}
        if liars <= blamed:
            break
        await asyncio.sleep(0.25)
    return blamed
