"""Live sound at a bed: from a cue to the ear, and one merged agent with sound beside one without.

The card is a pipe behind ALSA's `file` plugin, read at the rate of the sound; it buffers 23 ms of its own.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil

from fakes.small_daemon import SmallDaemon
from integration.sound_card import SoundCard, sound_card
from mosquitto import SHIPPED, Broker, free_port

BED = Path(__file__).parents[1] / "integration" / "sound_bed.py"
LASTS_S = 20.0

Row = Callable[[str, str, str], None]


def sound(row: Row) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, sound_card(Path(name)) as card:
        late_ms = _latency_ms(card)
        row("cue to sound, buffers included: p50", f"{late_ms[len(late_ms) // 2]:.0f} ms", "")
        row("cue to sound, buffers included: worst of 20", f"{late_ms[-1]:.0f} ms", "")
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(SHIPPED.read_text().replace("listener 1883 ", f"listener {port} "))
        broker = Broker(conf, port)
        broker.start()
        try:
            for renderer in ("null", "sound:bed"):
                with tempfile.TemporaryDirectory() as place, sound_card(Path(place)) as card:
                    share, mib = asyncio.run(_agent(renderer, broker, card, Path(place)))
                row(f"one merged agent, {renderer}: share of a core", f"{100 * share:.1f} %", "")
                row(f"one merged agent, {renderer}: memory", f"{mib:.0f} MiB", "< 70 MiB without sound")
        finally:
            broker.kill()


def _latency_ms(card: SoundCard) -> list[float]:
    done = subprocess.run(
        (sys.executable, str(BED), "-", "steps"),
        env=card.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    wave, at_ns = card.played()
    said = [json.loads(line) for line in done.stdout.splitlines()]
    given_ns = [one["at_ns"] for one in said if one["word"].startswith("step")]
    firsts = [at_ns[(at_ns > since_ns) & (np.abs(wave) > 1e-7)][0] - since_ns for since_ns in given_ns]
    return sorted(float(first) / 1e6 for first in firsts)


async def _agent(renderer: str, broker: Broker, card: SoundCard, folder: Path) -> tuple[float, float]:
    async with SmallDaemon(broker.port, "bed-1") as daemon:
        command = (
            *(sys.executable, "-m", "dreamedge", "run", "--pod", "bed-1=sim:3", "--broker", broker.url),
            *("--daemon-key", daemon.key.public.hex, "--state-dir", str(folder / "state")),
            *("--journal", str(folder / "journal"), "--renderer", renderer),
        )
        process = psutil.Process(subprocess.Popen(command, env=card.environ).pid)
        try:
            while not (daemon.statuses and daemon.statuses[-1].clock.synced):
                await asyncio.sleep(0.1)
            await daemon.assign()
            while not any(frame.applied > 0.01 for frame in daemon.frames):
                await asyncio.sleep(0.1)
            began, used = time.monotonic(), sum(process.cpu_times()[:2])
            await asyncio.sleep(LASTS_S)
            share = (sum(process.cpu_times()[:2]) - used) / (time.monotonic() - began)
            return share, process.memory_info().rss / 2**20
        finally:
            process.kill()
            process.wait()
