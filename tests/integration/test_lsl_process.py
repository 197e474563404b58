"""A real night over Lab Streaming Layer: daemon, broker, pods, `dreamd lsl` both ways, and a foreign lab.

An artist leads the same night by `dreamd stage`, until their machine is gone.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import pyxdf

from dreamapi import Dreamscape
from dreamd.adapters.recordings.exports.export import export
from dreamd.adapters.recordings.reader import quiet
from dreamd.stage.osc import encoded
from dreamwire.schema import BANDS6X2
from edge.lsl_outlet import CONFIG
from integration.fleet import NIGHT, Fleet, until
from integration.json_lines import Lines
from mosquitto import Broker

LAB = Path(__file__).parents[1] / "lsl" / "foreign_lab.py"
WARD = "ward"
PODS = tuple(f"light-{k}" for k in range(1, 6))
"""Five: the centre of fewer is hidden over the API, and not in a recording."""
STREAMS = ("dreamd-collective", "dreamd-markers", "dreamd-synchrony")
NUMERIC = ("dreamd-collective", "dreamd-synchrony")
STOPPED_S = 1.5
LATE_S = 1.0
"""A tick that reaches a watcher within this was held up by a loaded machine at most, and not by the stop."""


def free_udp_port() -> int:
    """A UDP port of this machine that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Night:
    """A fleet that dreams, `dreamd lsl` both ways, a lab, and a watcher of the API that sees each tick."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.ticks: list[tuple[float, float]] = []
        """Grid instant, and how late it was at the watcher, s."""
        self.shares: list[tuple[float, float]] = []
        """Grid instant, and the artist's share that was broadcast."""
        config = fleet.folder / "lsl_api.cfg"
        config.write_text(CONFIG.format(session=f"night{os.getpid()}"))
        self._environment = {"LSLAPICFG": str(config)}
        self.start("sender", *self._lsl(NIGHT))
        self.lab = self.start("lab", str(LAB), str(len(STREAMS)), "Stim")
        self._osc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._osc.bind(("127.0.0.1", 0))
        ports = ("--in", str(free_udp_port()), "--out", str(self._osc.getsockname()[1]))
        address = f"127.0.0.1:{fleet.grpc_port}"
        stage = ("-m", "dreamd", "stage", "--server", address, "--json", *ports, "--share", "0.2", NIGHT)
        self.stage = self.start("stage", *stage)

    async def begin(self) -> None:
        """Write the lab's markers, and wait until all streams are received."""
        await until(lambda: self.lab.with_key("sending"))
        writer = self.start("writer", *self._lsl("--markers", "Stim"))
        await until(lambda: writer.with_key("source") and self.lab.with_key("receiving"))

    def _lsl(self, *arguments: str) -> tuple[str, ...]:
        address = f"127.0.0.1:{self.fleet.grpc_port}"
        return "-m", "dreamd", "lsl", "--server", address, "--json", *arguments

    def start(self, name: str, *command: str) -> Lines:
        """Start a process that prints JSON lines, in the LSL session of this night."""
        return Lines(self.fleet.start(name, list(command), **self._environment))

    async def watch(self) -> None:
        """Keep each tick as an ordinary watcher of the API gets it."""
        async with self.fleet.api() as api:
            async for tick in api.dreamscapes.watch_collective(NIGHT):
                grid_s = tick.grid_time.seconds + tick.grid_time.nanos / 1e9
                self.ticks.append((grid_s, time.time() - grid_s))
                self.shares.append((grid_s, tick.artist_share))

    async def be_led_until_the_artists_machine_is_gone(self) -> None:
        """OSC leads; the stage is killed, and a second later no message has an artist."""
        await until(lambda: self.stage.with_key("in_port"))
        (opened,) = self.stage.with_key("in_port")
        self._osc.sendto(encoded("/dreamd/lead", (1.0,) * 12), ("127.0.0.1", int(str(opened["in_port"]))))
        await until(lambda: self.shares[-1][1] > 0.1)
        self.fleet.signal("stage", signal.SIGKILL)
        killed_s = time.time()
        await until(lambda: self.shares[-1][0] > killed_s + 1.5)
        assert {share for grid_s, share in self.shares if grid_s > killed_s + 1.0} == {0.0}
        self._osc.close()

    def say(self, text: str, at_s: float) -> None:
        """The stimulus computer sends a marker of this instant on LSL's clock."""
        stdin = self.fleet.processes["lab"].stdin
        assert stdin is not None
        stdin.write(f"{at_s} {text}\n".encode())
        stdin.flush()

    def require_ticks_in_time(self, since_s: float) -> None:
        """Assert that no tick was late and no gap as long as the stop; a busy machine may skip one.

        since_s: Unix time of the stop.
        """
        ticks = [(grid_s - since_s, late_s) for grid_s, late_s in self.ticks if grid_s > since_s - 1.0]
        assert max(late_s for _, late_s in ticks) < LATE_S, ticks
        assert max(b - a for (a, _), (b, _) in pairwise(ticks)) < LATE_S, ticks


