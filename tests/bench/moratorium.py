"""A moratorium's call to zero with two hundred pods: the fleet is called to it, taken back, and resumed; in turn it is severed.

The time runs from the moment before the call to the zero of each pod by its own monotonic clock; all processes
share that clock. Each call is another person's, as one without a second keeps its caller from the next.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamapi.v1.severs_pb2 import OrderSeverRequest
from bench.crowds import measured
from integration.crowd import Crowd
from integration.fleet import NIGHT, boottime_s, until

COUNT: Final = 200
CALLS: Final = 4
APART_S: Final = 0.31
"""Every phase of a tick occurs."""

Row = Callable[[str, str, str], None]


def moratorium(row: Row) -> None:
    """Measure and print."""
    took_s = measured(COUNT, _measure)
    for way, times_s in took_s.items():
        if not times_s:
            row(f"{way} to zero, {COUNT} pods", "none was merged", "")
            continue
        title = f"{way} to zero, {COUNT} pods, {CALLS} calls, {len(times_s)} zeros"
        row(f"{title}: p50", f"{1000 * times_s[len(times_s) // 2]:.0f} ms", "<= 250 ms")
        row(f"{title}: p99", f"{1000 * times_s[int(len(times_s) * 0.99)]:.0f} ms", "<= 500 ms")


async def _measure(crowd: Crowd) -> dict[str, list[float]]:
    """Call and sever in turn: the pods' own work is the same, and so is the day of the machine."""
    await crowd.begin()
    moments: dict[str, list[tuple[str, float]]] = {"moratorium": [], "sever of the fleet": []}
    since_s = 0.0
    async with crowd.fleet.api() as api:
        for number in range(2 * CALLS):
            await until(lambda since_s=since_s: _merged(crowd, since_s) >= COUNT * 0.95, 120.0)
            await asyncio.sleep(2.0 + number * APART_S % 1.0)
            way = tuple(moments)[number % 2]
            began_s, by = boottime_s(), f"advocate-{number}"
            if number % 2:
                await api.severs.order(OrderSeverRequest.SCOPE_FLEET, reason="a bench")
            else:
                called = await api.moratoria.call_moratorium(reason="a bench", by=by)
            moments[way] += [(pod, began_s) for pod in crowd.pods]
            await asyncio.sleep(1.5)
            since_s = boottime_s()
            if not number % 2:
                await api.moratoria.lift_moratorium(called.moratorium.name, reason="over", by=by)
            await _resume(api)
    return {way: crowd.zero_after_s(of) for way, of in moments.items()}


def _merged(crowd: Crowd, since_s: float) -> int:
    return len({fact["pod"] for fact in crowd.told("merged", since_s)})


async def _resume(api: object) -> None:
    for _ in range(60):
        try:
            await api.dreamscapes.resume(NIGHT)
            return
        except Exception:
            await asyncio.sleep(0.5)
