"""Decimation of signals above 1,000 Hz: the filter, its delay, gaps, faults, replay and live."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.adapters.implants.devices.live import Batch, LiveImplant, Opened
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import examine
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.sampling.decimated import DecimatedRecording
from dreamedge.core.signal.sampling.decimator import LiveDecimator, anti_alias, factor_for
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import CalibrationSource, Device
from edge.signals import pink, sine

Doubles = NDArray[np.float64]
RATES = (1001.0, 1200.0, 2048.0, 5000.0, 16_000.0, 20_000.0)
CASES = Path(__file__).parent / "field_cases"


class Rows:
    """A recording in memory."""

    def __init__(self, uv: Doubles, runs: tuple[tuple[int, int], ...] = ()) -> None:
        self.slots = len(uv)
        self.runs = runs or ((0, len(uv)),)
        self._uv = np.full_like(uv, np.nan)
        for begin, end in self.runs:
            self._uv[begin:end] = uv[begin:end]

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end)."""
        return self._uv[begin:end]

    def contact(self, _begin: int, _end: int) -> None:
        """None."""


@pytest.fixture(scope="module")
def scipy_signal() -> ModuleType:
    """scipy.signal, loaded by the worker that needs it: half a second."""
    return import_module("scipy.signal")


def decimated(recording: Rows, rate_hz: float, full_scale_uv: float = 0.0) -> DecimatedRecording:
    """The recording at the rate that the front end uses."""
    return DecimatedRecording(recording, factor_for(rate_hz), lambda: full_scale_uv)


@pytest.mark.parametrize("rate_hz", RATES)
def test_the_filter(rate_hz: float, scipy_signal: ModuleType) -> None:
    """To 45 Hz the gain is within .1 dB; from the new Nyquist frequency on it is below -60 dB."""
    factor = factor_for(rate_hz)
    hz, gain = scipy_signal.freqz(anti_alias(factor), worN=1 << 14, fs=rate_hz)
    gain_db = 20 * np.log10(np.abs(gain) + 1e-12)
    assert np.abs(gain_db[hz <= 45]).max() <= 0.1
    assert gain_db[hz >= rate_hz / factor / 2].max() <= -60


@pytest.mark.parametrize(("rate_hz", "factor"), [(64, 1), (1000, 1), (1000.5, 2), (2000, 2), (20_000, 20)])
def test_the_factor_is_the_smallest(rate_hz: float, factor: int) -> None:
    """A rate is divided by the smallest integer that brings it to 1,000 Hz or below."""
    assert factor_for(rate_hz) == factor


@pytest.mark.parametrize("rate_hz", RATES)
def test_the_delay_is_accounted_for(rate_hz: float) -> None:
    """A sine of 10 Hz stands at the original's stamps: the error is below a tenth of an original sample."""
    factor = factor_for(rate_hz)
    made = decimated(Rows(sine(10, 50, 4, rate_hz, 1)), rate_hz)
    kept = made.load(0, made.slots)[:, 0]
    times_s = np.arange(1, made.slots + 1) * factor / rate_hz
    inner = slice(made.slots // 4, -made.slots // 4)
    steepest = 50 * 2 * np.pi * 10
    assert (
        np.abs(kept - 50 * np.sin(2 * np.pi * 10 * times_s))[inner].max() <= steepest * 0.1 / rate_hz + 0.05
    )


@pytest.mark.parametrize("rate_hz", [2048.0, 5000.0])
def test_the_alpha_peak_is_that_of_the_original(rate_hz: float, scipy_signal: ModuleType) -> None:
    """The alpha peak is within .1 Hz of scipy's Welch of the original."""
    uv = pink(30, rate_hz, 1) + sine(10.3, 20, 30, rate_hz, 1)
    made = decimated(Rows(uv), rate_hz)

    def peak(values: Doubles, hz: float) -> float:
        at, power = scipy_signal.welch(values[:, 0], hz, nperseg=round(10 * hz))
        alpha = (at >= 7) & (at <= 13)
        return float(at[alpha][power[alpha].argmax()])

    assert abs(peak(made.load(0, made.slots), rate_hz / factor_for(rate_hz)) - peak(uv, rate_hz)) <= 0.1


def test_a_gap_stays_a_gap_and_does_not_ring() -> None:
    """Slots in a gap are NaN, and an offset beside it keeps its height up to the edge."""
    made = decimated(Rows(np.full((10_000, 2), 5000.0), ((101, 4003), (6001, 10_000))), 5000)
    uv = made.load(0, made.slots)
    assert made.runs == ((21, 800), (1201, 2000))
    filled = np.zeros(made.slots, dtype=bool)
    for begin, end in made.runs:
        filled[begin:end] = True
    assert np.isnan(uv[~filled]).all()
    np.testing.assert_allclose(uv[filled], 5000.0)


@pytest.mark.parametrize(("bad", "found"), [(np.nan, np.nan), (np.inf, np.nan), (950.0, 950.0), (2e7, 2e7)])
@pytest.mark.parametrize("place", [5000, 5001, 5004])
def test_one_faulty_sample_stays_visible(bad: float, found: float, place: int) -> None:
    """One sample that is not finite, at the rail or out of range shows in the slot that stands for it."""
    uv = pink(2, 5000, 3)
    uv[place, 1] = bad
    kept = decimated(Rows(uv), 5000, 1000.0).load(0, 2000)
    np.testing.assert_equal(kept[1000, 1], found)
    assert np.isfinite(kept[:, [0, 2]]).all()
    assert np.abs(kept[:, [0, 2]]).max() < 750


@pytest.mark.parametrize("block", [7, 250, 4000])
def test_a_stream_gives_the_same_in_any_blocks(block: int) -> None:
    """The kept samples and their stamps do not depend on the division into blocks."""
    rate_hz, uv = 5000.0, pink(2, 5000, 2)
    whole, whole_ns = LiveDecimator(rate_hz).take(uv, round(2e9), 0.0)
    stream = LiveDecimator(rate_hz)
    pieces, last_ns = [], 0
    for at in range(0, len(uv), block):
        end = min(at + block, len(uv))
        kept, stamp_ns = stream.take(uv[at:end], round(end / rate_hz * 1e9), 0.0)
        pieces.append(kept)
        last_ns = stamp_ns if len(kept) else last_ns
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-9)
    assert abs(last_ns - whole_ns) <= 1


