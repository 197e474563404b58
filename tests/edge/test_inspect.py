"""`dreamedge inspect`: a recording's channels, quality by cause over time, and whether it could be seated."""

import json
from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants.inspected import examine
from dreamedge.adapters.implants.sleeper import CHANNELS, RATE_HZ, Sleeper
from dreamedge.adapters.implants.ten_twenty import kind_of
from dreamedge.adapters.printout import lines
from dreamedge.main import main
from dreamedge.ports.implant import ImplantError
from edge import recorded
from edge.test_xdf import GROUP


def _edf(path: Path, uv: recorded.Doubles, *, labels: tuple[str, ...] = CHANNELS, unit: str = "uV") -> Path:
    signals = [
        edfio.EdfSignal(column, RATE_HZ, label=label, physical_dimension=unit)
        for label, column in zip(labels, uv.T, strict=True)
    ]
    edfio.Edf(signals).write(path)
    return path


def _sleeper(seconds: int = 60) -> recorded.Doubles:
    return np.asarray(Sleeper(3).run(4 * seconds))


def test_a_good_recording_could_be_seated(tmp_path: Path) -> None:
    """A clean signal is good throughout, at its rate, with no cause."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper())))
    assert one.found.seated
    assert one.found.good_share > 0.95
    assert one.found.effective_hz == pytest.approx(RATE_HZ, abs=0.1)


def test_the_cause_is_told_when_it_was(tmp_path: Path) -> None:
    """A lead that is flat from the 30th second on is flat in the plot from then on and not before."""
    uv = _sleeper()
    uv[30 * int(RATE_HZ) :, 0] = 0.0
    (one,) = examine(str(_edf(tmp_path / "a.edf", uv)))
    flat = [moment.at_s for moment in one.found.moments if moment.channels[0][1] == "flat"]
    assert 31.5 < min(flat) < 32.5
    assert max(flat) > 59.0
    row = next(line for line in lines(one, 80) if line.startswith(f"  {CHANNELS[0]}") and ".F" in line)
    assert row.rstrip().endswith("FFF")


def test_what_spoils_most_is_why_not(tmp_path: Path) -> None:
    """All leads flat from the first third on: not seated, and the cause says flat."""
    uv = _sleeper()
    uv[20 * int(RATE_HZ) :] = 0.0
    (one,) = examine(str(_edf(tmp_path / "a.edf", uv)))
    assert (one.found.seated, one.found.cause) == (False, "flat")


def test_a_refusal_is_told_beside_the_channels(tmp_path: Path) -> None:
    """What a bed would refuse is still listed channel by channel, with the sentence."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper(), unit="mmHg")))
    assert (one.found.seated, one.found.cause) == (False, "refused")
    assert "must be V, mV or uV" in one.found.sentence
    assert len(one.channels) == len(CHANNELS)


def test_a_missing_region_is_a_schema_it_cannot_fill(tmp_path: Path) -> None:
    """Frontal leads alone cannot be seated: they measure nothing posterior."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper()[:, :2], labels=("Fp1", "Fp2"))))
    assert one.found.cause == "schema"
    assert "posterior" in one.found.sentence


def test_a_wrong_unit_is_why_not(tmp_path: Path) -> None:
    """Volts that call themselves microvolts are a wrong unit, not a flat lead."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper() * 1e-6)))
    assert (one.found.seated, one.found.cause) == (False, "unit")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_plot_is_as_wide_as_the_terminal(tmp_path: Path, width: int) -> None:
    """No row of the plot is wider than the terminal, and all are equally long."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper())))
    rows = [line for line in lines(one, width) if line.endswith("...")]
    assert len(rows) == 1 + len(CHANNELS)
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) <= width


def test_scripts_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object a person with verdict, shares and channels."""
    assert main(["inspect", "--json", str(_edf(tmp_path / "a.edf", _sleeper()))]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["seated"] is True
    assert {channel["region"] for channel in told["channels"]} == {"anterior", "posterior"}


def test_what_is_no_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another kind ends with status 2 and one sentence."""
    with pytest.raises(ImplantError, match="neither an EDF nor an XDF"):
        examine(str(tmp_path / "a.csv"))
    assert main(["inspect", str(tmp_path / "none.edf")]) == 2
    assert "check the path" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("EEG Fp1-Ref", "EEG"),
        ("ECG ECG", "ECG"),
        ("EOG horizontal", "EOG"),
        ("E1-M2", "EOG"),
        ("EMG submental", "EMG"),
        ("EEG A2-A1", "reference"),
        ("C3 Impedance", "impedance"),
        ("Resp oro-nasal", "respiration"),
        ("Event marker", "marker"),
        ("Temp rectal", "other"),
    ],
)
def test_kinds_are_told_apart(label: str, kind: str) -> None:
    """What is no EEG is called what it is, as far as its label says."""
    assert kind_of(label) == kind


@recorded.needed
def test_three_of_four_could_be_seated() -> None:
    """Of four people recorded together the one whose headset touches nothing could not: contact."""
    found = {
        one.spec.rpartition("#")[2].split("-")[0]: one.found for one in examine(str(recorded.path(GROUP)))
    }
    assert {name: one.cause for name, one in found.items()} == {
        "Orange": "",
        "Green": "",
        "Purple": "",
        "Blue": "contact",
    }


@recorded.needed
def test_an_artefact_is_refused_by_its_cause() -> None:
    """The recording with mains far above the brain could not be seated, for that."""
    (one,) = examine(str(recorded.path("artefact/muse_P300_subject1_strong50Hz_4ch_256Hz.edf")))
    assert one.found.cause == "mains"
