"""Calibration: enough clean signal, robust scales, wrong units refused."""

import numpy as np
import pytest

from dreamedge.core.signal.baseline import Baseline, own_z
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import Calibrator, EnrolRefusal, enrol, median_and_scale
from dreamedge.core.signal.features import FrontEnd
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.signals import EIGHT, hops_of, pink

MONTAGE = Montage(EIGHT, 256.0, 0.0, 50.0)


def test_live_calibration_takes_120_clean_seconds() -> None:
    """Live, the scale exists at the 120th clean second and not before; then it is fixed."""
    calibrator = Calibrator(CalibrationSource.LIVE)
    front = FrontEnd(BANDS6X2, MONTAGE)
    hops = [hop for hop in hops_of(pink(130, 256, 8), MONTAGE, front) if hop is not None]
    done_at = None
    for hop in hops:
        calibrator.add_hop(hop)
        if calibrator.own is not None and done_at is None:
            done_at = hop.instant_ns / 1e9
            first = calibrator.own
    assert done_at == pytest.approx(4.0 + 120.0 - 0.25)
    assert calibrator.own is first
    assert calibrator.progress.done
    assert calibrator.progress.clean_s == 120.0
    assert own_z(first.template_db, first) == 0.0


def test_bad_hops_do_not_count() -> None:
    """A flat headset never gets a calibration."""
    calibrator = Calibrator(CalibrationSource.LIVE, min_clean_s=8.0)
    for hop in hops_of(np.zeros((60 * 256, 8)), MONTAGE, FrontEnd(BANDS6X2, MONTAGE)):
        assert hop is not None
        calibrator.add_hop(hop)
    assert calibrator.own is None
    assert calibrator.progress.clean_s == 0.0
    assert calibrator.progress.template_db.size == 0


def test_enrolment_is_the_median_of_the_hops() -> None:
    """Offline, template and scale are the median and 1.4826 MAD of the clean hops, at least 1.5 dB."""
    uv = pink(40, 256, 8)
    own = enrol(BANDS6X2, MONTAGE, Block(uv, 0), CalibrationSource.REPLAY)
    assert isinstance(own, Baseline)
    hops = [hop for hop in hops_of(uv, MONTAGE, FrontEnd(BANDS6X2, MONTAGE)) if hop is not None]
    features = np.array([hop.features_db for hop in hops if hop.eligible])
    np.testing.assert_allclose(own.template_db, np.median(features, axis=0), atol=1e-4)
    assert own.scale_db.min() >= 1.5
    assert own.clean_s == pytest.approx(36.25)
    assert own.source is CalibrationSource.REPLAY


def test_scale_is_robust() -> None:
    """A third of wild values less than triples the scale; a constant feature gets 1.5 dB."""
    rng = np.random.default_rng(1)
    values = rng.normal(10, 4, (300, 2)).astype(np.float32)
    values[:, 1] = 3.0
    wild = values.copy()
    wild[:100, 0] = 500.0
    middle, scale = median_and_scale(values)
    assert scale[0] == pytest.approx(4.0, rel=0.15)
    assert scale[1] == 1.5
    wild_middle, wild_scale = median_and_scale(wild)
    assert abs(wild_middle[0] - middle[0]) < 4.0
    assert wild_scale[0] < 3.0 * scale[0]


@pytest.mark.parametrize("factor", [1e-6, 1e3])
def test_wrong_units_are_refused(factor: float) -> None:
    """Volts or nanovolts instead of microvolts are a unit error once 30 s can be judged."""
    block = Block(pink(40, 256, 8) * factor, 0)
    refusal = enrol(BANDS6X2, MONTAGE, block, CalibrationSource.REPLAY)
    assert isinstance(refusal, EnrolRefusal)
    assert refusal.reason == "unit"


def test_one_movement_is_no_unit_error() -> None:
    """A second of 20 mV in 40 s costs only its own time."""
    uv = pink(40, 256, 8)
    uv[20 * 256 : 21 * 256] *= 1000
    own = enrol(BANDS6X2, MONTAGE, Block(uv, 0), CalibrationSource.REPLAY)
    assert isinstance(own, Baseline)
    assert own.clean_s < 33.0


def test_short_and_unfit_recordings_are_refused() -> None:
    """Ten seconds with less than 8 clean ones, and 64 Hz without the schema, are refused with the reason."""
    short = enrol(BANDS6X2, MONTAGE, Block(pink(10, 256, 8), 0), CalibrationSource.REPLAY)
    assert isinstance(short, EnrolRefusal)
    assert short.reason == "short"
    slow = enrol(BANDS6X2, Montage(EIGHT, 64.0), Block(pink(60, 64, 8), 0), CalibrationSource.REPLAY)
    assert isinstance(slow, EnrolRefusal)
    assert slow.reason == "schema"
    assert "gamma" in slow.sentence


def test_own_z_of_a_stranger() -> None:
    """Three scales away in every feature is an own z of 3; NaN stays NaN."""
    own = Baseline(
        np.full(12, 5, np.float32),
        np.full(12, 2, np.float32),
        np.zeros(8, np.float32),
        np.ones(8, np.float32),
        120.0,
        CalibrationSource.LIVE,
    )
    assert own_z(np.full(12, 11, np.float32), own) == pytest.approx(3.0)
    assert np.isnan(own_z(np.full(12, np.nan, np.float32), own))


@recorded.needed
def test_people_are_enrolled_and_differ() -> None:
    """Two real people enrol from a third of their recording, and their templates differ."""
    templates = []
    for name in ("S01", "S02"):
        uv, names, rate_hz = recorded.edf(f"waking/eegmat_{name}_rest_7ch.edf")
        montage = Montage(names, rate_hz)
        own = enrol(BANDS6X2, montage, Block(uv[: len(uv) // 3], 0), CalibrationSource.REPLAY)
        assert isinstance(own, Baseline)
        assert own.clean_s > 40.0
        templates.append(own.template_db)
    assert np.sqrt(np.mean((templates[0] - templates[1]) ** 2)) > 2.0
