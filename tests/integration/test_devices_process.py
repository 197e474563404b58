"""An agent with a device as a process against a real broker: it connects and calibrates live."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from depth import LONG
from dreamwire.messages import CalibrationSource, PodEventKind
from edge.lsl_outlet import CONFIG
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker

POD = "bed-1"
OUTLET = Path(__file__).parents[1] / "edge" / "lsl_outlet.py"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(broker: Broker, tmp_path: Path) -> Iterator[Start]:
    """Starts `dreamedge run` with an implant, or another command with the same LSL session."""
    config = tmp_path / "lsl_api.cfg"
    config.write_text(CONFIG.format(session=f"devices{os.getpid()}"))
    env = os.environ | {"LSLAPICFG": str(config)}
    running: list[subprocess.Popen[bytes]] = []

    def one(*command: str) -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([sys.executable, *command], env=env))
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.wait()


def _run(broker: Broker, daemon: SmallDaemon, tmp_path: Path, implant: str, *more: str) -> list[str]:
    return [
        *("-m", "dreamedge", "run", "--pod", f"{POD}={implant}", "--broker", broker.url, *more),
        *("--daemon-key", daemon.key.public.hex, "--state-dir", str(tmp_path / "state")),
    ]


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a quarter of a minute")
async def test_a_board_calibrates_live(broker: Broker, start: Start, tmp_path: Path) -> None:
    """`brainflow:synthetic` is calibrated as it runs, merged and inspected; it is SIMULATED everywhere."""
    looked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dreamedge", "inspect", "brainflow:-1", "--seconds", "14"),
        stdout=asyncio.subprocess.PIPE,
    )
    async with SmallDaemon(broker.port, POD) as daemon:
        agent = start(*_run(broker, daemon, tmp_path, "brainflow:synthetic"))
        clean_s = lambda: daemon.statuses[-1].calibration.clean_s if daemon.statuses else 0.0  # noqa: E731
        await awaited(lambda: clean_s() > 2.0, "calibration begins")
        device = daemon.presences[-1].device
        assert (len(device.channels), device.channels[:3]) == (16, ("Fz", "C3", "Cz"))
        assert device.model == "Synthetic (simulated, x 0.1)"
        before_s, began = clean_s(), time.monotonic()
        await awaited(lambda: clean_s() >= before_s + 3.0, "calibration goes on")
        assert 1.5 < time.monotonic() - began < 6.0
        status = daemon.statuses[-1]
        assert (status.calibration.done, status.calibration.source) == (False, CalibrationSource.SIMULATED)
        assert status.quality > 0.9
        await awaited(lambda: daemon.statuses[-1].calibration.done, "calibrated")
        assert daemon.statuses[-1].calibration.source is CalibrationSource.SIMULATED
        await daemon.assign()
        await awaited(lambda: bool(daemon.of_kind(PodEventKind.MERGED)), "merged")
        agent.send_signal(signal.SIGTERM)
        await awaited(lambda: agent.poll() is not None, "the process ends", within_s=8.0)
        assert agent.returncode == 0
    said, _ = await looked.communicate()
    assert "  usable; SIMULATED by BrainFlow's generator, scaled to a tenth" in said.decode()


async def test_an_outlet_that_dies_in_mid_night_is_silence(
    broker: Broker, start: Start, tmp_path: Path
) -> None:
    """A killed sender is in the status within 3 s, and the sender is read again when it returns."""
    told = json.dumps({"name": "Cap", "labels": ["Fz", "Cz", "Pz", "Oz"], "alpha": True})
    async with SmallDaemon(broker.port, POD) as daemon:
        sender = start(str(OUTLET), told)
        agent = start(*_run(broker, daemon, tmp_path, "lsl:Cap"))
        quality = lambda: daemon.statuses[-1].quality if daemon.statuses else 0.0  # noqa: E731
        await awaited(lambda: quality() > 0.9, "quality")
        assert daemon.presences[-1].device.kind == "lsl"
        sender.kill()
        await awaited(lambda: quality() < 0.5, "silence is seen", within_s=3.0)
        statuses = len(daemon.statuses)
        await awaited(lambda: len(daemon.statuses) >= statuses + 3, "it goes on telling", within_s=4.5)
        start(str(OUTLET), told)
        await awaited(lambda: quality() > 0.9, "heard again")
        assert agent.poll() is None
