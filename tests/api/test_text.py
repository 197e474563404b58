"""Text at the client and on a terminal.

Ways out repair it, other calls refuse it by field, screens escape it.
"""

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dreamapi
from api.test_cli import Shell
from dreamapi.quick_look import lines
from dreamapi.requests import asking, freeing
from dreamapi.screens import for_screen
from dreamapi.v1.dreamscapes_pb2 import CreateDreamscapeRequest, Event, Plan, SeverDreamscapeRequest
from dreamapi.v1.pods_pb2 import ListPodsResponse, Pod
from dreamd.adapters.grpc.server import Running
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamwire.standard_output import escape_unencodable
from fakes.coordination import FakeCoordination

ROOT = Path(__file__).resolve().parents[2]
LATIN_1 = "caf\udce9"
ODD = [LATIN_1, "\ud800", "a\x00b", "\x1b[2J", "\u202e", "x" * (2 << 20), "a\nb"]
ODD_IDS = ["latin-1", "surrogate", "nul", "escape", "direction", "2 MiB", "line"]


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_the_request_of_a_way_out_can_always_be_built(odd: str) -> None:
    """A way out's request can be built from any reason and name, and a real name is kept."""
    request = freeing(SeverDreamscapeRequest, name="dreamscapes/dusk", reason=odd, request_id=odd)
    assert SeverDreamscapeRequest.FromString(request.SerializeToString()).name == "dreamscapes/dusk"


@pytest.mark.parametrize("odd", [text for text in ODD if text != "a\nb"], ids=ODD_IDS[:-1])
def test_another_request_names_the_field(odd: str) -> None:
    """Another request is refused by the path of the field, as at the daemon, without the text."""
    with pytest.raises(dreamapi.InvalidArgument, match=r"^plan\.pods\[1\]: ") as no:
        asking(Plan, "plan.", seats_min=3, seats_max=8, pods=["pods/a", odd])
    assert no.value.metadata["field"] == "plan.pods[1]"
    assert str(no.value).isprintable()
    with pytest.raises(dreamapi.InvalidArgument, match=r"^plan\.site: "):
        dreamapi.plan(seats_min=3, seats_max=8, site=odd)
    with pytest.raises(dreamapi.InvalidArgument, match=r"^dreamscape_id: "):
        asking(CreateDreamscapeRequest, dreamscape_id=odd)
    with pytest.raises(dreamapi.InvalidArgument, match=r"^target: "):
        dreamapi.connect(odd)


@pytest.mark.parametrize("odd", ODD, ids=ODD_IDS)
async def test_no_reason_keeps_the_client_from_a_way_out(
    odd: str, application: FakeCoordination, api: dreamapi.Api
) -> None:
    """Sever, wake, end, release, trip and wake orders act whatever their reason, issuer or person."""
    for name in ("sever", "wake", "end"):
        application.add(name, DreamscapeState.DREAMING, pods=())
    await api.dreamscapes.sever("sever", reason=odd)
    await api.dreamscapes.wake("wake", issuer=odd, reason=odd)
    await api.dreamscapes.end("end", reason=odd)
    states = {view.plan.dreamscape: view.state for view in application.dreamscapes.list()}
    assert states["sever"] is DreamscapeState.SEVERED
    assert (states["wake"], states["end"]) == (DreamscapeState.WAKING, DreamscapeState.ENDED)
    ordered = await api.wake.order(dreamapi.WakeOrder.SCOPE_FLEET, issuer=odd, reason=odd, request_id=odd)
    lifted = await api.wake.lift(ordered.order.name, by=odd, reason=odd)
    assert not lifted.stands


def test_every_text_of_an_answer_is_escaped() -> None:
    """Texts in lists and nested messages are escaped; numbers by name stay."""
    pod = Pod(name="pods/bed-1", sleeper="\u202eada", state=Pod.STATE_READY)
    pod.device.model = "\x1b]0;owned\x07"
    pod.channels.add(name="a\nbed-9 seated", quality=0.5)
    shown = for_screen(ListPodsResponse(pods=[pod])).pods[0]
    assert (shown.device.model, shown.sleeper) == (r"\x1b]0;owned\x07", r"\u202eada")
    assert (shown.channels[0].name, shown.channels[0].quality) == (r"a\nbed-9 seated", 0.5)
    event = for_screen(Event(sentence="\x1b[2J", values={"a_ms": 1.0}))
    assert (event.sentence, dict(event.values)) == (r"\x1b[2J", {"a_ms": 1.0})


async def test_a_terminal_obeys_no_bed(application: FakeCoordination, shell: Shell) -> None:
    """A device's name with escape sequences and a line break is one row of plain characters."""
    application.change("bed-1", device_model="\x1b[2J\nbed-9 seated", sleeper="\u202eada")
    status, out, _ = await shell("pods list")
    assert status == 0
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert [line.split()[0] for line in out.splitlines()] == ["pod", "bed-1", "bed-2", "bed-3"]
    _, told, _ = await shell("pods get bed-1 --json")
    assert all(line.isprintable() for line in told.splitlines())


async def test_a_first_look_obeys_no_bed(application: FakeCoordination, server: Running) -> None:
    """`dreamapi.show` prints such names escaped."""
    application.change("bed-1", sleeper="\x1b[2J")
    async with dreamapi.connect(f"127.0.0.1:{server.port}", rng=Random(1), to_screen=True) as api:
        told = [line async for line in lines(api, 1)]
    assert any(r"\x1b[2J" in line for line in told)


@pytest.fixture
def shell(server: Running, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line at the server."""
    return Shell(f"127.0.0.1:{server.port}", capsys)


def test_a_terminal_that_lacks_a_character_is_shown_its_code() -> None:
    """A sever completes although the terminal (Latin-1) lacks a character of its output."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    escape_unencodable(out)
    out.write("夢\ufffd\udce9")
    out.flush()
    assert out.buffer.getvalue() == rb"\u5922\ufffd\udce9"


async def test_a_latin_1_terminal_severs(application: FakeCoordination, server: Running) -> None:
    """The program severs with a reason that is not UTF-8, without a traceback."""
    application.add("dusk", DreamscapeState.DREAMING, pods=())
    verb = ["dreamscapes", "sever", "dusk", "--server", f"127.0.0.1:{server.port}", "--reason"]
    command = [os.fsencode(part) for part in (sys.executable, "-m", "dreamd", *verb)]
    done = await asyncio.to_thread(
        subprocess.run, [*command, b"caf\xe9"], capture_output=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert next(iter(application.dreamscapes.list())).state is DreamscapeState.SEVERED
