"""The judgement of a sampling rate: nominal against effective, and rows that are copies."""

import math

import numpy as np
import pytest

from dreamedge.adapters.implants.files.rate_checks import held_in
from dreamedge.core.signal.sampling.rate_judgement import RateJudgement, held_share


def noise(seconds: float, rate_hz: float, channels: int = 4, *, step_uv: float = 0.1) -> np.ndarray:
    """White noise of 20 uV in digital steps, float64[n, channels], uV."""
    rng = np.random.default_rng(7)
    return np.round(rng.normal(0, 20, (round(seconds * rate_hz), channels)) / step_uv) * step_uv


def oversampled(uv: np.ndarray, rate_hz: float, polled_hz: float) -> np.ndarray:
    """The newest row of `uv` at each instant of a faster poll."""
    return uv[(np.arange(int(len(uv) * polled_hz / rate_hz)) * rate_hz / polled_hz).astype(int)]


@pytest.mark.parametrize(
    ("nominal_hz", "effective_hz", "ok"),
    [(128.0, 160.0, False), (256.0, 261.0, True), (256.0, 262.0, False), (100.0, 97.9, False)],
)
def test_a_rate_more_than_two_per_cent_off_is_refused(
    nominal_hz: float, effective_hz: float, ok: bool
) -> None:
    """A rate is right within 2 %, and the refusal names both rates."""
    judged = RateJudgement(nominal_hz, effective_hz)
    assert judged.ok is ok
    assert (judged.refusal("F") == "") is ok
    if not ok:
        assert f"nominal rate of {nominal_hz:g} Hz and delivers {effective_hz:.2f} Hz" in judged.refusal("F")


@pytest.mark.parametrize("rates", [(256.0, math.nan), (math.nan, 256.0), (0.0, 0.0)])
def test_an_unknown_rate_is_never_right(rates: tuple[float, float]) -> None:
    """NaN and zero are refused."""
    assert not RateJudgement(*rates).ok


@pytest.mark.parametrize(("rate_hz", "polled_hz"), [(256.0, 922.0), (125.0, 250.0), (250.0, 300.0)])
def test_copies_of_a_fast_poll_are_counted(rate_hz: float, polled_hz: float) -> None:
    """The share of copies gives the device's own rate within 2 %, and the sentence says so."""
    uv = oversampled(noise(20, rate_hz), rate_hz, polled_hz)
    judged = RateJudgement(rate_hz, polled_hz, held_share(uv, polled_hz))
    assert judged.measured_hz == pytest.approx(rate_hz, rel=0.02)
    assert "copies" in judged.refusal("F")
    assert "oversampled" in judged.held_sentence


def test_the_sentence_of_the_report() -> None:
    """922 Hz of which 72 % are copies is a 256 Hz stream that was oversampled."""
    uv = oversampled(noise(20, 256), 256, 922)
    held = RateJudgement(256, 922, held_share(uv, 922)).held_sentence
    assert held.startswith("922 Hz of which 72 % are copies is a 25")
    assert held.endswith("Hz stream that was oversampled")


def test_a_signal_without_copies_has_none() -> None:
    """Neither noise, nor a gap of NaN, nor a dead minute counts as held."""
    uv = noise(20, 256)
    uv[1000:1500] = np.nan
    uv[2000:3000] = uv[1999]
    assert held_share(uv, 256) == 0.0
    assert held_share(np.zeros((5000, 3)), 256) == 0.0
    assert held_share(uv[:5], 256) == 0.0


def test_a_coarse_converter_is_no_poll() -> None:
    """One channel of a slow wave in steps of 32 uV repeats values and is not oversampled."""
    times_s = np.arange(5000) / 500
    uv = np.round(60 * np.sin(2 * np.pi * 5 * times_s) / 32)[:, None] * 32
    assert held_share(uv, 500) == 0.0


class Long:
    """A recording of 40 s that repeats `uv`, float64[n, channels]."""

    def __init__(self, uv: np.ndarray, rate_hz: float) -> None:
        self.uv = uv
        self.slots = round(40 * rate_hz)
        self.runs = ((0, self.slots),)

    def load(self, begin: int, end: int) -> np.ndarray:
        """Slots [begin, end)."""
        return self.uv[np.arange(begin, end) % len(self.uv)]

    def contact(self, _begin: int, _end: int) -> None:
        """None."""


@pytest.mark.parametrize(("channels", "rate_hz"), [(2, 300.0), (64, 500.0), (64, 5000.0)])
def test_excerpts_of_many_channels_count_copies_and_no_stillness(channels: int, rate_hz: float) -> None:
    """Few and many channels, slow and fast: a fifth of copies counts, .3 s in 1 s that stand still do not."""
    uv = noise(1, rate_hz, channels)
    copied = uv[np.arange(len(uv)) - (np.arange(len(uv)) % 5 == 4)]
    assert held_in(Long(copied, rate_hz), rate_hz, channels) == pytest.approx(0.2, abs=0.01)
    uv[: round(0.3 * rate_hz)] = uv[0]
    assert held_in(Long(uv, rate_hz), rate_hz, channels) == 0.0
