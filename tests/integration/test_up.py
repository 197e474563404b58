"""`dreamd up` with its real processes: brokers, child processes, whole nights, and failures."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from depth import LONG
from dreamd.up.plan import CannotRun, Flags, plan
from dreamd.up.processes import brokers
from dreamd.up.processes.child_process import Child
from dreamd.up.processes.preflight import check, look_over
from dreamd.up.processes.processes import Processes, Reports
from edge import recorded
from edge.xdf_file import Told, write
from integration.conftest import free_port

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PORTS = ("mqtt_port", "grpc_port", "http_port", "console_port")
UP = (sys.executable, "-m", "dreamd", "up")


def installed(kind: str) -> str:
    """The kind of broker; skips if it is not installed."""
    if kind == "mosquitto" and brokers.mosquitto_binary() is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    return kind


@contextlib.asynccontextmanager
async def kept(child: Child) -> AsyncIterator[Child]:
    """A child that runs while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child.keep())
        try:
            yield child
        finally:
            await child.stop(3.0)


async def until_answered(url: str) -> None:
    """Return once a broker answers; ten seconds at most."""
    async with asyncio.timeout(10.0):
        while not await brokers.answers(url):  # noqa: ASYNC110 -- another process raises no event here
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_a_broker_answers_comes_back_and_goes(kind: str, tmp_path: Path) -> None:
    """Either broker answers a CONNECT, is back after SIGKILL, ends on request, and logs no complaint."""
    port = free_port()
    child = Child(kind, brokers.command(installed(kind), port, tmp_path), tmp_path / "log", kept=True)
    url = f"mqtt://127.0.0.1:{port}"
    async with kept(child):
        await until_answered(url)
        child.signal(signal.SIGKILL)
        async with asyncio.timeout(5.0):
            while child.incarnation < 2:  # noqa: ASYNC110 -- a count, not an event
                await asyncio.sleep(0.01)
        await until_answered(url)
    assert not await brokers.answers(url)
    assert "Error" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
def test_no_broker_outlives_a_killed_run(kind: str, tmp_path: Path) -> None:
    """A run killed with SIGKILL leaves no process behind."""
    port = free_port()
    program = (
        "import asyncio, sys; from pathlib import Path; from dreamd.up.processes import brokers\n"
        "from dreamd.up.processes.child_process import Child\n"
        f"room = Path({str(tmp_path)!r})\n"
        f"child = Child('b', brokers.command({installed(kind)!r}, {port}, room), room / 'log', kept=True,\n"
        "              started=lambda c: print(c.pid, flush=True))\n"
        "asyncio.run(child.keep())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    asyncio.run(until_answered(f"mqtt://127.0.0.1:{port}"))
    parent.kill()
    parent.wait(timeout=30.0)
    parent.stdout.close()
    _, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10.0)
    assert not alive


async def test_a_console_that_cannot_start_is_told_once_and_let_go(tmp_path: Path) -> None:
    """It is reported with its own words and not started again; one that has answered is."""
    told: list[str] = []
    nothing = Reports(*[lambda *_words: None] * 5, told.append)
    household = Processes(plan(Flags()), tmp_path, 0, nothing)
    wrong = "import sys; sys.exit('dreamd: port 8081 is in use')"
    household.console.argv = (sys.executable, "-c", wrong)
    await asyncio.wait_for(household.console.keep(), 30.0)
    assert (told, household.console.incarnation) == ([""], 1)
    assert household.console.last_words() == "dreamd: port 8081 is in use"
    right = 'import json; print(json.dumps({"url": "http://127.0.0.1:1/"}))'
    household.console.argv, household.console.kept = (sys.executable, "-c", right), True
    async with kept(household.console), asyncio.timeout(30.0):
        while household.console.incarnation < 3:  # noqa: ASYNC110 -- a count, not an event
            await asyncio.sleep(0.02)
    assert told[1:3] == ["http://127.0.0.1:1/", ""]


async def test_a_stopped_child_is_ended_all_the_same(tmp_path: Path) -> None:
    """A child frozen with SIGSTOP that ignores SIGTERM is gone after its grace period."""
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(60)"
    )
    heard = asyncio.Event()
    child = Child("stubborn", (sys.executable, "-c", program), tmp_path / "log", heard=lambda _: heard.set())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child.keep())
        await heard.wait()
        child.signal(signal.SIGSTOP)
        await child.stop(0.2)
    assert child.last_end is not None
    assert child.last_end.words == "killed by SIGKILL"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("flag", PORTS)
