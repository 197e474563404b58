"""`dreamd recording` and `dreamd replay` on the files of a state directory, and what `up --record` keeps."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.writer import RecordingWriter
from dreamd.main import main
from dreamd.up import kept_recording
from dreamd.up.plan import CannotRun
from fakes.recordings import DirectSink, beginning_of, tick_of, write_recording


def recorded(state_dir: Path, ticks: int = 20) -> Path:
    """A recording of three people in which nothing was fused, made by the writer."""
    writer = RecordingWriter(state_dir, beginning_of(), part_s=2.0, daemon="test")
    sink = DirectSink(writer)
    for number in range(1, ticks + 1):
        sink.take_tick(tick_of(number))
    sink.finish(complete=True)
    return writer.path


def test_the_list_has_a_row_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, duration, parts and state of each recording are in the table, and in the JSON."""
    write_recording(tmp_path / "recordings" / "first", ticks=480)
    write_recording(tmp_path / "recordings" / "second", ticks=4, complete=False, stopped="the disk is full")
    assert main(["recording", "list", "--state-dir", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert "first" in table
    assert "0:02:00" in table
    assert "stopped: the disk is full" in table
    assert main(["recording", "list", "--json", "--state-dir", str(tmp_path)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["parts"], row["complete"]) for row in rows] == [
        ("first", 2, True),
        ("second", 1, False),
    ]


def test_a_damaged_recording_costs_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list shows the others, names the damaged one on stderr, and its status is 1."""
    write_recording(tmp_path / "recordings" / "whole", ticks=4)
    write_recording(tmp_path / "recordings" / "torn", ticks=4)
    (tmp_path / "recordings" / "torn" / "recording.json").write_text('{"format":')
    assert main(["recording", "list", "--state-dir", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "whole" in said.out
    assert "torn/recording.json is not readable" in said.err


def test_an_empty_place_names_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a recording, the sentence has the folder and the command that plans one."""
    assert main(["recording", "list", "--state-dir", str(tmp_path)]) == 0
    assert "--record" in capsys.readouterr().out


def test_one_recording_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People, rows and events are counted; an unknown name is refused with the names there are."""
    write_recording(tmp_path / "recordings" / "night", people=4, ticks=80)
    assert main(["recording", "show", "night", "--json", "--state-dir", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["subjects"] == [1, 2, 3, 4]
    assert found["rows"] == {"frames": 320, "ticks": 80, "events": 2, "inputs": 320}
    assert found["events"] == {"severed": 2}
    assert main(["recording", "show", "night", "--state-dir", str(tmp_path)]) == 0
    assert "4, as subjects 1 to 4" in capsys.readouterr().out
    assert main(["recording", "show", "nigth", "--state-dir", str(tmp_path)]) == 1
    assert "recordings there: night" in capsys.readouterr().err


def test_every_column_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--columns` prints each column's unit and meaning, and the same as JSON."""
    write_recording(tmp_path / "recordings" / "night", ticks=4)
    assert main(["recording", "show", "night", "--columns", "--json", "--state-dir", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in found["frames"]} >= {"features", "phasors", "subject"}
    assert main(["recording", "show", "night", "--columns", "--state-dir", str(tmp_path)]) == 0
    assert "dB re 1 uV^2" in capsys.readouterr().out


def test_a_replay_has_a_verdict_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers that the fusion gives again are status 0; seeded numbers that no fusion made are status 1."""
    recorded(tmp_path)
    assert main(["replay", "night", "--state-dir", str(tmp_path)]) == 0
    assert "all the same again, bit for bit" in capsys.readouterr().out
    write_recording(tmp_path / "recordings" / "invented", people=3, ticks=8)
    assert main(["replay", "invented", "--state-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "numbers in 8 ticks differ" in said
    assert "tick 1 (step 1, instant 7200000000)" in said
    assert main(["replay", "invented", "--json", "--state-dir", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["differing"] > 0


def test_several_recordings_are_replayed_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each recording has its verdict, in the order asked; one that differs makes the status 1."""
    recorded(tmp_path)
    write_recording(tmp_path / "recordings" / "invented", people=3, ticks=8)
    assert main(["replay", "invented", "night", "--json", "--state-dir", str(tmp_path)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["recording"], one["ticks"], one["differing"] > 0) for one in found] == [
        ("invented", 8, True),
        ("night", 20, False),
    ]


def test_a_recording_without_a_part_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that has just begun is not called the same: the sentence has the time to wait."""
    write_recording(tmp_path / "recordings" / "young", ticks=0)
    assert main(["replay", "young", "--state-dir", str(tmp_path)]) == 1
    assert "no whole part yet: the first is written after 60 s" in capsys.readouterr().err


def test_a_run_keeps_its_recording_under_a_free_name(tmp_path: Path) -> None:
    """`up --record` moves it out of its temporary directory; a second night gets a number."""
    for expected in ("night", "night-2"):
        lies = kept_recording.keep(recorded(tmp_path / "room"), tmp_path / "state" / "recordings")
        assert lies == tmp_path / "state" / "recordings" / expected
        assert directory.described(lies).name == expected
    assert kept_recording.keep(tmp_path / "room" / "recordings" / "night", tmp_path) is None


def test_a_run_that_could_not_keep_one_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state directory that cannot be made is refused with the variable that chooses another."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DREAMD_STATE_DIR", str(tmp_path / "file" / "state"))
    with pytest.raises(CannotRun, match="DREAMD_STATE_DIR"):
        kept_recording.place()
    monkeypatch.setenv("DREAMD_STATE_DIR", str(tmp_path / "state"))
    assert kept_recording.place() == tmp_path / "state" / "recordings"


WITHOUT = (
    "import sys; sys.modules['pyarrow'] = None; from dreamd.main import main; sys.exit(main(sys.argv[1:]))"
)
"""Runs a command where pyarrow cannot be imported."""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("recording", "list"), 0, "night"),
        (("recording", "show", "night"), 1, "pip install 'dreamd[recordings]'"),
        (("replay", "night"), 1, "pip install 'dreamd[recordings]'"),
    ],
)
def test_without_pyarrow_the_command_that_installs_it_is_named(
    tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    """The list needs no pyarrow; what reads tables ends with one sentence that has the command."""
    write_recording(tmp_path / "recordings" / "night", ticks=4)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words, "--state-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_daemon_that_records_nothing_loads_no_pyarrow() -> None:
    """Everything that a daemon and `dreamd up` import is there without pyarrow."""
    look = "import sys, dreamd.composition, dreamd.cli.up; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
