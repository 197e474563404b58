"""Recordings of BIDS datasets written by hand: their sidecars apply; a broken one costs only itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import Wish, examine, glance, people
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.recording_facts import ALIGNMENT
from dreamedge.ports.implant import ImplantError
from edge.bids_dataset import CHANNELS, HEAD, SECONDS, beside, recording, stated, table
from edge.edf_written import as_edf, written
from edge.recorded import Doubles
from edge.signals import pink

S = 1_000_000_000
EEG = [(name, "EEG", "uV", "good") for name in CHANNELS]


def opened(spec: Path | str, **options: Any) -> Replay:  # noqa: ANN401 - the options'
    """The replay of `bids:SPEC`."""
    found = open_implant(f"bids:{spec}", options=RecordingOptions(**options))
    assert isinstance(found, Replay)
    return found


def second(replay: Replay) -> Doubles:
    """The first second of the samples, uV."""
    assert replay.read(S) is None
    block = replay.read(2 * S)
    assert block is not None
    return block.uv


def told(replay: Replay) -> str:
    """All notes as one text."""
    return " ".join(f"{note.code}: {note.sentence}" for note in replay.notes)


def test_type_and_status_choose_the_channels_and_are_told(tmp_path: Path) -> None:
    """A channel of another type or of status bad does not play; the note has its line and reason."""
    path = recording(tmp_path)
    head = (*HEAD, "status_description")
    rows = [(*row, "n/a") for row in EEG]
    rows[0], rows[2] = ("Fp1", "VEOG", "uV", "n/a", "n/a"), ("O1", "EEG", "uV", "BAD", "no gel")
    table(beside(path, "channels.tsv"), head, *rows)
    table(beside(path, "events.tsv"), ("onset", "duration"))
    stated(beside(path, "eeg.json"), SamplingFrequency=128, PowerLineFrequency=50, EEGChannelCount=3)
    replay = opened(path)
    assert replay.montage.names == replay.device.channels == ("C3", "O2")
    assert (replay.device.kind, replay.montage.mains_hz) == ("bids", 50.0)
    np.testing.assert_array_equal(second(replay), second(alone(path))[:, [1, 3]])
    assert [note.code for note in replay.notes] == ["bad", "channel"]
    assert "O1 (line 4: no gel)" in told(replay)
    assert "gives Fp1 the type VEOG (line 2)" in told(replay)


def alone(path: Path) -> Replay:
    """The file without its sidecars."""
    found = open_implant(f"edf:{path}")
    assert isinstance(found, Replay)
    return found


def test_a_unit_of_the_list_counts_where_the_file_has_none(tmp_path: Path) -> None:
    """Blank units take the list's, each its own; the file's unit stands, and the contradiction is told."""
    path = recording(tmp_path)
    rng = np.random.default_rng(1)
    numbers = np.cumsum(rng.normal(0, 1, (SECONDS * 128, 4)), axis=0) % 40 * [0.001, 1, 1, 1]
    as_edf(path, numbers, list(CHANNELS), 128.0, ("", "uV", "au", ""))
    units = {"Fp1": "mV", "C3": "V", "O1": "microV", "O2": "n/a"}
    table(beside(path, "channels.tsv"), HEAD, *((name, "EEG", unit, "good") for name, unit in units.items()))
    replay = opened(path)
    assert replay.montage.names == ("Fp1", "C3", "O1")
    np.testing.assert_allclose(second(replay), numbers[:128, :3] * [1000, 1, 1], atol=2)
    for said in ("line 3, column units, gives C3 in V, and uV counts", "'O2' has no unit"):
        assert said in told(replay)
    assert opened(path, unit="uV").montage.names == tuple(CHANNELS)


def test_a_unit_of_the_list_is_judged_by_the_signal(tmp_path: Path) -> None:
    """A list that gives volts to numbers in uV is refused with that unit, and --unit mends it."""
    path = recording(tmp_path)
    as_edf(path, pink(SECONDS, 128.0, 4), list(CHANNELS), 128.0, ("", "", "", ""))
    table(beside(path, "channels.tsv"), HEAD, *((name, "EEG", "V", "good") for name in CHANNELS))
    with pytest.raises(ImplantError, match="give --unit uV") as refusal:
        opened(path)
    assert refusal.value.cause == "unit"
    assert opened(path, unit="uV").montage.names == tuple(CHANNELS)


def test_a_channel_taken_away_does_not_stand_in_for_another(tmp_path: Path) -> None:
    """A second derivation plays for a bad one, and a montage names the channels that the list leaves."""
    labels = ("C3-A2", "C3-A1", "O1", "O2")
    path = recording(tmp_path, channels=dict.fromkeys(labels, (128.0, "uV")))
    rows = [(label, "EEG", "uV", "bad" if label == "C3-A2" else "good") for label in labels]
    table(beside(path, "channels.tsv"), HEAD, *rows)
    replay = opened(path)
    assert replay.montage.names == ("C3", "O1", "O2")
    assert not np.array_equal(second(replay)[:, 0], second(alone(path))[:, 0])
    numbered = recording(tmp_path, "sub-02_task-rest", dict.fromkeys("1234", (128.0, "uV")))
    rows = [("1", "EOG", "uV", "good"), *((label, "EEG", "uV", "good") for label in "234")]
    table(beside(numbered, "channels.tsv"), HEAD, *rows)
    assert opened(numbered, montage=("Fp1", "C3", "O1")).montage.names == ("Fp1", "C3", "O1")
    with pytest.raises(ImplantError, match=r"names no electrode \(3 signals"):
        opened(numbered)


def test_events_are_marks_and_the_replay_begins_at_one(tmp_path: Path) -> None:
    """trial_type, else value, else another column; n/a durations are instants; --from begins at the text."""
    path = recording(tmp_path)
    table(
        beside(path, "events.tsv"),
        ("onset", "duration", "sample", "trial_type", "value", "stage"),
        ("20.5", "30", "2624", "n/a", "7", "N2"),
        ("10", "n/a", "1280", "Lights off", "1", "n/a"),
        ("-1", "0", "n/a", "n/a", "n/a", "N1"),
        ("30", "0", "3840", "n/a", "n/a", "n/a"),
        end="\r\n",
    )
    replay = opened(path, begin="lights off")
    assert [(mark.at_s, mark.duration_s, mark.text) for mark in replay.marks] == [
        (-1.0, 0.0, "stage=N1"),
        (10.0, 0.0, "Lights off"),
        (20.5, 30.0, "7"),
        (30.0, 0.0, "event"),
    ]
    np.testing.assert_array_equal(second(replay), _at(alone(path), 10))


def test_marks_of_the_file_stand_beside_its_events(tmp_path: Path) -> None:
    """An annotation of EDF+ stays a mark; the same event in events.tsv does not make a second one."""
    path = recording(tmp_path)
    edf = edfio.read_edf(path)
    edf.set_annotations(
        [edfio.EdfAnnotation(10, None, "Lights off"), edfio.EdfAnnotation(12.5, 2, "arousal")]
    )
    edf.write(path)
    table(beside(path, "events.tsv"), ("onset", "duration", "trial_type"), ("10.0", "1", "lights off"))
    assert [(mark.at_s, mark.text) for mark in opened(path).marks] == [
        (10.0, "lights off"),
        (12.5, "arousal"),
    ]


def _at(replay: Replay, at_s: int) -> Doubles:
    replay.begin_at(str(at_s))
    return second(replay)


def test_sidecars_are_inherited_from_above(tmp_path: Path) -> None:
    """The nearest table alone counts, values of objects merge; another recording's sidecar does not apply."""
    path = recording(tmp_path, "sub-01_ses-2_task-rest_run-1")
    bad = [EEG[0], *((name, "EEG", "uV", "bad") for name in ("C3", "O1", "O2"))]
    table(tmp_path / "task-rest_channels.tsv", HEAD, *bad)
    table(tmp_path / "sub-01" / "sub-01_run-2_channels.tsv", HEAD, *bad)
    assert opened(path).montage.names == ("Fp1",)
    table(tmp_path / "sub-01" / "sub-01_channels.tsv", HEAD, *EEG[:3], ("O2", "EEG", "uV", "bad"))
    assert opened(path).montage.names == ("Fp1", "C3", "O1")
    stated(tmp_path / "eeg.json", SamplingFrequency=500, PowerLineFrequency=60)
    stated(tmp_path / "sub-01" / "ses-2" / "sub-01_task-rest_eeg.json", SamplingFrequency=128)
    stated(tmp_path.parent / "eeg.json", SamplingFrequency=1000)
    assert opened(path).montage.mains_hz == 60.0
    for extra in ("sub-01_ses-2_channels.tsv", "sub-01_run-1_channels.tsv"):
        table(path.with_name(extra), HEAD, *bad)
    assert "several apply to one recording" in told(opened(path))
    table(beside(path, "channels.tsv"), HEAD, *EEG)
    assert opened(path).montage.names == tuple(CHANNELS)


