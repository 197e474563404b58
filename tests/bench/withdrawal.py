"""Withdrawal to zero with two hundred pods: sixteen sleepers each leave by one of five ways, in turn.

The time runs from the press, or from the moment before the call, to the zero of the pod by its own monotonic
clock; all processes share that clock.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.crowds import measured
from integration.crowd import Crowd
from integration.fleet import boottime_s, until
from integration.withdrawals import own_socket, ways_out

COUNT: Final = 200
EACH: Final = 16
APART_S: Final = 0.31
"""Every phase of a tick occurs."""

Row = Callable[[str, str, str], None]


def withdrawal(row: Row) -> None:
    """Measure and print."""
    took_s = measured(COUNT, _measure)
    for way, times_s in (*took_s.items(), ("all", sorted(s for times in took_s.values() for s in times))):
        if not times_s:
            row(f"withdrawal to zero, {COUNT} pods, {way}", "none was merged", "")
            continue
        title = f"withdrawal to zero, {COUNT} pods, {way}, {len(times_s)} times"
        row(f"{title}: p50", f"{1000 * times_s[len(times_s) // 2]:.0f} ms", "<= 250 ms")
        row(f"{title}: p99", f"{1000 * times_s[int(len(times_s) * 0.99)]:.0f} ms", "<= 500 ms")


async def _measure(crowd: Crowd) -> dict[str, list[float]]:
    await crowd.begin()
    await until(lambda: len({fact["pod"] for fact in crowd.told("merged", 0.0)}) == COUNT, 120.0)
    await asyncio.sleep(5.0)
    began_s: dict[str, dict[str, float]] = {}
    async with crowd.fleet.api() as api, own_socket(crowd.fleet) as own:
        ways = ways_out(crowd, api, own)
        pods = iter(crowd.pods[:: COUNT // (EACH * len(ways))])
        for _ in range(EACH):
            for way, leave in ways.items():
                pod = next(pods)
                began_s.setdefault(way, {})[pod] = boottime_s()
                await leave(pod)
                await asyncio.sleep(APART_S)
    await asyncio.sleep(2.0)
    return {way: crowd.zero_after_s(times.items()) for way, times in began_s.items()}
