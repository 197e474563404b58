"""EDF files of labs whose headers leave something open: what is sound plays, and the rest is named."""

from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.edf.channels import channels
from dreamedge.adapters.implants.files.edf.file import EdfFile
from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.inspection import Wish, examine, people
from dreamedge.adapters.implants.people_in_labels import people_in
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.ports.implant import ImplantError
from edge.edf_written import as_edf, patched, written

CASES = Path(__file__).parent / "field_cases"
S = 1_000_000_000
FOUR = dict.fromkeys(("Fp1", "Fp2", "O1", "O2"), (128.0, "uV"))


def _rms_uv(implant: EdfImplant) -> float:
    implant.read(S)
    block = implant.read(3 * S)
    assert block is not None
    return float(block.uv.std())


def test_a_channel_without_range_costs_only_itself() -> None:
    """Four sound channels of a person play, and the fifth, without a range, is noted by its name."""
    (one,) = examine(str(CASES / "f07_one_channel_without_range.edf"))
    assert one.found.seated
    assert [note.sentence for note in one.notes if note.code == "channel"] == [
        "'C3' has no range and is left out."
    ]
    assert [c.kind for c in one.channels if c.label == "C3"] == ["EEG, no range"]


@pytest.mark.parametrize(("unit", "uv"), [("uV", 1.0), ("mV", 1e3), ("nV", 1e-3)])
def test_a_blank_unit_is_answered_by_the_flag(unit: str, uv: float) -> None:
    """A blank unit is refused with --unit as the remedy, and --unit scales the samples."""
    path = CASES / "f08_unit_blank.edf"
    with pytest.raises(ImplantError, match="--unit uV"):
        EdfImplant(path)
    plain = _rms_uv(EdfImplant(path, options=RecordingOptions(unit="uV")))
    assert _rms_uv(EdfImplant(path, options=RecordingOptions(unit=unit))) == pytest.approx(plain * uv)


def test_nanovolts_are_a_voltage() -> None:
    """A channel in nV plays, a thousandth of a microvolt each."""
    (one,) = examine(str(CASES / "f09_unit_nV.edf"))
    assert one.found.seated
    assert 1 < _rms_uv(EdfImplant(CASES / "f09_unit_nV.edf")) < 100


def test_a_channel_of_one_value_is_left_out(tmp_path: Path) -> None:
    """Beside sound channels, one that never moves is left out and noted; one that moves once plays."""
    sound = written(tmp_path / "s.edf", FOUR)
    uv = np.stack([EdfFile(sound).read(one, 0, 60 * 128) for one in EdfFile(sound).signals], axis=1)
    still, once = np.full((len(uv), 1), 5.0), np.full((len(uv), 1), 5.0)
    once[-1] = 25.0
    names = (*FOUR, "C3", "C4")
    path = as_edf(tmp_path / "a.edf", np.hstack([uv, still, once]), names, 128.0, ["uV"] * 6)
    implant = EdfImplant(path)
    assert implant.montage.names == (*FOUR, "C4")
    told = [note.sentence for note in implant.notes if note.code == "channel"]
    assert told == ["'C3' has one constant value and is left out."]


def test_a_channel_without_a_voltage_is_left_out(tmp_path: Path) -> None:
    """Beside sound channels, one in mmHg and one without a unit are left out and noted."""
    path = written(tmp_path / "a.edf", {**FOUR, "C3": (128.0, "mmHg"), "C4": (128.0, "")})
    implant = EdfImplant(path)
    assert implant.montage.names == ("Fp1", "Fp2", "O1", "O2")
    assert [note.sentence for note in implant.notes] == [
        "'C3' has no unit and is left out.",
        "'C4' has no unit and is left out.",
    ]


def test_a_coarse_digital_step_is_noted() -> None:
    """A step of 32 uV is noted and stands in the montage; a fine one is not noted."""
    coarse = EdfImplant(CASES / "f13_32uV_per_bit.edf")
    assert coarse.montage.resolution_uv == pytest.approx((32.0,) * 4, rel=1e-3)
    assert [note.code for note in coarse.notes] == ["resolution"]
    assert EdfImplant(CASES / "f07_one_channel_without_range.edf").montage.resolution_uv[0] < 1


