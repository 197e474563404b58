"""Devices of 64 to 100 Hz play without gamma, and a refusal names the rate that gamma needs."""

from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.inspection import Wish, examine, glance
from dreamedge.adapters.implants.simulated.simulated_signal import CHANNELS, Sleeper
from dreamedge.adapters.renderers.lights import BAND_LIMIT
from dreamedge.adapters.renderers.pad import amplitudes
from dreamedge.composition import schema_of
from dreamedge.core.merging.cue import Cue, Felt
from dreamedge.core.signal.blocks import Montage
from dreamedge.core.signal.features import FrontEnd
from dreamedge.ports.implant import ImplantError
from dreamedge.settings import load
from dreamwire.schema import BANDS5X2, BANDS6X2, on_every_band, richest
from edge.recorded import Doubles
from edge.signals import EIGHT, hops_of, last_of, pink, resampled

SECONDS = 40
GAMMA = [BANDS6X2.feature_names().index(f"{region}.gamma") for region in BANDS6X2.regions]


@pytest.fixture(scope="module")
def sleeper() -> Doubles:
    """A simulated sleeper at 256 Hz, float64[n, channels], uV."""
    return np.asarray(Sleeper(5).generate(4 * SECONDS))


def slow(path: Path, uv: Doubles, rate_hz: int) -> Path:
    """An EDF of these 256 Hz samples at another rate."""
    samples = resampled(uv, rate_hz, 256)[: SECONDS * rate_hz]
    channels = zip(CHANNELS, samples.T, strict=True)
    signals = [
        edfio.EdfSignal(column, rate_hz, label=label, physical_dimension="uV") for label, column in channels
    ]
    edfio.Edf(signals).write(path)
    return path


@pytest.mark.parametrize(("rate_hz", "schema"), [(64, BANDS5X2), (99, BANDS5X2), (100, BANDS6X2)])
def test_a_slow_recording_plays_without_gamma(
    tmp_path: Path, sleeper: Doubles, rate_hz: int, schema: object
) -> None:
    """From 64 Hz on a recording is usable; below 100 Hz a note names gamma, its edges and both rates."""
    (one,) = examine(str(slow(tmp_path / "a.edf", sleeper, rate_hz)))
    assert one.found.seated
    assert one.found.calibrated
    assert one.found.good_share > 0.95
    assert richest(rate_hz) is schema
    told = [note.sentence for note in one.notes if note.code == "schema"]
    assert len(told) == (schema is BANDS5X2)
    for sentence in told:
        for words in ("bands5x2", "gamma (30-45 Hz)", "at least 100 Hz", f"not {rate_hz};"):
            assert words in sentence


@pytest.mark.parametrize("rate_hz", [64, 80, 99])
def test_a_schema_with_gamma_is_refused_below_100_hz(tmp_path: Path, sleeper: Doubles, rate_hz: int) -> None:
    """Asked for bands6x2 the refusal states the rate, what gamma needs, and the flag that helps."""
    (one,) = glance(str(slow(tmp_path / "a.edf", sleeper, rate_hz)), Wish(schema="bands6x2"))
    assert one.why == (
        f"Gamma (30-45 Hz) needs at least 100 Hz, and the sampling rate is {rate_hz} Hz; "
        "--schema bands5x2 does without."
    )


def test_a_bed_measures_what_its_device_can(tmp_path: Path, sleeper: Doubles) -> None:
    """A bed reports the richest schema of its device, or the one that is set; one too slow is refused."""
    path = slow(tmp_path / "a.edf", sleeper, 64)

    def told(spec: str, **flags: str) -> str:
        settings = load({"pod": [f"bed-1={spec}"], **flags}, {}, None)
        return schema_of(settings.pods[0], settings.schema, open_implant(spec)).name

    assert told(f"edf:{path}") == "bands5x2"
    assert told("sim:5") == "bands6x2"
    assert told("sim:5", schema="bands5x2") == "bands5x2"
    with pytest.raises(ImplantError, match="64 Hz; --schema bands5x2 does without"):
        told(f"edf:{path}", schema="bands6x2")
    with pytest.raises(ImplantError, match="use sim, which has a signal"):
        told("sim-light:5", schema="bands5x2")


def test_beta_of_64_hz_is_that_of_256_hz() -> None:
    """Every band of 1/f noise at 64 Hz is within .5 dB of the same noise at 256 Hz; no feature is missing."""
    uv = pink(10, 256, len(EIGHT))
    fast, slow_ = Montage(EIGHT, 256.0), Montage(EIGHT, 64.0)
    whole = last_of(hops_of(uv, fast, FrontEnd(BANDS5X2, fast))).features_db
    fewer = last_of(hops_of(resampled(uv, 1, 4), slow_, FrontEnd(BANDS5X2, slow_))).features_db
    assert fewer.shape == (10,)
    assert fewer == pytest.approx(whole, abs=0.5)


def test_a_sleeper_without_gamma_hears_and_feels_the_rest() -> None:
    """Feedback of ten features sounds and shines with gamma at the shared centre, and draws gamma nowhere."""
    ten = np.linspace(-2.0, 2.0, 10, dtype=np.float32)
    cue = Cue(ten, 0.5)
    assert cue.bands is not None
    assert cue.bands[GAMMA].tolist() == [0.0, 0.0]
    assert np.delete(cue.bands, GAMMA) == pytest.approx(ten)
    assert np.abs(cue.bands).max() <= BAND_LIMIT
    assert amplitudes(cue).sum() > 0.5
    assert Cue(np.full(10, np.nan, dtype=np.float32), 0.5).bands is None
    assert Cue(np.zeros(11, dtype=np.float32), 0.5).bands is None
    own = np.arange(12.0)
    felt = Felt(ten, 0.5, BANDS5X2.shipped_mu(), BANDS5X2.shipped_sigma(), others=ten).on_every_band(own)
    assert felt.feedback_db[GAMMA] == pytest.approx(own[GAMMA])
    assert felt.others_db is not None
    assert felt.others_db[GAMMA] == pytest.approx(own[GAMMA])
    assert on_every_band(ten.astype(np.float64))[: GAMMA[0]] == pytest.approx(ten[: GAMMA[0]])
