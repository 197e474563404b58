"""Other recorders' files through MNE: real files, written by foreign writers, play as in a bed."""

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caps import PUBLISHED, sites
from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.cap_tables import FROM_MNE
from dreamedge.adapters.implants.files.mne_files import ENDINGS, MneImplant
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import examine, glance
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.adapters.implants.simulated.simulated_signal import CHANNELS, RATE_HZ, Sleeper
from dreamedge.core.signal.recording_facts import ALIGNMENT
from dreamedge.ports.implant import ImplantError
from edge import recorded
from edge.signals import pink

mne = pytest.importorskip("mne", reason="the extra formats is not installed")
pybv = pytest.importorskip("pybv", reason="pybv is not installed")

S = 1_000_000_000
STEP_UV = 0.1001
"""The writer cuts off what is below a step."""
SEVEN = ("Fp1", "Fp2", "C3", "C4", "O1", "O2", "VEOG")


def _vhdr(folder: Path, uv: recorded.Doubles, names: tuple[str, ...], **more: Any) -> Path:  # noqa: ANN401 - pybv's
    """BrainVision by its own writer, in steps of 0.1 uV."""
    pybv.write_brainvision(
        data=uv.T * 1e-6, sfreq=more.pop("rate_hz", 250.0), ch_names=list(names),
        fname_base=(base := more.pop("fname_base", "night")), folder_out=str(folder),
        overwrite=True, meas_date=None,
        **{"resolution": 0.1, "fmt": "binary_int16", **more},
    )  # fmt: skip
    return folder / f"{base}.vhdr"


def _raw(uv: recorded.Doubles, names: tuple[str, ...], rate_hz: float = 250.0) -> Any:  # noqa: ANN401 - MNE has no types
    return mne.io.RawArray(
        uv.T * 1e-6, mne.create_info(list(names), rate_hz, "eeg", verbose="ERROR"), verbose="ERROR"
    )


