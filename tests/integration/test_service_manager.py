"""Daemon and agent under a service manager: their notices, and the end of the heartbeats."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dreamwire.sd_notify import BEAT_S
from dreamwire.signing import SigningKey
from fakes.service_manager import FakeManager
from mosquitto import Broker, free_port

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
WATCHDOG_S = 5.0


def until(true: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait until `true` is, or fail."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[FakeManager]:
    """The service manager's socket."""
    one = FakeManager(tmp_path / "notify")
    yield one
    one.close()


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path, manager: FakeManager) -> Iterator[Start]:
    """Start a program as a unit would: with the manager's socket, its limit, and the unit's variables."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(unit: str, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        text = (UNITS / unit).read_text()
        set_there = dict(re.findall(r"(PYTHON\w+)=(\S+)", text))
        told = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": f"{WATCHDOG_S * 1e6:.0f}"}
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **told, **set_there}
        with (tmp_path / "said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", program, *arguments],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def _beats(manager: FakeManager) -> int:
    return len(manager.lines("WATCHDOG"))


def _stands_still_and_comes_back(manager: FakeManager, process: subprocess.Popen[bytes]) -> None:
    """No heartbeat for twice its time while stopped, and heartbeats again after."""
    until(lambda: _beats(manager) >= 2)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.1)
    before = _beats(manager)
    time.sleep(2.5 * BEAT_S)
    assert _beats(manager) == before
    process.send_signal(signal.SIGCONT)
    until(lambda: _beats(manager) > before)


def _daemon(start: Start, tmp_path: Path, url: str) -> subprocess.Popen[bytes]:
    ports = ("--grpc-port", "0", "--http-port", "0")
    state = ("--state-dir", str(tmp_path / "state"))
    return start("dreamd.service", "dreamd", "serve", "--mqtt-url", url, *state, *ports)


def test_the_daemon_is_ready_with_its_broker_and_beats_while_it_waits(
    broker: Broker, manager: FakeManager, start: Start, tmp_path: Path
) -> None:
    """Without a broker the heartbeats ask for time with a reason; with it READY; at the end STOPPING."""
    broker.kill()
    daemon = _daemon(start, tmp_path, broker.url)
    until(lambda: len(manager.lines("EXTEND_TIMEOUT_USEC")) >= 2)
    assert manager.lines("READY") == []
    assert manager.lines("STATUS")[-1].startswith("not ready: ")
    broker.start()
    until(lambda: manager.lines("READY"))
    until(lambda: manager.lines("STATUS")[-1] == "ready; no Dreamscape dreams")
    extended = len(manager.lines("EXTEND_TIMEOUT_USEC"))
    _stands_still_and_comes_back(manager, daemon)
    broker.kill()
    until(lambda: manager.lines("STATUS")[-1].startswith("not ready: "))
    beats = _beats(manager)
    until(lambda: _beats(manager) > beats + 1)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(10.0) == 0
    assert manager.lines("STOPPING") == ["1"]
    assert manager.lines("READY") == ["1"]
    assert len(manager.lines("EXTEND_TIMEOUT_USEC")) == extended


def test_the_agent_is_ready_when_its_tether_runs_and_says_that_it_has_no_link(
    manager: FakeManager, start: Start, tmp_path: Path
) -> None:
    """Without a broker a bed is ready, as its tether runs.

    Stopped it falls silent, and at the end STOPPING.
    """
    arguments = (
        "--broker",
        f"mqtt://127.0.0.1:{free_port()}",
        "--daemon-key",
        SigningKey.generate().public.hex,
    )
    pods = ("--pods", "bed-1,bed-2", "--implant", "sim:3", "--state-dir", str(tmp_path / "pods"))
    agent = start("dreamedge@.service", "dreamedge", "run", *pods, *arguments)
    until(lambda: manager.lines("READY"))
    assert manager.lines("STATUS")[-1] == (
        "2 of 2 beds have no link and are alone by their tether: bed-1, bed-2"
    )
    _stands_still_and_comes_back(manager, agent)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(10.0) == 0
    assert manager.lines("STOPPING") == ["1"]


def test_a_daemon_killed_for_standing_still_says_where_it_stood(
    broker: Broker, manager: FakeManager, start: Start, tmp_path: Path
) -> None:
    """SIGABRT, as sent by systemd's watchdog, leaves the stack in the log: files and lines, no values."""
    daemon = _daemon(start, tmp_path, broker.url)
    until(lambda: manager.lines("READY"))
    daemon.send_signal(signal.SIGABRT)
    assert daemon.wait(10.0) == -signal.SIGABRT
    said = (tmp_path / "said").read_text()
    assert "Fatal Python error: Aborted" in said
    assert re.search(r'File ".+/asyncio/.+\.py", line \d+ in run_forever', said)