@pytest.mark.parametrize(
    ("suffix", "content", "said"),
    [
        ("channels.tsv", b"", "channels.tsv: the file is empty"),
        ("channels.tsv", b"name,type,units\nFp1,EEG,uV\n", "line 1: there is no column 'name' (its columns"),
        ("channels.tsv", b"name\ttype\nFp1\tEEG\tuV\n", "line 2: a row of 3 cells where the header has 2"),
        ("channels.tsv", b"name\ttype\nFp1\tEEG\n", "line 1: there is no column 'units'"),
        ("channels.tsv", b"name\ttype\nFp1\tEGG\n", "line 2, column type: 'EGG' is no type of channel"),
        ("channels.tsv", b"name\tunits\ttype\nFp1\tuW\tEEG\n", "line 2, column units: 'uW' is no unit"),
        ("channels.tsv", b"name\tstatus\nFp1\tso so\n", "line 2, column status: 'so so' is neither"),
        ("channels.tsv", b"name\nFp1\nFp1\n", "line 2 and 1 more, column name: the name 'Fp1' stands 2"),
        ("channels.tsv", b"name\nFp1\nC3\n", "2 of the file's 4 channels are not listed (O1, O2)"),
        ("channels.tsv", b"name\tunits\nFp1\t\xb5V\n", "line 2: the text is not UTF-8 and is read as"),
        ("channels.tsv", "name\nFp1\n".encode("utf-16"), "line 1: this is no UTF-8 text"),
        ("channels.tsv", b'name\tstatus\n"Fp1\tgood\nC3\tgood\n', "line 2: a row of 1 cells"),
        ("channels.tsv", b"name\tsampling_frequency\nFp1\tfast\n", "sampling_frequency: 'fast' is no rate"),
        ("events.tsv", b"trial_type\nN2\n", "line 1: there is no column 'onset'"),
        ("events.tsv", b"onset\tduration\n1,5\t0\n", "line 2, column onset: '1,5' is no number of seconds"),
        ("events.tsv", b"onset\tduration\nn/a\t0\n", "line 2, column onset: the event has none"),
        ("events.tsv", b"onset\tduration\n1\t-2\n", "line 2, column duration: '-2' is below 0"),
        ("events.tsv", b"onset\tduration\n5000\t0\n", "line 2, column onset: 1 of 1 events begin after"),
        ("eeg.json", b'{"a": 128,\n "PowerLineFrequency" 50}', "line 2, column 23: this is no JSON"),
        ("eeg.json", b"[1]", "line 1: it holds a list and no object"),
        ("eeg.json", b"[" * 100_000, "nested too deep or too long"),
        ("eeg.json", b'{\n "SamplingFrequency": "fast"}', "line 2, column 2: SamplingFrequency is 'fast'"),
        ("eeg.json", b'{"SamplingFrequency": NaN}', "SamplingFrequency is nan and no number above 0"),
        ("eeg.json", b'{"RecordingDuration": ' + b"9" * 400 + b"}", "RecordingDuration is 999"),
        ("eeg.json", b'{"RecordingDuration": ' + b"9" * 9000 + b"}", "nested too deep or too long"),
        ("channels.tsv", b'name\n"' + b"x" * 200_000 + b'"\n', "4 of the file's 4 channels are not listed"),
        ("eeg.json", b'{"PowerLineFrequency": 49}', "PowerLineFrequency is 49 Hz, neither 50 nor 60"),
        ("eeg.json", b'{"RecordingType": "paused"}', "RecordingType is 'paused' and none of continuous"),
        ("eeg.json", b'{"RecordingDuration": 4}', "RecordingDuration is 4 s, and the file lasts 40 s"),
    ],
)  # fmt: skip
def test_a_broken_sidecar_is_told_and_costs_nothing(
    tmp_path: Path, suffix: str, content: bytes, said: str
) -> None:
    """The fault is a note with file, line and column, and every channel of the file plays."""
    path = recording(tmp_path)
    beside(path, suffix).write_bytes(content)
    replay = opened(path)
    assert replay.montage.names == tuple(CHANNELS)
    assert said in told(replay)