def test_a_port_in_use_is_named_with_its_flag(flag: str, taken: int, tmp_path: Path) -> None:
    """A port in use is refused with port and flag; no other is picked silently."""
    ports = {name: free_port() for name in PORTS} | {flag: taken}
    with pytest.raises(CannotRun, match=f"port {taken} .* in use.*--{flag.replace('_', '-')}"):
        check(plan(Flags(**ports, night=tmp_path / "night.svg")))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Flags(recordings=(Path("/nowhere/a.edf"), Path("b.edf"))), "cannot be read.*--recordings"),
        (Flags(recordings=(Path("/nowhere/a.edf"),)), "cannot be read.*--recordings"),
        (Flags(recordings=(Path(__file__), Path(__file__))), r"test_up\.py is "),
        (Flags(night=Path("/nowhere/night.svg")), "does not exist.*--night"),
        (Flags(night=Path("/")), "is a directory"),
    ],
)
def test_a_bad_file_is_named(flags: Flags, words: str) -> None:
    """A missing recording, one that is no EDF, or an unwritable picture is refused before the start."""
    with pytest.raises(CannotRun, match=words):
        check(look_over(flags))


def ports() -> list[str]:
    """Flags with four free ports."""
    return [f"--{name.replace('_', '-')}={free_port()}" for name in PORTS]


