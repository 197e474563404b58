"""The daemon killed and restarted: the ledger's and the pods' memory, and the missing grants."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from depth import LONG
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.adapters.ledger.opening import LEDGER_FILE
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock
from dreamd.ports.ledger.transaction import Transaction
from integration.fleet import LEASE_AND_FADE_S, NIGHT, Fleet, boottime_s, number, stamp_s, until
from mosquitto import Broker

WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 7))
LOCKED, ILL, WELL = PODS[0], PODS[1], PODS[2:]
TICK_WITHIN_S = 3.0
SCORED_S = 30 * 0.25


@pytest.fixture
async def fleet(broker: Broker, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Six sleepers, merged; their pods journal every hop."""
    one = Fleet(tmp_path, broker)
    try:
        one.daemon()
        one.light(WARD, 1, len(PODS), "--hops")
        await one.begin(PODS)
        await until(lambda: all(one.applied(pod, WARD) > 0.03 for pod in PODS))
        yield one
    finally:
        one.close()


async def breaker(fleet: Fleet, pod: str) -> int:
    """The state of a pod's breaker in the daemon's view."""
    return (await fleet.breakers())[pod].breaker.state


async def wait_for_breaker(fleet: Fleet, pod: str, state: int, within_s: float) -> None:
    """Wait until a pod's breaker is in this state."""
    deadline_s = boottime_s() + within_s
    while await breaker(fleet, pod) != state:
        assert boottime_s() < deadline_s, f"{pod} is {await breaker(fleet, pod)}, not {state}"
        await asyncio.sleep(0.2)


def again(fleet: Fleet, pod: str, since_s: float) -> list[float]:
    """The times of this pod's merges since then."""
    return [stamp_s(fact) for fact in fleet.facts(pod, "merged", WARD) if stamp_s(fact) > since_s]


async def first_tick_s(fleet: Fleet) -> float:
    """Wait for a tick of this daemon; returns the moment."""
    async with fleet.api() as api, aclosing(api.dreamscapes.watch_collective(NIGHT)) as ticks:
        async for tick in ticks:
            if tick.tick > 0:
                return boottime_s()
    raise AssertionError("the Dreamscape ended")


async def test_a_restarted_daemon_scores_all_and_ramps_from_zero(fleet: Fleet) -> None:
    """After kill -9 all are alone in 1.5 s; a new daemon ticks in 3 s, scores 30 ticks at zero, then ramps.

    A pod that reports its own sever is OPEN, one locked in the ledger stays LOCKED: neither is coupled.
    """
    fleet.tell(WARD, f"ail {ILL} railed")
    await until(lambda: fleet.facts(ILL, "alone", WARD))
    fleet.tell(WARD, f"cure {ILL}")
    killed_s = fleet.kill_daemon()
    await until(lambda: all(fleet.facts(pod, "alone", WARD) for pod in PODS))
    assert max(fleet.alone_after_s(pod, killed_s, WARD) for pod in (LOCKED, *WELL)) <= LEASE_AND_FADE_S
    lock(fleet, LOCKED)
    started_s = fleet.daemon()
    ready_s = boottime_s()
    tick_s = await first_tick_s(fleet)
    print(
        f"first tick {tick_s - ready_s:.2f} s after it was ready, {tick_s - started_s:.2f} s after its start"
    )
    assert tick_s - ready_s <= TICK_WITHIN_S
    await until(lambda: all(again(fleet, pod, started_s) for pod in WELL))
    print(f"all well merged {boottime_s() - started_s:.1f} s after its start")
    for pod in WELL:
        merged_s = again(fleet, pod, started_s)[0]
        assert merged_s - ready_s >= SCORED_S - 0.5
        shares = {stamp_s(hop): number(hop, "applied") for hop in fleet.facts(pod, "hop", WARD)}
        assert max(share for at_s, share in shares.items() if started_s < at_s < merged_s) == 0.0
        assert next((share for at_s, share in shares.items() if at_s >= merged_s), 0.0) < 0.02
    assert await breaker(fleet, ILL) == Breaker.STATE_OPEN
    assert await breaker(fleet, LOCKED) == Breaker.STATE_LOCKED
    assert not again(fleet, ILL, started_s)
    assert not again(fleet, LOCKED, started_s)


def lock(fleet: Fleet, pod: str) -> None:
    """Write a lock into the ledger of a stopped daemon, as the daemon would."""
    ledger = SqliteLedger(fleet.state / LEDGER_FILE)
    ledger.write(Transaction(locks=(Lock(pod, Cause.NONFINITE, time.time(), "a second time"),)))
    ledger.close()


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: waits for breakers, over a minute")
async def test_a_lock_made_by_two_trips_outlives_its_daemon(fleet: Fleet) -> None:
    """Two malfunctions within half an hour lock a breaker; after kill -9 it is still locked, and alone."""
    fleet.tell(WARD, f"nan {LOCKED}")
    await wait_for_breaker(fleet, LOCKED, Breaker.STATE_OPEN, 5.0)
    await wait_for_breaker(fleet, LOCKED, Breaker.STATE_HALF_OPEN, 45.0)
    fleet.tell(WARD, f"nan {LOCKED}")
    await wait_for_breaker(fleet, LOCKED, Breaker.STATE_LOCKED, 5.0)
    await asyncio.sleep(1.0)
    fleet.kill_daemon()
    started_s = fleet.daemon()
    await until(lambda: all(again(fleet, pod, started_s) for pod in PODS[1:]))
    assert await breaker(fleet, LOCKED) == Breaker.STATE_LOCKED
    assert not again(fleet, LOCKED, started_s)
