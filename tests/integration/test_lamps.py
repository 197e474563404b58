"""Light for a room's own lamps: real OSC over UDP, and a serial line through a pty."""

import os
import pty
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.renderers import open_renderer
from dreamedge.adapters.renderers.lights import LightRenderer, LightState
from dreamedge.ports.renderer import Cue, Renderer, RendererError

PULSE_S = 0.05
MS = 1_000_000


def cue(share: float, level: float = 1.0, fade_ms: float = 0.0) -> Cue:
    """A cue of one level in all bands."""
    return Cue(np.full(12, level, dtype=np.float32), share, fade_ms)


def give(renderer: Renderer, share: float, seconds: float, level: float = 1.0) -> None:
    """Cues at every pulse."""
    for _ in range(round(seconds / PULSE_S)):
        renderer.render(cue(share, level), boottime_ns())
        time.sleep(PULSE_S)


class Room:
    """A program that hears OSC."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str, tuple[float, ...]]] = []
        dispatcher = Dispatcher()
        dispatcher.map("/dreamd/*", self._hear)
        self.server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        self.port = self.server.server_address[1]

    def _hear(self, address: str, *values: float) -> None:
        self.heard.append((boottime_ns(), address, values))

    def values(self, address: str) -> list[tuple[float, ...]]:
        """The values of one address, in order."""
        return [values for _, one, values in self.heard if one == address]


@contextmanager
def room() -> Iterator[Room]:
    """A room that listens."""
    made = Room()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def test_a_room_hears_coupling_bands_and_severed_by_osc() -> None:
    """The coupling falls to zero within the fade of a sever; bands move slowly; then the end is sent."""
    with room() as heard:
        renderer = open_renderer(f"osc:127.0.0.1:{heard.port}", "bed-1")
        give(renderer, 0.1, 0.6)
        severed_ns = boottime_ns()
        renderer.render(cue(0.0, fade_ms=50.0), severed_ns)
        time.sleep(0.2)
        assert renderer.failed == ""
        renderer.close()
        time.sleep(0.1)
    coupling = heard.values("/dreamd/bed-1/coupling")
    assert max(coupling)[0] == pytest.approx(0.1)
    zero_ns = next(at for at, one, values in heard.heard if at > severed_ns and values == (0.0,))
    assert zero_ns - severed_ns < 400 * MS, "sooner than the half second without a cue"
    assert heard.values("/dreamd/bed-1/severed")[-1] == (1,)
    assert (0,) in heard.values("/dreamd/bed-1/severed")
    bands = np.array(heard.values("/dreamd/bed-1/bands"))
    assert bands.shape[1] == 12
    assert bands.max() == pytest.approx(1.0)
    assert np.abs(np.diff(bands[:-1], axis=0)).max() < 0.5, "no lamp can flash"
    assert len(coupling) > 12


def test_lamps_go_dark_half_a_second_after_the_last_cue() -> None:
    """Without a further cue zero is sent by half a second, and goes on being sent."""
    with room() as heard:
        renderer = open_renderer(f"osc:127.0.0.1:{heard.port}", "bed-2")
        give(renderer, 0.1, 0.3)
        last_ns = boottime_ns()
        renderer.render(cue(0.1), last_ns)
        time.sleep(1.0)
        renderer.close()
    told = [(at - last_ns, values[0]) for at, one, values in heard.heard if one.endswith("coupling")]
    assert all(value == 0.0 for after_ns, value in told if after_ns > 650 * MS)
    assert any(value > 0.0 for after_ns, value in told if 0 < after_ns < 400 * MS)
    assert sum(after_ns > 650 * MS for after_ns, _ in told) >= 4


def _lines(fd: int) -> list[list[int]]:
    """Whole lines that have been written to a pty, as numbers."""
    os.set_blocking(fd, False)
    read = b""
    try:
        while True:
            read += os.read(fd, 65_536)
    except BlockingIOError:
        pass
    return [[int(word) for word in line.split()[1:]] for line in read.split(b"\n") if line.startswith(b"D ")]


def test_a_lamp_on_a_serial_port_reads_lines() -> None:
    """Each line has the coupling, the sever and twelve bands; the last one is dark."""
    lamp, bed = pty.openpty()
    tty.setraw(bed)
    renderer = open_renderer(f"serial:{os.ttyname(bed)}@9600", "bed-1")
    give(renderer, 0.2, 0.8, 3.0)
    told = _lines(lamp)
    assert all(len(line) == 14 for line in told)
    assert max(told)[:2] == [51, 0]
    assert told[-1][2] > 180
    renderer.render(cue(0.0, fade_ms=50.0), boottime_ns())
    give_up_s, last = time.monotonic() + 5.0, [0, 0]
    while last != [0, 1] and time.monotonic() < give_up_s:
        time.sleep(0.05)
        last = (_lines(lamp) or [last])[-1][:2]
    assert last == [0, 1]
    renderer.close()
    assert _lines(lamp)[-1] == [0, 1, *[128] * 12]
    os.close(lamp), os.close(bed)


def test_a_lost_port_and_a_way_that_hangs_are_reported_and_hold_up_no_cue() -> None:
    """A lamp that is gone and a driver that blocks are failures within seconds; each cue returns at once."""
    lamp, bed = pty.openpty()
    renderer = open_renderer(f"serial:{os.ttyname(bed)}", "bed-1")
    os.close(bed), os.close(lamp)
    hanging = LightRenderer("osc:1", way := Hanging())
    begun = time.monotonic()
    give(renderer, 0.1, 0.1), give(hanging, 0.1, 0.1)
    assert time.monotonic() - begun < 5.0  # the driver blocks for twenty
    time.sleep(1.9)
    assert "takes nothing" in renderer.failed
    assert hanging.failed == "osc:1 hangs"
    way.freed.set()
    renderer.close(), hanging.close()


class Hanging:
    """A way whose driver blocks."""

    def __init__(self) -> None:
        self.freed = threading.Event()

    def send(self, state: LightState) -> None:
        """Return only once it is freed."""
        self.freed.wait(20.0)

    def close(self) -> None:
        """Do nothing: nothing is open."""


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("osc:8.8.8.8:9000", "private network"),
        ("osc:224.0.0.1:9000", "private network"),
        ("osc:255.255.255.255:9000", "private network"),
        ("osc:192.168.1.255:9000", "private network"),
        ("osc:0.0.0.0:9000", "private network"),
        ("osc:[2001:4860:4860::8888]:9000", "private network"),
        ("osc:lamps.example:9000", "names no address"),
        ("osc:127.0.0.1:0", "names no port"),
        ("osc:127.0.0.1:70000", "names no port"),
        ("osc:9000", "names no address"),
        ("serial:/dev/no-such-port", "dreamedge devices"),
        ("serial:/dev/null@fast", "names no baud rate"),
        ("osc:127.0.0.1:9000,cinema", "names no port"),
        ("cinema", "is not known"),
    ],
)
def test_a_light_that_cannot_be_opened_is_refused_in_a_sentence(spec: str, says: str) -> None:
    """The refusal names the spec and what was expected, and none before it in the list stays open."""
    with pytest.raises(RendererError, match=says) as refusal:
        open_renderer(f"null,{spec}" if spec != "cinema" else spec, "bed-1")
    assert str(refusal.value).endswith(".")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("osc")]


@pytest.mark.parametrize(
    "address", ["localhost", "10.1.2.3", "192.168.7.9", "169.254.1.1", "[fd00::7]", "[::1]"]
)
def test_local_addresses_are_taken(address: str) -> None:
    """This machine, private and link-local addresses are taken; nothing needs to listen there."""
    renderer = open_renderer(f"osc:{address}:9000", "bed-1")
    renderer.render(cue(0.1), boottime_ns())
    renderer.close()


def test_an_agent_without_lights_loads_none_of_their_libraries() -> None:
    """The default renderer imports neither sounddevice, python-osc nor pyserial."""
    code = (
        "import sys; import dreamedge.main; from dreamedge.adapters.renderers import open_renderer; "
        "open_renderer('null'); "
        "print([name for name in ('sounddevice', 'pythonosc', 'serial') if name in sys.modules])"
    )
    asked = (sys.executable, "-c", code)
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"
