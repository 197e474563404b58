"""Mains is told by frequency, size and place in or outside the bands, and never invented."""

import json
from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.core.signal.excerpts.mains_lines import WINDOW_S, Line, mains_lines, mains_sentence
from dreamedge.main import main
from dreamwire.schema import BANDS6X2
from edge.recorded import Doubles
from edge.signals import pink, sine

NAMES = ("Fp1", "O1")


def lines(uv: Doubles, rate_hz: float, **more: float) -> tuple[Line, ...]:
    """The lines in a signal of two channels."""
    length = round(WINDOW_S * rate_hz)
    windows = [uv[at : at + length] for at in range(0, len(uv) - length + 1, length)]
    return mains_lines(windows, rate_hz, NAMES, BANDS6X2.bands, **more)


def with_line(rate_hz: float, *added: tuple[float, float], seconds: int = 24) -> Doubles:
    """1/f noise with sines on Fp1: frequency in Hz, and RMS in uV."""
    uv = pink(seconds, rate_hz, 2)
    for hz, rms_uv in added:
        uv[:, 0] += sine(hz, rms_uv * np.sqrt(2), seconds, rate_hz)[:, 0]
    return uv


@pytest.mark.parametrize("rate_hz", [160.0, 250.0, 512.0])
@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_mains_is_told_with_its_size(rate_hz: float, mains_hz: float) -> None:
    """A line of 12 uV RMS is found to 5 %, on its channel, outside the bands; the other mains is not."""
    (line,) = lines(with_line(rate_hz, (mains_hz, 12.0)), rate_hz)
    assert (line.hz, line.channel, line.channels, line.band) == (mains_hz, "Fp1", ("Fp1",), "")
    assert line.uv_rms == pytest.approx(12.0, rel=0.05)
    assert line.times > 20.0
    assert not line.folded


def test_harmonics_are_told_up_to_the_highest_measured_frequency() -> None:
    """Of 50, 100, 150 and 250 Hz at 512 Hz all are told; with a passband to 200 Hz the last is not."""
    uv = with_line(512.0, (50.0, 10.0), (100.0, 5.0), (150.0, 3.0), (250.0, 4.0))
    assert [line.hz for line in lines(uv, 512.0)] == [50.0, 100.0, 150.0, 250.0]
    assert [line.hz for line in lines(uv, 512.0, highest_hz=200.0)] == [50.0, 100.0, 150.0]


def test_nothing_is_told_of_noise_rhythms_and_a_weak_line() -> None:
    """Noise alone, an alpha rhythm of 30 uV, 300 Hz alone, and mains below its neighbours are no mains."""
    assert lines(pink(24, 250.0, 2), 250.0) == ()
    assert lines(with_line(64.0, (10.0, 30.0)), 64.0) == ()
    assert lines(with_line(1000.0, (300.0, 10.0)), 1000.0) == ()
    assert lines(with_line(250.0, (50.0, 0.3)), 250.0) == ()
    assert lines(with_line(250.0, (50.0, 12.0)), 250.0, mains_hz=60.0) == ()
    assert lines(np.zeros((0, 2)), 250.0) == ()
    assert lines(np.full((3000, 2), np.nan), 250.0) == ()


def test_folded_mains_lies_in_a_band_and_is_told_so() -> None:
    """60 Hz sampled at 100 Hz without a filter is 40 Hz, inside gamma; a burst of 14 Hz is none."""
    (line,) = lines(with_line(100.0, (60.0, 8.0)), 100.0)
    assert (line.hz, line.mains_hz, line.band, line.folded) == (40.0, 60.0, "gamma", True)
    assert "40 Hz (folded from 60 Hz by sampling at 100 Hz), inside gamma" in mains_sentence(
        (line,), 2, 100.0
    )
    spindles = with_line(64.0, (14.0, 20.0))
    spindles[: len(spindles) // 2] = pink(24, 64.0, 2)[: len(spindles) // 2]
    assert lines(spindles, 64.0) == ()


def test_gaps_cost_windows_and_no_line() -> None:
    """A window with a sample that is not finite is left out; the others' line has its share."""
    uv = with_line(250.0, (50.0, 12.0))
    uv[100] = np.nan
    uv[-7000 // 2 :, 0] = pink(14, 250.0, 1)[:, 0]
    (line,) = lines(uv, 250.0)
    assert 0.3 < line.share < 0.7
    assert "% of the time" in mains_sentence((line,), 2, 250.0)


@pytest.mark.parametrize("rate_hz", [256, 2048])
def test_inspect_tells_mains_of_the_original_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rate_hz: int
) -> None:
    """A usable recording has the note `mains`; decimation neither moves nor adds a line."""
    uv = with_line(
        float(rate_hz), (50.0, 12.0), (950.0, 40.0) if rate_hz > 1900 else (100.0, 4.0), seconds=32
    )
    channels = zip(NAMES, uv.T, strict=True)
    signals = [edfio.EdfSignal(one, rate_hz, label=name, physical_dimension="uV") for name, one in channels]
    edfio.Edf(signals).write(tmp_path / "a.edf")
    assert main(["inspect", "--json", str(tmp_path / "a.edf")]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["seated"]
    expected = [50.0, 950.0] if rate_hz > 1900 else [50.0, 100.0]
    assert [one["hz"] for one in told["mains"]] == expected
    assert told["mains"][0]["uv_rms"] == pytest.approx(12.0, rel=0.05)
    (note,) = [one["sentence"] for one in told["notes"] if one["code"] == "mains"]
    assert "50 Hz, outside the bands, 1" in note
    assert "(1 of 2 channels)" in note
