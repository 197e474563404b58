"""The cost of a live device's sampling rate: an agent at 256 Hz and at 16 kHz, 8 channels, in the same run.

Two ways, both in real time, the rates by turns, the CPU time of all threads of the agent's process.
- The poll loop alone (`fast_loop`): a bed with a live implant whose driver has float32 rows in memory.
- A whole agent, `dreamedge run --pod bed-1=lsl:...`, with its link to a broker, and an LSL sender beside it.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

from dreamedge.core.signal.quality import GOOD
from edge.lsl_outlet import CONFIG
from fakes.small_daemon import SmallDaemon
from mosquitto import SHIPPED, Broker, free_port

_TURNS = 2
_SECONDS = 10.0
_SETTLES_S = 6.0
_RATES_HZ = (256, 16_000)
_SENDER = """
import sys, time
import numpy as np, pylsl
rate = int(sys.argv[1])
labels = ["Fp1", "Fz", "F4", "Cz", "Pz", "O1", "O2", "T7"]
info = pylsl.StreamInfo(f"fast-{rate}", "EEG", 8, rate, "float32", f"fast-{rate}")
channels = info.desc().append_child("channels")
for label in labels:
    channel = channels.append_child("channel")
    channel.append_child_value("label", label)
    channel.append_child_value("unit", "microvolts")
    channel.append_child_value("type", "EEG")
outlet = pylsl.StreamOutlet(info)
rows = np.random.default_rng(1).normal(0, 15, (8 * rate, 8)).astype(np.float32)
begun_s, sent = pylsl.local_clock(), 0
while True:
    due = int((pylsl.local_clock() - begun_s) * rate)
    if due > sent:
        outlet.push_chunk(rows.take(np.arange(sent, due), axis=0, mode="wrap"), begun_s + due / rate)
        sent = due
    time.sleep(0.02)
"""


class Row(Protocol):
    """Prints one line of the table."""

    def __call__(self, what: str, measured: str, limit: str) -> None:
        """Print it."""
        ...


def fast_device(row: Row) -> None:
    """Measure and print."""
    _told(row, "one poll loop", [tuple(map(_loop, _RATES_HZ)) for _ in range(_TURNS)])
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        (folder / "lsl_api.cfg").write_text(CONFIG.format(session=f"bench-{os.getpid()}"))
        broker = Broker(conf, port)
        broker.start()
        try:
            turns = [
                tuple(asyncio.run(_agent(rate_hz, broker, folder)) for rate_hz in _RATES_HZ)
                for _ in range(_TURNS)
            ]
        finally:
            broker.kill()
    _told(row, "one whole agent by LSL", turns)


def _told(row: Row, what: str, turns: list[tuple[float, ...]]) -> None:
    slow, fast = (statistics.median(one) for one in zip(*turns, strict=True))
    row(f"{what}, 8 channels at 256 Hz: of a core", f"{100 * slow:.2f} %", "")
    row(f"{what}, 8 channels at 16 kHz: of a core", f"{100 * fast:.2f} %", "")
    row(f"{what}: 16 kHz over 256 Hz", f"{fast / slow:.2f} x", "<= 1.5 x")


def _loop(rate_hz: int) -> float:
    """The share of a core that the poll loop takes, measured in a process of its own."""
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        (sys.executable, str(tests / "bench" / "fast_loop.py"), str(rate_hz), str(_SECONDS)),
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


async def _agent(rate_hz: int, broker: Broker, folder: Path) -> float:
    """The share of a core that a whole agent takes."""
    environ = {**os.environ, "LSLAPICFG": str(folder / "lsl_api.cfg")}
    sender = subprocess.Popen((sys.executable, "-c", _SENDER, str(rate_hz)), env=environ)
    try:
        async with SmallDaemon(broker.port, "bed-1") as daemon:
            command = (
                *(sys.executable, "-m", "dreamedge", "run", "--pod", f"bed-1=lsl:fast-{rate_hz}"),
                *("--broker", broker.url, "--daemon-key", daemon.key.public.hex),
                *("--state-dir", str(folder / f"state-{rate_hz}"), "--journal", str(folder / "journal")),
            )
            process = psutil.Process(subprocess.Popen(command, env=environ).pid)
            try:
                while not (daemon.statuses and daemon.statuses[-1].clock.synced):
                    await asyncio.sleep(0.1)
                await asyncio.sleep(_SETTLES_S)
                used = sum(process.cpu_times()[:2])
                await asyncio.sleep(_SECONDS)
                heard = any(status.quality > GOOD for status in daemon.statuses)
                assert heard, "the stream is not heard as it was sent"
                return (sum(process.cpu_times()[:2]) - used) / _SECONDS
            finally:
                process.kill()
                process.wait()
    finally:
        sender.kill()
        sender.wait()
