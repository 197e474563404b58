"""Evidence to zero with two hundred pods: real agents over mosquitto, each in turn sends a NaN frame.

The time runs from the capture of the bad frame to the zero of its pod, both by that pod's monotonic clock.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

from bench.crowds import measured
from integration.crowd import Crowd
from integration.fleet import Fleet, boottime_s, until

COUNT = 200
INJECTIONS = 80
"""Two fifths of the fleet: more at a time would cost the quorum."""
APART_S = 0.31
"""At most 33 in ten seconds, so no mass failure; and every phase of a tick occurs."""

Row = Callable[[str, str, str], None]


def sever(row: Row) -> None:
    """Measure and print."""
    took_s, shares = measured(COUNT, _measure)
    title = f"evidence to zero, {COUNT} pods, mosquitto, {len(took_s)} times"
    row(f"{title}: p50", f"{1000 * took_s[len(took_s) // 2]:.0f} ms", "<= 250 ms")
    row(f"{title}: p99", f"{1000 * took_s[int(len(took_s) * 0.99)]:.0f} ms", "<= 500 ms")
    for name, share in shares.items():
        row(f"{title}: {name}, share of a core", f"{100 * share:.0f} %", "")


async def _measure(crowd: Crowd) -> tuple[list[float], dict[str, float]]:
    await crowd.begin()
    await until(lambda: len({fact["pod"] for fact in crowd.told("merged", 0.0)}) == COUNT, 60.0)
    await asyncio.sleep(5.0)
    began_s, used_s = boottime_s(), _used_s(crowd.fleet)
    for pod in crowd.pods[:: COUNT // INJECTIONS][:INJECTIONS]:
        crowd.lie(pod)
        await asyncio.sleep(APART_S)
    await asyncio.sleep(2.0)
    lasted_s = boottime_s() - began_s
    shares = {name: (now_s - used_s[name]) / lasted_s for name, now_s in _used_s(crowd.fleet).items()}
    return crowd.evidence_to_zero_s(began_s), shares


def _used_s(fleet: Fleet) -> dict[str, float]:
    """CPU seconds of each process so far."""
    pids = {name: process.pid for name, process in fleet.processes.items()} | {"broker": fleet.broker.pid}
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: one.user + one.system for name, one in times.items()}
