"""A recording in other formats, opened by the readers of others."""

import csv
import errno
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from random import Random

import edfio
import numpy as np
import pyarrow.parquet as pq
import pytest
import pyxdf

from dreamd.adapters.recordings.exports.export import export
from dreamd.adapters.recordings.exports.formats import SUFFIXES
from dreamd.adapters.recordings.exports.target import target
from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Recording, matrix
from dreamd.adapters.recordings.writer import RecordingWriter
from dreamd.core.consent.grant import DUO_DEFAULT
from dreamd.core.consent.research import ResearchAnswer
from dreamd.core.dreamscapes.views import Event
from dreamd.main import main
from dreamedge.adapters.implants.files.bids.events import read_marks
from dreamedge.adapters.implants.files.bids.sidecar_files import Faults
from dreamedge.adapters.implants.inspection import glance
from fakes.recordings import (
    BEGAN_INSTANT,
    beginning_of,
    manifest_of,
    part_rows,
    tick_of,
    write_recording,
    write_rows,
)

BEGAN_S = BEGAN_INSTANT * 0.25


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of three sleepers."""
    path = tmp_path_factory.mktemp("recordings") / "night"
    write_recording(path)
    return path


def exported(night: Path, to: str, place: Path) -> Path:
    """Export it; return what was written."""
    return export(night, to, place / f"out{SUFFIXES[to]}", progress=lambda _: None)


def test_parquet_keeps_values_units_and_minutes(night: Path, tmp_path: Path) -> None:
    """Each table is a file of the recording's rows, a row group a minute, with units; no inputs."""
    out = exported(night, "parquet", tmp_path)
    found = pq.ParquetFile(out / "ticks.parquet")
    assert found.num_row_groups == 2
    assert found.read().equals(Recording.from_directory(night).table("ticks"))
    assert found.schema_arrow.field("session_s").metadata[b"unit"] == b"s"
    assert sorted(path.name for path in out.iterdir()) == [
        "README", "events.parquet", "frames.parquet", "ticks.parquet"
    ]  # fmt: skip


