"""One agent as a process against a real broker: it merges, and is alone again whatever the daemon does."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dreamwire import topics
from dreamwire.messages import PodEventKind, Release
from dreamwire.signing import SigningKey
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker, free_port

POD = "bed-1"
ASH = "ash-ash-ash-ash-"
MS = 1_000_000


@dataclass
class Agent:
    """A running `dreamedge run`, its journal and its state."""

    process: subprocess.Popen[bytes]
    journal: Path
    state: Path

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """The journal's lines of one kind."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [note for note in map(json.loads, lines) if note["kind"] == kind]


def _start(broker: Broker, key: str, tmp_path: Path, *more: str, pod: str = f"{POD}=sim:3") -> Agent:
    journal, state = tmp_path / "journal", tmp_path / "state"
    command = [
        *(sys.executable, "-m", "dreamedge", "run", "--pod", pod, "--broker", broker.url),
        *("--daemon-key", key, "--state-dir", str(state), "--journal", str(journal), *more),
    ]
    return Agent(subprocess.Popen(command), journal, state)


@pytest.fixture
async def daemon(broker: Broker) -> AsyncIterator[SmallDaemon]:
    """A daemon controlled by the test."""
    async with SmallDaemon(broker.port, POD) as one:
        yield one


@pytest.fixture
def agent(broker: Broker, daemon: SmallDaemon, tmp_path: Path) -> Iterator[Agent]:
    """An agent of bed-1 with a simulated sleeper."""
    one = _start(broker, daemon.key.public.hex, tmp_path)
    yield one
    one.process.kill()
    one.process.wait()


async def _exit(agent: Agent, within_s: float = 20.0) -> int:
    await awaited(lambda: agent.process.poll() is not None, "the process ends", within_s)
    assert agent.process.returncode is not None
    return agent.process.returncode


async def _ready(daemon: SmallDaemon) -> None:
    await awaited(lambda: bool(daemon.presences) and daemon.presences[-1].online, "presence")
    await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced, "session clock")


async def _merged(daemon: SmallDaemon, share: float = 0.01) -> None:
    await _ready(daemon)
    await daemon.assign()
    await awaited(lambda: any(frame.applied > share for frame in daemon.frames), f"a share above {share}")


async def test_it_merges_slowly_and_is_alone_within_a_second_and_a_half_of_silence(
    agent: Agent, daemon: SmallDaemon
) -> None:
    """The share rises no faster than its ramp; by its own stamps it is alone 1.5 s after an answer."""
    await _merged(daemon, share=0.03)
    applied = [frame.applied for frame in daemon.frames if frame.applied > 0]
    assert max(b - a for a, b in itertools.pairwise(applied)) <= 0.15 / 10 * 0.5
    daemon.speaking = False
    await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "alone", within_s=3.0)
    alone = daemon.of_kind(PodEventKind.ALONE)[0]
    assert alone.cause == "lease"
    assert 0 < alone.alone_ns - alone.evidence_ns <= 1500 * MS
    assert daemon.of_kind(PodEventKind.SEVERED)[0].zero_ns == alone.zero_ns


async def test_forged_replayed_and_old_broadcasts_do_not_renew_the_lease(
    agent: Agent, daemon: SmallDaemon
) -> None:
    """Replayed, forged, altered and old-term broadcasts are refused and counted; the lease runs out."""
    await _merged(daemon)
    daemon.speaking = False
    stranger, before = SigningKey.generate(), daemon.statuses[-1].refused_broadcasts
    for _ in range(10):
        fresh = daemon.collective()
        assert fresh is not None
        await daemon.say(fresh, key=stranger)
        await daemon.say(daemon.said[-1])
        await daemon.say(replace(fresh, term=daemon.term - 1))
        await daemon.say(fresh, retain=True)
        await daemon.say_raw(b"\xff" * 70)
        await asyncio.sleep(0.25)
    await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "alone", within_s=2.0)
    reasons = {note["reason"] for note in agent.notes("refused") if note["what"] == "broadcast"}
    assert {"seal", "old-tick", "old-term"} <= reasons
    await awaited(lambda: daemon.statuses[-1].refused_broadcasts >= before + 30, "refusals are counted")


