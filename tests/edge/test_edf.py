"""EDF and BDF behind the implant port: every common variant plays, or is refused with the remedy."""

from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.edf.channels import channels
from dreamedge.adapters.implants.files.edf.file import EdfFile
from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.calibration import Baseline, enrol
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.edf_written import RECORD, discontinuous, patched, written, written_bdf

S = 1_000_000_000
TWO = {"Fp1": (128.0, "uV"), "O1": (128.0, "uV")}


def _blocks(implant: Implant, stamps_ns: list[int]) -> list[Block]:
    """All blocks read at each of the moments."""
    found: list[Block] = []
    for now_ns in stamps_ns:
        while (block := implant.read(now_ns)) is not None:
            found.append(block)
    return found


def _play(implant: Implant, stamps_ns: list[int]) -> recorded.Doubles:
    return np.concatenate([block.uv for block in _blocks(implant, stamps_ns)])


# --- playing ------------------------------------------------------------------------------------


def test_units_become_microvolts(tmp_path: Path) -> None:
    """V, mV and uV in any spelling arrive as uV; other signals do not arrive."""
    path = written(
        tmp_path / "a.edf",
        {
            "Fp1": (256.0, "uV"),
            "C3": (256.0, "mV"),
            "O1": (256.0, "V"),
            "O2": (256.0, "uVolts"),
            "ECG": (512.0, "mV"),
        },
    )
    block = EdfImplant(path).enrolment()
    np.testing.assert_allclose(np.abs(block.uv).max(axis=0), [20.0] * 4, rtol=0.01)


@pytest.mark.parametrize("unit", ["µV".encode(), "µV".encode("latin-1")])
def test_a_micro_sign_is_read_in_both_encodings(tmp_path: Path, unit: bytes) -> None:
    """A micro sign in UTF-8 or in Latin-1, both against the standard, is read."""
    path = patched(written(tmp_path / "a.edf", TWO), 256 + 2 * 96, unit, 8)
    assert EdfFile(path).signals[0].unit == "µV"
    np.testing.assert_allclose(np.abs(EdfImplant(path).enrolment().uv).max(axis=0), 20.0, rtol=0.01)


