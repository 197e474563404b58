"""An agent that records, as a process: killed, stopped, several beds; without a connection."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dreamedge.adapters.clock import boottime_ns, wall_ns
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamwire.messages import PodEventKind
from dreamwire.signing import SigningKey
from edge.edf_night import HALF_STEP_UV, counted, files, mne_raw, read
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker, free_port


def _start(tmp_path: Path, *more: str, record: Path) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-m", "dreamedge", "run", "--broker", f"mqtt://127.0.0.1:{free_port()}"),
        *("--daemon-key", SigningKey.generate().public.hex, "--state-dir", str(tmp_path / "state")),
        *("--journal", str(tmp_path / "journal"), "--record", str(record), *more),
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def _notes(tmp_path: Path, kind: str) -> list[dict[str, Any]]:
    journal = tmp_path / "journal"
    lines = journal.read_text().splitlines() if journal.exists() else []
    return [note for note in map(json.loads, lines) if note["kind"] == kind]


def _until_records(directory: Path, count: int, beds: int = 1, within_s: float = 25.0) -> None:
    began = time.monotonic()
    while sum(counted(path) >= count for path in files(directory)) < beds:
        assert time.monotonic() - began < within_s
        time.sleep(0.05)


def test_a_killed_agent_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    """After kill -9 both libraries open the file; it ends at most a second, a pulse and a stutter before."""
    nights = tmp_path / "nights"
    agent = _start(tmp_path, "--pod", "bed-1=sim:3", record=nights)
    _until_records(nights, 4)
    time.sleep(0.9)  # into a record, so that there is data to lose
    killed_ns = wall_ns(boottime_ns())
    agent.kill()
    agent.communicate()
    (path,) = files(nights)
    found = read(path)
    began_ns = (
        int(found.edf.startdatetime.replace(tzinfo=mne_raw(path).info["meas_date"].tzinfo).timestamp())
        * 10**9
    )
    lost_s = (killed_ns - began_ns) / 1e9 - found.edf.duration
    assert -0.05 <= lost_s <= 1.3
    assert mne_raw(path).n_times == len(found.uv)
    twin = SimulatedImplant(3)
    twin.read(0)
    played = twin.read(10_000_000_000)
    assert played is not None
    lead = round((found.of("BAD_gap")[0][1] or 0.0) * 256)
    assert lead < 256
    rest = found.uv[lead:]
    assert np.abs(rest - played.uv[: len(rest)]).max() <= HALF_STEP_UV


async def test_the_tether_is_marked_in_the_signal(broker: Broker, tmp_path: Path) -> None:
    """Merged, severed, alone, withdrawn, latched and woken stand at the pod's own stamps, kill -9 or not."""
    nights = tmp_path / "nights"
    async with SmallDaemon(broker.port, "bed-1") as daemon:
        of = daemon.of_kind
        agent = _start(
            tmp_path,
            *("--pod", "bed-1=sim:3", "--broker", broker.url, "--daemon-key", daemon.key.public.hex),
            record=nights,
        )
        try:
            await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced)
            await daemon.assign()
            await awaited(lambda: len(of(PodEventKind.MERGED)) == 1)
            daemon.speaking = False
            await awaited(lambda: len(of(PodEventKind.ALONE)) == 1)
            daemon.speaking = True
            await awaited(lambda: len(of(PodEventKind.MERGED)) == 2)
            agent.send_signal(signal.SIGRTMIN)
            await awaited(lambda: len(of(PodEventKind.ALONE)) == 2)
            agent.send_signal(signal.SIGUSR1)
            await awaited(lambda: len(of(PodEventKind.LATCHED)) == 2)
            await asyncio.sleep(1.3)  # the record of the last second is lost with its agent
        finally:
            agent.kill()
            agent.communicate()
        (path,) = files(nights)
        found = read(path)
        began_s = found.edf.startdatetime.replace(tzinfo=UTC).timestamp()
        expected = [
            *[(f"severed {event.cause}", event.zero_ns) for event in of(PodEventKind.SEVERED)],
            *[(f"alone {event.cause}", event.alone_ns) for event in of(PodEventKind.ALONE)],
            *[(f"latched {event.cause}", event.zero_ns) for event in of(PodEventKind.LATCHED)],
            ("withdrawn", of(PodEventKind.LATCHED)[0].zero_ns),
            ("woken", of(PodEventKind.LATCHED)[1].zero_ns),
        ]
        assert [text for text, _ in expected] == [
            *("severed lease", "severed withdraw", "alone lease", "alone withdraw"),
            *("latched withdraw", "latched wake", "withdrawn", "woken"),
        ]
        for text, at_ns in expected:
            assert found.of(text) == [(pytest.approx(wall_ns(at_ns) / 1e9 - began_s, abs=0.02), None)], text
        assert len(found.of("merged")) == 2
        described = [str(text) for text in mne_raw(path).annotations.description]
        assert {text for text, _ in expected} | {"merged"} <= set(described)


def test_every_bed_has_a_file_and_a_stopped_agent_finishes_it(tmp_path: Path) -> None:
    """After SIGTERM every bed's file ends with the mark of leaving, complete."""
    nights = tmp_path / "nights"
    agent = _start(tmp_path, "--pods", "bed-1,bed-2", "--implant", "sim", record=nights)
    _until_records(nights, 2, beds=2)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(10) == 0
    agent.communicate()
    assert [path.name.rsplit("-", 1)[0] for path in files(nights)] == ["bed-1", "bed-2"]
    for path in files(nights):
        ((onset, _),) = read(path).of("left stopped")
        assert onset <= read(path).edf.duration <= onset + 2.5
    assert not _notes(tmp_path, "recording-failed")


@pytest.mark.parametrize("where", ["file/nights", "file"])
def test_a_directory_that_cannot_be_used_ends_it_before_it_begins(tmp_path: Path, where: str) -> None:
    """An unusable directory ends the agent at the start: status 2 and one sentence."""
    (tmp_path / "file").write_text("")
    agent = _start(tmp_path, "--pod", "bed-1=sim:3", record=tmp_path / where)
    _, said = agent.communicate(timeout=20)
    assert agent.returncode == 2
    assert said.decode().startswith("dreamedge: nothing can be recorded in ")
    assert said.count(b"\n") == 1


def test_a_vanished_directory_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    """A vanished directory is in the journal and ends only the recording; the bed goes on."""
    nights = tmp_path / "nights"
    agent = _start(tmp_path, "--pod", "bed-1=sim:3", record=nights)
    began = time.monotonic()
    while not _notes(tmp_path, "up"):
        assert time.monotonic() - began < 25.0
        time.sleep(0.01)
    nights.rmdir()
    while not _notes(tmp_path, "recording-failed"):
        assert time.monotonic() - began < 25.0
        time.sleep(0.05)
    assert "No such file" in _notes(tmp_path, "recording-failed")[0]["why"]
    assert agent.poll() is None
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(10) == 0
    agent.communicate()
