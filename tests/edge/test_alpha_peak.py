"""The individual alpha frequency: found where it is, not found elsewhere, equal to scipy's."""

import numpy as np
import pytest

from depth import LONG
from dreamedge.core.signal.alpha_peak import Periodogram, alpha_columns, alpha_peak_hz
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import Calibrator, enrol
from dreamedge.core.signal.electrodes import electrodes
from dreamedge.core.signal.features import FrontEnd
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.signals import EIGHT, Doubles, hops_of, pink, sine

MONTAGE = Montage(EIGHT, 256.0)
PEOPLE = (1, 2, 6, 8, 9, 12, 13, 14, 16, 17, 18, 21, 22, 24, 26, 27, 28, 30, 32, 34)


def own_of(uv: Doubles, montage: Montage = MONTAGE) -> Baseline:
    """The calibration of a recording."""
    own = enrol(BANDS6X2, montage, Block(uv, 0), CalibrationSource.REPLAY)
    assert isinstance(own, Baseline)
    return own


@pytest.mark.parametrize("hz", [7.6, 9.0, 10.2, 11.9])
def test_a_rhythm_is_found_at_its_frequency(hz: float) -> None:
    """A posterior rhythm on a 1/f background is found within 0.1 Hz, anywhere in 7 to 13 Hz."""
    uv = pink(60, 256, 8)
    uv[:, 5:7] += sine(hz, 8.0, 60, 256, 2)
    assert own_of(uv).alpha_hz == pytest.approx(hz, abs=0.1)


@pytest.mark.parametrize("seed", range(8))
def test_no_rhythm_is_no_peak(seed: int) -> None:
    """A 1/f background alone has no alpha peak."""
    assert own_of(pink(60, 256, 8, seed=seed)).alpha_hz == 0.0


def test_beta_is_no_alpha() -> None:
    """A rhythm of 20 Hz is not found between 7 and 13."""
    uv = pink(60, 256, 8)
    uv += sine(20.0, 8.0, 60, 256)
    assert own_of(uv).alpha_hz == 0.0


def test_a_wiggle_among_wiggles_is_no_peak() -> None:
    """Among higher humps elsewhere, one within 7 to 13 Hz is not alpha."""
    uv = pink(60, 256, 8)
    for hz in (4.0, 9.0, 16.0, 20.0, 24.0, 28.0):
        uv += sine(hz, (15.0 if hz == 9.0 else 24.0) / np.sqrt(hz), 60, 256)
    assert own_of(uv).alpha_hz == 0.0


def test_theta_does_not_outdo_alpha() -> None:
    """Of peaks at 7.3 and 10.5 Hz the one in alpha proper counts, unless the other is far higher."""
    uv = pink(120, 256, 8)
    uv[:, 5:7] += sine(10.5, 6.0, 120, 256, 2)
    near, far = uv.copy(), uv.copy()
    near[:, 5:7] += sine(7.3, 7.6, 120, 256, 2)
    far[:, 5:7] += sine(7.3, 24.0, 120, 256, 2)
    assert own_of(near).alpha_hz == pytest.approx(10.5, abs=0.2)
    assert own_of(far).alpha_hz == pytest.approx(7.3, abs=0.2)


def test_the_back_of_the_head_is_listened_to() -> None:
    """O, PO and P sites are used if present, else every posterior site, never a frontal one."""
    assert list(alpha_columns(electrodes(EIGHT))) == [4, 5, 6]
    assert list(alpha_columns(electrodes(("TP9", "AF7", "AF8", "TP10")))) == [0, 3]
    frontal = pink(60, 256, 8)
    frontal[:, :3] += sine(10.0, 20.0, 60, 256, 3)
    assert own_of(frontal).alpha_hz == 0.0


def test_an_artefact_is_not_listened_to() -> None:
    """A lead that shakes at 9 Hz by a millivolt for half the time does not move a peak at 11 Hz."""
    uv = pink(80, 256, 8)
    uv[:, 4:7] += sine(11.0, 8.0, 80, 256, 3)
    uv[20 * 256 : 60 * 256, 5] += sine(9.0, 1000.0, 40, 256, 1)[:, 0]
    assert own_of(uv).alpha_hz == pytest.approx(11.0, abs=0.1)