def test_a_recording_plays_once_and_ends(tmp_path: Path) -> None:
    """Enrolment is the first third; the replay is the whole from its start, then it has ended."""
    implant = EdfImplant(written(tmp_path / "a.edf", TWO))
    enrolled = implant.enrolment()
    assert len(enrolled.uv) == 20 * 128
    played = _play(implant, [S + k * S // 3 for k in range(190)])
    assert implant.ended
    assert len(played) == 60 * 128
    np.testing.assert_array_equal(played[: len(enrolled.uv)], enrolled.uv)
    assert implant.read(99 * S) is None


def test_a_loop_starts_over_without_a_gap(tmp_path: Path) -> None:
    """With `loop` the last sample is followed by the first, and it never ends."""
    implant = EdfImplant(written(tmp_path / "a.edf", TWO), options=RecordingOptions(loop=True))
    played = _play(implant, [S + k * S for k in range(151)])
    assert len(played) == 150 * 128
    np.testing.assert_array_equal(played[60 * 128 : 120 * 128], played[: 60 * 128])
    assert not implant.ended


def test_a_replayed_calibration_has_its_source(tmp_path: Path) -> None:
    """A replayed calibration has the source REPLAY."""
    assert EdfImplant(written(tmp_path / "a.edf", TWO)).source == CalibrationSource.REPLAY


def test_a_recording_that_broke_off_plays_what_it_holds(tmp_path: Path) -> None:
    """A wrong or missing record count and half a record at the end do not matter."""
    path = written(tmp_path / "a.edf", TWO)
    whole = EdfImplant(path).enrolment().uv
    path.write_bytes(path.read_bytes()[:-100])
    for promised in (b"-1", b"60", b"500"):
        implant = EdfImplant(patched(path, 236, promised, 8))
        assert implant.seconds == 59.0
        np.testing.assert_array_equal(implant.enrolment().uv[:2000], whole[:2000])


def test_24_bits_are_read(tmp_path: Path) -> None:
    """BDF samples are right to a twentieth of a microvolt on an offset of 20 mV, and below zero."""
    path = written_bdf(tmp_path / "a.bdf", ("Fp1", "O1"))
    file = EdfFile(path)
    expected = edfio.read_bdf(path).signals[1].data
    np.testing.assert_allclose(file.read(file.signals[1], 0, len(expected)), expected, atol=1e-9)
    played = EdfImplant(path).enrolment().uv - 20_000.0
    np.testing.assert_allclose([played.max(), played.min()], [20.0, -20.0], atol=0.05)
    negative = edfio.BdfSignal(np.linspace(-9.0, 9.0, 600), 10.0, label="Fp1", physical_range=(-10, 10))
    edfio.Bdf([negative]).write(tmp_path / "b.bdf")
    file = EdfFile(tmp_path / "b.bdf")
    np.testing.assert_allclose(file.read(file.signals[0], 0, 600), np.linspace(-9.0, 9.0, 600), atol=1e-5)


# --- selection ----------------------------------------------------------------------------------


def test_of_several_rates_the_commonest_plays(tmp_path: Path) -> None:
    """EEG at a less frequent rate is left out and listed; other signals' rates do not matter."""
    path = written(
        tmp_path / "a.edf",
        {"Fp1": (256.0, "uV"), "C3": (128.0, "uV"), "O1": (128.0, "uV"), "ECG": (512.0, "mV")},
    )
    implant = EdfImplant(path)
    assert (implant.montage.names, implant.montage.rate_hz) == (("C3", "O1"), 128.0)
    assert [(one.kind, one.electrode) for one in channels(path)] == [
        ("EEG, other rate", ""),
        ("EEG", "C3"),
        ("EEG", "O1"),
        ("ECG", ""),
    ]


def test_an_electrode_recorded_twice_counts_once(tmp_path: Path) -> None:
    """Of C3 and C3-M2 the first plays and the other is listed as a repeat."""
    path = written(tmp_path / "a.edf", {"C3": (128.0, "uV"), "C3-M2": (128.0, "uV"), "O1": (128.0, "uV")})
    assert EdfImplant(path).montage.names == ("C3", "O1")
    assert [one.kind for one in channels(path)] == ["EEG", "EEG, repeated", "EEG"]


@pytest.mark.parametrize(
    ("labels", "montage", "played"),
    [
        (("EEG central 0", "EEG central 1", "ECG", "Resp"), ("C3", "C4"), {"C3": 0, "C4": 1}),
        (("EEG", "EEG(sec)", "EOG(L)"), ("C4", "C3"), {"C4": 0, "C3": 1}),
        (("1", "2", "3", "ECG"), ("Fp1", "-", "O1"), {"Fp1": 0, "O1": 2}),
        (("A1", "A2", "A3", "A4", "B1", "B2", "C3", "EXG1", "Status"),
         ("Fp1", "AF7", "AF3", "F1", "O1", "O2", "Pz"),
         {"Fp1": 0, "AF7": 1, "AF3": 2, "F1": 3, "O1": 4, "O2": 5, "Pz": 6}),
        (("Fp1", "O1"), ("C3", "C4"), {"Fp1": 0, "O1": 1}),
    ],
)  # fmt: skip
def test_a_montage_names_the_eeg_where_labels_do_not(
    tmp_path: Path, labels: tuple[str, ...], montage: tuple[str, ...], played: dict[str, int]
) -> None:
    """A montage names, in order, signals labelled EEG, else unlabelled ones; electrode labels win."""
    path = written(tmp_path / "a.edf", dict.fromkeys(labels, (128.0, "uV")))
    implant = open_implant(f"edf:{path}", options=RecordingOptions(montage=montage))
    assert implant.montage.names == tuple(played)
    file = EdfFile(path)
    for column, place in enumerate(played.values()):
        expected = file.read(file.signals[place], 0, 1000)
        block = implant.enrolment()
        assert block is not None
        np.testing.assert_allclose(block.uv[:1000, column], expected)
    assert {
        one.electrode: at
        for at, one in enumerate(channels(path, RecordingOptions(montage=montage)))
        if one.electrode
    } == played


@pytest.mark.parametrize(
    ("labels", "montage", "says"),
    [
        (("EEG central 0", "EEG central 1"), (), "in order with --montage, for instance --montage C3,C4"),
        (("EEG", "ECG"), (), "1 signal that may be EEG: EEG.; .* --montage C3[.]"),
        (("EEG central 0", "EEG central 1"), ("C3",), "montage of 1 do not fit .2 signals"),
        (("EEG central 0", "EEG central 1"), ("left", "right"), "names no electrode"),
        (("A1", "A2", "A3", "A4", "B1", "B2", "C3", "Status"), (), "7 signals that may be EEG: A1, A2, A3"),
        (("ECG", "Resp"), (), "no EEG channel"),
    ],
)
def test_channels_without_a_place_are_not_guessed(
    tmp_path: Path, labels: tuple[str, ...], montage: tuple[str, ...], says: str
) -> None:
    """Without a fitting montage a file without electrode names is refused with the remedy."""
    path = written(tmp_path / "a.edf", dict.fromkeys(labels, (128.0, "uV")))
    with pytest.raises(ImplantError, match=says):
        EdfImplant(path, options=RecordingOptions(montage=montage))
    assert [one.electrode for one in channels(path, RecordingOptions(montage=montage))] == [""] * len(labels)


# --- gaps ---------------------------------------------------------------------------------------


GAPS = [*(float(k) for k in range(20)), *(25.5 + k for k in range(30))]


def test_gaps_between_records_are_gaps(tmp_path: Path) -> None:
    """The time between two records of an EDF+D is missing; each sample comes at its own moment."""
    path = discontinuous(tmp_path / "a.edf", GAPS)
    implant = EdfImplant(path)
    assert implant.seconds == 55.5
    blocks = _blocks(implant, [S + k * S // 4 for k in range(4 * 56 + 2)])
    assert implant.ended
    np.testing.assert_allclose(
        np.concatenate([block.uv for block in blocks])[:, 0], np.arange(50 * RECORD) / 10.0, atol=1e-9
    )
    begun_s = np.repeat(GAPS, RECORD) + np.tile(np.arange(RECORD) / RECORD, len(GAPS))
    last = [round(block.uv[-1, 0] * 10) for block in blocks]
    told_s = [(block.last_ns - S) / S for block in blocks]
    np.testing.assert_allclose(told_s, begun_s[last] + 1 / RECORD, atol=1e-6)
    assert 20 * RECORD - 1 in last, "a read ends at the gap"


def test_a_gap_is_not_a_number_in_the_enrolment(tmp_path: Path) -> None:
    """The first third keeps its gaps as NaN, and the samples beside them."""
    path = discontinuous(tmp_path / "a.edf", [*(float(k) for k in range(10)), *(12.0 + k for k in range(40))])
    uv = EdfImplant(path).enrolment().uv
    missing = np.isnan(uv).all(axis=1)
    assert missing[10 * RECORD : 12 * RECORD].all()
    assert missing.sum() == 2 * RECORD
    np.testing.assert_allclose(uv[12 * RECORD : 13 * RECORD, 1], np.arange(10 * RECORD, 11 * RECORD) / 10.0)


def test_gaps_are_found_where_the_header_denies_them(tmp_path: Path) -> None:
    """An EDF+C with records that do not follow one another has gaps all the same."""
    assert EdfImplant(discontinuous(tmp_path / "a.edf", GAPS, kind="EDF+C")).seconds == 55.5


def test_rounded_onsets_and_annotations_make_no_gap(tmp_path: Path) -> None:
    """Onsets a few milliseconds off, and annotations, make no gap."""
    onsets_s: list[float | None] = [k + 0.012 * (k % 2) for k in range(40)]
    implant = EdfImplant(discontinuous(tmp_path / "a.edf", onsets_s))
    assert len(_blocks(implant, [S, 9 * S])) == 1
    assert implant.seconds == pytest.approx(40.0, abs=0.02)


def test_a_clock_that_runs_a_little_slow_is_followed(tmp_path: Path) -> None:
    """Records every 1.005 s play without a gap, in the time they took."""
    implant = EdfImplant(discontinuous(tmp_path / "a.edf", [1.005 * k for k in range(50)]))
    assert implant.seconds == pytest.approx(50 * 1.005)
    blocks = _blocks(implant, [S + k * S // 2 for k in range(104)])
    stamps = np.array([(block.last_ns - S) / S for block in blocks])
    counts = np.cumsum([len(block.uv) for block in blocks])
    np.testing.assert_allclose(stamps, counts / RECORD * 1.005, atol=1e-6)
    assert implant.montage.rate_hz == RECORD


@pytest.mark.parametrize(
    ("onsets_s", "says"),
    [
        ([*range(20), None, *range(21, 50)], "record 21 does not tell when it began; export it again"),
        ([None, *range(1, 50)], "record 1 does not tell when it began; export it again"),
    ],
)
def test_records_without_an_onset_are_refused(
    tmp_path: Path, onsets_s: list[float | None], says: str
) -> None:
    """A record of an EDF+D without its onset is refused with its number."""
    with pytest.raises(ImplantError, match=says):
        EdfImplant(discontinuous(tmp_path / "a.edf", onsets_s))


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        ({"Fp1": (50.0, "uV")}, "to resample it would add nothing; record it again at 64 to 20000 Hz"),
        ({"Fp1": (25_000.0, "uV")}, "resample it to at most 20000 Hz"),
        ({"Fp1": (256.0, "mmHg")}, "must be V, mV, uV or nV"),
        ({"Fp1": (256.0, "")}, "'no unit'; it must be V, mV, uV or nV"),
        ({"ECG": (256.0, "uV"), "Resp": (256.0, "uV")}, "rename its channels"),
    ],
)
def test_a_recording_that_cannot_be_played_says_what_to_do(
    tmp_path: Path, channels: dict[str, tuple[float, str]], says: str
) -> None:
    """An unplayable recording is refused in a sentence with the file and the remedy."""
    path = written(tmp_path / "bad.edf", channels)
    with pytest.raises(ImplantError, match=says) as refusal:
        EdfImplant(path)
    assert "bad.edf" in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "check the path"),
        (b"not an EDF at all", "convert it to EDF"),
        (b"", "it is empty.; copy it again"),
        (b"0".ljust(252) + b"many", "'many' is no whole number for the number of signals"),
        (b"0".ljust(252) + b"-4  ", "-4 cannot be the number of signals"),
        (b"0".ljust(244) + b"1".ljust(8) + b"2   ", "its header breaks off"),
    ],
)
def test_an_invalid_edf_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    """A missing, an empty, a foreign and a torn file are each refused in a sentence."""
    path = tmp_path / "x.edf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImplantError, match=says):
        EdfImplant(path)


def test_a_file_of_annotations_is_refused_as_one(tmp_path: Path) -> None:
    """A hypnogram, an EDF+ without signals, is refused as annotations."""
    edfio.Edf([], annotations=[edfio.EdfAnnotation(0, 30, "Sleep stage W")]).write(tmp_path / "a.edf")
    with pytest.raises(ImplantError, match="annotations and no signals; name the recording"):
        EdfImplant(tmp_path / "a.edf")


@pytest.mark.parametrize(("field", "says"), [(b"0", "last 0 s"), (b"nan", "no number for the duration")])
def test_records_without_a_duration_are_refused(tmp_path: Path, field: bytes, says: str) -> None:
    """Records of duration 0 are refused: they give no rate."""
    with pytest.raises(ImplantError, match=says):
        EdfImplant(patched(written(tmp_path / "a.edf", TWO), 244, field, 8))


@pytest.mark.parametrize(("at", "field"), [(104, b"100"), (120, b"32767")])
def test_a_signal_without_calibration_is_refused(tmp_path: Path, at: int, field: bytes) -> None:
    """An only signal with an empty physical or digital range is refused: its microvolts are unknown."""
    path = patched(written(tmp_path / "a.edf", {"Fp1": TWO["Fp1"]}), 256 + at, field, 8)
    with pytest.raises(ImplantError, match="no calibration"):
        EdfImplant(path)


def test_a_short_recording_is_refused(tmp_path: Path) -> None:
    """Ten seconds are too few for a template and a replay."""
    with pytest.raises(ImplantError, match="longer recording"):
        EdfImplant(written(tmp_path / "a.edf", TWO, seconds=10))


# --- real ones ----------------------------------------------------------------------------------


@recorded.needed
def test_real_recordings_calibrate() -> None:
    """Waking recordings of real people open, and give a calibration."""
    for person in ("S01", "S02", "S06", "S08"):
        implant = EdfImplant(recorded.path(f"waking/eegmat_{person}_rest_7ch.edf"))
        own = enrol(BANDS6X2, implant.montage, implant.enrolment(), implant.source)
        assert isinstance(own, Baseline)
        assert own.clean_s >= 8.0


@recorded.needed
@pytest.mark.parametrize(
    "name",
    [
        "sleep/sleepE_noxA1_fullPSG_120s_89ch_200Hz.edf",
        "sleep/sleepF_sleepEDF_SC4001_first300s_wake_7ch_100Hz.edf",
        "waking/eegmmidb_S001R02_64ch.edf",
        "waking/rest_eyesclosed_30ch_250Hz.edf",
    ],
)
def test_samples_are_those_another_reader_reads(name: str) -> None:
    """Every signal of real recordings is read as edfio reads it, whole and from the middle."""
    file = EdfFile(recorded.path(name))
    others = edfio.read_edf(recorded.path(name), header_encoding="latin-1").signals
    assert len(file.signals) == len(others) > 0
    for ours, theirs in zip(file.signals, others, strict=True):
        expected = theirs.data
        count = file.records * ours.samples
        np.testing.assert_allclose(file.read(ours, 0, count), expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(file.read(ours, 3, count - 3), expected[3:-3], rtol=1e-9, atol=1e-9)


@recorded.needed
def test_a_polysomnograph_gives_its_eeg_and_nothing_else() -> None:
    """Of 89 signals the six scalp electrodes play, each once; the others are listed by kind."""
    path = recorded.path("sleep/sleepE_noxA1_fullPSG_120s_89ch_200Hz.edf")
    assert EdfImplant(path).montage.names == ("C3", "C4", "F3", "F4", "O1", "O2")
    found = channels(path)
    again = {one.label for one in found if one.kind == "EEG, repeated"}
    assert again == {"C3-M2", "C4-M1", "F3-M2", "F4-M1", "O1-M2", "O2-M1"}
    assert {one.kind for one in found if "Imp" in one.label} == {"impedance"}
    assert all(one.unit == "V" for one in found if one.kind.startswith("EEG"))