async def test_a_retained_broadcast_is_refused(agent: Agent, daemon: SmallDaemon, broker: Broker) -> None:
    """A retained broadcast is refused: it is a recording of a permission."""
    await _ready(daemon)
    await daemon.assign()
    await awaited(lambda: len(daemon.frames) > 2, "frames")
    daemon.speaking = False
    await asyncio.sleep(0.3)
    payload = b"whatever it says"
    await daemon._client.publish(topics.collective("night-1", 0), payload, qos=1, retain=True)
    await daemon.command(Release("again"))
    await awaited(lambda: daemon.statuses[-1].assignment == 0, "released, and unsubscribed by now")
    await daemon.assign()
    await awaited(
        lambda: any(note["reason"] == "retained" for note in agent.notes("refused")), "refused as retained"
    )


async def test_sigterm_is_zero_then_left_then_goodbye(agent: Agent, daemon: SmallDaemon) -> None:
    """SIGTERM severs at once; LEFT is acknowledged, presence is offline without the will, status 0."""
    await _merged(daemon)
    agent.process.send_signal(signal.SIGTERM)
    assert await _exit(agent) == 0
    await awaited(lambda: not daemon.presences[-1].online, "presence offline")
    kinds = [event.kind for event in daemon.events]
    assert kinds[-3:].count(PodEventKind.LEFT) == 1
    severed = daemon.of_kind(PodEventKind.SEVERED)[0]
    alone = daemon.of_kind(PodEventKind.ALONE)[0]
    assert severed.cause == "stopped"
    assert alone.alone_ns - severed.zero_ns <= 120 * MS
    assert not (agent.state / POD / "outbox.jsonl").exists()
    assert [note["why"] for note in agent.notes("ended")] == ["stopped"]


def _answer(daemon: SmallDaemon) -> str:
    """The newest answer of the agent: empty, it has obeyed."""
    return daemon.statuses[-1].outcomes[-1].refused


async def test_a_withdrawal_outlives_a_kill_before_the_disk_has_it(
    broker: Broker, agent: Agent, daemon: SmallDaemon, tmp_path: Path
) -> None:
    """Killed between zero and write, the next start latches and tells; only a newer consent binds again.

    The disk's thread is held at the latch, so nothing that follows from the button is ever written.
    """
    await _ready(daemon)
    await daemon.assign(consent=(ASH, 8))
    await awaited(lambda: any(frame.applied > 0.01 for frame in daemon.frames), "merged")
    (agent.state / POD / "latch.new").unlink(missing_ok=True)
    os.mkfifo(agent.state / POD / "latch.new")
    agent.process.send_signal(signal.SIGRTMIN)
    await awaited(lambda: daemon.statuses[-1].latched == "withdraw", "latched")
    agent.process.kill()
    agent.process.wait()
    assert not (agent.state / POD / "latch").exists()
    assert "true" not in (agent.state / POD / "consents.json").read_text()
    (agent.state / POD / "latch.new").unlink()
    daemon.events.clear()
    again = _start(broker, daemon.key.public.hex, tmp_path)
    try:
        await awaited(lambda: daemon.presences[-1].incarnation > daemon.presences[0].incarnation, "restart")
        await awaited(lambda: daemon.statuses[-1].incarnation == daemon.presences[-1].incarnation, "status")
        await awaited(lambda: daemon.statuses[-1].clock.synced, "session clock")
        assert daemon.statuses[-1].latched == "withdraw"
        await awaited(lambda: daemon.of_kind(PodEventKind.LATCHED), "told after the restart")
        told = daemon.of_kind(PodEventKind.LATCHED)[0]
        assert told.incarnation == daemon.presences[-1].incarnation
        assert (told.cause, told.consent_subject, told.consent_revision) == ("withdraw", ASH, 8)
        await daemon.assign(consent=(ASH, 8))
        await awaited(lambda: daemon.statuses[-1].outcomes and _answer(daemon) == "latched", "refused")
        act = [*(sys.executable, "-m", "dreamedge", "unlatch", "--pod", POD), "--state-dir", str(agent.state)]
        done = await asyncio.create_subprocess_exec(*act)
        assert await done.wait() == 0
        await awaited(lambda: daemon.statuses[-1].latched == "", "unlatched")
        for consent, refused in (
            ((ASH, 8), "consent-withdrawn"),
            ((ASH, 7), "consent-lower"),
            (("", 0), "consent-missing"),
            ((ASH, 9), ""),
        ):
            await daemon.assign(consent=consent)
            await awaited(lambda refused=refused: _answer(daemon) == refused, refused or "obeyed")
        assert daemon.statuses[-1].assignment
        await awaited(lambda: daemon.of_kind(PodEventKind.DECLINED), "declined")
        assert daemon.of_kind(PodEventKind.DECLINED)[0].consent_revision == 8
    finally:
        again.process.kill()
        again.process.wait()


