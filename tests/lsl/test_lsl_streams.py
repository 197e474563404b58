"""Over liblsl itself: `dreamd lsl` as a process, received and sent by others, over loopback alone."""

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest
import pyxdf

from depth import LONG
from dreamd.core.dreamscapes.views import CrowdView, SynchronyView
from dreamd.core.group_streams import COLLECTIVE, MARKERS, SYNCHRONY
from dreamwire.schema import BANDS6X2
from edge.lsl_outlet import CONFIG
from fakes.callers import OPERATOR
from fakes.waiting import until
from lsl.conftest import LOADED_S, NIGHT, Hall, lsl_clock

HERE = Path(__file__).parent
WITHIN_S = 30.0

Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Python process in an LSL session of its own; all are killed at the end."""
    config = tmp_path / "lsl_api.cfg"
    config.write_text(CONFIG.format(session=f"out{os.getpid()}"))
    running: list[Process] = []

    def one(*command: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=os.environ | {"LSLAPICFG": str(config)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.communicate()


async def line(process: Process) -> str:
    """The next line of a process; empty at its end."""
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        return (await asyncio.to_thread(process.stdout.readline)).rstrip("\n")


async def fact(process: Process) -> dict[str, object]:
    """The next fact that `dreamd lsl --json` prints."""
    found: dict[str, object] = json.loads(await line(process))
    return found


def tell(process: Process, text: str) -> None:
    """Write one line to a process."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


async def ended(process: Process) -> tuple[int, str]:
    """Exit status and standard error of a process that ends by itself."""
    async with asyncio.timeout(WITHIN_S):
        status = await asyncio.to_thread(process.wait)
    assert process.stderr is not None
    return status, process.stderr.read()


def lsl(start: Start, hall: Hall, *arguments: str) -> Process:
    """`dreamd lsl` at the hall."""
    return start("-m", "dreamd", "lsl", "--server", hall.address, "--json", *arguments)


async def test_a_foreign_recorder_writes_what_was_fused(hall: Hall, start: Start, tmp_path: Path) -> None:
    """A recorder of another process keeps all three streams; pyxdf and MNE open its file.

    After clock correction a row's stamp is its tick's instant within the uncertainty that the stream states
    (2 ms on an idle machine), and 2 ms for the recorder. Labels, units, reference and NaN arrive, a skipped
    tick is a row of NaN, each event is one marker.
    """
    sender = lsl(start, hall, NIGHT)
    opened = await fact(sender)
    assert opened["fact"] == "opened"
    second = lsl(start, hall, NIGHT)
    path = tmp_path / "night.xdf"
    recorder = start(str(HERE / "xdf_recorder.py"), str(path), "3")
    assert await line(recorder) == "recording"
    await until(lambda: hall.watched, WITHIN_S)
    instants = [lsl_clock() - 4.0 + 0.25 * n for n in range(16)]
    synchrony = hall_synchrony()
    for number, at_s in enumerate(instants):
        if number not in (5, 6):
            hidden = {"centre": (), "centre_hidden": True} if number == 9 else {}
            hall.tick(number, at_s + hall.ahead_s, crowd=synchrony, **hidden)
            await asyncio.sleep(0.02)
    hall.application.happen("severed", NIGHT, "bed-1", "railed", instants[3] + hall.ahead_s, seat=3)
    status, said = await ended(second)
    assert status == 1
    assert "is sent by" in said
    assert "already" in said
    hall.application.dreamscapes.end(OPERATOR, NIGHT, "over")
    hall.application.happen("state", NIGHT, cause="ended")
    assert (await fact(sender))["fact"] == "ended"
    assert (await ended(sender))[0] == 0
    await asyncio.sleep(0.2)
    assert recorder.stdin is not None
    recorder.stdin.close()
    recorder.stdin = None
    assert await asyncio.to_thread(recorder.wait) == 0, recorder.stderr and recorder.stderr.read()
    streams = {one["info"]["name"][0]: one for one in pyxdf.load_xdf(str(path), synchronize_clocks=True)[0]}
    assert set(streams) == {COLLECTIVE, SYNCHRONY, MARKERS}
    check_collective(streams[COLLECTIVE], instants)
    bands = streams[SYNCHRONY]
    assert np.isnan(bands["time_series"][5:7]).all()
    np.testing.assert_array_equal(bands["time_series"][0], [4.5, *[math.nan] * 4, 0.25, *[math.nan] * 4])
    marks = streams[MARKERS]
    assert [text for (text,) in marks["time_series"]] == ["severed/railed/3", "state/ended"]
    assert abs(marks["time_stamps"][0] - instants[3]) < allowed_s(streams[COLLECTIVE])


def allowed_s(stream: dict[str, Any]) -> float:
    """The stream's own uncertainty, which a loaded machine widens, and the recorder's 2 ms."""
    stated_s = float(stream["info"]["desc"][0]["synchronization"][0]["uncertainty_s"][0])
    assert 0 < stated_s < LOADED_S
    return stated_s + 0.002