def test_two_people_of_one_file_are_two() -> None:
    """Baby and Mom are offered as #1 and #2, each with its own four channels and different samples."""
    path = CASES / "f12_dyad_in_one_edf.edf"
    both = people(str(path), Wish())
    assert [one.spec.rpartition("#")[2] for one in both] == ["1", "2"]
    for number, one in enumerate(both):
        implant = open_implant(one.spec)
        assert implant.montage.names == ("Fp1", "C3", "C4", "O1")
        played = [c.label for c in one.channels if c.electrode]
        assert all(label.endswith(("_Baby", "_Mom")[number]) for label in played)
        implant.close()
    assert _rms_uv(EdfImplant(path, "1")) != _rms_uv(EdfImplant(path, "2"))


def test_a_file_of_two_people_asks_which() -> None:
    """Without a number, or with one beyond the people, a file of two is refused with both addresses."""
    path = CASES / "f12_dyad_in_one_edf.edf"
    for number in ("", "3"):
        with pytest.raises(ImplantError, match=r"#1: Fp1_Baby.*#2: Fp1_Mom") as refusal:
            EdfImplant(path, number)
        assert refusal.value.cause == "people"


def test_an_uncertain_reading_is_refused_with_both(tmp_path: Path) -> None:
    """Labels that may count repeats are refused with both readings, and a number plays one."""
    labels = [f"{site}-{tag}" for tag in (0, 1) for site in ("Fp1", "O1")]
    path = written(tmp_path / "a.edf", dict.fromkeys(labels, (128.0, "uV")))
    with pytest.raises(ImplantError, match=r"may hold 2 people .* or the electrodes of one person"):
        EdfImplant(path)
    assert EdfImplant(path, "2").montage.names == ("Fp1", "O1")
    assert [one.electrode for one in channels(path, person="2")] == ["", "", "Fp1", "O1"]


@pytest.mark.parametrize(
    "form", ["{site}_S{n}", "{n}-{site}", "S{n} {site}", "P{n} {site}", "{site}_Sub0{n}", "EEG {site}_S{n}"]
)
@pytest.mark.parametrize("count", [2, 3])
def test_the_same_electrodes_under_tags_are_people(form: str, count: int) -> None:
    """Each tag with the same electrodes is one person, whatever the form of the label."""
    sites = ("Fp1", "C3", "O2")
    reading = people_in([form.format(site=s, n=n) for n in range(1, count + 1) for s in sites])
    assert reading.certain
    assert [tuple(one.electrodes.values()) for one in reading.people] == [sites] * count


@pytest.mark.parametrize(
    "labels",
    [
        ("Fp1-A1", "C3-A1", "Fp1-A2", "C3-A2"),
        ("EEG Fp1-Ref", "EEG C3-Ref", "EEG O1-Ref"),
        ("Fp1-F3", "C3-F3", "Fp1-F4", "C3-F4"),
        ("C3_P3", "F3_P3", "C4_P4", "F4_P4"),
        ("P1", "P2", "P3", "P4"),
        ("C3", "C3-M2", "O1"),
        ("C3_raw", "O1_raw", "C3_filt", "O1_filt"),
        ("Fp1_S1",),
        (),
    ],
)
def test_labels_that_merely_look_so_are_one_person(labels: tuple[str, ...]) -> None:
    """References, bipolar pairs, processing steps and single repeats make no second person."""
    assert not people_in(labels).people


@pytest.mark.parametrize(
    "labels",
    [
        ("P1-Fp1", "P1-C3", "P2-Fp1", "P2-C3"),
        ("Fp1_S1", "C3_S1", "Fp1_S2", "O1_S2"),
        ("Fp1_S1", "C3_S1", "O1_S2", "O2_S2"),
        ("Fp1", "C3", "O1", "Fp1", "C3", "O1"),
    ],
)
def test_labels_with_two_readings_are_uncertain(labels: tuple[str, ...]) -> None:
    """Joined electrodes, sets that differ and a row that stands twice are people, but not certainly."""
    reading = people_in(labels)
    assert len(reading.people) == 2
    assert not reading.certain


@pytest.mark.parametrize(("at", "field"), [(184, b"512"), (184, b"1536"), (252, b"3"), (236, b"7")])
def test_a_header_against_itself_is_refused(tmp_path: Path, at: int, field: bytes) -> None:
    """A header whose size, signals or records contradict each other is refused with the byte."""
    path = patched(written(tmp_path / "a.edf", FOUR), at, field, 4 if at == 252 else 8)
    if at == 236:
        path.write_bytes(path.read_bytes() + b"x" * 10)
    with pytest.raises(ImplantError, match=r"byte \d+"):
        EdfImplant(path)
