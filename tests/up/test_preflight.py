"""The edge's answers about recordings before a run, and the plan made from them."""

import json
import sys
from pathlib import Path

import pytest

from dreamd.up.plan import DURATION_DEFAULT_S, CannotRun, Flags
from dreamd.up.processes.preflight import look_over
from edge.bids_dataset import recording

ANN = {
    "file": "g.xdf",
    "person": "Ann: EEG",
    "spec": "xdf:/g.xdf#Ann: EEG",
    "playable": True,
    "why": "",
    "notes": [],
}
BOB = ANN | {"person": "Bob: EEG", "spec": "xdf:/g.xdf#Bob: EEG"}
PAIR = {
    "file": "p.npz",
    "person": "",
    "spec": "",
    "playable": False,
    "notes": [],
    "why": "p.npz holds epochs; use another.",
}


def saying(*found: object) -> tuple[str, ...]:
    """A program that gives this answer for every file."""
    return (sys.executable, "-c", f"print({json.dumps(json.dumps(found))})")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """Two readable files."""
    for name in ("g.xdf", "p.npz"):
        (tmp_path / name).write_bytes(b"x")
    return tuple(sorted(tmp_path.iterdir()))


def test_each_playable_sleeper_of_a_file_gets_a_bed(files: tuple[Path, ...]) -> None:
    """Each playable sleeper gets a bed with its spec; the others are kept with their reasons."""
    found = look_over(Flags(recordings=files), saying(ANN, BOB, PAIR))
    assert [(one.pseudonym, one.recording) for one in found.sleepers] == [
        ("ann", "xdf:/g.xdf#Ann: EEG"),
        ("bob", "xdf:/g.xdf#Bob: EEG"),
    ]
    assert [(one.file, one.why) for one in found.refused] == [("p.npz", "p.npz holds epochs; use another.")]


def test_the_slowest_recording_sets_the_schema(files: tuple[Path, ...]) -> None:
    """One recording below 100 Hz makes the night one without gamma; one that is refused does not."""
    slow = {"schema": "bands5x2"}
    assert look_over(Flags(recordings=files), saying(ANN, BOB | slow)).schema == "bands5x2"
    refused = look_over(Flags(recordings=files), saying(ANN, BOB, PAIR | slow))
    assert refused.schema == "bands6x2"


