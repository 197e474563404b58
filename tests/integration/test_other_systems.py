"""One bed on a Linux that has lost the calls of Linux, against a real broker. Not run on Windows or macOS."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from depth import LONG
from dreamwire.messages import PodEventKind
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker

POD = "bed-1"
TAKEN_AWAY = Path(__file__).parents[1] / "edge" / "taken_away.py"


@pytest.fixture
async def daemon(broker: Broker) -> AsyncIterator[SmallDaemon]:
    """A daemon controlled by the test."""
    async with SmallDaemon(broker.port, POD) as one:
        yield one


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env={"PYTHONPATH": ":".join(filter(None, sys.path))})


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: two nights with the calls of Linux taken away")
@pytest.mark.parametrize("system", ["win32", "darwin"])
async def test_a_bed_without_the_calls_of_linux_merges_and_is_alone_after_a_suspend(
    broker: Broker, daemon: SmallDaemon, tmp_path: Path, system: str
) -> None:
    """It merges; after a suspend in which its clock stood still it is alone, as on Linux; SIGTERM ends it.

    The daemon speaks on, so that only the bed's own clock can have ended the permission.
    """
    command = [
        *(sys.executable, str(TAKEN_AWAY), system, str(tmp_path)),
        *("run", "--pod", f"{POD}=sim:3", "--broker", broker.url, "--daemon-key", daemon.key.public.hex),
        *("--state-dir", str(tmp_path / "state"), "--journal", str(tmp_path / "journal")),
    ]
    process = _started(command)
    try:
        await awaited(lambda: bool(daemon.presences) and daemon.presences[-1].online, "presence")
        await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced, "session clock")
        await daemon.assign()
        await awaited(lambda: any(frame.applied > 0.01 for frame in daemon.frames), "merged")
        process.send_signal(signal.SIGHUP)
        await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "alone", within_s=3.0)
        alone = daemon.of_kind(PodEventKind.ALONE)[0]
        assert alone.cause == "stalled"
        process.send_signal(signal.SIGTERM)
        await awaited(lambda: process.poll() is not None, "the process ends", 20.0)
        assert process.returncode == 0
        await awaited(lambda: not daemon.presences[-1].online, "presence offline")
    finally:
        process.kill()
        process.wait()