def test_csv_has_units_and_leaves_unknown_numbers_empty(night: Path, tmp_path: Path) -> None:
    """A header names the unit; NaN is an empty field; a list has a column for each entry."""
    out = exported(night, "csv", tmp_path)
    with (out / "events.csv").open(newline="") as file:
        events = list(csv.DictReader(file))
    assert len(events) == 12
    assert {row["acted_s [s]"] for row in events} == {""}
    with (out / "ticks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    recording = Recording.from_directory(night)
    name = recording.manifest.features.names[1]
    m = matrix(recording.table("ticks").column("m"))
    assert [np.float32(row[f"m.{name} [shared scale]"]) for row in rows] == m[:, 1].tolist()


def test_edf_has_the_values_the_events_and_no_name(night: Path, tmp_path: Path) -> None:
    """EDF+ gives each value within a step of its range, each event at its onset, and no identity."""
    edf = edfio.read_edf(exported(night, "edf+", tmp_path))
    recording = Recording.from_directory(night)
    dispersion = recording.table("ticks").column("mean_distance").to_numpy()
    found = edf.get_signal("dispersion")
    step = (found.physical_max - found.physical_min) / 65535
    assert np.abs(found.data - dispersion).max() <= step
    assert found.physical_max - found.physical_min <= 1.01 * np.ptp(dispersion)
    assert edf.local_patient_identification == "X X X X"
    assert [note.onset for note in edf.annotations][:2] == pytest.approx([9.85, 19.85])
    assert edf.annotations[0].text == "severed/contact/2"
    assert all(len(label) <= 16 for label in edf.labels)
    assert len(set(edf.labels)) == len(edf.labels)


def test_xdf_has_the_streams_with_stamps_within_1_ms(night: Path, tmp_path: Path) -> None:
    """Pyxdf gives the three streams with every stamp and value, after its own correction of clocks."""
    streams, _ = pyxdf.load_xdf(exported(night, "xdf", tmp_path))
    by_name = {one["info"]["name"][0]: one for one in streams}
    assert set(by_name) == {"dreamd-collective", "dreamd-synchrony", "dreamd-markers"}
    collective = by_name["dreamd-collective"]
    assert np.abs(collective["time_stamps"] - (BEGAN_S + 0.25 * np.arange(480))).max() <= 1e-3
    m = matrix(Recording.from_directory(night).table("ticks").column("m"))
    assert np.array_equal(collective["time_series"][:, : m.shape[1]], m)
    assert collective["footer"]["info"]["sample_count"] == ["480"]
    markers = by_name["dreamd-markers"]
    assert markers["time_series"][0] == ["severed/contact/2"]
    assert markers["time_stamps"][0] == pytest.approx(BEGAN_S + 9.85, abs=1e-3)


def test_a_hole_is_unknown_and_moves_no_stamp(tmp_path: Path) -> None:
    """Missing ticks become NaN rows in XDF and a `BAD no data` annotation in EDF+; later stamps stay."""
    path = tmp_path / "holed"
    write_recording(path, ticks=40)
    rows = part_rows(range(61, 101), 3, Random(2))
    write_rows(path, 1, manifest_of("holed", 100), rows)
    streams, _ = pyxdf.load_xdf(exported(path, "xdf", tmp_path))
    collective = next(one for one in streams if one["info"]["name"][0] == "dreamd-collective")
    assert np.isnan(collective["time_series"]).all(axis=1).nonzero()[0].tolist() == list(range(40, 60))
    assert collective["time_stamps"][-1] == pytest.approx(BEGAN_S + 99 * 0.25, abs=1e-3)
    edf = edfio.read_edf(exported(path, "edf+", tmp_path))
    holes = [(one.onset, one.duration) for one in edf.annotations if one.text == "BAD no data"]
    assert holes == [(10.0, 5.0)]


def test_bids_lists_the_group_by_numbers(night: Path, tmp_path: Path) -> None:
    """The dataset has its description, the group with its numbers, and a readable EDF+ with events."""
    out = exported(night, "bids", tmp_path)
    assert (out / "participants.tsv").read_text().splitlines()[1] == "sub-group\t3\t1 2 3"
    assert (out / "dataset_description.json").is_file()
    stem = out / "sub-group" / "eeg" / "sub-group_task-dreamscape"
    labels = edfio.read_edf(f"{stem}_eeg.edf").labels
    listed = Path(f"{stem}_channels.tsv").read_text().splitlines()[1:]
    assert tuple(line.split("\t")[0] for line in listed) == labels
    assert len(Path(f"{stem}_events.tsv").read_text().splitlines()) == 13


def test_an_exported_dataset_is_read_and_is_no_sleeper(night: Path, tmp_path: Path) -> None:
    """Our dataset is read as BIDS: its channels are listed, none is EEG, and its events are marks."""
    out = exported(night, "bids", tmp_path)
    (one,) = glance(f"bids:{out}")
    assert "_channels.tsv types its " in one.why
    assert {(channel.kind, channel.electrode) for channel in one.person.channels} == {("MISC", "")}
    faults = Faults()
    (events,) = out.glob("sub-group/eeg/*_events.tsv")
    assert len(read_marks(events, 120.0, faults)) == 12
    assert not faults.notes


@pytest.mark.parametrize("to", SUFFIXES)
def test_every_format_reports_its_progress(night: Path, tmp_path: Path, to: str) -> None:
    """The share grows with each minute that is read, and ends at 1."""
    shares: list[float] = []
    export(night, to, tmp_path / "out", progress=shares.append)
    assert len(shares) > 2 * 2
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < 0.5
    assert shares[-1] == 1.0


class Terminal(StringIO):
    """A terminal, as far as a program can see."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_terminal_shows_the_progress_and_a_pipe_nothing(tmp_path: Path) -> None:
    """On a terminal one line counts up and is wiped at the end; in a pipe stderr stays empty."""
    night = tmp_path / "night"
    write_recording(night, ticks=16, part_ticks=8)
    said = []
    for number, place in enumerate((Terminal(), StringIO())):
        with redirect_stderr(place):
            argv = ["recording", "export", str(night), "--to", "edf+", "--out", str(tmp_path / str(number))]
            assert main(argv) == 0
        said.append(place.getvalue())
    steps = said[0].split("\r")
    assert "100%" in said[0]
    assert len(steps) > 4
    assert steps[-2:] == ["    ", ""]
    assert said[1] == ""
    with redirect_stderr(Terminal()) as place:
        main(["replay", str(night)])
    assert place.getvalue() == "\r 50%\r100%\r    \r", "a replay too: two parts"


def test_a_target_that_is_there_is_kept_without_force(night: Path, tmp_path: Path) -> None:
    """An existing target is refused; --force replaces an export, and never another directory."""
    out = exported(night, "csv", tmp_path)
    with pytest.raises(RecordingError, match="--force"):
        exported(night, "csv", tmp_path)
    assert export(night, "csv", out, force=True, progress=lambda _: None) == out
    with pytest.raises(RecordingError, match="no export has made"):
        export(night, "csv", night, force=True, progress=lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["out-csv"]


@pytest.mark.parametrize("to", SUFFIXES)
def test_no_byte_of_an_export_names_a_bed_or_a_person(
    tmp_path: Path, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bed's name and the words about a person are in the journal and in no file of any export."""
    writer = RecordingWriter(tmp_path, beginning_of(), part_s=2.0, daemon="test")
    writer.write_research(dict.fromkeys((1, 2, 3), ResearchAnswer(frozenset(DUO_DEFAULT), seated=True)))
    for number in range(1, 17):
        writer.write_tick(number, tick_of(number))
    for cause in ("contact", "Wilhelmina"):
        sentence = "Wilhelmina on velvetbed is severed"
        writer.write_event(16, Event(1, 5.0, "severed", "night", "velvetbed", 2, cause, sentence))
    writer.close(complete=True)
    out = tmp_path / "out"
    argv = ["recording", "export", "night", "--to", to, "--out", str(out), "--state-dir", str(tmp_path)]
    assert main(argv) == 0
    assert str(out) in capsys.readouterr().out
    for path in [out] if out.is_file() else [one for one in out.rglob("*") if one.is_file()]:
        content = path.read_bytes().lower()
        assert b"wilhelmina" not in content
        assert b"velvetbed" not in content


def fill_disk(out: Path) -> None:
    """Write half of an export, then find the disk full."""
    with target(out, force=True) as hidden:
        hidden.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_nothing(tmp_path: Path) -> None:
    """A full disk gives one sentence, leaves no partial file, and keeps the export of before."""
    out = tmp_path / "night.edf"
    out.write_bytes(b"before")
    with pytest.raises(RecordingError, match="is full"):
        fill_disk(out)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]