def test_a_dead_broker_is_one_sentence(tmp_path: Path) -> None:
    """An address without a broker: status 2, one line on stderr, no traceback."""
    command = [
        *UP,
        *ports(),
        "--json",
        f"--broker=mqtt://127.0.0.1:{free_port()}",
        f"--night={tmp_path / 'n.svg'}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "no MQTT broker answers" in line


OTHERS = "DREAMD_LONG: every other night of this file runs on mosquitto"


@pytest.mark.parametrize(
    "kind", ["amqtt", pytest.param("mosquitto", marks=pytest.mark.skipif(not LONG, reason=OTHERS))]
)
def test_a_night_comes_to_an_end_and_everyone_home(kind: str, tmp_path: Path) -> None:
    """Four sleepers merge, one rails and is severed by itself, all come home, the picture is kept."""
    picture = tmp_path / "night.svg"
    command = [
        *(*UP, *ports(), "--json", "--sleepers=4", "--duration=17", "--malfunction=railed@+2"),
        *(f"--broker={installed(kind)}", f"--night={picture}", "--seed=3"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sleepers"] == found["merged"] == found["home"] == 4
    (severed,) = found["severed"]
    assert severed["pod"] == "bed-4"
    assert severed["cause"] == "railed"
    assert severed["at_s"] < 17.0
    assert severed["onset_to_alone_ms"] < 1500
    assert found["ticks"] > 15
    assert found["frames_accepted"] > 40
    assert found["latency_ms"]["capture_to_feedback"]["p50"] > 0
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")


def headset(name: str, seconds: float, worn: bool = True, rate_hz: int = 256) -> Told:
    """A recorded Muse: alpha in noise while worn, zeros while not."""
    rng = np.random.default_rng(sum(name.encode()))
    at_s = np.arange(int(seconds * rate_hz)) / rate_hz
    alpha = 8 * np.sin(2 * np.pi * 10 * at_s)[:, None] + np.cumsum(rng.normal(0, 0.5, (len(at_s), 4)), axis=0)
    drift = np.apply_along_axis(lambda uv: np.convolve(uv, np.ones(rate_hz) / rate_hz, "same"), 0, alpha)
    samples = (alpha - drift + rng.normal(0, 3, alpha.shape)) * worn
    return Told(f"{name}-Muse: EEG", samples, 5000.0 + at_s, rate_hz)


@pytest.mark.skipif(
    not LONG and bool(os.environ.get("DREAMD_RECORDINGS")),
    reason="DREAMD_LONG: the four of a real recording do the same",
)
def test_people_of_one_recording_dream_together(tmp_path: Path) -> None:
    """Of three in one file two merge, one of them of 64 Hz; the one with the headset off never does."""
    people = headset("Ann", 33), headset("Bob", 33, rate_hz=64), headset("Off", 33, worn=False)
    group = write(tmp_path / "g.xdf", *people)
    foreign = tmp_path / "notes.txt"
    foreign.write_text("nobody")
    picture = tmp_path / "night.svg"
    command = [*UP, *ports(), "--json", "--duration=20", f"--night={picture}", "--recordings"]
    done = subprocess.run(
        [*command, str(group), str(foreign)], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["sleeper"] for one in found["recordings"]] == ["ann", "bob", "off"]
    assert (found["merged"], found["home"], found["severed"]) == (2, 3, [])
    assert found["never_merged"] == [{"pod": "bed-3", "cause": "flat"}]
    assert [(one["pod"], one["code"]) for one in found["notes"]] == [("bed-2", "schema")]
    (refused,) = found["refused"]
    assert refused["file"].endswith("notes.txt")
    assert "bed-3 (off) never merged: flat" in picture.read_text()


@recorded.needed
@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a second night of recordings")
def test_of_four_recorded_together_three_merge(tmp_path: Path) -> None:
    """Of four real headsets in one file Blue has no contact and never merges; the others come home."""
    group = recorded.path("group/hybridharmony_anticipation_4people_4ch_256Hz.xdf")
    flags = ["--json", "--duration=18", f"--night={tmp_path / 'n.svg'}"]
    command = [*UP, *ports(), *flags, "--recordings", str(group)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {one["sleeper"]: one["pod"] for one in found["recordings"]}["blue"] == "bed-1"
    assert found["never_merged"] == [{"pod": "bed-1", "cause": "contact"}]
    assert (found["sleepers"], found["merged"], found["home"]) == (4, 3, 4)


class Terminal:
    """A terminal of 80 by 24 with `dreamd up` in it."""

    def __init__(self, *flags: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color"}
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self.process = subprocess.Popen([*UP, *flags], start_new_session=True, env=environment, **streams)
        os.close(theirs)
        self.seen = ""

    def until(self, words: str, within_s: float) -> None:
        """Read until these words have been on the screen."""
        give_up_s = time.monotonic() + within_s
        while words not in self.seen:
            assert time.monotonic() < give_up_s, f"{words!r} not seen in: {self.seen[-2000:]}"
            if select.select([self.ours], [], [], 0.2)[0]:
                self.seen += ESCAPES.sub("", self._read())

    def _read(self) -> str:
        try:
            return os.read(self.ours, 65536).decode(errors="replace")
        except OSError:  # the other side is closed
            return ""

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.ours, key.encode())


def test_k_kills_the_daemon_everyone_is_alone_and_it_comes_back(tmp_path: Path) -> None:
    """After `k` all are alone within 1.5 s and the daemon returns; after `q` all are home."""
    flags = ("--sleepers=3", "--duration=300", f"--night={tmp_path / 'n.svg'}")
    terminal = Terminal(*ports(), *flags)
    try:
        terminal.until("the night begins", 60)
        terminal.until("━━━●", 20)
        terminal.press("k")
        terminal.until("measured at the pods", 10)
        terminal.until("the daemon is back", 30)
        terminal.press("q")
        terminal.until("3 of 3 came home", 30)
        assert terminal.process.wait(timeout=30) == 0
    finally:
        terminal.process.kill()
        os.close(terminal.ours)
    found = re.search(r"all three alone after [0-9.]+ to ([0-9.]+) s", terminal.seen)
    assert found is not None
    assert float(found[1]) <= 1.5


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a whole night for its end")
def test_a_pipe_that_closes_ends_the_night_in_order(tmp_path: Path) -> None:
    """A closed pipe ends the night in order: all come home, without a traceback or a left process."""
    command = [*UP, *ports(), "--no-view", "--sleepers=2", f"--night={tmp_path / 'n.svg'}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    process.stdout.close()
    assert process.wait(timeout=90) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
    assert not psutil.wait_procs(children, timeout=10.0)[1]


def test_ctrl_c_ends_the_night_in_order(tmp_path: Path) -> None:
    """SIGINT brings all home with status 0, and no process is left."""
    command = [*UP, *ports(), "--json", "--sleepers=3", f"--night={tmp_path / 'n.svg'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(9)
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    assert json.loads(out)["home"] == 3
    _, alive = psutil.wait_procs(children, timeout=10.0)
    assert not alive


def test_before_the_night_keys_are_refused_and_a_closed_terminal_ends_everything(tmp_path: Path) -> None:
    """While beds gather `k` and `w` are refused with a word; a closed terminal ends the whole run."""
    flags = ("--sleepers=3", f"--night={tmp_path / 'n.svg'}")
    terminal = Terminal(*ports(), *flags)
    try:
        terminal.until("waiting for", 30)
        terminal.press("kw")
        terminal.until("k (kill the daemon) does nothing now", 10)
        terminal.until("w (wake) does nothing now", 10)
        terminal.until("gathering: ", 30)
        children = psutil.Process(terminal.process.pid).children(recursive=True)
        assert len(children) > 2
    finally:
        os.close(terminal.ours)
        _, alive = psutil.wait_procs([psutil.Process(terminal.process.pid)], timeout=20.0)
        terminal.process.kill()
    assert not alive
    assert not psutil.wait_procs(children, timeout=10.0)[1]