@pytest.mark.parametrize(
    ("number", "button"),
    [(signal.SIGUSR2, "distress"), (signal.SIGUSR1, "wake"), (signal.SIGRTMIN + 1, "arousal")],
)
async def test_every_button_of_a_bed_reaches_its_agent(
    agent: Agent, daemon: SmallDaemon, number: int, button: str
) -> None:
    """Each button has a signal: zero first, then the latch with its cause."""
    await _merged(daemon)
    agent.process.send_signal(number)
    await awaited(lambda: daemon.statuses[-1].latched == button, "latched")
    await awaited(lambda: daemon.of_kind(PodEventKind.ALONE), "alone")
    severed = daemon.of_kind(PodEventKind.SEVERED)[0]
    assert (severed.cause, daemon.of_kind(PodEventKind.LATCHED)[0].cause) == (button, button)


async def test_events_survive_a_dead_broker_and_a_reboot(
    broker: Broker, agent: Agent, daemon: SmallDaemon, tmp_path: Path
) -> None:
    """An unacknowledged sever is on the disk, and the next start of the agent reports it again."""
    daemon.acking = False
    await _merged(daemon)
    await daemon.command(Release("test"))
    await awaited(lambda: bool(daemon.of_kind(PodEventKind.SEVERED)), "severed")
    severed = daemon.of_kind(PodEventKind.SEVERED)[0]
    # It is sent at once and written beside that: the disk has it a moment later.
    outbox = agent.state / POD / "outbox.jsonl"
    await awaited(lambda: outbox.exists() and '"SEVERED"' in outbox.read_text(), "on the disk")
    agent.process.kill()
    agent.process.wait()
    daemon.events.clear()
    daemon.acking = True
    again = _start(broker, daemon.key.public.hex, tmp_path)
    try:
        await awaited(lambda: severed.id in {event.id for event in daemon.events}, "told again")
        await awaited(lambda: not (agent.state / POD / "outbox.jsonl").exists(), "acknowledged and forgotten")
    finally:
        again.process.kill()
        again.process.wait()


async def test_a_broker_that_dies_leaves_the_sleeper_alone_and_the_agent_comes_back(
    broker: Broker, agent: Agent, daemon: SmallDaemon
) -> None:
    """A broker killed with -9: alone within 1.5 s by the pod's own journal; reconnected when it is back."""
    await _merged(daemon)
    broker.kill()
    await awaited(lambda: bool(agent.notes("alone")), "alone", within_s=3.0)
    alone = agent.notes("alone")[0]
    assert alone["alone_ns"] - alone["evidence_ns"] <= 1500 * MS
    broker.start()
    await awaited(lambda: len(agent.notes("connected")) == 2, "reconnected", within_s=12.0)


