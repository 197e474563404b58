"""The files of a part: each appears whole or not at all, whatever fails in the midst of it."""

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.arrow_schema import schema_of
from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.manifest import features_of
from dreamd.adapters.recordings.parts import make_folders, write_part
from dreamd.adapters.recordings.reader import Recording
from dreamwire.schema import BANDS6X2

TESTS = Path(__file__).parents[1]
LIMIT = 4096
DIES = """
import resource, signal, sys
from pathlib import Path
from random import Random
from fakes.recordings import manifest_of, part_rows, write_recording, write_rows

path, limit = Path(sys.argv[1]), int(sys.argv[2])
write_recording(path, ticks=40)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
write_rows(path, 1, manifest_of(path.name, 80), part_rows(range(41, 81), 3, Random(2)))
"""
"""Writes one part whole, and dies at byte `limit` of the first file of the next that is so long."""


class Failing:
    """A table that fails in the midst of its writing, after its file was opened."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __len__(self) -> int:
        """Three rows."""
        return 3

    @property
    def schema(self) -> object:
        raise self._error


def written(path: Path, error: Exception) -> set[str]:
    """Write a part with a `frames` that fails, and return the names of all files of that folder."""
    make_folders(path)
    tables: dict[str, object] = {
        table: schema_of(table, features_of(BANDS6X2)).empty_table() for table in TABLES
    }
    with pytest.raises(type(error)):
        write_part(path, 0, tables | {"frames": Failing(error)})
    assert directory.parts_of(path) == ()
    return {file.name for file in (path / "frames").iterdir()}


def test_a_part_that_fails_in_the_midst_has_no_name(tmp_path: Path) -> None:
    """After an end in the midst of a file no reader finds it under a part's name."""
    assert not any(name.startswith("0") for name in written(tmp_path / "night", MemoryError()))


def test_a_full_disk_gets_back_what_it_could_not_hold(tmp_path: Path) -> None:
    """After an error of the disk the half of a file is removed."""
    assert written(tmp_path / "night", OSError(28, "No space left on device")) == set()


def test_a_process_that_dies_in_the_midst_of_a_file_leaves_every_part_before_it(tmp_path: Path) -> None:
    """The system ends the writer at byte 4096 of a file: the part before is read, and every file opens."""
    path = tmp_path / "night"
    died = subprocess.run(
        [sys.executable, "-c", DIES, str(path), str(LIMIT)], cwd=TESTS, stderr=subprocess.PIPE, check=False
    )
    assert died.returncode == -signal.SIGXFSZ, died.stderr.decode()
    halves = [file for file in path.glob("*/.*") if file.stat().st_size == LIMIT]
    assert len(halves) == 1, "one file was in hand"
    recording = Recording.from_directory(path)
    assert recording.parts == (0,)
    assert recording.table("ticks").column("step").to_pylist() == list(range(1, 41))
    files = list(path.glob("*/[!.]*"))
    assert len(files) >= len(TABLES)
    for file in files:
        assert pq.ParquetFile(file).read().num_columns == len(TABLES[file.parent.name])
