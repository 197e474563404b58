"""`dreamd up` with its real processes: brokers, the leash, whole nights, and what goes wrong."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from dreamd.up import brokers
from dreamd.up.children import Child
from dreamd.up.plan import CannotRun, Flags, plan
from dreamd.up.preflight import check
from integration.conftest import free_port

UP = (sys.executable, "-m", "dreamd", "up")


def installed(kind: str) -> str:
    """The kind of broker, or a skip where it is not there."""
    if kind == "mosquitto" and brokers.mosquitto_binary() is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    return kind


@contextlib.asynccontextmanager
async def kept(child: Child) -> AsyncIterator[Child]:
    """A child that is kept while the block runs."""
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
    """Either broker answers a CONNECT, is back after SIGKILL, ends when told to, and complains of nothing."""
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
    """A run that is killed with SIGKILL leaves no process behind."""
    port = free_port()
    program = (
        "import asyncio, sys; from pathlib import Path; from dreamd.up import brokers\n"
        "from dreamd.up.children import Child\n"
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
    parent.wait(timeout=5.0)
    parent.stdout.close()
    _, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=3.0)
    assert not alive


async def test_a_stopped_child_is_ended_all_the_same(tmp_path: Path) -> None:
    """A child frozen with SIGSTOP that ignores SIGTERM is gone after its grace."""
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
    """A port somebody listens on."""
    import socket  # noqa: PLC0415 -- for this fixture alone

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("flag", ["mqtt_port", "grpc_port", "http_port"])
def test_a_port_in_use_is_named_with_its_flag(flag: str, taken: int, tmp_path: Path) -> None:
    """The sentence names the port and the flag that chooses another; none is picked silently."""
    ports = {name: free_port() for name in ("mqtt_port", "grpc_port", "http_port")} | {flag: taken}
    with pytest.raises(CannotRun, match=f"port {taken} .* in use.*--{flag.replace('_', '-')}"):
        check(plan(Flags(**ports, night=tmp_path / "night.svg")))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Flags(recordings=(Path("/nowhere/a.edf"), Path("b.edf"))), "cannot be read.*--recordings"),
        (Flags(recordings=(Path(__file__), Path(__file__))), "not an EDF file"),
        (Flags(night=Path("/nowhere/night.svg")), "does not exist.*--night"),
        (Flags(night=Path("/")), "is a directory"),
    ],
)
def test_a_bad_file_is_named(flags: Flags, words: str) -> None:
    """A recording that is missing or no EDF, and a picture that cannot be kept, are said before the start."""
    with pytest.raises(CannotRun, match=words):
        check(plan(flags))


def ports() -> list[str]:
    """Flags with three free ports."""
    return [f"--{name}-port={free_port()}" for name in ("mqtt", "grpc", "http")]


def test_a_dead_broker_is_one_sentence(tmp_path: Path) -> None:
    """An address where no broker answers: status 2, one line on stderr, no traceback."""
    command = [
        *UP,
        *ports(),
        "--json",
        f"--broker=mqtt://127.0.0.1:{free_port()}",
        f"--night={tmp_path / 'n.svg'}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "no MQTT broker answers" in line


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
def test_a_night_comes_to_an_end_and_everyone_home(kind: str, tmp_path: Path) -> None:
    """Eight sleepers merge, one rails and is severed by itself, all come home, the picture is kept."""
    picture = tmp_path / "night.svg"
    command = [
        *(*UP, *ports(), "--json", "--duration=16", "--malfunction=railed@11"),
        *(f"--broker={installed(kind)}", f"--night={picture}", "--seed=3"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sleepers"] == found["merged"] == found["home"] == 8
    (severed,) = found["severed"]
    assert severed["pod"] == "bed-5"
    assert severed["cause"] == "railed"
    assert 10.0 < severed["at_s"] < 13.5
    assert severed["onset_to_alone_ms"] < 1500
    assert found["ticks"] > 20
    assert found["frames_accepted"] > 150
    assert found["latency_ms"]["capture_to_feedback"]["p99"] < 1000
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")


def test_a_killed_daemon_leaves_everyone_alone_and_comes_back(tmp_path: Path) -> None:
    """After SIGKILL all are alone within 1.5 s by the pods' stamps, and the daemon is back by itself."""
    command = [*UP, *ports(), "--no-view", "--duration=22", "--sleepers=5", f"--night={tmp_path / 'n.svg'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(12)
        daemon = next(c for c in psutil.Process(process.pid).children() if "serve" in c.cmdline())
        daemon.kill()
        out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    sentence = next(line for line in out.splitlines() if "measured at the pods" in line)
    assert "all five alone after" in sentence
    assert float(sentence.split(" to ")[1].split(" s")[0]) <= 1.55
    assert "the daemon is back" in out
    assert "5 of 5 came home" in out


def test_ctrl_c_ends_the_night_in_order(tmp_path: Path) -> None:
    """SIGINT in the middle: everyone is brought home, status 0, and no process is left."""
    command = [*UP, *ports(), "--json", "--sleepers=5", f"--night={tmp_path / 'n.svg'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        time.sleep(9)
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["home"] == 5
    _, alive = psutil.wait_procs(children, timeout=2.0)
    assert not alive