@pytest.fixture
async def night(broker: Broker, tmp_path: Path) -> AsyncIterator[Night]:
    """Five sleepers of a Dreamscape that is recorded, sent and received over LSL."""
    fleet = Fleet(tmp_path, broker, flags=("--recordings-part-s", "1"))
    try:
        fleet.daemon()
        fleet.light(WARD, 1, len(PODS))
        await fleet.begin(PODS, record=True, artist_share=0.3)
        one = Night(fleet)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(one.watch(), name="watch")
            await one.begin()
            yield one
            watch.cancel()
    finally:
        fleet.close()


async def test_a_night_goes_out_and_markers_come_in_and_no_tick_waits(night: Night) -> None:
    """A foreign lab receives three described streams; its marker is in the journal at its own instant.

    An artist's OSC leads, and within a second of the death of their `dreamd stage` no artist does. A row's
    stamp is its tick's instant. While `dreamd lsl` stands still, and once it is killed, ticks reach
    the API's other watchers in time; what stood still goes on without a missing row. The export of the
    night's recording has the numbers that went out live, and the lab's marker.
    """
    require_described(night.lab)
    await night.be_led_until_the_artists_machine_is_gone()
    acted_s = time.monotonic() - 0.3
    night.say("target 7", acted_s)
    await until(lambda: [text for _, text in night.lab.rows("dreamd-markers") if text == ["marker/target 7"]])
    (back_s,) = (at_s for at_s, text in night.lab.rows("dreamd-markers") if text == ["marker/target 7"])
    assert abs(back_s - acted_s) < 0.02
    stopped_s = time.time()
    night.fleet.signal("sender", signal.SIGSTOP)
    await asyncio.sleep(STOPPED_S)
    night.fleet.signal("sender", signal.SIGCONT)
    resumed_s = time.monotonic()
    await until(lambda: night.lab.rows("dreamd-synchrony")[-1][0] > resumed_s + 0.25)
    for stream in NUMERIC:
        stamps = [at_s for at_s, _ in night.lab.rows(stream)]
        assert [b - a for a, b in pairwise(stamps)] == pytest.approx([0.25] * (len(stamps) - 1), abs=0.02)
    stamps = [at_s for at_s, _ in night.lab.rows("dreamd-collective")]
    off_s = [at_s + time.time() - time.monotonic() for at_s in stamps]
    assert [at_s - round(at_s * 4) / 4 for at_s in off_s] == pytest.approx([0.0] * len(off_s), abs=0.02)
    night.fleet.signal("sender", signal.SIGKILL)
    count = len(night.ticks)
    await until(lambda: len(night.ticks) >= count + 3)
    night.require_ticks_in_time(stopped_s)
    night.fleet.signal("writer", signal.SIGTERM)
    assert await asyncio.to_thread(night.fleet.processes["writer"].wait, 10.0) == 0
    async with night.fleet.api() as api:
        assert (await api.dreamscapes.get(NIGHT)).state == Dreamscape.STATE_DREAMING
        await api.dreamscapes.end(NIGHT, reason="over")
    require_exported(night)


def require_exported(night: Night) -> None:
    """Assert that each live row stands in the XDF of the night's recording, and the marker with its text."""
    folder = night.fleet.state / "recordings" / NIGHT
    out = export(folder, "xdf", night.fleet.folder / "night.xdf", progress=quiet)
    streams = {one["info"]["name"][0]: one for one in pyxdf.load_xdf(out)[0]}
    unix_minus_lsl_s = time.time() - time.monotonic()
    live = {
        name: {round((at_s + unix_minus_lsl_s) * 4): row for at_s, row in night.lab.rows(name)}
        for name in NUMERIC
    }
    # A row of NaN is a tick that the stopped sender did not get; a centre of fewer than five is hidden live.
    told = [at for at, row in live["dreamd-collective"].items() if row[-1] is not None]
    for name in NUMERIC:
        stream = streams[name]
        stamps = [round(at * 4) for at in stream["time_stamps"]]
        kept = dict(zip(stamps, stream["time_series"], strict=True))
        both = [at for at in told if at in kept and at in live[name]]
        sent = np.array([live[name][at] for at in both], dtype=np.float64)
        known = np.isfinite(sent)
        np.testing.assert_allclose(np.array([kept[at] for at in both])[known], sent[known], rtol=1e-6)
        assert name != "dreamd-collective" or known.all(axis=1).sum() >= 8
    assert ["marker/target 7"] in streams["dreamd-markers"]["time_series"]


def require_described(lab: Lines) -> None:
    """Assert that each stream of the lab has labels, units, types and its reference."""
    described = {str(one["stream"]): ET.fromstring(str(one["xml"])) for one in lab.with_key("xml")}
    assert tuple(sorted(described)) == STREAMS
    for info in described.values():
        channels = info.findall("desc/channels/channel")
        assert len(channels) == int(info.findtext("channel_count", "0"))
        assert all(one.findtext(key) for one in channels for key in ("label", "unit", "type"))
        assert info.findtext("desc/reference/label")
        assert info.findtext("desc/dreamscape") == NIGHT
    labels = [one.findtext("label") for one in described[STREAMS[0]].findall("desc/channels/channel")]
    assert labels == [*BANDS6X2.feature_names(), "dispersion", "level", "included", "merged"]