def test_the_files_are_named_by_whole_paths(files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is passed by an absolute path that cannot be taken for a flag."""
    monkeypatch.chdir(files[0].parent)
    odd = Path("--loop.xdf")
    odd.write_bytes(b"x")
    echo = f"import json, sys; print(json.dumps([one | {{'spec': sys.argv[1]}} for one in {[ANN, BOB]!r}]))"
    found = look_over(Flags(recordings=(odd,)), (sys.executable, "-c", echo))
    assert found.sleepers[0].recording == str(files[0].parent / odd)


def test_folders_and_specs_are_passed_on_with_whole_paths(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .mff, a BIDS dataset or a folder of one, and the spec of a file reach the edge whole."""
    there = files[0].parent
    monkeypatch.chdir(there)
    for folder in ("night.mff", "set/sub-01/eeg"):
        (there / folder).mkdir(parents=True)
    (there / "set" / "dataset_description.json").write_text("{}")
    echo = f"import json, sys; print(json.dumps([{ANN!r} | {{'spec': one}} for one in sys.argv[1:]]))"
    given = (
        "night.mff",
        "set",
        "set/sub-01",
        "bids:set/sub-01/eeg",
        "bids:set#task-rest",
        "xdf:g.xdf#Ann",
        "p.npz",
    )
    found = look_over(Flags(recordings=tuple(map(Path, given))), (sys.executable, "-c", echo))
    assert [one.recording for one in found.sleepers] == [
        *(f"{there}/{folder}" for folder in given[:3]),
        f"bids:{there}/set/sub-01/eeg",
        f"bids:{there}/set#task-rest",
        f"xdf:{there}/g.xdf#Ann",
        f"{there}/p.npz",
    ]


def test_a_dataset_is_a_sleeper_a_subject(tmp_path: Path) -> None:
    """The edge finds the subjects of a BIDS dataset by entities; one with several recordings is named."""
    for name in ("sub-01_task-rest", "sub-02_task-rest", "sub-02_task-sleep", "sub-03_task-rest"):
        recording(tmp_path, name)
    recording(tmp_path, "sub-03_task-rest_run-2")
    found = look_over(Flags(recordings=(Path(f"bids:{tmp_path}#task-rest"),)))
    assert [one.pseudonym for one in found.sleepers] == ["sub-01", "sub-02"]
    assert found.sleepers[1].recording.endswith("sub-02_task-rest_eeg.edf")
    assert "2 recordings with task-rest; write one of these" in found.refused[0].why


def test_a_montage_is_asked_with_and_kept_for_the_beds(files: tuple[Path, ...]) -> None:
    """A montage reaches the edge's inspection and the plan of the run."""
    echo = f"import json, sys; print(json.dumps([one | {{'spec': sys.argv[2]}} for one in {[ANN, BOB]!r}]))"
    reading = ("--montage", "C3,C4")
    found = look_over(Flags(recordings=files, reading=reading), (sys.executable, "-c", echo))
    assert (found.sleepers[0].recording, found.reading) == ("C3,C4", reading)
    with pytest.raises(CannotRun, match="--montage is about recordings"):
        look_over(Flags(reading=reading))


def test_notes_about_a_recording_reach_the_plan(files: tuple[Path, ...]) -> None:
    """A note of the edge's inspection is in the plan under the pod that plays the recording."""
    noted = ANN | {"notes": [{"code": "alignment", "sentence": "the clock leaps."}]}
    echo = f"import json; print(json.dumps({[BOB, noted]!r}))"
    found = look_over(Flags(recordings=files), (sys.executable, "-c", echo))
    assert found.notes == (("bed-2", "alignment", "the clock leaps."),)


def test_settings_of_other_pods_are_kept_from_the_edge(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A DREAMEDGE_ variable of this shell does not affect the inspection."""
    monkeypatch.setenv("DREAMEDGE_MONTAGE", "Cz")
    told = "'DREAMEDGE_MONTAGE' in os.environ"
    program = f"import json, os; print(json.dumps([] if {told} else {[ANN, BOB]!r}))"
    assert len(look_over(Flags(recordings=files), (sys.executable, "-c", program)).sleepers) == 2


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit('No module named dreamedge')",
        "import sys; print('No module named dreamedge', file=sys.stderr); print('[{}]')",
        "import sys; print('No module named dreamedge', file=sys.stderr); print('7')",
    ],
)
def test_an_edge_that_cannot_say_is_quoted(files: tuple[Path, ...], program: str) -> None:
    """If the edge fails, or answers with something else, its own last words are quoted."""
    with pytest.raises(CannotRun, match="No module named dreamedge"):
        look_over(Flags(recordings=files), (sys.executable, "-c", program))


@pytest.mark.parametrize(
    "path", ["/nowhere/a.edf", "edf:/nowhere/a.edf", "/nowhere/g.xdf#Ann", "bids:/no", "/"]
)
def test_a_mistyped_file_is_refused_and_not_left_out(files: tuple[Path, ...], path: str) -> None:
    """A missing file, or a folder of no recording, ends the run before any inspection, though two remain."""
    with pytest.raises(CannotRun, match=r"cannot be read.*--recordings"):
        look_over(Flags(recordings=(*files, Path(path))), saying(ANN, BOB))


def test_a_simulated_device_is_a_sleeper_beside_recordings(files: tuple[Path, ...]) -> None:
    """`sim:5` and `brainflow:synthetic` pass as they are; with them alone the run has its usual length."""
    echo = (
        "import json, sys; person = {'person': '', 'playable': True, 'why': '', 'notes': []}; "
        "print(json.dumps([person | {'file': one, 'spec': one} for one in sys.argv[1:]]))"
    )
    look = (sys.executable, "-c", echo)
    simulated = (Path("brainflow:synthetic"), Path("sim:5"))
    found = look_over(Flags(recordings=simulated), look)
    assert [one.recording for one in found.sleepers] == ["brainflow:synthetic", "sim:5"]
    assert found.duration_s == DURATION_DEFAULT_S
    assert look_over(Flags(recordings=(*simulated, files[0])), look).duration_s is None


@pytest.mark.parametrize("spec", ["lsl:Muse-1", "brainflow:cyton,serial_port=/dev/ttyUSB0"])
def test_a_live_device_is_refused_with_the_command_that_takes_it(spec: str) -> None:
    """`up` seats no live device: it has no two minutes to calibrate one."""
    with pytest.raises(CannotRun, match=f"live device, .* dreamedge run --pod bed-1={spec}"):
        look_over(Flags(recordings=(Path(spec),)))
