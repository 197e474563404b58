"""`--record` keeps the samples as the device delivers them: at its own rate, above 1,000 Hz too."""

import threading
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.background_writer import BackgroundWriter
from dreamedge.adapters.implants.devices.live import Batch, LiveImplant, Opened
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import examine
from dreamedge.adapters.implants.simulated.simulated_signal import CHANNELS, Sleeper
from dreamedge.adapters.recorder import open_recorder
from dreamedge.adapters.recorder.edfplus import layout
from dreamedge.core.signal.blocks import Montage
from dreamedge.core.signal.sampling.decimator import factor_for
from dreamwire.messages import CalibrationSource, Device
from edge.edf_night import HALF_STEP_UV, START_NS, files, read, wall_ns
from edge.recorded import Doubles
from edge.signals import resampled
from fakes.bed import bed_alone

PULSE_NS = 50_000_000
SECONDS = 32


@pytest.fixture(scope="module")
def sleeper() -> Doubles:
    """A simulated sleeper at 256 Hz, float64[n, channels], uV."""
    return np.asarray(Sleeper(5).generate(4 * (SECONDS + 1)))


def at_rate(sleeper: Doubles, rate_hz: int) -> Doubles:
    """The sleeper at another rate, with a component of 700 Hz where that rate can hold it."""
    uv = resampled(sleeper, rate_hz, 256) if rate_hz != 256 else sleeper
    uv = uv[: SECONDS * rate_hz]
    if rate_hz > 1400:
        uv = uv + 5.0 * np.sin(2 * np.pi * 700.0 * np.arange(len(uv)) / rate_hz)[:, None]
    return np.asarray(uv)


class Samples:
    """A recording of these samples; some of its slots may be empty."""

    def __init__(self, uv: Doubles, *runs: tuple[int, int]) -> None:
        self.uv, self.slots = uv, len(uv)
        self.runs = runs or ((0, len(uv)),)

    def load(self, begin: int, end: int) -> Doubles:
        """The samples of the slots, NaN where they are empty."""
        found = self.uv[begin:end].copy()
        filled = np.zeros(self.slots, dtype=bool)
        for first, last in self.runs:
            filled[first:last] = True
        found[~filled[begin:end]] = np.nan
        return found

    def contact(self, _begin: int, _end: int) -> None:
        """None: there is no contact data."""


class Fast:
    """A live device that gives all its samples at once, in batches of 50 ms."""

    def __init__(self, uv: Doubles, rate_hz: int) -> None:
        self.uv, self.rate_hz = uv, rate_hz
        self.at = 0
        self.over = threading.Event()

    def open(self) -> Opened:
        """Its montage."""
        device = Device("fake", "fast", CHANNELS, float(self.rate_hz))
        return Opened(Montage(CHANNELS, float(self.rate_hz)), device, CalibrationSource.LIVE)

    def take(self) -> list[Batch]:
        """Everything; nothing after it."""
        step = self.rate_hz // 20
        batches = []
        while self.at < len(self.uv):
            some = self.uv[self.at : self.at + step]
            self.at += len(some)
            batches.append(Batch(some, START_NS + round((self.at - 1) / self.rate_hz * 1e9)))
        self.over.set()
        return batches

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("rate_hz", [256, 2048])
def test_a_recording_is_at_the_devices_rate_and_replays(
    tmp_path: Path, sleeper: Doubles, rate_hz: int
) -> None:
    """Every sample is in the file at its true rate, within half a step, and `inspect` finds it usable."""
    uv = at_rate(sleeper, rate_hz)
    implant = Replay(Samples(uv), Device("fake", "x", CHANNELS, float(rate_hz)))
    now = [START_NS]
    bed, _ = bed_alone(implant, open_recorder(tmp_path, "bed-1", implant, wall_ns), lambda: now[0])
    for pulse in range(SECONDS * 20 + 1):
        now[0] = START_NS + pulse * PULSE_NS
        bed.pulse(now[0])
    bed.close()
    assert implant.montage.rate_hz <= 1000.0
    (path,) = files(tmp_path)
    found = read(path)
    assert found.edf.get_signal(CHANNELS[0]).sampling_frequency == rate_hz
    lead = round(((found.of("BAD_gap") or [(0.0, 0.0)])[0][1] or 0.0) * rate_hz)
    lead = lead if lead < 4 else 0
    whole = len(uv) // factor_for(rate_hz) * factor_for(rate_hz)
    assert np.abs(found.uv[lead : lead + whole] - uv[:whole]).max() <= HALF_STEP_UV
    (one,) = examine(str(path))
    assert one.found.seated
    assert {channel.rate_hz for channel in one.person.channels} == {rate_hz}