def hall_synchrony() -> CrowdView:
    """A crowd with delta known and four bands unknown."""
    bands = [band.name for band in BANDS6X2.phase_bands]
    return CrowdView(
        synchrony=(SynchronyView(bands[0], 0.25, 4.5), *map(SynchronyView, bands[1:])), level=0.15
    )


def check_collective(stream: dict[str, Any], instants: list[float]) -> None:
    """The recorded `dreamd-collective`: its rate, stamps, numbers, description, and MNE's reading."""
    info = stream["info"]
    assert float(info["nominal_srate"][0]) == 4.0
    desc = info["desc"][0]
    channels = desc["channels"][0]["channel"]
    labels = [one["label"][0] for one in channels]
    assert labels[:12] == list(BANDS6X2.feature_names())
    assert {one["unit"][0] for one in channels[:12]} == {"sd"}
    assert channels[12]["unit"] == ["sd"]
    assert desc["manufacturer"] == ["dreamd"]
    assert desc["dreamscape"] == [NIGHT]
    assert "frozen at Start" in desc["reference"][0]["label"][0]
    stamps, numbers = np.asarray(stream["time_stamps"]), np.asarray(stream["time_series"])
    assert np.abs(stamps - instants).max() < allowed_s(stream)
    assert np.isnan(numbers[5:7]).all()
    assert np.isnan(numbers[9, :12]).all()
    known = [n for n in range(16) if n not in (5, 6, 9)]
    np.testing.assert_allclose(numbers[known, :12], np.tile([0.1 * k for k in range(12)], (13, 1)))
    np.testing.assert_array_equal(numbers[9, 12:], [3.4, 0.15, 8.0, 8.0])
    raw = mne.io.RawArray(numbers.T, mne.create_info(labels, 4.0, "misc"), verbose="error")
    assert raw.get_data("posterior.alpha").shape == (1, 16)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of waiting")
@pytest.mark.parametrize("number", [False, True])
async def test_a_stimulus_computers_markers_reach_the_journal(hall: Hall, start: Start, number: bool) -> None:
    """Markers of text and of whole numbers are in the journal with their instants, within half a round trip.

    SIGTERM ends the writer with status 0.
    """
    told = {"name": "Stim", "source_id": "s-1", "number": number}
    stimulus = start(str(HERE / "marker_outlet.py"), json.dumps(told))
    assert await line(stimulus) == "sending"
    writer = lsl(start, hall, "--markers", "Stim")
    listening = await fact(writer)
    assert (listening["fact"], listening["stream"]) == ("listening", "Stim")
    at_s = lsl_clock() - 0.5
    for n in range(3):
        tell(stimulus, f"{at_s + n} {n}")
    await until(lambda: len(hall.application.journal) == 3, WITHIN_S)
    assert [event.cause for event in hall.application.journal] == ["0", "1", "2"]
    late_s = [event.acted_s - (at_s + n + hall.ahead_s) for n, event in enumerate(hall.application.journal)]
    assert max(map(abs, late_s)) < LOADED_S
    writer.send_signal(signal.SIGTERM)
    assert await ended(writer) == (0, "")


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of waiting")
async def test_streams_that_are_no_choice_are_refused(hall: Hall, start: Start) -> None:
    """Two of one name are told apart, a signal and a missing stream are named; each with what helps."""
    for told in (
        {"name": "Twin", "source_id": "left"},
        {"name": "Twin", "source_id": "right"},
        {"name": "Signal", "rate_hz": 256.0},
    ):
        assert await line(start(str(HERE / "marker_outlet.py"), json.dumps(told))) == "sending"
    wanted = {
        "Twin": "source_id left), 'Twin' (Markers, on",
        "Signal": "Signal is a signal (1 channels at 256 Hz), not markers",
        "Nobody": "is not on the network (the streams that are: 'Signal'",
    }
    tried = {name: lsl(start, hall, "--markers", name) for name in wanted}
    for name, says in wanted.items():
        status, said = await ended(tried[name])
        assert (status, says in said) == (1, True), said
    chosen = lsl(start, hall, "--markers", "source_id=right")
    assert str((await fact(chosen))["source"]).endswith("source_id right")


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: seconds of waiting")
async def test_our_own_markers_are_not_read_back(hall: Hall, start: Start) -> None:
    """`dreamd-markers` is refused as a source: its markers would come back for ever."""
    sender = lsl(start, hall, NIGHT)
    assert (await fact(sender))["fact"] == "opened"
    status, said = await ended(lsl(start, hall, "--markers", MARKERS))
    assert status == 1
    assert "would come back for ever" in said
    sender.send_signal(signal.SIGINT)
    assert await ended(sender) == (0, "")


async def test_without_pylsl_the_extra_is_named(hall: Hall, start: Start) -> None:
    """Without pylsl one sentence names the command that installs it; --help works all the same."""
    blocked = "import sys; sys.modules['pylsl'] = None; from dreamd.main import main; "
    status, said = await ended(start("-c", f"{blocked} sys.exit(main(['lsl', 'night']))"))
    assert status == 1
    assert "dreamd lsl needs pylsl" in said
    assert "pip install 'dreamd[daemon,boards]'" in said
    assert (await ended(start("-c", f"{blocked} sys.exit(main(['lsl', '--help']))")))[0] == 0
