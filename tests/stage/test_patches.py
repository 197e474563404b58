"""The patches under deploy/stage, run by the programs they are for, and heard back over OSC."""

import asyncio
import json
import math
import shutil
import subprocess
import wave
from array import array
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.stage.addresses import (
    BEAT,
    CUE,
    LEAD,
    REFUSED,
    SEVER,
    SEVERED,
    SHARE,
    STATE,
    WAKE,
    rows_of,
    rows_of_seat,
)
from dreamd.stage.osc import Value
from dreamwire.schema import BANDS6X2
from fakes.waiting import until
from stage.conftest import Hall
from stage.instruments import KEPT, PATCHES, TOLD, Conversation, Desk, Heard, converse, free_port

QT = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
"""Debian's sclang draws windows, and starts a browser for its help."""
ALPHA = (2, 8)
LIVE = f"{KEPT}live"
NAMES = [address.removeprefix("/dreamd/") for address, _ in TOLD]
DREAMD_NAMES = {name: name.removeprefix("lead/").replace("/", "-") for name in NAMES}
"""The names in Pure Data and Max."""

SUPERCOLLIDER_DRIVER = """
(
var desk = NetAddr("127.0.0.1", "STAGE_IN".getenv.asInteger);
var live;
"{patches}/supercollider/breath.scd".load;
live = ~when['live'];
~when['live'] = {{ |values| live.value(values); desk.sendMsg("/kept/live", values[0].binaryValue) }};
~when['state'] = {{ |values|
	if (values[0] == 'ended') {{
		~dreamd.keysValuesDo {{ |name, values| desk.sendMsg("/kept/" ++ name, *values) }};
		0.exit;
	}};
}};
Score([
	[0, [\\d_recv, ~dreamdVoice.asBytes]],
	[0, [\\s_new, \\dreamdVoice, 1000, 0, 0, \\hz, 220, \\gate, 1, \\anterior, 2, \\posterior, 0]],
	[1, [\\n_set, 1000, \\gate, 0]],
	[2, [\\c_set, 0, 0]],
]).write("{folder}/voice.osc");
~feature.('posterior/alpha', 1.5); ~wake.value; ~sever.value;
~breathe.(0.25); ~cue.("ready");
)
"""


def puredata_driver() -> str:
    """Return a patch that holds `breath.pd`, tells back all that it publishes, and ends with the night."""
    lines = ["#N canvas 0 0 400 400 12;", "#X obj 0 0 breath;"]
    lines += ["#X obj 0 30 list prepend send;", "#X obj 0 60 list trim;", "#X obj 0 90 netsend -u -b;"]
    lines += [r"#X msg 200 90 connect 127.0.0.1 \$1;", "#X obj 200 60 r desk;"]
    lines += ["#X obj 200 0 r dreamd-state;", "#X obj 200 30 sel ended;", r"#X msg 200 60 \; pd quit;"]
    wires = [(1, 0, 2, 0), (2, 0, 3, 0), (4, 0, 3, 0), (5, 0, 4, 0), (6, 0, 7, 0), (7, 0, 8, 0)]
    for name, published in [*DREAMD_NAMES.items(), ("live", "live"), ("severed", "severed")]:
        at = len(lines) - 1
        path = name.replace("/", " ")
        lines += [f"#X obj 0 0 r dreamd-{published};", f"#X obj 0 0 oscformat kept {path};"]
        wires += [(at, 0, at + 1, 0), (at + 1, 0, 1, 0)]
    return "\n".join([*lines, *(f"#X connect {a} {b} {c} {d};" for a, b, c, d in wires)]) + "\n"


def supercollider(desk: Desk, folder: Path) -> Conversation:
    """Run the patch of SuperCollider; it leaves the score of its voice in `folder`."""
    (folder / "driver.scd").write_text(SUPERCOLLIDER_DRIVER.format(patches=PATCHES, folder=folder))
    ports = {"STAGE_OUT": str(desk.port), "STAGE_IN": str(desk.heard_port)}
    command = ["sclang", "-D", str(folder / "driver.scd")]
    return converse(command, desk, folder, QT | ports | {"STAGE_NO_SOUND": "1"})


def puredata(desk: Desk, folder: Path) -> Conversation:
    """Run the patch of Pure Data."""
    (folder / "driver.pd").write_text(puredata_driver())
    orders = [f"dreamd-ports {desk.port} {desk.heard_port}", f"desk {desk.heard_port}"]
    orders += ["dreamd-feature posterior alpha 1.5", "dreamd-wake bang", "dreamd-sever bang"]
    orders += ["dreamd-breath-share 0.25", "dreamd-cue symbol ready"]
    sent = [word for order in orders for word in ("-send", order)]
    quiet = ["pd", "-nogui", "-noaudio", "-stderr", "-path", str(PATCHES / "puredata")]
    return converse([*quiet, *sent, str(folder / "driver.pd")], desk, folder, {})