def test_a_live_device_is_recorded_before_it_is_decimated(tmp_path: Path, sleeper: Doubles) -> None:
    """At 2,048 Hz all samples of a live device reach the file, those the decimator still holds too."""
    uv = at_rate(sleeper, 2048)[: 2 * 2048]
    feed = Fast(uv, 2048)
    implant = LiveImplant(feed, "fast", 5.0, "wait")
    assert feed.over.wait(5.0)
    recorder = open_recorder(tmp_path, "bed-1", implant, wall_ns)
    decimated = 0
    while (block := implant.read(START_NS + 2_000_000_000)) is not None:
        decimated += len(block.uv)
        recorder.record_block(block.original or block)
    implant.close()
    assert recorder.close()
    assert decimated < len(uv) // 2
    (path,) = files(tmp_path)
    found = read(path)
    assert found.edf.get_signal(CHANNELS[0]).sampling_frequency == 2048
    first = next(at for at in range(8) if np.abs(found.uv[at] - uv[0]).max() <= HALF_STEP_UV)
    assert np.abs(found.uv[first : first + len(uv)] - uv).max() <= HALF_STEP_UV


def test_a_gap_keeps_its_place_at_the_devices_rate(tmp_path: Path, sleeper: Doubles) -> None:
    """A gap of a recording above 1,000 Hz is marked, and the samples behind it stand at their instants."""
    uv = at_rate(sleeper, 2048)[: 31 * 2048]
    implant = Replay(Samples(uv, (0, 4096), (6144, len(uv))), Device("fake", "x", CHANNELS, 2048.0))
    recorder = open_recorder(tmp_path, "bed-1", implant, wall_ns)
    for pulse in range(6 * 20):
        block = implant.read(START_NS + pulse * PULSE_NS)
        if block is not None:
            recorder.record_block(block.original or block)
    assert recorder.close()
    found = read(files(tmp_path)[0])
    assert any(at == pytest.approx(2.0, abs=0.003) and lasting == pytest.approx(1.0, abs=0.005)
               for at, lasting in found.of("BAD_gap"))  # fmt: skip
    assert np.abs(found.uv[6144 + 8 : 10_000] - uv[6144 + 7 : 9_999]).max() <= HALF_STEP_UV


def test_nothing_is_kept_where_nothing_records(sleeper: Doubles) -> None:
    """Without a recorder a block carries no original samples."""
    uv = at_rate(sleeper, 2048)[: 31 * 2048]
    implant = Replay(Samples(uv), Device("fake", "x", CHANNELS, 2048.0))
    implant.read(0)
    block = implant.read(PULSE_NS)
    assert block is not None
    assert block.original is None


@pytest.mark.parametrize(("rate_hz", "channels"), [(2048.0, 64), (5000.0, 64), (16_000.0, 8), (20_000.0, 32)])
def test_a_file_states_the_true_rate(rate_hz: float, channels: int) -> None:
    """The header's record length gives the device's rate exactly, in records of at most 61,440 bytes."""
    form = layout(rate_hz, channels)
    assert form.rate_hz == pytest.approx(rate_hz, rel=1e-9)
    assert 2 * form.samples * channels + form.annotation_bytes <= 61_440
    assert len(form.record_s) <= 8


def test_a_queue_is_bounded_by_weight() -> None:
    """Of waiting items the oldest are dropped beyond the weight, and the newest stays, however heavy."""
    begin, done, seen = threading.Event(), threading.Event(), list[int]()

    def work(item: int) -> None:
        done.set()
        begin.wait()
        seen.append(item)

    queue = BackgroundWriter("weighed", work, 100, lambda item: item, 10)
    queue.put(1)
    assert done.wait(5.0)
    for item in (4, 5, 6, 30):
        queue.put(item)
    begin.set()
    assert queue.close(5.0)
    assert seen == [1, 30]
    assert queue.dropped == 3
