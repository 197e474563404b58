"""Units that a signal contradicts, and channels that cannot play: left out, corrected or refused."""

from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.channel_soundness import LiveUnits, Unit
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import examine, glance
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.sampling.unit_judgement import UV_PER_UNIT, true_unit
from dreamedge.ports.implant import ImplantError
from edge.every_reader import FIVE, RATE, Made, csv, edf, npz, vhdr, xdf
from edge.recorded import Doubles
from edge.signals import pink

EEG = pink(40, RATE, 5) + np.linspace(-300, 300, 5)
"""Five channels of 20 uV, on an offset."""


def _windows(uv: Doubles) -> list[Doubles]:
    return np.split(uv[: int(24 * RATE)], 12)


@pytest.mark.parametrize("declared", UV_PER_UNIT)
@pytest.mark.parametrize("true", UV_PER_UNIT)
@pytest.mark.parametrize("rms_uv", [3.0, 20.0, 150.0])
def test_a_unit_is_contradicted_by_its_thousands(declared: str, true: str, rms_uv: float) -> None:
    """EEG of 3 to 150 uV, declared in any unit, names the unit it is in; in its own unit it names none."""
    as_declared = EEG * (rms_uv / 20.0) / UV_PER_UNIT[true] * UV_PER_UNIT[declared]
    found = true_unit(_windows(as_declared), RATE, UV_PER_UNIT[declared])
    assert found == ("" if declared == true else true)


def test_a_dead_or_noisy_channel_contradicts_no_unit() -> None:
    """Noise of an idle input, floating ones, lines, gaps, bad channels and endless values change nothing."""
    rng = np.random.default_rng(3)
    idle = rng.normal(0, 0.05, EEG.shape)
    floating = rng.normal(0, 1, EEG.shape) * np.array([40, 900, 9000, 70_000, 3e5])
    line = np.outer(np.arange(len(EEG)), np.ones(5)) * 1e-4
    two_dead = EEG * np.array([1, 1, 1, 1e-4, 1e-4])
    one_railed = EEG * np.array([1, 1, 1, 1, 1e4])
    missing = np.full(EEG.shape, np.nan)
    endless = np.full(EEG.shape, 1e300)
    for uv in (idle, floating, line, 0 * EEG, two_dead, one_railed, missing, endless):
        assert true_unit(_windows(uv), RATE, 1.0) == ""
    assert true_unit([], RATE, 1.0) == ""


@pytest.mark.parametrize(
    ("made", "declared", "true"),
    [
        (npz, "mV", "uV"),
        (npz, "uV", "V"),
        (xdf, "V", "uV"),
        (xdf, "", "mV"),
        (edf, "uV", "mV"),
        (edf, "V", "uV"),
        (vhdr, "uV", "V"),
        (csv, "", "V"),
    ],
)
def test_every_reader_refuses_a_contradicted_unit(
    tmp_path: Path,
    made: Made,
    declared: str,
    true: str,
) -> None:
    """The refusal has the cause `unit` and names the true unit; with --unit the same file plays in uV."""
    spec = made(tmp_path, EEG / UV_PER_UNIT[true], declared)
    with pytest.raises(ImplantError, match=f"would have to be {true}; .* --unit {true}") as refusal:
        open_implant(spec)
    assert refusal.value.cause == "unit"
    implant = open_implant(spec, options=RecordingOptions(unit=true))
    assert isinstance(implant, Replay)
    assert float(implant.enrolment().uv.std(axis=0).mean()) == pytest.approx(20.0, rel=0.1)
    assert f"play in {true}" in " ".join(note.sentence for note in implant.notes) or not declared


@pytest.mark.parametrize("made", [npz, xdf, edf, vhdr, csv])
def test_a_right_unit_is_left_alone(tmp_path: Path, made: Made) -> None:
    """EEG in the unit it declares plays with all its channels and no note about them."""
    implant = open_implant(made(tmp_path, EEG, "uV"))
    assert isinstance(implant, Replay)
    assert implant.montage.names == FIVE
    assert not [note for note in implant.notes if note.code in {"unit", "channel"}]


@pytest.mark.parametrize("made", [npz, xdf, vhdr])
def test_a_channel_without_samples_costs_only_itself(
    tmp_path: Path,
    made: Made,
) -> None:
    """A constant channel and one without a number are left out and named; three are judged usable."""
    numbers = EEG.copy()
    numbers[:, 1], numbers[:, 3] = 7.0, np.nan
    (one,) = examine(made(tmp_path, numbers, "uV"))
    assert one.found.names == ("Fp1", "C3", "O2")
    told = [note.sentence for note in one.notes if note.code == "channel"]
    assert told == ["'Fp2' has one constant value and is left out.", "'O1' has no number and is left out."]
    assert [c.electrode for c in one.channels] == ["Fp1", "", "C3", "", "O2"]


def test_a_channel_of_an_unknown_unit_costs_only_itself(tmp_path: Path) -> None:
    """One channel in furlongs is left out and named, one in mV beside uV too; --unit answers the first."""
    units = ("uV", "furlong", "uV", "mV", "uV")
    spec = xdf(tmp_path, EEG, "", units=units)
    (one,) = glance(spec)
    assert one.electrodes == ("Fp1", "C3", "O2")
    told = " ".join(note.sentence for note in one.notes)
    assert "'Fp2' is in 'furlong', not a voltage, and is left out" in told
    assert "O1 in mV" in told
    implant = open_implant(spec, options=RecordingOptions(unit="uV"))
    assert implant.montage.names == FIVE


def test_a_recording_of_constants_alone_is_not_emptied(tmp_path: Path) -> None:
    """Where no channel moves, all stay, and the verdict is that of quality."""
    (one,) = examine(npz(tmp_path, 0 * EEG + 5.0, "uV"))
    assert (one.found.names, one.found.cause) == (FIVE, "flat")


@pytest.mark.parametrize("pieces", [16, 700])
def test_a_live_unit_is_judged_by_its_first_seconds(pieces: int) -> None:
    """Volts named as uV are refused after five seconds, corrected where a unit is given, else passed on."""
    units = [Unit(1.0)] * 5
    stream = [EEG[at : at + pieces] for at in range(0, 1400, pieces)]
    right = LiveUnits(RATE, FIVE, units, "", "lsl:Cap")
    np.testing.assert_array_equal(np.concatenate([right.corrected(uv) for uv in stream])[:1400], EEG[:1400])
    wrong = LiveUnits(RATE, FIVE, units, "", "lsl:Cap")
    with pytest.raises(ImplantError, match=r"lsl:Cap holds .* would have to be V; .* --unit V") as refusal:
        _ = [wrong.corrected(uv * 1e-6) for uv in stream]
    assert refusal.value.cause == "unit"
    given = LiveUnits(RATE, FIVE, units, "V", "lsl:Cap")
    last = [given.corrected(uv * 1e-6) for uv in stream][-1]
    np.testing.assert_allclose(last, stream[-1])
