"""A running bed with live sound: its sleeper hears the others, and is alone where the output is lost."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dreamwire.messages import PodEventKind
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker
from integration.sound_card import HAS_PORTAUDIO, RATE_HZ, SoundCard, sound_card

pytestmark = pytest.mark.skipif(not HAS_PORTAUDIO, reason="PortAudio is not installed (make system-packages)")

POD = "bed-1"
MS = 1_000_000


@pytest.fixture
async def daemon(broker: Broker) -> AsyncIterator[SmallDaemon]:
    """A daemon controlled by the test."""
    async with SmallDaemon(broker.port, POD) as one:
        yield one


@pytest.fixture
def card(tmp_path: Path) -> Iterator[SoundCard]:
    """A card that is plugged in."""
    with sound_card(tmp_path) as one:
        yield one


@pytest.fixture
def agent(
    broker: Broker, daemon: SmallDaemon, card: SoundCard, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """An agent with live sound."""
    command = (
        *(sys.executable, "-m", "dreamedge", "run", "--pod", f"{POD}=sim:3", "--broker", broker.url),
        *("--daemon-key", daemon.key.public.hex, "--state-dir", str(tmp_path / "state")),
        *("--journal", str(tmp_path / "journal"), "--renderer", "sound:bed"),
        *("--volume-max", "73", "--full-volume", "74"),
    )
    process = subprocess.Popen(command, env=card.environ)
    yield process
    process.kill()
    process.wait()


async def _merged(daemon: SmallDaemon) -> None:
    await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced, "session clock")
    await daemon.assign()
    await awaited(lambda: any(frame.applied > 0.01 for frame in daemon.frames), "merged")


def _notes(tmp_path: Path, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (tmp_path / "journal").read_text().splitlines())
    return [line for line in lines if line["kind"] == kind]


def _loudest(card: SoundCard, since_ns: int, until_ns: int) -> float:
    """The loudest sample that was played in between."""
    sound, at_ns = card.played()
    part = sound[(at_ns > since_ns) & (at_ns < until_ns)]
    assert len(part) > RATE_HZ // 50
    return float(np.abs(part).max())


async def test_a_lost_output_severs_and_a_stopped_agent_is_silent(
    agent: subprocess.Popen[bytes], daemon: SmallDaemon, card: SoundCard, tmp_path: Path
) -> None:
    """A sleeper hears the pad; a stopped agent is silent; an unplugged card severs, and is reported."""
    await _merged(daemon)
    assert daemon.statuses[-1].renderer == "sound"
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    await asyncio.sleep(0.3)
    assert _loudest(card, now_ns, now_ns + 300 * MS) > 0.01
    agent.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.0)
    stopped_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    sound, at_ns = card.played()
    assert not sound[at_ns > stopped_ns - 500 * MS].any(), "silent half a second after the stop"
    daemon.frames.clear()
    agent.send_signal(signal.SIGCONT)
    await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "the stop is reported")
    await awaited(lambda: bool(daemon.frames) and daemon.frames[-1].applied > 0.005, "merged again")
    unplugged_ns = card.unplug()
    await awaited(lambda: bool(_severed(daemon, "renderer")), "severed", within_s=3.0)
    zero_ns = _severed(daemon, "renderer")[0].zero_ns
    assert 0 <= zero_ns - unplugged_ns < 500 * MS
    await awaited(
        lambda: "is gone" in daemon.statuses[-1].renderer_fault, "the fault in the status", within_s=3.0
    )
    assert "is gone" in _notes(tmp_path, "renderer-failed")[0]["why"]
    await asyncio.sleep(0.5)
    assert daemon.frames[-1].applied == 0.0
    card.plug()
    await awaited(lambda: daemon.statuses[-1].renderer_fault == "", "back", within_s=15.0)
    assert _notes(tmp_path, "renderer-back")
    agent.send_signal(signal.SIGTERM)
    await awaited(lambda: agent.poll() is not None, "ended", within_s=9.0)
    assert agent.returncode == 0


def _severed(daemon: SmallDaemon, cause: str) -> list[Any]:
    return [event for event in daemon.of_kind(PodEventKind.SEVERED) if event.cause == cause]