@pytest.mark.parametrize("block", [13, 100, 800, 3000])
def test_a_faulty_sample_of_a_stream_stays_visible_in_any_blocks(block: int) -> None:
    """A sample that is not finite or at the rail shows alike, wherever the blocks are divided."""
    uv = pink(1, 16_000, 2)
    uv[[5_000, 7_999], 0] = np.nan
    uv[[9_600, 12_345], 1] = 960.0
    whole, _ = LiveDecimator(16_000.0).take(uv, round(1e9), 1000.0)
    stream = LiveDecimator(16_000.0)
    pieces = [
        stream.take(uv[at : at + block], round((at + len(uv[at : at + block])) / 16_000 * 1e9), 1000.0)[0]
        for at in range(0, len(uv), block)
    ]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-9)
    assert (np.isnan(whole[:, 0]).sum(), (whole[:, 1] == 960.0).sum()) == (2, 2)


def test_a_stream_is_not_filtered_across_a_loss() -> None:
    """After a leap of the stamps the stream begins anew, at the height of its first sample."""
    stream = LiveDecimator(2000.0)
    stream.take(np.zeros((200, 1)), round(0.1e9), 0.0)
    kept, last_ns = stream.take(np.full((200, 1), 800.0), round(1.2e9), 0.0)
    np.testing.assert_allclose(kept, 800.0)
    assert round(1.18e9) < last_ns <= round(1.2e9)


class Fast:
    """A driver of 16 kHz that delivers 50 ms at a time."""

    def __init__(self) -> None:
        self.left = [Batch(sine(10, 50, 0.05, 16_000, 2), 50_000_000 * n) for n in range(1, 5)]

    def open(self) -> Opened:
        """Open."""
        device = Device("fake", "fast", ("O1", "O2"), 16_000.0)
        return Opened(Montage(("O1", "O2"), 16_000.0, 1000.0), device, CalibrationSource.LIVE)

    def take(self) -> list[Batch]:
        """All at once."""
        left, self.left = self.left, []
        return left

    def close(self) -> None:
        """Close."""


def test_a_live_device_is_decimated() -> None:
    """A device of 16 kHz reads as one of 1,000 Hz, with its limit kept."""
    implant = LiveImplant(Fast(), "fast", 5.0, "wait")
    try:
        assert implant.montage == Montage(("O1", "O2"), 1000.0, 1000.0)
        assert implant.device.rate_hz == 1000.0
        block: Block | None = None
        for _ in range(1_000_000):
            block = implant.read(200_000_000)
            if block is not None:
                break
        assert block is not None
        assert 180 <= len(block.uv) <= 200
        assert 180_000_000 <= block.last_ns <= 200_000_000
    finally:
        implant.close()


def test_a_replay_of_5000_hz_keeps_its_pace() -> None:
    """A replay of 5,000 Hz lasts as long as the original, and its last stamp is the original's."""
    replay = Replay(Rows(pink(40, 5000, 2)), Device("edf", "F", ("O1", "O2"), 5000.0))
    assert replay.seconds == pytest.approx(40)
    replay.play_from(0)
    assert replay.read(0) is None
    block = replay.read(1_000_000_000)
    assert block is not None
    assert (len(block.uv), block.last_ns) == (1000, 1_000_000_000)


def test_a_file_of_1200_hz_plays() -> None:
    """Field case f10: 1,200 Hz is decimated to 600 Hz, usable, and its alpha is at 10 Hz."""
    (one,) = examine(str(CASES / "f10_rate_1200.edf"))
    assert one.found.seated, one.found.sentence
    assert one.found.effective_hz == pytest.approx(600, rel=1e-3)
    assert one.found.alpha_hz == pytest.approx(10.0, abs=0.2)


def test_a_recording_of_splinters_is_refused() -> None:
    """Where no stretch of a decimated slot is whole, the recording is refused with a sentence."""
    splinters = Rows(np.zeros((100_000, 1)), tuple((at, at + 3) for at in range(0, 100_000, 10)))
    with pytest.raises(ImplantError, match="holds no 5 samples in a row"):
        Replay(splinters, Device("edf", "F", ("O1",), 5000.0))
