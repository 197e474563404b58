"""One night cut out of a bed's recordings: own samples, own marks, nothing of another sleeper."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.recorder.edf_cut import cut
from dreamedge.main import main
from dreamedge.ports.recorder import RecorderError
from edge.edf_night import HALF_STEP_UV, START, Night, Read, counted, files, read


def started(found: Read) -> datetime:
    """The start of a file by its header, and the fraction by its first record."""
    return datetime.combine(found.edf.startdate, found.edf.starttime)


def two_sleepers(directory: Path, rate_hz: float = 256.0) -> tuple[Night, np.ndarray]:
    """Record 40 s of a bed: a sleeper from second 4 to 16, another from 22.4 to 35.6, marks in both."""
    night = Night(directory, rate_hz=rate_hz)
    uv = night.noise(40.0)
    for second, text in ((5, "merged"), (15, "severed contact"), (24, "merged"), (34, "severed wake")):
        part = uv[night.sample : round(second * rate_hz)]
        night.play(part)
        night.mark(text)
        if second == 24:
            night.scribe.mark("left contact", night.at_ns(round(22.0 * rate_hz)))
    night.play(uv[night.sample :])
    night.scribe.end()
    return night, uv


@pytest.mark.parametrize("rate_hz", [256.0, 250.5])
def test_a_cut_holds_the_records_of_one_night(tmp_path: Path, rate_hz: float) -> None:
    """Samples are the same bits at the same instants; own marks keep their time, others are not there."""
    _, uv = two_sleepers(tmp_path, rate_hz)
    begin, until = START + timedelta(seconds=22.4), START + timedelta(seconds=35.6)
    (path,) = cut(tmp_path, "bed-1", begin, until, tmp_path / "mine")
    assert path.stat().st_mode & 0o777 == 0o600
    found, whole = read(path), read(files(tmp_path)[0])
    begins_s = (started(found) - started(whole)).total_seconds()
    at = round(begins_s * rate_hz)
    assert 22.4 <= begins_s <= 23.5
    assert 35.6 - 1.1 <= begins_s + len(found.uv) / rate_hz <= 35.6 + 1e-6
    assert np.array_equal(found.uv, whole.uv[at : at + len(found.uv)])
    assert np.abs(found.uv - uv[at : at + len(found.uv)]).max() <= HALF_STEP_UV
    assert found.of("merged")[0][0] + begins_s == pytest.approx(24.0, abs=1e-4)
    assert found.of("severed wake")[0][0] + begins_s == pytest.approx(34.0, abs=1e-4)
    assert found.of("severed contact") == []
    assert whole.of("left contact")[0][0] == pytest.approx(22.0, abs=1e-4)
    assert found.of("left contact") == [], "its record is in the cut, its instant is not"


def test_a_cut_of_the_whole_is_the_whole(tmp_path: Path) -> None:
    """Instants far outside give every record; the file differs in no byte."""
    two_sleepers(tmp_path)
    begin, until = START - timedelta(days=1), START + timedelta(days=1)
    (path,) = cut(tmp_path, "bed-1", begin, until, tmp_path / "mine")
    assert path.read_bytes() == files(tmp_path)[0].read_bytes()
    assert counted(path) == 40


def test_the_files_of_one_bed_are_cut(tmp_path: Path) -> None:
    """A second file of the bed is cut as well; that of a bed with a longer name is not."""
    two_sleepers(tmp_path)
    first = files(tmp_path)[0]
    assert first.name == "bed-1-20260203T221500Z.edf"
    later = first.read_bytes().replace(b"22.15.00", b"22.16.00", 1)
    (tmp_path / "bed-1-20260203T221600Z-2.edf").write_bytes(later)
    (tmp_path / "bed-1-2-20260203T221600Z.edf").write_bytes(later)
    written = cut(tmp_path, "bed-1", START, START + timedelta(days=1), tmp_path / "mine")
    assert [path.name for path in written] == ["bed-1-20260203T221500Z.edf", "bed-1-20260203T221600Z.edf"]


def test_what_cannot_be_cut_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """No recording, nothing in that time, another program's file, a target that has it already."""
    later = START + timedelta(hours=2)
    with pytest.raises(RecorderError, match="holds no recording of bed-1"):
        cut(tmp_path, "bed-1", START, later, tmp_path / "mine")
    two_sleepers(tmp_path)
    with pytest.raises(RecorderError, match="its recordings are from 2026-02-03T22:15:00"):
        cut(tmp_path, "bed-1", later, later + timedelta(hours=1), tmp_path / "mine")
    with pytest.raises(RecorderError, match="is not after --from"):
        cut(tmp_path, "bed-1", later, later, tmp_path / "mine")
    (tmp_path / "bed-2-20260203T221500Z.edf").write_bytes(b"0" * 700)
    with pytest.raises(RecorderError, match="is no recording of dreamedge"):
        cut(tmp_path, "bed-2", START, later, tmp_path / "mine")
    cut(tmp_path, "bed-1", START, later, tmp_path / "mine")
    with pytest.raises(RecorderError, match="File exists"):
        cut(tmp_path, "bed-1", START, later, tmp_path / "mine")


def test_the_command_takes_the_times_of_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dreamedge cut` prints the files; a time without a zone and a bed without recordings are refused."""
    two_sleepers(tmp_path)
    line = [
        "cut",
        str(tmp_path),
        "--pod",
        "bed-1",
        "--until",
        "2026-02-03T22:15:16Z",
        "--to",
        f"{tmp_path}/out",
    ]
    assert main([*line, "--from", "2026-02-03T22:15:04.000+00:00"]) == 0
    assert capsys.readouterr().out.strip() == f"{tmp_path}/out/bed-1-20260203T221504Z.edf"
    assert main([*line[:3], "bed-7", *line[4:], "--from", "2026-02-03T22:15:04Z"]) == 2
    with pytest.raises(SystemExit):
        main([*line, "--from", "2026-02-03T22:15:04"])