def test_nothing_is_computed_once_calibrated() -> None:
    """Hops carry a posterior spectrum every 2 s while there is no calibration, and none afterwards."""
    front = FrontEnd(BANDS6X2, MONTAGE)
    uv = pink(24, 256, 8)
    before = [hop for hop in hops_of(uv, MONTAGE, front) if hop is not None]
    front.use(own_of(pink(30, 256, 8)))
    after = [hop for hop in hops_of(uv, MONTAGE, front, start_ns=24_000_000_000) if hop is not None]
    assert sum(len(hop.posterior_uv2_hz) > 0 for hop in before) == 11
    assert not any(len(hop.posterior_uv2_hz) for hop in after)


def test_a_live_calibration_tells_it() -> None:
    """The status of a finished calibration has the peak; before that it is 0."""
    uv = pink(30, 256, 8)
    uv[:, 5:7] += sine(9.5, 8.0, 30, 256, 2)
    calibrator = Calibrator(CalibrationSource.LIVE, min_clean_s=20.0)
    assert calibrator.progress.alpha_hz == 0.0
    for hop in hops_of(uv, MONTAGE, FrontEnd(BANDS6X2, MONTAGE)):
        assert hop is not None
        calibrator.add_hop(hop)
    assert calibrator.progress.alpha_hz == pytest.approx(9.5, abs=0.2)


def test_density_is_scipys() -> None:
    """The mean of the windows is Welch's density by scipy, up to 30 Hz, within a per cent."""
    welch = pytest.importorskip("scipy.signal").welch
    uv = pink(64, 256, 1)
    one = Periodogram(256.0)
    at = range(0, len(uv) - one.samples + 1, one.samples // 2)
    ours = np.mean([one.density(uv[begin : begin + one.samples]) for begin in at], axis=0)
    hz, theirs = welch(uv[:, 0], 256.0, nperseg=one.samples)
    np.testing.assert_allclose(ours[8:], theirs[8 : len(ours)], rtol=0.01)
    assert hz[len(ours) - 1] == 30.0


@pytest.mark.parametrize("density", [np.zeros((9, 121)), np.full((9, 121), np.nan), np.ones((2, 121))])
def test_nothing_to_go_by_is_no_peak(density: Doubles) -> None:
    """Zero power, NaN or too few windows give no peak and no warning."""
    assert alpha_peak_hz(density.astype(np.float32)) == 0.0


def peak_by_scipy(uv: Doubles, rate_hz: float) -> float:
    """The plain reference: scipy's Welch of the raw signal, highest above a line in log-log, 7 to 13 Hz."""
    welch = pytest.importorskip("scipy.signal").welch
    hz, power = welch(uv, rate_hz, nperseg=round(4 * rate_hz), axis=0)
    aside = ((hz >= 3) & (hz < 6.5)) | ((hz > 14) & (hz <= 30))
    inside = (hz >= 7) & (hz <= 13)
    log_power = np.log10(power.mean(axis=1))
    line = np.polyfit(np.log10(hz[aside]), log_power[aside], 1)
    above = log_power[inside] - np.polyval(line, np.log10(hz[inside]))
    return float(hz[inside][np.argmax(above)])


@recorded.needed
@pytest.mark.parametrize("person", PEOPLE if LONG else PEOPLE[::2])
def test_real_people_have_the_peak_scipy_finds(person: int) -> None:
    """Ten real people at rest, or twenty: each within 1 Hz of scipy's Welch of the recording at O1, O2."""
    uv, names, rate_hz = recorded.edf(f"waking/eegmat_S{person:02}_rest_7ch.edf")
    wanted = peak_by_scipy(uv[:, [e.column for e in electrodes(names) if e.site in ("O1", "O2")]], rate_hz)
    assert own_of(uv, Montage(names, rate_hz)).alpha_hz == pytest.approx(wanted, abs=1.0)
