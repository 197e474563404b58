"""A night over LSL as a foreign inlet of another process sees it: how true its stamps are, and what they cost.

The truth needs neither the API nor LSL: a tick's instant is a multiple of 250 ms of Unix time, read from this
machine's clocks, which the session clock follows. The peer is liblsl itself: sender and inlet share one machine, so
whatever the inlet's clock correction is not zero is liblsl's own error. Once idle, and once beside busy processes.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil

from edge.lsl_outlet import CONFIG
from integration.fleet import NIGHT, Fleet, until
from integration.json_lines import Lines
from mosquitto import SHIPPED, Broker, free_port

LAB = Path(__file__).parents[1] / "lsl" / "foreign_lab.py"
PODS = tuple(f"light-{k}" for k in range(1, 4))
LASTS_S = 40.0
WITHIN_S = 120.0
STREAM = "dreamd-collective"
LIMIT = "<= 2 ms"

Row = Callable[[str, str, str], None]


def lsl(row: Row) -> None:
    """Measure and print."""
    for busy in (0, os.cpu_count() or 1):
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            fleet = Fleet(Path(name), _broker(Path(name)))
            stack.callback(fleet.broker.kill)
            asyncio.run(_measured(fleet, busy, row))


def _broker(folder: Path) -> Broker:
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
    broker = Broker(conf, port)
    broker.start()
    return broker


async def _measured(fleet: Fleet, busy: int, row: Row) -> None:
    try:
        async with asyncio.timeout(WITHIN_S):
            await _measure(fleet, busy, row)
    finally:
        fleet.close()  # before the event loop, which waits for the readers of its processes


async def _measure(fleet: Fleet, busy: int, row: Row) -> None:
    fleet.daemon()
    fleet.light("ward", 1, len(PODS))
    await fleet.begin(PODS)
    for number in range(busy):
        fleet.start(f"busy-{number}", ["-c", "while True: pass"])
    config = fleet.folder / "lsl_api.cfg"
    config.write_text(CONFIG.format(session=f"bench{os.getpid()}"))
    server = f"127.0.0.1:{fleet.grpc_port}"
    sender = fleet.start(
        "lsl", ["-m", "dreamd", "lsl", NIGHT, "--server", server, "--json"], LSLAPICFG=str(config)
    )
    facts = Lines(sender)
    lab = Lines(fleet.start("lab", [str(LAB), "3"], LSLAPICFG=str(config)))
    await until(lambda: lab.with_key("receiving") and facts.with_key("clock_ms"))
    process, before_s = psutil.Process(sender.pid), _unix_minus_lsl_s()
    began_s, used_s = time.monotonic(), sum(process.cpu_times()[:2])
    await asyncio.sleep(LASTS_S)
    share = (sum(process.cpu_times()[:2]) - used_s) / (time.monotonic() - began_s)
    memory_mb = process.memory_info().rss / 1e6
    _print(row, lab, (before_s, _unix_minus_lsl_s()), busy)
    row(f"{_title(busy)}: uncertainty that it states at first", f"{facts.found[0]['clock_ms']:.2f} ms", "")
    row(f"{_title(busy)}: share of a core, memory", f"{100 * share:.1f} %, {memory_mb:.0f} MB", "none")


def _print(row: Row, lab: Lines, clocks_s: tuple[float, float], busy: int) -> None:
    rows = [one for one in lab.with_key("values") if one["stream"] == STREAM]
    unix_s = np.array([one["at_s"] for one in rows]) + np.mean(clocks_s)
    off_ms = np.abs(unix_s - np.round(unix_s * 4) / 4) * 1e3
    liblsl_ms = np.abs([one["correction_s"] for one in rows]) * 1e3
    title = _title(busy)
    row(
        f"{title}: stamp to tick p50, worst of {len(rows)}",
        f"{np.median(off_ms):.2f}, {off_ms.max():.2f} ms",
        LIMIT,
    )
    row(f"{title}: of it liblsl's clock correction, worst", f"{liblsl_ms.max():.2f} ms", "the peer")
    row(
        f"{title}: Unix time set meanwhile",
        f"{abs(clocks_s[1] - clocks_s[0]) * 1e3:.2f} ms",
        "0, else the truth is void",
    )


def _title(busy: int) -> str:
    return f"dreamd lsl, {busy} busy" if busy else "dreamd lsl, idle"


def _unix_minus_lsl_s() -> float:
    """Unix time minus CLOCK_MONOTONIC, LSL's clock: of the closest of a thousand readings."""
    found = []
    for _ in range(1000):
        before, unix, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        found.append((after - before, unix - (before + after) // 2))
    return min(found)[1] / 1e9