def supercollider_voice(folder: Path) -> list[str]:
    """Return the command that renders the score which `supercollider` has left."""
    return [
        "scsynth",
        "-N",
        str(folder / "voice.osc"),
        "_",
        str(folder / "voice.wav"),
        "48000",
        "WAV",
        "int16",
    ]


def puredata_voice(folder: Path) -> list[str]:
    """Return the command that renders the voice of Pure Data."""
    (folder / "voice.pd").write_text(PUREDATA_VOICE.format(wav=folder / "voice.wav"))
    quiet = ["pd", "-nogui", "-batch", "-noprefs", "-path", str(PATCHES / "puredata")]
    return [*quiet, str(folder / "voice.pd")]


@dataclass(frozen=True)
class Program:
    """A program that runs a patch without a window and without a sound card."""

    needs: tuple[str, ...]
    converse: Callable[[Desk, Path], Conversation]
    render: Callable[[Path], list[str]]


PROGRAMS = {
    "supercollider": Program(("sclang", "scsynth"), supercollider, supercollider_voice),
    "puredata": Program(("pd",), puredata, puredata_voice),
}


@dataclass(frozen=True)
class Evening:
    """A conversation with a program, and the folder that it was held in."""

    program: Program
    talk: Conversation
    folder: Path


@pytest.fixture(scope="module", params=PROGRAMS)
def evening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """One conversation a program."""
    program = PROGRAMS[request.param]
    missing = [need for need in program.needs if shutil.which(need) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed (make system-packages)")
    folder = tmp_path_factory.mktemp(request.param)
    with closing(Desk()) as desk:
        return Evening(program, program.converse(desk, folder), folder)


@pytest.fixture
def talk(evening: Evening) -> Conversation:
    """The messages of the program."""
    return evening.talk


def led(heard: list[Heard]) -> list[tuple[Value, ...]]:
    """Return the vectors among these messages."""
    return [values for address, values in heard if address == "/dreamd/lead"]


def test_a_patch_sends_what_a_stage_takes(talk: Conversation) -> None:
    """A share, a feature, a cue, a sever and a wake of a patch arrive at the addresses of a stage."""
    assert sorted(talk.asked) == sorted(
        [
            ("/dreamd/lead/posterior/alpha", (1.5,)),
            ("/dreamd/wake", ()),
            ("/dreamd/sever", ()),
            ("/dreamd/share", (0.25,)),
            ("/dreamd/cue", ("ready",)),
        ]
    ), talk.printed


def test_a_patch_holds_every_value_that_it_is_told(talk: Conversation) -> None:
    """Each address of a stage reaches a value of the patch, number for number."""
    for address, values in TOLD:
        assert talk.kept[address.removeprefix("/dreamd/")] == pytest.approx(values), (address, talk.printed)
    assert talk.kept["severed"] == ("railed",)


def test_a_patch_leads_by_the_beat(talk: Conversation) -> None:
    """A patch breathes in ten seconds of beats, alpha alone, and sends its share with each vector."""
    vectors = led(talk.led)
    expected = [math.sin(2.0 * math.pi * beat / 40.0) for beat in (10, 20, 30, 31)]
    assert [vector[ALPHA[0]] for vector in vectors] == pytest.approx(expected, abs=1e-5)
    assert [values for address, values in talk.led if address == SHARE] == [(0.25,)] * len(vectors)
    for vector, level in zip(vectors, expected, strict=True):
        whole = [level if at in ALPHA else 0.0 for at in range(BANDS6X2.size)]
        assert vector == pytest.approx(whole, abs=1e-5)


def test_a_patch_is_live_only_while_the_stream_moves_and_the_sleepers_dream(talk: Conversation) -> None:
    """A second without a beat ends live, the next beat begins it, a sever ends it, and then nothing leads."""
    of_night = [values[0] for address, values in talk.led if address == LIVE]
    assert of_night.count(1) >= 2, (of_night, talk.printed)
    assert of_night[-2:] == [0, 1], "the silence and the beat after it; a busy machine may be silent before"
    assert [values[0] for address, values in talk.severed if address == LIVE][-1:] == [0]
    assert not led(talk.severed)


def level(path: Path, at_s: float) -> int:
    """Return the loudest sample of 10 ms of a WAV file, over all channels."""
    with wave.open(str(path)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = array("h", file.readframes(file.getnframes()))
    start = int(at_s * rate) * channels
    return max(map(abs, samples[start : start + rate // 100 * channels]))


def test_a_voice_is_silent_as_soon_as_live_ends(evening: Evening) -> None:
    """A band at 2 sounds; a quarter of a second after live has ended there is not one sample of it."""
    command = evening.program.render(evening.folder)
    done = subprocess.run(
        command, cwd=evening.folder, capture_output=True, text=True, timeout=60, check=False
    )
    wav = evening.folder / "voice.wav"
    assert level(wav, 0.9) > 1500, done.stderr
    assert [level(wav, at_s) for at_s in (1.25, 1.5)] == [0, 0]


async def test_a_patch_leads_a_dreamscape_through_a_stage(hall: Hall, tmp_path: Path) -> None:
    """Pure Data, a stage and the API in one line: the patch leads while the sleepers dream."""
    if shutil.which("pd") is None:
        pytest.skip("pd is not installed (make system-packages)")
    hall.program.port = free_port()
    async with hall.on_stage():
        ports = f"dreamd-ports {hall.program.port} {hall.stage_port}"
        orders = ("-send", ports, "-send", "dreamd-breath-share 0.25")
        quiet = ("-nogui", "-noaudio", "-noprefs", "-path", str(PATCHES / "puredata"))
        patch = str(PATCHES / "puredata/breath.pd")
        program = await asyncio.create_subprocess_exec("pd", *quiet, *orders, patch, cwd=tmp_path)
        try:
            await until(lambda: hall.tick(10) or any(hall.application.artists.newest()[0]))
            vector, share = hall.application.artists.newest()
            assert share == 0.25
            assert vector.tolist() == pytest.approx([float(at in ALPHA) for at in range(BANDS6X2.size)])
        finally:
            program.kill()
            await program.wait()


@pytest.mark.parametrize("name", ["breath.maxpat", "dreamd-voice.maxpat"])
def test_the_patch_of_max_is_whole(name: str) -> None:
    """Each line of Max's patches joins an outlet that a box has with an inlet that another has."""
    patch = json.loads((PATCHES / "max" / name).read_text())["patcher"]
    boxes = {box["box"]["id"]: box["box"] for box in patch["boxes"]}
    assert len(boxes) == len(patch["boxes"])
    for line in patch["lines"]:
        (source, outlet), (target, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
        assert outlet < boxes[source]["numoutlets"], boxes[source]
        assert inlet < boxes[target]["numinlets"], boxes[target]
    for box in boxes.values():
        assert len(box.get("outlettype", [])) == box["numoutlets"], box
        assert box["maxclass"] != "newobj" or box["text"].split()[0] in MAX_OBJECTS, box


MAX_OBJECTS = (
    *(
        "udpreceive",
        "udpsend",
        "route",
        "s",
        "r",
        "t",
        "delay",
        "*",
        "%",
        "/",
        ">",
        "change",
        "sel",
        "gate",
        "f",
    ),
    *("expr", "prepend", "print", "unpack", "pack", "line~", "cycle~", "*~", "loadmess", "dreamd-voice"),
)
"""The objects of Max that the patches are made of, and the abstraction beside them."""


def test_the_programs_are_told_each_address_of_a_stage() -> None:
    """The messages of these tests are those of a stage: each address out, each with as many values."""
    tick = dreams.Collective(tick=1, included=8, merged=8, centre=[0.0] * BANDS6X2.size)
    for band in BANDS6X2.phase_bands:
        tick.synchrony.add(band=band.name, ppc=0.1, z=1.0)
    rows = (*rows_of(tick, BANDS6X2), *rows_of_seat(dreams.Seat(identity=1.0, dose_share=0.5)))
    told = {address: len(values) for address, values in TOLD}
    assert told == {row.address: len(row.values) for row in rows if row.address != BEAT} | {REFUSED: 2}


def test_the_patch_of_max_names_each_address() -> None:
    """Max's patch routes each address of a stage to a name of its own, and sends what Pure Data's sends."""
    boxes = [
        box["box"] for box in json.loads((PATCHES / "max/breath.maxpat").read_text())["patcher"]["boxes"]
    ]
    words = [word for box in boxes for word in box.get("text", "").split()]
    routed = {word for word in words if word.startswith("/dreamd/")}
    told = {address for address, _ in TOLD} | {STATE, BEAT, SEVERED}
    sent = {LEAD, SHARE, CUE, SEVER, WAKE, f"{LEAD}/posterior/alpha"}
    assert routed == told | sent
    published = {box["text"].removeprefix("s ") for box in boxes if box.get("text", "").startswith("s ")}
    own = {"dreamd-live", "dreamd-moves", "dreamd-state", "dreamd-beat", "dreamd-severed"}
    assert published == own | {f"dreamd-{name}" for name in DREAMD_NAMES.values()}


class Channel(dict[int, float]):
    """A channel of TouchDesigner's Script CHOP."""


class ScriptChop:
    """A stand-in for TouchDesigner's Script CHOP."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.numSamples = 0

    def clear(self) -> None:
        self.channels.clear()

    def appendChan(  # noqa: N802 - its name there
        self, name: str
    ) -> Channel:
        return self.channels.setdefault(name, Channel())


def test_the_texts_of_touchdesigner_hold_send_and_lead() -> None:
    """In a stand-in for TouchDesigner its texts hold what is told, lead by the beat, and know `live`."""
    sent: list[Heard] = []
    time = SimpleNamespace(seconds=5.0)
    out = SimpleNamespace(sendOSC=lambda address, values: sent.append((address, tuple(values))))
    heard: dict[str, object] = {"absTime": time, "debug": lambda *words: None, "__name__": "callbacks"}
    operators = {"dreamd_out": out, "dreamd_callbacks": SimpleNamespace(module=SimpleNamespace())}
    heard["op"] = operators.__getitem__
    exec((PATCHES / "touchdesigner/osc_in_callbacks.py").read_text(), heard)
    operators["dreamd_callbacks"].module = SimpleNamespace(**heard)
    cooked = {"absTime": time, "op": operators.__getitem__}
    exec((PATCHES / "touchdesigner/script_chop.py").read_text(), cooked)
    chop = ScriptChop()

    def tell(address: str, *values: Value) -> None:
        heard["onReceiveOSC"](None, 0, "", b"", 0.0, address, list(values), None)  # type: ignore[operator]

    def live() -> float:
        cooked["onCook"](chop)  # type: ignore[operator]
        return chop.channels["live"][0]

    assert live() == 0.0
    tell("/dreamd/state", "dreaming")
    tell("/other/beat", 1)
    for address, values in TOLD:
        tell(address, *values)
    tell("/dreamd/beat", 10)
    assert not sent, "without a share nothing leads"
    heard["breathe"](0.25)  # type: ignore[operator]
    tell("/dreamd/beat", 10)
    heard["feature"]("posterior/alpha", 1.5)  # type: ignore[operator]
    heard["cue"]("bells")  # type: ignore[operator]
    heard["sever"]()  # type: ignore[operator]
    heard["wake"]()  # type: ignore[operator]
    vector = tuple(1.0 if at in ALPHA else 0.0 for at in range(BANDS6X2.size))
    assert sent == [
        ("/dreamd/share", (0.25,)),
        ("/dreamd/share", (0.25,)),
        ("/dreamd/lead", vector),
        ("/dreamd/lead/posterior/alpha", (1.5,)),
        ("/dreamd/cue", ("bells",)),
        ("/dreamd/sever", ()),
        ("/dreamd/wake", ()),
    ]
    assert (live(), chop.channels["band/alpha1"][0], chop.channels["dispersion0"][0]) == (1.0, -0.75, 0.75)
    time.seconds = 6.1
    assert live() == 0.0
    tell("/dreamd/beat", 11)
    assert live() == 1.0
    tell("/dreamd/state", "severed")
    tell("/dreamd/beat", 12)
    assert (live(), len(sent)) == (0.0, 9)


PUREDATA_VOICE = """\
#N canvas 0 0 700 500 12;
#X obj 10 10 loadbang;
#X obj 10 40 t b b b b;
#X msg 200 70 \\; pd dsp 1;
#X obj 10 150 dreamd-voice alpha 220;
#X obj 10 200 tabwrite~ heard;
#X obj 300 200 array define heard 88200;
#X msg 60 130 \\; dreamd-band-alpha 2 2 \\; dreamd-live 1;
#X obj 10 70 del 1000;
#X msg 10 100 \\; dreamd-live 0;
#X obj 300 70 del 2100;
#X obj 300 100 t b b;
#X msg 400 130 write -wave {wav} heard;
#X obj 400 160 soundfiler;
#X msg 300 130 \\; pd quit;
#X connect 0 0 1 0;
#X connect 1 0 7 0;
#X connect 1 0 9 0;
#X connect 1 1 6 0;
#X connect 1 2 4 0;
#X connect 1 3 2 0;
#X connect 3 0 4 0;
#X connect 7 0 8 0;
#X connect 9 0 10 0;
#X connect 10 0 13 0;
#X connect 10 1 11 0;
#X connect 11 0 12 0;
"""
"""The left side of the voice for two seconds, written at once: writesf~ would write beside the clock."""