def test_missing_sidecars_are_told_in_one_note(tmp_path: Path) -> None:
    """A recording alone plays, and one note names the three sidecars that it has not."""
    (note,) = opened(recording(tmp_path)).notes
    assert "has no _channels.tsv, no _eeg.json, no _events.tsv" in note.sentence


@pytest.mark.parametrize(
    ("rate_hz", "plays"), [(128, True), (130, True), (126, True), (131, False), (256, False)]
)
def test_a_stated_rate_is_judged_by_two_per_cent(tmp_path: Path, rate_hz: float, plays: bool) -> None:
    """A SamplingFrequency or a list's rate further off is refused with its place and the way around it."""
    path = recording(tmp_path)
    stated(beside(path, "eeg.json"), SamplingFrequency=rate_hz)
    if plays:
        assert opened(path).montage.rate_hz == 128.0
        return
    with pytest.raises(
        ImplantError, match=rf"_eeg.json, line 2, column 3, .* {rate_hz} Hz.*edf:{path}"
    ) as refusal:
        opened(path)
    assert refusal.value.cause == "rate"
    beside(path, "eeg.json").unlink()
    rows = ((name, "EEG", "uV", str(rate_hz)) for name in CHANNELS)
    table(beside(path, "channels.tsv"), (*HEAD[:3], "sampling_frequency"), *rows)
    with pytest.raises(ImplantError, match=r"channels.tsv, line 2, states a sampling_frequency"):
        opened(path)


