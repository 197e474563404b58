"""A recording is read without a daemon, by our reader and by pyarrow and nothing else."""

from pathlib import Path

import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from dreamd.adapters.recordings import directory, manifest
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import Hole, RecordingError
from dreamd.adapters.recordings.reader import Recording
from fakes.recordings import BEGAN_INSTANT, manifest_of, write_recording


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Two people and 500 ticks in parts of 240 read as three minutes, in order, with every column."""
    written = write_recording(tmp_path / "night", people=2, ticks=500)
    recording = Recording.from_directory(tmp_path / "night")
    assert recording.manifest == written
    assert [len(part) for part in recording.minutes("ticks", ["step"])] == [240, 240, 20]
    ticks = recording.table("ticks")
    assert ticks.column("instant").to_pylist() == list(range(BEGAN_INSTANT, BEGAN_INSTANT + 500))
    assert recording.table("frames").num_rows == 1000
    assert recording.subjects() == (1, 2)
    for table, columns in TABLES.items():
        assert recording.table(table).column_names == [column.name for column in columns]


def test_units_and_meanings_stand_in_the_files_themselves(tmp_path: Path) -> None:
    """Each column of each Parquet file carries its unit and its meaning in the field's metadata."""
    write_recording(tmp_path / "night", ticks=4)
    for table, columns in TABLES.items():
        schema = pq.read_schema(tmp_path / "night" / table / "00000.parquet")
        for column in columns:
            about = schema.field(column.name).metadata
            assert about[b"unit"].decode() == column.unit
            assert about[b"meaning"].decode() == column.meaning


def test_a_part_is_one_row_group(tmp_path: Path) -> None:
    """Each file holds one row group, also one of no events."""
    write_recording(tmp_path / "night", people=3, ticks=300)
    for file in (tmp_path / "night").glob("*/*.parquet"):
        assert pq.ParquetFile(file).num_row_groups <= 1


def test_another_reader_opens_a_folder_with_a_part_half_written(tmp_path: Path) -> None:
    """pyarrow.dataset passes over a part under its hidden name, whatever is in it."""
    write_recording(tmp_path / "night", people=2, ticks=300)
    (tmp_path / "night" / "frames" / ".00002.parquet").write_bytes(b"PAR1 and then the power failed")
    assert pads.dataset(tmp_path / "night" / "frames").count_rows() == 600


def test_a_part_that_a_table_lacks_is_left_out_of_all(tmp_path: Path) -> None:
    """A daemon killed between two files of a part leaves tables that cover the same ticks when read."""
    write_recording(tmp_path / "night", people=2, ticks=480)
    (tmp_path / "night" / "ticks" / "00001.parquet").unlink()
    recording = Recording.from_directory(tmp_path / "night")
    assert (recording.parts, recording.unwritten) == ((0,), 1)
    assert max(recording.table("frames").column("step").to_pylist()) == 240


def test_a_recording_without_a_part_has_tables_without_rows(tmp_path: Path) -> None:
    """A recording that has just begun reads as empty tables with all columns, and no person."""
    write_recording(tmp_path / "night", ticks=0)
    recording = Recording.from_directory(tmp_path / "night")
    assert recording.table("events", ["kind"]).num_rows == 0
    assert recording.table("frames").num_columns == len(TABLES["frames"])
    assert recording.subjects() == ()


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    """A part cut short is refused with its path; the others still read."""
    write_recording(tmp_path / "night", ticks=480)
    path = tmp_path / "night" / "frames" / "00001.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    recording = Recording.from_directory(tmp_path / "night")
    with pytest.raises(RecordingError, match=r"frames/00001\.parquet cannot be read"):
        recording.table("frames")
    assert recording.part("frames", 0).num_rows == 720


def test_the_description_survives_its_text(tmp_path: Path) -> None:
    """Holes, a reason to stop and the scale are the same after writing and reading."""
    before = manifest_of("n", 8, holes=(Hole(4, 2),), stopped="the disk is full", complete=False)
    assert manifest.read(manifest.text_of(before), "here") == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not readable as a recording's description"),
        ("[]", "not readable as a recording's description"),
        ('{"format": "dreamd-recording", "version": 1}', "not readable as a recording's description"),
        ('{"format": "wav", "version": 1}', "expected 'dreamd-recording'"),
        ('{"format": "dreamd-recording", "version": 99}', "install a newer dreamd"),
    ],
)
def test_a_description_that_is_none_is_refused_in_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    """Broken JSON, another format, a later version: each is refused with the file's path and the reason."""
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "recording.json").write_text(content)
    with pytest.raises(RecordingError, match=said) as refused:
        Recording.from_directory(tmp_path / "night")
    assert str(tmp_path / "night" / "recording.json") in str(refused.value)


def test_recordings_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    """A name finds it in the state directory, a path anywhere; another name is refused with those there."""
    for name in ("night-1", "night-2"):
        write_recording(tmp_path / "recordings" / name, ticks=4)
    write_recording(tmp_path / "elsewhere", ticks=4)
    assert [path.name for path in directory.listed(tmp_path)] == ["night-1", "night-2"]
    assert directory.find("night-2", tmp_path) == tmp_path / "recordings" / "night-2"
    assert directory.find(str(tmp_path / "elsewhere"), tmp_path) == tmp_path / "elsewhere"
    for absent in ("night-3", "", "..", "../elsewhere", str(tmp_path)):
        with pytest.raises(RecordingError, match="recordings there: night-1, night-2"):
            directory.find(absent, tmp_path)
    assert directory.listed(tmp_path / "nothing") == []
