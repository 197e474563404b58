"""The button and the light of a running bed, against a real broker: a press, a kill, a stop, a loss."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamedge.adapters.bedside.evdev import EVENT
from dreamedge.adapters.clock import boottime_ns
from dreamwire.messages import PodEventKind
from dreamwire.signing import SigningKey
from fakes.small_daemon import SmallDaemon
from fakes.waiting import awaited
from integration.conftest import Broker, free_port

POD = "bed-1"
HOP_NS = 250_000_000
MS = 1_000_000
UINPUT = Path("/dev/uinput")
UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_CREATE, UI_DEV_DESTROY = 0x40045564, 0x40045565, 0x5501, 0x5502
EV_KEY, KEY_ENTER, KEY_A = 1, 28, 30

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `dreamedge run` with these arguments."""
    running: list[subprocess.Popen[bytes]] = []

    def one(*more: str) -> subprocess.Popen[bytes]:
        common = ("--state-dir", str(tmp_path / "state"), "--journal", str(tmp_path / "journal"))
        running.append(subprocess.Popen([sys.executable, "-m", "dreamedge", "run", *common, *more]))
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.wait()


class Lamp:
    """A serial lamp on a pty: keeps the words it is sent, with their arrival."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.path = os.ttyname(theirs)
        self.theirs = theirs
        os.set_blocking(self.ours, False)
        self._rest = b""

    def words(self) -> list[str]:
        """Those since the last call."""
        try:
            read = os.read(self.ours, 65536)
        except BlockingIOError:
            return []
        *lines, self._rest = (self._rest + read).split(b"\n")
        return [line.decode() for line in lines]

    def close(self) -> None:
        """Unplug it."""
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def lamp() -> Iterator[Lamp]:
    """A lamp that is not told to do anything yet."""
    one = Lamp()
    yield one
    one.close()


class Fifo:
    """An input device as a FIFO that carries the kernel's own structures."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._fd = -1

    def press(self, code: int = KEY_ENTER) -> int:
        """A short press; returns its moment, CLOCK_BOOTTIME."""
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_WRONLY)
        at_ns = boottime_ns()
        os.write(self._fd, b"".join(EVENT.pack(0, 0, *event) for event in ((1, code, 1), (1, code, 0))))
        return at_ns

    def unplug(self) -> None:
        """Close the writing end."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _notes(tmp_path: Path, *kinds: str) -> list[dict[str, Any]]:
    journal = tmp_path / "journal"
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    notes = [json.loads(line) for line in lines if line.endswith("\n")]
    return [note for note in notes if note["kind"] in kinds]


def _inputs() -> set[Path]:
    return set(Path("/dev/input").glob("event*"))


def _pulls() -> list[Path]:
    """The pulls of the first line of each simulated chip."""
    return sorted(Path("/sys/devices/platform").glob("gpio-sim.*/gpiochip*/sim_gpio0/pull"))


async def _merged(daemon: SmallDaemon) -> None:
    """Seat the pod and wait for its merge."""
    await awaited(lambda: bool(daemon.statuses) and daemon.statuses[-1].clock.synced, "the session clock")
    await daemon.assign()
    await awaited(lambda: bool(daemon.of_kind(PodEventKind.MERGED)), "merged")


def _run(broker: Broker, daemon: SmallDaemon, *more: str) -> tuple[str, ...]:
    return (
        *("--pod", f"{POD}=sim:3", "--broker", broker.url),
        *("--daemon-key", daemon.key.public.hex, *more),
    )


async def test_a_press_is_zero_within_a_hop_and_the_light_follows(
    broker: Broker, start: Start, lamp: Lamp, tmp_path: Path
) -> None:
    """From the press to zero at most a hop by its stamps; coupled, then latched; killed, it is alone."""
    fifo = Fifo(tmp_path / "event0")
    async with SmallDaemon(broker.port, POD) as daemon:
        options = ("--button", f"evdev:{fifo.path},KEY_A=wake", "--light", f"serial:{lamp.path}")
        agent = start(*_run(broker, daemon, *options))
        words: list[str] = []
        shows = lambda state: words.extend(lamp.words()) or words[-1:] == [state]  # noqa: E731
        await awaited(lambda: shows("alone"), "the light is alone at first")
        await _merged(daemon)
        await awaited(lambda: shows("coupled"), "the light shows the merge", within_s=2.0)
        pressed_ns = fifo.press()
        await awaited(lambda: bool(daemon.of_kind(PodEventKind.ALONE)), "alone", within_s=3.0)
        (severed,), (alone,) = daemon.of_kind(PodEventKind.SEVERED), daemon.of_kind(PodEventKind.ALONE)
        (latched,) = daemon.of_kind(PodEventKind.LATCHED)
        assert {severed.cause, latched.cause} == {"withdraw"}
        assert pressed_ns <= severed.evidence_ns <= severed.zero_ns <= pressed_ns + HOP_NS
        assert alone.alone_ns - severed.zero_ns <= 60 * MS
        await awaited(lambda: shows("latched"), "the light shows the latch", within_s=2.0)
        fifo.press(KEY_A)
        await awaited(lambda: len(daemon.of_kind(PodEventKind.LATCHED)) == 2, "woken", within_s=3.0)
        assert [note["issuer"] for note in _notes(tmp_path, "wake")] == ["sleeper"]
        agent.kill()
        await awaited(lambda: shows("alone"), "a killed agent leaves the light alone", within_s=2.0)
    fifo.unplug()


async def test_a_serial_button_withdraws_and_a_stopped_agents_light_is_alone(
    broker: Broker, start: Start, lamp: Lamp
) -> None:
    """Button and light on one port; an agent that stands still shows alone, whatever its share was."""
    async with SmallDaemon(broker.port, POD) as daemon:
        options = ("--button", f"serial:{lamp.path}", "--light", f"serial:{lamp.path}")
        agent = start(*_run(broker, daemon, *options))
        await _merged(daemon)
        words: list[str] = []
        shows = lambda state: words.extend(lamp.words()) or words[-1:] == [state]  # noqa: E731
        await awaited(lambda: shows("coupled"), "coupled")
        agent.send_signal(signal.SIGSTOP)
        await awaited(lambda: shows("alone"), "a stopped agent's light is alone", within_s=2.0)
        agent.send_signal(signal.SIGCONT)
        await awaited(lambda: shows("coupled"), "coupled again")
        os.write(lamp.ours, b"withdraw\r\n")
        pressed_ns = boottime_ns()
        await awaited(lambda: bool(daemon.of_kind(PodEventKind.LATCHED)), "latched", within_s=3.0)
        (latched,) = daemon.of_kind(PodEventKind.LATCHED)
        assert latched.zero_ns - pressed_ns <= HOP_NS
        assert latched.zero_ns - latched.evidence_ns <= HOP_NS
        agent.send_signal(signal.SIGTERM)
        await awaited(lambda: agent.poll() is not None, "the end", within_s=9.0)
        assert agent.returncode == 0
        await awaited(lambda: shows("alone"), "an ended agent leaves the light alone", within_s=2.0)


async def test_a_lost_button_ends_no_bed_and_each_bed_has_its_own(start: Start, tmp_path: Path) -> None:
    """A press reaches its bed alone, without a broker; an unplugged device is noted and read again."""
    one, two = Fifo(tmp_path / "bed-1"), Fifo(tmp_path / "bed-2")
    key = SigningKey.generate().public.hex
    agent = start(
        *("--pods", "bed-1,bed-2", "--implant", "sim", "--button", f"evdev:{tmp_path}/{{pod}}"),
        *("--broker", f"mqtt://127.0.0.1:{free_port()}", "--daemon-key", key),
    )
    await awaited(lambda: len(_notes(tmp_path, "up")) == 2, "both are up")
    two.press()
    await awaited(lambda: bool(_notes(tmp_path, "latched")), "latched", within_s=3.0)
    two.unplug()
    await awaited(lambda: bool(_notes(tmp_path, "button-returned")), "read again", within_s=5.0)
    one.press()
    await awaited(lambda: len(_notes(tmp_path, "latched")) == 2, "latched", within_s=3.0)
    told = [(note["pod"], note["kind"]) for note in _notes(tmp_path, "latched", "button-lost", "failed")]
    assert told == [("bed-2", "latched"), ("bed-2", "button-lost"), ("bed-1", "latched")]
    assert agent.poll() is None
    one.unplug()


@pytest.mark.parametrize(("flag", "kind"), [("--button", "evdev"), ("--light", "serial")])
def test_a_device_that_is_not_there_ends_the_agent_before_it_begins(
    tmp_path: Path, flag: str, kind: str
) -> None:
    """A bed does not start without the button or light that was asked for: status 2 and one sentence."""
    command = (
        sys.executable,
        "-m",
        "dreamedge",
        "run",
        "--pod",
        "bed-1=sim:3",
        flag,
        f"{kind}:{tmp_path}/none",
    )
    more = ("--daemon-key", SigningKey.generate().public.hex, "--state-dir", str(tmp_path / "state"))
    done = subprocess.run([*command, *more], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(
        f"dreamedge: bed-1: the {flag[2:]} {kind}:{tmp_path}/none cannot be"
    )
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(not os.access(UINPUT, os.W_OK), reason="this machine has no /dev/uinput to write to")
async def test_a_real_input_device_withdraws_by_the_kernels_stamp(start: Start, tmp_path: Path) -> None:
    """A device made by uinput: grabbed, stamped in CLOCK_BOOTTIME by the kernel, and lost when it is gone."""
    device = os.open(UINPUT, os.O_WRONLY | os.O_NONBLOCK)
    fcntl.ioctl(device, UI_SET_EVBIT, EV_KEY)
    fcntl.ioctl(device, UI_SET_KEYBIT, KEY_ENTER)
    before = _inputs()
    os.write(device, struct.pack("@80sHHHHI", b"dreamd test button", 3, 1, 1, 1, 0) + bytes(4 * 4 * 64))
    fcntl.ioctl(device, UI_DEV_CREATE)
    await awaited(lambda: bool(_inputs() - before), "the device", within_s=5.0)
    (path,) = _inputs() - before
    key = SigningKey.generate().public.hex
    start(
        *("--pod", "bed-1=sim:3", "--button", f"evdev:{path}"),
        *("--broker", f"mqtt://127.0.0.1:{free_port()}", "--daemon-key", key),
    )
    await awaited(lambda: bool(_notes(tmp_path, "up")), "up")
    pressed_ns = boottime_ns()
    for event in ((EV_KEY, KEY_ENTER, 1), (0, 0, 0)):
        os.write(device, EVENT.pack(0, 0, *event))
    await awaited(lambda: bool(_notes(tmp_path, "latched")), "latched", within_s=3.0)
    (latched,) = _notes(tmp_path, "latched")
    assert pressed_ns - MS <= latched["evidence_ns"] <= latched["zero_ns"] <= pressed_ns + HOP_NS
    fcntl.ioctl(device, UI_DEV_DESTROY)
    os.close(device)
    await awaited(lambda: bool(_notes(tmp_path, "button-lost")), "lost", within_s=3.0)


@pytest.mark.skipif(not _pulls(), reason="this machine has no /dev/gpiochip of gpio-sim")
async def test_a_real_gpio_line_is_read(start: Start, tmp_path: Path) -> None:
    """A line of a gpio-sim chip, pulled by its simulator, withdraws within a hop."""
    pull = _pulls()[0]
    chip = pull.parents[1].name
    pull.write_text("pull-up")
    key = SigningKey.generate().public.hex
    start(
        *("--pod", "bed-1=sim:3", "--button", f"gpio:{chip}/0"),
        *("--broker", f"mqtt://127.0.0.1:{free_port()}", "--daemon-key", key),
    )
    await awaited(lambda: bool(_notes(tmp_path, "up")), "up")
    pressed_ns = boottime_ns()
    pull.write_text("pull-down")
    await awaited(lambda: bool(_notes(tmp_path, "latched")), "latched", within_s=3.0)
    assert _notes(tmp_path, "latched")[0]["zero_ns"] <= pressed_ns + HOP_NS