def test_the_rate_of_other_channels_is_no_contradiction(tmp_path: Path) -> None:
    """Where the file has several rates, one of them may be stated: it is told, and the EEG plays."""
    path = recording(tmp_path, channels={**CHANNELS, "ECG": (512.0, "uV")})
    stated(beside(path, "eeg.json"), SamplingFrequency=512)
    assert "that is the rate of other channels" in told(opened(path))


def test_an_interruption_without_a_gap_makes_the_alignment_doubtful(tmp_path: Path) -> None:
    """A recording stated as epoched or discontinuous has the note `alignment` with its place."""
    path = recording(tmp_path)
    stated(beside(path, "eeg.json"), RecordingType="discontinuous", EEGChannelCount=4)
    note = next(note for note in opened(path).notes if note.code == ALIGNMENT)
    assert "_eeg.json, line 2, column 3, states that the recording is discontinuous" in note.sentence


def test_names_meet_by_electrode_and_what_does_not_meet_is_told(tmp_path: Path) -> None:
    """`EEG C3-REF` is the list's C3; names on one side alone are told; order serves where names repeat."""
    labels = ("EEG Fp1-REF", "EEG C3-REF", "O1", "O2")
    path = recording(tmp_path, channels=dict.fromkeys(labels, (128.0, "uV")))
    rows = (("C3", "EEG", "uV", "bad"), ("Fp1", "EEG", "uV", "good"), ("Pz", "EEG", "uV", "bad"))
    table(beside(path, "channels.tsv"), HEAD, *rows)
    replay = opened(path)
    assert replay.montage.names == ("Fp1", "O1", "O2")
    assert "line 4, column name: the file has 4 channels, none of them Pz" in told(replay)
    assert "2 of the file's 4 channels are not listed (O1, O2)" in told(replay)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(name, "MISC", "uV", "good") for name in CHANNELS], "types its 4 channels as 4 MISC"),
        ([(name, "EEG", "uV", "bad") for name in CHANNELS], r"marks Fp1 \(line 2\).* as bad.*edf:"),
        ([*EEG[:1], *((name, "EOG", "uV", "bad") for name in list(CHANNELS)[1:])], ""),
    ],
)
def test_a_recording_without_eeg_by_its_list_is_refused(
    tmp_path: Path, rows: Sequence[Sequence[str]], said: str
) -> None:
    """No channel of type EEG, or every one bad, is refused with the list's name; one good channel plays."""
    path = recording(tmp_path)
    table(beside(path, "channels.tsv"), HEAD, *rows)
    if not said:
        assert opened(path).montage.names == ("Fp1",)
        return
    with pytest.raises(ImplantError, match=said):
        opened(path)


