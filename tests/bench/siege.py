"""Sever under siege: a real daemon with eight light pods, and clients in processes of their own.

1,200 streams are held open (refused ones are reopened twice a second), 5,000 calls are kept under way, 64
HTTP requests drip. They run at nice 15, because they stand for other machines: the bench measures whether the
daemon keeps places for Sever, not how the scheduler shares these cores. Two severs are measured, each with
and without the siege in the same run: one with eight pods that confirm their zero, and one of an empty
Dreamscape, which is answered as soon as it is done.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import dreamapi
from bench.crowds import measured
from integration.besieged import CLIENTS, besieged
from integration.crowd import WARDS, Crowd
from integration.fleet import NIGHT, Fleet, until

STREAMS, CALLS, DRIPS = 1200, 5000, 64
SEVERS = 100
EMPTY = "empty"

Row = Callable[[str, str, str], None]


def siege(row: Row) -> None:
    """Measure and print."""
    measured(8, lambda crowd: _measure(row, crowd))


def severs_s(fleet: Fleet, name: str) -> list[float]:
    """The durations of SEVERS severs, ascending, by a client of its own."""
    command = [sys.executable, str(CLIENTS), "severs", "--port", str(fleet.grpc_port)]
    command += ["--dreamscape", name, "--count", str(SEVERS)]
    out = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    return sorted(float(line) for line in out.split())


async def _measure(row: Row, crowd: Crowd) -> None:
    fleet = crowd.fleet
    await crowd.begin()
    await until(lambda: len({fact["pod"] for fact in crowd.told("merged", 0.0)}) == crowd.count, 60.0)
    async with fleet.api() as api:
        nowhere = [f"{WARDS[0]}-none-{number}" for number in range(3)]
        await api.dreamscapes.create(EMPTY, dreamapi.plan(seats_min=3, seats_max=8, pods=nowhere))
    names = {NIGHT: f"sever of {crowd.count} until confirmed", EMPTY: "sever of an empty Dreamscape"}
    quiet = {name: severs_s(fleet, name) for name in names}
    with besieged(fleet, STREAMS, CALLS, DRIPS):
        await asyncio.sleep(5.0)
        busy = {name: severs_s(fleet, name) for name in names}
    for name, what in names.items():
        before_s, during_s = (times[name][int(0.99 * SEVERS) - 1] for times in (quiet, busy))
        row(f"{what}: p99 without a siege", f"{1000 * before_s:.1f} ms", "")
        row(f"{what}: p99 under siege", f"{1000 * during_s:.1f} ms", "")
        row(f"{what}: ratio", f"{during_s / before_s:.2f}", "<= 2")
