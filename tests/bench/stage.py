"""A lead by OSC over a real daemon: ticks from a datagram to the broadcast that it is in, and the stage's cost.

A program turns one feature round at random instants. The turn shows in the first broadcast in which the feature moves
the other way, and a tick closes 150 ms after its instant. The peer is python-osc's own parsing of the same datagram.
"""

import asyncio
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil
from pythonosc.osc_message import OscMessage

from dreamd.core.limits import HOP_S, TICK_CLOSES_AFTER_S
from dreamd.stage.osc import decoded, encoded
from integration.fleet import NIGHT, Fleet, until
from integration.json_lines import Lines
from tests.bench.lsl import _broker

PODS = tuple(f"light-{k}" for k in range(1, 6))
TURNS = 100
WITHIN_S = 240.0
FEATURE = "/dreamd/lead/anterior/delta"

Row = Callable[[str, str, str], None]
Tick = tuple[float, float]
"""Grid instant, s, and the feature that was broadcast."""


def stage(row: Row) -> None:
    """Measure and print."""
    _codec(row)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        fleet = Fleet(Path(name), _broker(Path(name)))
        stack.callback(fleet.broker.kill)
        asyncio.run(_measured(fleet, row))


def _codec(row: Row) -> None:
    datagram = encoded("/dreamd/lead", tuple(0.5 * k for k in range(12)))
    for what, read in (("read by the seam", decoded), ("by python-osc alone", OscMessage)):
        began_s = time.process_time()
        for _ in range(20_000):
            read(datagram)
        row(f"a vector by OSC {what}", f"{(time.process_time() - began_s) / 20_000 * 1e6:.0f} us", "")


async def _measured(fleet: Fleet, row: Row) -> None:
    try:
        async with asyncio.timeout(WITHIN_S):
            await _measure(fleet, row)
    finally:
        fleet.close()


async def _measure(fleet: Fleet, row: Row) -> None:
    fleet.daemon()
    fleet.light("ward", 1, len(PODS))
    await fleet.begin(PODS, artist_share=0.3)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind(("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["stage", "--server", f"127.0.0.1:{fleet.grpc_port}", "--json", "--share", "0.3", "--flat"]
    ports = ["--smooth", "60", "--in", str(port), "--out", str(out.getsockname()[1])]
    process = fleet.start("stage", ["-m", "dreamd", *words, *ports, NIGHT])
    facts = Lines(process)
    await until(lambda: facts.with_key("in_port"))
    used, began_s = psutil.Process(process.pid), time.monotonic()
    cpu_s = sum(used.cpu_times()[:2])
    ticks: list[Tick] = []
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(fleet, ticks), name="watch")
        turns = await _turn(out, port)
        watching.cancel()
    share = (sum(used.cpu_times()[:2]) - cpu_s) / (time.monotonic() - began_s)
    counts, waits_ms = zip(*(_taken(ticks, at_s, up) for at_s, up in turns), strict=True)
    row(f"OSC in to broadcast, worst of {len(counts)} turns", f"{max(counts)} ticks", "<= 2 ticks")
    row("OSC in to broadcast p50, worst", f"{np.median(waits_ms):.0f}, {max(waits_ms):.0f} ms", "<= 500 ms")
    row("dreamd stage --flat --smooth 60: share of a core", f"{100 * share:.1f} %", "none")
    row("dreamd stage: memory", f"{used.memory_info().rss / 1e6:.0f} MB", "none")


async def _turn(out: socket.socket, port: int) -> list[tuple[float, bool]]:
    """Turn the feature round at random instants; return when, and whether upwards."""
    rng, turns = random.Random(19), []
    for turn in range(TURNS + 1):
        up = turn % 2 == 0
        if turn:
            turns.append((time.time(), up))
        out.sendto(encoded(FEATURE, (6.0 if up else -6.0,)), ("127.0.0.1", port))
        await asyncio.sleep(4.0 if turn == 0 else rng.uniform(1.0, 1.5))
    return turns


async def _watch(fleet: Fleet, ticks: list[Tick]) -> None:
    async with fleet.api() as api:
        async for tick in api.dreamscapes.watch_collective(NIGHT):
            if tick.artist:
                ticks.append((tick.grid_time.seconds + tick.grid_time.nanos / 1e9, tick.artist[0]))


def _taken(ticks: list[Tick], at_s: float, up: bool) -> tuple[int, float]:
    """How many ticks closed from a turn to the broadcast that it is in, and how long that took, ms."""
    count = 0
    for before, (grid_s, value) in zip(ticks, ticks[1:], strict=False):
        if grid_s + TICK_CLOSES_AFTER_S <= at_s:
            continue
        count += 1
        if (value > before[1]) == up and value != before[1]:
            return count, (grid_s + TICK_CLOSES_AFTER_S - at_s) * 1e3
    return len(ticks), HOP_S * len(ticks) * 1e3