def test_a_folder_is_one_recording_or_the_addresses_of_several(tmp_path: Path) -> None:
    """A dataset, subject, session or eeg folder with one recording plays it; entities choose."""
    path = recording(tmp_path, "sub-01_ses-1_task-rest")
    for folder in (tmp_path, tmp_path / "sub-01", path.parents[1], path.parent):
        assert opened(folder).device.model == path.name
    other = recording(tmp_path, "sub-01_ses-1_task-sleep")
    with pytest.raises(
        ImplantError, match=f"2 recordings; write one of these: bids:{path}, bids:{other}; .*#task-rest"
    ):
        opened(tmp_path)
    assert opened(f"{tmp_path}#task-sleep").device.model == other.name
    for wrong, said in (("task-work", "no EEG recording of BIDS with task-work"), ("sleep", "#task-rest")):
        with pytest.raises(ImplantError, match=said):
            opened(f"{tmp_path}#{wrong}")
    (tmp_path / "sub-07").mkdir()
    with pytest.raises(ImplantError, match="holds no EEG recording of BIDS"):
        opened(tmp_path / "sub-07")


def test_a_dataset_is_one_sleeper_a_subject(tmp_path: Path) -> None:
    """Each subject is found once; one with several recordings, or a broken one, costs no other."""
    recording(tmp_path, "sub-01_task-rest")
    recording(tmp_path, "sub-02_task-rest").write_bytes(b"x")
    for run in (1, 2):
        recording(tmp_path, f"sub-03_task-rest_run-{run}")
    pair = dict.fromkeys(("Fp1_S1", "O1_S1", "Fp1_S2", "O1_S2"), (128.0, "uV"))
    recording(tmp_path, "sub-04_task-rest", pair)
    found = glance(str(tmp_path))
    assert [one.person.name for one in found] == ["sub-01", "sub-02", "sub-03", "sub-04 #1", "sub-04 #2"]
    assert ["" if not one.why else one.why[-60:] for one in found][3:] == ["", ""]
    assert "is not a readable EDF" in found[1].why
    assert "2 recordings; write one of these" in found[2].why
    assert not glance(found[0].person.spec)[0].why
    assert len(people(f"bids:{tmp_path}#run-2", Wish())) == 1


def test_the_channels_are_listed_as_the_list_has_them(tmp_path: Path) -> None:
    """`inspect` shows type, status and unit of the list, and plays the rest."""
    path = recording(tmp_path, channels=dict.fromkeys(CHANNELS, (128.0, "")), seconds=SECONDS)
    rows = [EEG[0], ("C3", "MISC", "mV", "good"), EEG[2], ("O2", "EEG", "uV", "bad")]
    table(beside(path, "channels.tsv"), HEAD, *rows)
    (one,) = examine(str(tmp_path))
    assert [(each.label, each.kind, each.electrode, each.unit) for each in one.channels] == [
        ("Fp1", "EEG", "Fp1", "uV"),
        ("C3", "MISC", "", "mV"),
        ("O1", "EEG", "O1", "uV"),
        ("O2", "EEG, bad", "", "uV"),
    ]
    assert one.found.names == ("Fp1", "O1")


def test_a_file_that_is_none_of_bids_is_refused_with_the_way(tmp_path: Path) -> None:
    """A name of no recording, a missing file, and a link to contents that were not fetched say the step."""
    plain = written(tmp_path / "night.edf", CHANNELS, SECONDS)
    lost = tmp_path / "sub-01_task-a_eeg.edf"
    lost.symlink_to(tmp_path / ".git" / "annex" / "objects" / "x")
    part = tmp_path / "sub-03_task-a_eeg.vmrk"
    part.with_suffix(".vhdr").write_text("")
    for path, said in (
        (part, f"name its header: bids:{part.with_suffix('.vhdr')}"),
        ("", "names no recording"),
        (plain, "is not named as an EEG recording of BIDS"),
        (lost, f"datalad get {lost}"),
        (tmp_path / "sub-02_task-a_eeg.edf", "does not exist"),
    ):
        with pytest.raises(ImplantError, match=said):
            opened(path)
        assert glance(f"bids:{path}")[0].why
