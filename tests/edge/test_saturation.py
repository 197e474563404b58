"""The amplifier's limit, found in its recording; clean signals have none."""

from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.saturation import limit_uv
from edge import recorded
from edge.signals import pink

RATE_HZ = 250.0
LIMIT_UV = 187_500.0


def _signal() -> recorded.Doubles:
    """A minute of four channels, well within the limit."""
    return pink(60, RATE_HZ, 4)


def _railed(channel: int, begin: int, count: int, height_uv: float, uv: recorded.Doubles) -> recorded.Doubles:
    uv[begin : begin + count, channel] = height_uv
    return uv


def test_a_living_signal_shows_no_limit() -> None:
    """Noise shows no limit, also when rounded to coarse steps."""
    assert limit_uv(_signal(), RATE_HZ) == 0.0
    assert limit_uv(np.round(_signal() * 100, -2), RATE_HZ) == 0.0


def test_two_channels_that_stand_at_one_height_show_it() -> None:
    """One channel held at the top and one at the bottom, a quarter of a second each, show the limit."""
    uv = _railed(0, 1000, 63, LIMIT_UV, _signal())
    uv = _railed(2, 5000, 63, -LIMIT_UV - 0.02, uv)
    assert limit_uv(uv, RATE_HZ) == pytest.approx(LIMIT_UV, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "height_uv", "other_uv"),
    [
        (60, LIMIT_UV, LIMIT_UV),  # not long enough
        (200, LIMIT_UV, 0.9 * LIMIT_UV),  # not the same height
        (200, 450.0, 450.0),  # no amplifier is so narrow
    ],
)
def test_less_than_that_is_no_limit(count: int, height_uv: float, other_uv: float) -> None:
    """A limit takes a quarter of a second, two channels, one height and 500 uV."""
    uv = _railed(0, 1000, count, height_uv, _signal())
    uv = _railed(1, 1000, count, other_uv, uv)
    assert limit_uv(uv, RATE_HZ) == 0.0


def test_one_channel_or_dead_ones_show_nothing() -> None:
    """One railed channel proves nothing; channels that never moved were off."""
    assert limit_uv(_railed(0, 1000, 500, LIMIT_UV, _signal()), RATE_HZ) == 0.0
    uv = _signal()
    uv[:, 1:3] = 4_000.0
    uv[:, 3] = np.nan
    assert limit_uv(uv, RATE_HZ) == 0.0


def test_missing_samples_do_not_hide_it() -> None:
    """NaN samples are ignored."""
    uv = _railed(0, 1000, 100, LIMIT_UV, _signal())
    uv = _railed(1, 1000, 100, LIMIT_UV, uv)
    uv[7000:8000] = np.nan
    assert limit_uv(uv, RATE_HZ) == LIMIT_UV


@recorded.needed
def test_no_clean_recording_shows_a_limit() -> None:
    """No recording of people shows a limit, even with every channel counted twice."""
    root = recorded.path("waking").parent
    files = sorted(file for room in ("waking", "sleep") for file in (root / room).glob("*.edf"))
    assert len(files) > 30
    for file in files:
        uv, rate_hz = _samples(file)
        doubled = [limit_uv(np.stack([column, column], axis=1), rate_hz) for column in uv.T]
        assert doubled == [0.0] * uv.shape[1], file.name


def _samples(file: Path) -> tuple[recorded.Doubles, float]:
    montage = {"sleepA": ("C3",), "sleepB": ("C3", "C4")}.get(file.name[:6], ())
    implant = EdfImplant(file, options=RecordingOptions(montage=montage, loop=False))
    blocks = []
    second_ns = 1_000_000_000
    implant.play_from(0)
    for now_s in range(0, int(implant.seconds) + 9, 8):
        while (block := implant.read(now_s * second_ns)) is not None:
            blocks.append(block.uv)
    return np.concatenate(blocks), implant.montage.rate_hz