async def test_a_malfunction_is_seen_at_the_bed_itself(
    broker: Broker, daemon: SmallDaemon, tmp_path: Path
) -> None:
    """An implant that rails while merged is severed by the pod's own evidence, with the onset."""
    agent = _start(broker, daemon.key.public.hex, tmp_path, pod=f"{POD}=sim:3,malfunction=railed@14")
    try:
        await _merged(daemon)
        await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "alone", within_s=16.0)
        alone = daemon.of_kind(PodEventKind.ALONE)[0]
        assert alone.cause == "railed"
        assert 0 < alone.onset_ns < alone.zero_ns < alone.alone_ns
        assert alone.alone_ns - alone.zero_ns <= 120 * MS
        assert daemon.frames[-1].severed is not None
    finally:
        agent.process.kill()
        agent.process.wait()


async def test_several_beds_share_a_process(broker: Broker, tmp_path: Path) -> None:
    """Two beds in one process each announce themselves, and both go home on SIGTERM."""
    async with SmallDaemon(broker.port, "bed-1") as daemon:
        agent = _start(broker, daemon.key.public.hex, tmp_path, "--pods", "bed-2", pod="bed-1=sim:1")
        try:
            await awaited(lambda: {p.pod for p in daemon.presences if p.online} == {"bed-1", "bed-2"}, "both")
            agent.process.send_signal(signal.SIGTERM)
            assert await _exit(agent) == 0
        finally:
            agent.process.kill()
            agent.process.wait()
        assert {note["pod"] for note in agent.notes("ended")} == {"bed-1", "bed-2"}


async def test_one_agent_is_small(agent: Agent, daemon: SmallDaemon) -> None:
    """A merged agent with eight channels at 256 Hz uses at most 70 MB, 40 of them of its own.

    Of the libraries' files the pages count that it touches while it is merged. The kernel maps more of them
    ahead of use, as many as happen to lie in its cache: the same agent came to 64 or to 74 MB by that.
    """
    await _merged(daemon)
    memory = Path(f"/proc/{agent.process.pid}")
    (memory / "clear_refs").write_text("3")
    await asyncio.sleep(3.0)
    own_kib, touched_kib = _memory_kib((memory / "smaps").read_text())
    print(f"{own_kib / 1024:.1f} MB of its own, {touched_kib / 1024:.1f} MB of files")
    assert own_kib <= 40 * 1024
    assert own_kib + touched_kib <= 70 * 1024


def _memory_kib(smaps: str) -> tuple[int, int]:
    """Anonymous memory, and the pages of files that were touched since the marks were cleared, kiB."""
    own = touched = 0
    of_file = False
    for words in (line.split() for line in smaps.splitlines()):
        if not words[0].endswith(":"):
            of_file = len(words) > 5 and words[5].startswith("/")
        elif words[0] == "Anonymous:":
            own += int(words[1])
        elif words[0] == "Referenced:" and of_file:
            touched += int(words[1])
    return own, touched


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--pod", "bed-1"], "start `dreamd serve` once"),
        (["--pod", "bed-1", "--daemon-key", "00" * 32, "--implant", "edf:/none.edf"], "does not exist"),
        (["--pod", "bed-1=sim,malfunction=gremlins@3", "--daemon-key", "00" * 32], "silence, flat, railed"),
        (["--pod", "Bed 1", "--daemon-key", "00" * 32], "is no name"),
        ([], "give --pod NAME"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], says: str) -> None:
    """A missing key, file, malfunction or name is one line on stderr, status 2, never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "dreamedge", "run", "--state-dir", str(tmp_path), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        check=False,
        timeout=20,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_no_broker_is_reported_and_tried_again(tmp_path: Path) -> None:
    """Without a broker the agent reports it, keeps trying, and ends on SIGTERM with status 0."""
    command = [
        *(sys.executable, "-m", "dreamedge", "run", "--pod", "bed-1", "--daemon-key", "00" * 32),
        *("--broker", f"mqtt://127.0.0.1:{free_port()}", "--state-dir", str(tmp_path), "--duration", "2"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0
    assert "cannot connect to the broker" in done.stderr
    assert "Traceback" not in done.stderr