def _played(implant: Replay, seconds: float) -> recorded.Doubles:
    """Every sample, read four times a second."""
    found = []
    for k in range(int(4 * seconds) + 2):
        while (block := implant.read(S + k * S // 4)) is not None:
            found.append(block.uv)
    return np.concatenate(found)


def _opened(spec: str, **options: Any) -> Replay:  # noqa: ANN401 - the options'
    implant = open_implant(spec, options=RecordingOptions(**options))
    assert isinstance(implant, Replay)
    return implant


def test_brainvision_plays_sample_by_sample(tmp_path: Path) -> None:
    """A .vhdr plays the samples written, in uV, without its EOG; rate and resolution are the file's."""
    uv = pink(40, 250.0, len(SEVEN))
    implant = _opened(f"mne:{_vhdr(tmp_path, uv, SEVEN)}")
    np.testing.assert_allclose(_played(implant, 40), uv[:, :6], atol=STEP_UV)
    assert (implant.montage.names, implant.montage.rate_hz) == (SEVEN[:6], 250.0)
    assert implant.montage.resolution_uv == pytest.approx((0.1,) * 6)
    assert implant.ended


def test_held_rows_are_told(tmp_path: Path) -> None:
    """A BrainVision of 250 Hz whose rows are sent twice is told to be one of 125 Hz; a plain one is not."""
    uv = np.repeat(pink(20, 250.0, len(SEVEN)), 2, axis=0)
    (note,) = _opened(f"mne:{_vhdr(tmp_path, uv, SEVEN)}").notes
    assert note.code == "held"
    assert "250 Hz of which 50 % are copies is a 125 Hz stream" in note.sentence
    assert _opened(f"mne:{_vhdr(tmp_path, pink(40, 250.0, len(SEVEN)), SEVEN)}").notes == ()


def test_marks_come_with_the_recording(tmp_path: Path) -> None:
    """A comment is a mark by its own words, a stimulus by its code; the replay can begin at a mark."""
    events = [
        {"onset": 2500, "type": "Comment", "description": "Lights off", "duration": 1, "channels": "all"},
        {"onset": 5000, "type": "Stimulus", "description": 7, "duration": 1, "channels": "all"},
    ]
    uv = pink(40, 250.0, len(SEVEN))
    path = _vhdr(tmp_path, uv, SEVEN, events=events)
    implant = _opened(f"mne:{path}", begin="lights off")
    assert [(mark.at_s, mark.text) for mark in implant.marks] == [
        (10.0, "Lights off"),
        (20.0, "Stimulus/S 7"),
    ]
    np.testing.assert_allclose(_played(implant, 30), uv[2500:, :6], atol=STEP_UV)


def test_a_good_night_is_usable(tmp_path: Path) -> None:
    """`inspect` on a .vhdr seats a clean sleeper and shows the channels with their own units."""
    path = _vhdr(tmp_path, np.asarray(Sleeper(3).generate(240)), CHANNELS, rate_hz=RATE_HZ)
    (one,) = examine(str(path))
    assert one.found.seated
    assert one.found.good_share > 0.95
    assert {channel.unit for channel in one.channels} == {"µV"}


def test_fif_leaves_its_bad_channels_out_and_its_skip_empty(tmp_path: Path) -> None:
    """Bad channels are left out and named; a BAD_ACQ_SKIP is a gap; another BAD segment is told."""
    uv = pink(60, 250.0, 6)
    raw = _raw(uv, SEVEN[:6])
    raw.info["bads"] = ["C4"]
    raw.info["line_freq"] = 50.0
    raw.set_annotations(mne.Annotations([20.0, 50.0], [5.0, 2.0], ["BAD_ACQ_SKIP", "BAD_move"]))
    path = tmp_path / "night_raw.fif"
    raw.save(path, verbose="ERROR")
    implant = _opened(f"mne:{path}")
    kept = np.delete(uv, 3, axis=1)
    played = _played(implant, 60)
    np.testing.assert_allclose(played, np.concatenate([kept[:5000], kept[6250:]]), rtol=1e-5, atol=1e-4)
    assert implant.montage.names == ("Fp1", "Fp2", "C3", "O1", "O2")
    assert implant.montage.mains_hz == 50.0
    told = " ".join(note.sentence for note in implant.notes)
    assert "C4" in told
    assert "annotates 2 s as bad, in 1 segments" in told


def test_a_fif_cut_later_counts_its_marks_from_its_own_beginning(tmp_path: Path) -> None:
    """A dated FIF cropped at 10 s: its mark of 25 s is at 15 s, packed (.fif.gz) or not."""
    raw = _raw(pink(60, 250.0, 6), SEVEN[:6])
    raw.set_meas_date(946684800)
    raw.set_annotations(mne.Annotations([25.0], [0.0], ["N2"], orig_time=raw.info["meas_date"]))
    raw.crop(10.0)
    path = tmp_path / "night_raw.fif"
    raw.save(path, verbose="ERROR")
    packed = tmp_path / "night_raw.fif.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    for each in (path, packed):
        (mark,) = _opened(f"mne:{each}").marks
        assert (mark.at_s, mark.text) == (pytest.approx(15.0, abs=0.01), "N2")
        assert not glance(str(each))[0].why


def test_eeglab_plays_with_its_events(tmp_path: Path) -> None:
    """An EEGLAB .set plays in uV; a boundary event makes its alignment doubtful and says where."""
    uv = pink(40, 250.0, 6)
    implant = _opened(f"mne:{_set(tmp_path / 'night.set', uv)}")
    np.testing.assert_allclose(_played(implant, 40), uv, rtol=1e-6, atol=1e-6)
    assert ("start", pytest.approx(4.0)) in [(mark.text, mark.at_s) for mark in implant.marks]
    (note,) = [note for note in implant.notes if note.code == ALIGNMENT]
    assert "12.0 s" in note.sentence


def _set(path: Path, values: recorded.Doubles) -> Path:
    """An EEGLAB file of these numbers, which has no unit, with two events."""
    savemat = pytest.importorskip("scipy.io").savemat
    locations = np.array([(name,) for name in SEVEN[:6]], dtype=[("labels", object)])
    events = np.array(
        [("boundary", 3000.0, 0.0), ("start", 1001.0, 0.0)],
        dtype=[("type", object), ("latency", object), ("duration", object)],
    )
    eeg = {
        "setname": "night", "nbchan": 6.0, "trials": 1.0, "pnts": float(len(values)), "srate": 250.0,
        "xmin": 0.0, "xmax": len(values) / 250.0, "data": values.T, "chanlocs": locations, "event": events,
        "epoch": [], "icawinv": [], "icaweights": [], "icasphere": [],
    }  # fmt: skip
    savemat(path, {"EEG": eeg}, appendmat=False)
    return path


def test_sidecars_of_bids_apply_to_files_that_mne_reads(tmp_path: Path) -> None:
    """BrainVision takes type, status and marks of its sidecars; an EEGLAB file takes the unit too."""
    uv = pink(40, 250.0, len(SEVEN))
    events = [
        {"onset": 2500, "type": "Comment", "description": "Lights off", "duration": 1, "channels": "all"}
    ]
    folder = tmp_path / "sub-1" / "eeg"
    _vhdr(folder, uv, SEVEN, events=events, fname_base="sub-1_task-a_eeg")
    rows = [f"{name}\tEEG\tV\tgood" for name in SEVEN]
    rows[1], rows[2] = "Fp2\tEOG\tuV\tgood", "C3\tEEG\tuV\tbad"
    (tmp_path / "channels.tsv").write_text("name\ttype\tunits\tstatus\n" + "\n".join(rows))
    (tmp_path / "events.tsv").write_text("onset\tduration\ttrial_type\n10.0\t0\tlights off\n20\t30\tN2\n")
    implant = _opened(f"bids:{tmp_path}", begin="N2")
    assert [mark.text for mark in implant.marks] == ["lights off", "N2"]
    assert implant.montage.resolution_uv == pytest.approx((0.1,) * 4)
    np.testing.assert_allclose(_played(implant, 20), uv[5000:, [0, 3, 4, 5]], atol=STEP_UV)
    assert "gives Fp1 in V, and µV counts" in " ".join(note.sentence for note in implant.notes)
    spec = f"bids:{_set(folder / 'sub-1_task-b_eeg.set', uv[:, :6] * 1e-6)}"
    np.testing.assert_allclose(_played(_opened(spec), 40), uv[:, [0, 3, 4, 5]], rtol=1e-6, atol=1e-6)
    spec = f"mne:{_set(tmp_path / 'night.set', uv[:, :6])}"
    np.testing.assert_allclose(_played(_opened(spec, unit="uV"), 40), uv[:, :6], rtol=1e-6, atol=1e-6)


def test_samples_stay_on_disk(tmp_path: Path) -> None:
    """Opening loads no sample: the data file can be overwritten, and what plays is the new content."""
    uv = pink(40, 250.0, 6)
    path = _vhdr(tmp_path, uv, SEVEN[:6])
    implant = _opened(f"mne:{path}")
    _vhdr(tmp_path, uv[::-1], SEVEN[:6])
    np.testing.assert_allclose(_played(implant, 40), uv[::-1], atol=STEP_UV)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.vhdr", b"not a header", "export it again"),
        ("a.fif", b"\0" * 64, "export it again"),
        ("a.gdf", b"GDF 9.99" + b"\0" * 300, "export it again"),
        ("a.cnt", b"Version 3.0" + b"\0" * 100, "export it again"),
        ("a.cnt", b"RIFF" + b"\0" * 100, "export it again"),
        ("a.cdt", b"\0" * 100, "copy all files"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(
    tmp_path: Path, name: str, content: bytes, word: str
) -> None:
    """Wrong bytes behind a known ending: one sentence that names the file and the remedy."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImplantError, match=word) as refusal:
        MneImplant(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """No file; a header without its data; the data instead of the header: each says which file to name."""
    with pytest.raises(ImplantError, match="does not exist"):
        MneImplant(tmp_path / "none.set")
    path = _vhdr(tmp_path, pink(40, 250.0, 6), SEVEN[:6])
    with pytest.raises(ImplantError, match=r"name its header: .*night\.vhdr"):
        MneImplant(tmp_path / "night.eeg")
    (tmp_path / "night.eeg").unlink()
    with pytest.raises(ImplantError, match="copy all files"):
        MneImplant(path)


def test_every_channel_bad_or_none_eeg_is_refused(tmp_path: Path) -> None:
    """A file whose EEG is all bad says so; one without EEG lists its labels."""
    for names, bads, word in ((("C3", "O1"), ["C3", "O1"], "every EEG"), (("VEOG", "ECG"), [], "no EEG")):
        raw = _raw(pink(40, 250.0, 2), names)
        raw.info["bads"] = bads
        path = tmp_path / f"{names[0]}_raw.fif"
        raw.save(path, verbose="ERROR")
        with pytest.raises(ImplantError, match=word):
            MneImplant(path)


def test_without_the_extra_the_message_names_the_command(tmp_path: Path) -> None:
    """Where MNE cannot be imported, the refusal names the command that installs it."""
    path = tmp_path / "a.vhdr"
    path.write_text("Brain Vision Data Exchange Header File Version 1.0")
    there, sys.modules["mne"] = sys.modules["mne"], None  # type: ignore[assignment]
    try:
        with pytest.raises(ImplantError, match=r"pip install -e '\.\[formats\]'"):
            MneImplant(path)
    finally:
        sys.modules["mne"] = there


def test_every_ending_is_a_recording(tmp_path: Path) -> None:
    """`inspect` takes every ending of MNE's files, in capitals too, and reports the missing file."""
    for ending in (*ENDINGS, *(ending.upper() for ending in ENDINGS)):
        (one,) = glance(str(tmp_path / f"night{ending}"))
        assert "does not exist" in one.why, ending


@pytest.mark.parametrize("cap", [*FROM_MNE])
def test_the_table_of_caps_is_that_of_mne(cap: str) -> None:
    """The table is what the generator makes of MNE's montages, and keeps EGI's published equivalents."""
    assert tuple(FROM_MNE[cap].split()) == sites(cap)
    for site, number in PUBLISHED.get(cap, {}).items():
        assert sites(cap)[number - 1] == site
    given = [site for site in sites(cap) if site != "-"]
    assert len(set(given)) == len(given)


def test_a_net_in_a_file_plays_at_its_sites(tmp_path: Path) -> None:
    """BrainVision with EGI's labels, not in order: each contact plays at the site of its number."""
    labels = ("E36", "E104", "E11", "E62", "E24", "E70")
    path = _vhdr(tmp_path, pink(40, 250.0, 6), labels)
    assert _opened(f"mne:{path}", montage=("egi128",)).montage.names == ("C3", "C4", "Fz", "Pz", "F3", "O1")
